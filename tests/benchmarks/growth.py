"""How the time of an epoch of DSNMF grows with n, p and k, on made data of any size.

    python tests/benchmarks/growth.py [--rounds 3] [--out DIR] [--figure FILE]

One of n (samples), p (features) and k (the first layer's components) varies, the others stay; the
second layer has 10 components. float32, random start, seconds per epoch (medians) and those of the
epoch's bare matrix products beside them. The slopes are least-squares fits to the logarithms: 1 is
linear. Where k is small, the passes over the p x n residual, which do not depend on it, weigh more
than the products.
"""

from pathlib import Path

import measuring
import numpy as np

from dsnmf import DSNMF
from dsnmf.extras import extra

BASE = {"n": 10_000, "p": 300, "k": 100}
SECOND_LAYER = 10
SWEEPS = {
    "n": (3_000, 10_000, 30_000, 100_000, 300_000),
    "p": (100, 300, 1_000, 3_000, 10_000),
    "k": (10, 20, 50, 100, 200, 500),
}
LABELS = {"n": "samples $n$", "p": "features $p$", "k": "components $k$"}

#: Floating-point operations that a block of calls should at least make: small sizes repeat more.
BLOCK = 2e10


def measure(n, p, k, rounds):
    """Seconds of an epoch and of its products."""
    layers = k, SECOND_LAYER
    data = np.random.default_rng(0).random((n, p), dtype=np.float32)
    model = DSNMF(data, layers, pretrain=False)
    functions = {
        "epoch": model.train_fun,
        "products": measuring.epoch_products(model.X.get_value(borrow=True), layers),
    }
    operations = 6 * n * k * (p + SECOND_LAYER)
    repeats = int(np.clip(BLOCK / operations, 1, 50))
    measured = measuring.interleaved(functions, rounds, repeats)
    return {name: value.ms / 1e3 for name, value in measured.items()}


def slope(sizes, seconds):
    """The exponent b of seconds = a · sizeᵇ."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def text_of(fixed):
    return ", ".join(f"${name} = {value:,}$".replace(",", "{,}") for name, value in fixed.items())


def draw(curves, path):
    """Three panels: seconds per epoch against n, p and k."""
    plt = extra("matplotlib.pyplot", "the figure")
    style = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}
    with plt.rc_context(style):
        figure, panels = plt.subplots(
            1, 3, figsize=(7, 2.5), sharey=True, layout="constrained", dpi=300
        )
        for ax, (varied, curve) in zip(panels, curves.items()):
            sizes, epoch = np.array(curve[varied]), np.array(curve["epoch"])
            guide = epoch[-1] * sizes / sizes[-1]
            ax.loglog(sizes, guide, ":", color="0.4", linewidth=1, label="slope 1")
            ax.loglog(sizes, curve["products"], "s-", color="0.65", markersize=3, linewidth=1,
                      label="bare products")  # fmt: skip
            ax.loglog(sizes, epoch, "o-", color="C0", markersize=4, linewidth=1.5, label="epoch")
            ax.set_xlabel(LABELS[varied])
            ax.set_title(f"{text_of(curve['fixed'])}\nslope {curve['slope']:.2f}", fontsize=8)
            ax.grid(which="major", color="0.9", linewidth=0.6)
            ax.set_axisbelow(True)
        panels[0].set_ylabel("seconds per epoch")
        panels[-1].legend(frameon=False, loc="upper left", handlelength=1.8)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
        plt.close(figure)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure", type=Path, help="draw the curves to this PNG file")
    arguments = parser.parse_args()
    curves = {}
    for varied, sizes in SWEEPS.items():
        rows = {
            f"{size}": measure(**BASE | {varied: size}, rounds=arguments.rounds) for size in sizes
        }
        measuring.table(varied, {
            name: {"epoch, s": row["epoch"], "products, s": row["products"],
                   "epoch / products": row["epoch"] / row["products"]}
            for name, row in rows.items()
        })  # fmt: skip
        epoch, products = ([row[kind] for row in rows.values()] for kind in ("epoch", "products"))
        curves[varied] = {
            "fixed": {name: size for name, size in BASE.items() if name != varied},
            varied: sizes,
            "epoch": epoch,
            "products": products,
            "slope": slope(sizes, epoch),
            "slope of the products": slope(sizes, products),
        }
    slopes = ("slope", "slope of the products")
    measuring.table("log-log", {v: {s: curve[s] for s in slopes} for v, curve in curves.items()})
    measuring.write_json(arguments, "growth", {"second layer": SECOND_LAYER, "curves": curves})
    if arguments.figure:
        draw(curves, arguments.figure)


if __name__ == "__main__":
    main()
