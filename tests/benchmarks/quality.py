"""Time from the raw array to features of NMI 0.98 on PIE, in units of a full epoch's products.

    python tests/benchmarks/quality.py [VARIANT…] [--rounds 3] [--target 0.98] [--out DIR]

For each variant, one training of --epochs epochs (not timed) keeps the features of every 25th;
bisection finds where their NMI, a mean over 10 k-means seeds, reaches the target, which takes the
NMI as rising. Then `DSNMF(data, layers, …).fit(epochs)` and its features are timed, with a warm
cache, in fresh processes that alternate between the variants; medians. Imports, loading the data
and k-means are not counted; initialisation and building the graphs are. The six products of a full
epoch are measured in the same process.
"""

import json
import time
from bisect import bisect_left
from statistics import median

import measuring
import numpy as np

from dsnmf import DSNMF, datasets
from dsnmf.experiments.clustering import k_means_scores

LAYERS = 400, 100

#: Epochs between two looks at the NMI.
EVERY = 25

#: Keywords of `DSNMF`, by name.
VARIANTS = {
    "full": {},
    "compressed": {"compress": True},
    "compressed to 170": {"compress": 170},
    "compressed, rate 2e-3": {"compress": True, "learning_rate": 2e-3},
    "half whitened": {"compress": True, "whiten": 0.5},
    "whitened": {"compress": True, "whiten": 1.0},
}


def pie():
    """Samples (rows, float32) and their subjects."""
    faces = datasets.load_pie()
    return faces.data.astype(np.float32), faces.target


def model_of(variant, data, seed):
    return DSNMF(data, LAYERS, random_state=seed, **VARIANTS[variant])


def epochs_needed(variant, target, epochs, seed):
    """(epochs or None, NMI there or at the end)."""
    data, subjects = pie()
    model = model_of(variant, data, seed)
    snapshots = []

    def keep(epoch, cost):
        if epoch % EVERY == 0:
            snapshots.append(model.get_features().T)

    model.fit(epochs, callback=keep)
    known = {}

    def nmi(i):
        if i not in known:
            known[i] = float(np.mean(k_means_scores(snapshots[i], subjects).nmi))
        return known[i]

    if nmi(len(snapshots) - 1) < target:
        return None, nmi(len(snapshots) - 1)
    first = bisect_left(range(len(snapshots) - 1), target, key=nmi)
    return EVERY * (first + 1), nmi(first)


def seconds(variant, epochs, seed):
    """Seconds of each part and of a full epoch's products, in this process."""
    data, _ = pie()
    start = time.perf_counter()
    model = model_of(variant, data, seed)
    initialised = time.perf_counter()
    model.train_fun()
    first_epoch = time.perf_counter()
    model.fit(epochs - 1, progress=False)
    trained = time.perf_counter()
    model.get_features()
    end = time.perf_counter()
    products = measuring.epoch_products(np.ascontiguousarray(data.T), LAYERS)
    return {
        "initialisation, s": initialised - start,
        "graph, compilation, first epoch, s": first_epoch - initialised,
        "further epochs, s": trained - first_epoch,
        "features, s": end - trained,
        "all, s": end - start,
        "all / full epoch's products": (end - start) / median(measuring.timed(products, 21)[1:]),
    }


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument(
        "variants", nargs="*", metavar="VARIANT", help=f"of {list(VARIANTS)}; all by default"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", type=float, default=0.98)
    parser.add_argument("--epochs", type=int, default=1000, help="at most so many")
    parser.add_argument("--seed", type=int, default=0, help="of the model's start")
    parser.add_argument("--case", nargs=2, help="time one variant for so many epochs, as JSON")
    arguments = parser.parse_args()
    unknown = set(arguments.variants) - set(VARIANTS)
    if unknown:
        parser.error(f"VARIANT must be one of {list(VARIANTS)}, got {sorted(unknown)}")
    if arguments.case:
        variant, epochs = arguments.case
        print(json.dumps(seconds(variant, int(epochs), arguments.seed)))
        return

    rows, runs = {}, {}
    for name in arguments.variants or VARIANTS:
        epochs, nmi = epochs_needed(name, arguments.target, arguments.epochs, arguments.seed)
        rows[name] = {"epochs": epochs, "NMI": nmi}
        if epochs is not None:
            runs[name] = []
    for _ in range(arguments.rounds):
        for name, several in runs.items():
            case = ("--case", name, rows[name]["epochs"], "--seed", arguments.seed)
            several.append(measuring.fresh_process(__file__, *case))
    for name, several in runs.items():
        rows[name] |= {part: median(run[part] for run in several) for part in several[0]}
    measuring.table(f"PIE, {LAYERS}, float32, NMI {arguments.target:g}", rows)
    settings = {"layers": LAYERS, "target": arguments.target, "seed": arguments.seed}
    measuring.write_json(arguments, "quality", {**settings, "rows": rows})


if __name__ == "__main__":
    main()
