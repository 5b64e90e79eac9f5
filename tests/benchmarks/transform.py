"""Features of all samples of PIE, and of one, against the training that comes before them.

    python tests/benchmarks/transform.py [--layers 400,100] [--rounds 5] [--out DIR]

The default DeepSemiNMF, fitted and compiled before. All alternate in one process; medians. The
epochs are those of compressed training (`DSNMF(data, layers, compress=True)`), 100 of them; the
products are the six of one full epoch. Memory is the growth of the process's peak while
--samples new samples, ten times as many as in the row before, get their features (Linux).
"""

import warnings

import measuring
import numpy as np

from dsnmf import DSNMF, DeepSemiNMF, datasets

EPOCHS = 100


def peak():
    """MiB of the largest resident size of this process since the last call of `reset`."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def reset():
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


def growth(model, X):
    """MiB that `transform` needs beside its samples."""
    reset()
    before = peak()
    model.transform(X)
    return peak() - before


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--layers", type=measuring.sizes, default=(400, 100))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--samples", type=int, default=300_000)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    data = datasets.load_pie().data.astype(np.float32)
    model = DeepSemiNMF(arguments.layers, max_iter=EPOCHS).fit(data)
    training = DSNMF(data, arguments.layers, compress=True)
    functions = {
        "all samples": lambda: model.transform(data),
        "one sample": lambda: model.transform(data[:1]),
        f"{EPOCHS} compressed epochs": lambda: [training.train_fun() for _ in range(EPOCHS)],
        "products of a full epoch": measuring.epoch_products(
            np.ascontiguousarray(data.T), arguments.layers
        ),
    }
    measured = measuring.interleaved(functions, arguments.rounds, repeats=3)
    *_, epochs, products = (measured[name].ms for name in functions)
    rows = {
        name: {"ms": of.ms, "/ epochs": of.ms / epochs, "/ products": of.ms / products}
        for name, of in measured.items()
    }
    measuring.table(f"PIE, {arguments.layers}, float32", rows)

    rng = np.random.default_rng(0)
    small = DeepSemiNMF((20, 10), max_iter=20).fit(rng.random((500, 64), dtype=np.float32))
    memory = {}
    for n in (arguments.samples // 10, arguments.samples):
        X = rng.random((n, 64), dtype=np.float32)
        memory[f"{n} x 64"] = {
            "samples, MiB": X.nbytes / 2**20,
            "features, MiB": 40 * n / 2**20,
            "growth, MiB": growth(small, X),
        }
    measuring.table("memory, layers (20, 10)", memory)
    measuring.write_json(
        arguments, "transform", {"layers": arguments.layers, "rows": rows, "memory": memory}
    )


if __name__ == "__main__":
    main()
