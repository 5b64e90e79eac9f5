"""The solvers of deep models with rectifiers, side by side: seconds, cost, features, rounding.

    python tests/benchmarks/deep_defaults.py [SET…] [--solvers A,B] [--wheels DIR] [--out DIR]

DeepSemiNMF with its defaults on sets of field_sets.py, by default twelve, and made signals of the
size of an EEG (30,504 x 32). K classes: layers (4K, 2K). CPU seconds of a fit with one thread,
start included, compilation not; iterations; the squared error as a share of ΣX²; NMI (geometric, mean of
four seeds) of k-means on what `transform` gives; and by how much `H_` differs, as a share of its
norm, when X is given 3e-5 times as large.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
import warnings

import measuring
import numpy as np
from field_sets import FieldSet, field_sets
from scipy.signal import lfilter
from sklearn.cluster import KMeans

from dsnmf import DeepSemiNMF
from dsnmf.metrics import nmi

SETS = (
    "iris",
    "wine",
    "breast_cancer, standardised",
    "coffee, centred",
    "colon",
    "glioma, centred",
    "cells",
    "stickfigures",
    "digits",
    "zernike",
    "letters",
    "orl",
)
SIGNALS, SEEDS, UNIT = "signals", 4, 3e-5


def signals(n=30_504, p=32, sources=20):
    """Mixtures of smooth sources with heavy tails, and noise; no classes."""
    rng = np.random.default_rng(0)
    S = rng.standard_normal((n, sources)) * np.sqrt(rng.gamma(0.5, 2, (n, sources)))
    for i, column in enumerate(S.T):
        column[:] = lfilter([1], [1, 0.03 * i - 0.98], column)
        column /= (1 + i) * column.std()
    X = S @ rng.standard_normal((sources, p)) + 0.05 * rng.standard_normal((n, p))
    return FieldSet(X, np.zeros(n), 8, folds=False)


def fitted(found, solver, unit=1.0, **parameters):
    k = found.n_components
    layers = tuple(min(size, len(found.X)) for size in (2 * k, k))
    return DeepSemiNMF(layers, solver=solver, **parameters).fit(unit * found.X)


def measured(found, solver):
    fitted(found, solver, max_iter=2)  # compiles
    start = time.process_time()
    model = fitted(found, solver)
    row = {"s": time.process_time() - start, "iterations": model.n_iter_}
    row["error"] = model.reconstruction_err_**2 / np.square(found.X).sum()
    row["NMI"] = np.nan
    if found.has_classes:
        features, K = model.transform(found.X), len(np.unique(found.y))
        labels = (KMeans(K, n_init=4, random_state=i).fit_predict(features) for i in range(SEEDS))
        row["NMI"] = 100 * np.mean([nmi(found.y, each) for each in labels])
    H, other = model.H_[-1], fitted(found, solver, UNIT).H_[-1]
    row["in another unit"] = np.linalg.norm(other - H) / np.linalg.norm(H)
    return row


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", default=[*SETS, SIGNALS])
    parser.add_argument("--solvers", default="adam,lbfgs")
    parser.add_argument("--wheels", default=".")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    known, results = field_sets(arguments.wheels), {}
    for name in arguments.sets:
        try:
            found = signals() if name == SIGNALS else known[name][1]()
        except FileNotFoundError as error:
            print(f"{name}: {error}")
            continue
        rows = {each: measured(found, each) for each in arguments.solvers.split(",")}
        measuring.table("{}, {} x {}".format(name, *found.X.shape), rows)
        results[name] = rows
    measuring.write_json(arguments, "deep_defaults", results)


if __name__ == "__main__":
    main()
