"""The solvers of deep models with rectifiers, side by side: seconds, cost, features, rounding.

    python tests/benchmarks/deep_defaults.py [SET…] [--draws N] [--tol T] [--wheels DIR]

DeepSemiNMF with its defaults on sets of field_sets.py, by default twelve, and made signals of the
size of an EEG (30,504 x 32). K classes: layers (4K, 2K). CPU seconds of a fit with one thread,
start included, compilation not; iterations; the squared error as a share of ΣX²; NMI (geometric,
mean of four seeds) of k-means on what `transform` gives; and by how much `H_` differs, as a share
of its norm, when X is given 3e-5 times as large. --tol is that of all solvers. With --draws N: NMI
of the solvers on N draws of 80 % of the samples, and the mean difference to the first solver.
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


def fitted(found, solver, unit=1.0, tol="auto", **parameters):
    k = found.n_components
    layers = tuple(min(size, len(found.X)) for size in (2 * k, k))
    return DeepSemiNMF(layers, solver=solver, tol=tol, **parameters).fit(unit * found.X)


def clustered(found, model):
    features, K = model.transform(found.X), len(np.unique(found.y))
    labels = (KMeans(K, n_init=4, random_state=i).fit_predict(features) for i in range(SEEDS))
    return 100 * np.mean([nmi(found.y, each) for each in labels])


def over_draws(found, solvers, draws, tol):
    """A row for each solver: mean NMI, mean difference to the first solver, and its error."""
    scores = []
    for seed in range(draws):
        rows = np.random.default_rng(seed).permutation(len(found.X))[: int(0.8 * len(found.X))]
        part = FieldSet(found.X[rows], found.y[rows], found.n_components)
        scores.append([clustered(part, fitted(part, each, tol=tol)) for each in solvers])
    scores = np.array(scores)
    beyond = scores - scores[:, :1]
    errors = beyond.std(axis=0, ddof=1) / np.sqrt(draws)
    values = zip(solvers, scores.mean(axis=0), beyond.mean(axis=0), errors)
    return {each: {"NMI": s, "beyond": d, "standard error": e} for each, s, d, e in values}


def measured(found, solver, tol):
    fitted(found, solver, max_iter=2)  # compiles
    start = time.process_time()
    model = fitted(found, solver, tol=tol)
    row = {"s": time.process_time() - start, "iterations": model.n_iter_}
    row["error"] = model.reconstruction_err_**2 / np.square(found.X).sum()
    row["NMI"] = np.nan
    if found.has_classes:
        row["NMI"] = clustered(found, model)
    H, other = model.H_[-1], fitted(found, solver, UNIT, tol=tol).H_[-1]
    row["in another unit"] = np.linalg.norm(other - H) / np.linalg.norm(H)
    return row


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", default=[*SETS, SIGNALS])
    parser.add_argument("--solvers", default="adam,lbfgs")
    parser.add_argument("--wheels", default=".")
    parser.add_argument("--tol", type=float)
    parser.add_argument("--draws", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    known, results = field_sets(arguments.wheels), {}
    for name in arguments.sets:
        try:
            found = signals() if name == SIGNALS else known[name][1]()
        except FileNotFoundError as error:
            print(f"{name}: {error}")
            continue
        solvers, tol = arguments.solvers.split(","), arguments.tol or "auto"
        if arguments.draws:
            rows = over_draws(found, solvers, arguments.draws, tol)
        else:
            rows = {each: measured(found, each, tol) for each in solvers}
        measuring.table("{}, {} x {}".format(name, *found.X.shape), rows)
        results[name] = rows
    measuring.write_json(arguments, "deep_defaults", results)


if __name__ == "__main__":
    main()
