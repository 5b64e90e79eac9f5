"""How well gaps are filled, by the map that gives the features of samples with gaps.

    python tests/benchmarks/filling.py [SET…] [--shares .05,.1,.3] [--components 2,4,6,8,10]
        [--solvers multiplicative,hals] [--all] [--out DIR]

SET is of scikit-learn's digits, wine, breast_cancer (both standardised) and iris, simulated
spectra, and coffee, peaches, zernike and stickfigures of the folder DSNMF_DATA; all of these by
default, of large ones 400 samples. A share of the entries is removed, and `SemiNMF` fitted to the
others. Errors at the removed entries are roots of mean squares, as shares of what the features'
means leave: of the learned `H_`, of the nonnegative features and of the projection with Z fixed,
and of `dsnmf.inspection.fill`. The table has their geometric means over shares, components and
solvers, and the worst of each beside the best way, the means included ("worst"); --all has every
fit.
"""

import itertools
import os
import warnings

import field_sets
import measuring
import numpy as np
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning

from dsnmf import SemiNMF
from dsnmf.inspection import fill

#: Samples of a set, at most.
SAMPLES = 400

#: What fills, in the order of the columns.
WAYS = "H_", "nonnegative", "projection", "fill"


def spectra():
    """Spectra of mixtures of four substances, one with a negative band, centred by channels."""
    rng = np.random.default_rng(3)
    kinds = rng.integers(0, 3, 180)
    amounts = 0.5 * rng.gamma(2, 1, (180, 4))
    amounts += np.array([[3, 0, 1, 0], [0, 3, 0, 1], [1, 0, 0, 3]])[kinds]
    x = np.arange(60)
    bands = [np.exp(-0.5 * ((x - c) / w) ** 2) for c, w in ((8, 4), (22, 5), (37, 4), (50, 6))]
    bands[3] -= 0.5 * np.exp(-0.5 * ((x - 15) / 4) ** 2)
    X = amounts @ bands + 0.05 * rng.standard_normal((180, 60))
    return X - X.mean(axis=0)


def sets():
    """{name: function that loads X}."""
    known = field_sets.field_sets(None)
    found = {
        "digits": lambda: datasets.load_digits().data,
        "wine": lambda: field_sets.standardised(datasets.load_wine().data),
        "breast_cancer": lambda: field_sets.standardised(datasets.load_breast_cancer().data),
        "iris": lambda: datasets.load_iris().data,
        "spectra": spectra,
    }
    if os.environ.get("DSNMF_DATA"):
        for name in ("coffee", "peaches", "zernike", "stickfigures"):
            found[name] = lambda name=name: known[name][1]().X
    return found


def with_gaps(X, share, seed):
    """X with a share of NaN; each sample and feature keeps two entries."""
    rng = np.random.default_rng(seed)
    removed = rng.random(X.shape) < share
    for lines in (removed, removed.T):
        for line in lines:
            if (~line).sum() < 2:
                line[rng.choice(len(line), 2, replace=False)] = False
    return np.where(removed, np.nan, X), removed


def filled_by(model, gaps):
    """{way: samples}."""
    found = {"H_": model.inverse_transform(model.H_[-1].T)}
    for method in ("nonnegative", "projection"):
        model.set_params(transform_method=method, metric="components")
        found[method] = model.inverse_transform(model.transform(gaps))
    model.set_params(transform_method="auto", metric=0.5)
    found["fill"] = fill(model, gaps)
    return found


def ratios(X, share, k, solver, seed):
    """{way: error as a share of the means'}."""
    gaps, removed = with_gaps(X, share, seed)

    def error(X_hat):
        return float(np.sqrt(np.mean(np.square(X_hat - X)[removed])))

    model = SemiNMF(k, solver=solver, random_state=0).fit(gaps)
    means = error(np.broadcast_to(np.nanmean(gaps, axis=0), X.shape))
    return {way: error(X_hat) / means for way, X_hat in filled_by(model, gaps).items()}


def summary(rows):
    """Geometric means of the ways, and how far each is from the best at worst."""
    errors = np.array([[row[way] for way in WAYS] for row in rows])
    best = np.minimum(errors[:, :3].min(axis=1), 1)[:, None]
    means, worst = np.exp(np.log(errors).mean(axis=0)), (errors / best).max(axis=0)
    columns = {way: float(mean) for way, mean in zip(WAYS, means)}
    return columns | {f"worst {way}": float(value) for way, value in zip(WAYS, worst)}


def numbers(text):
    return [float(part) for part in text.split(",")]


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--shares", type=numbers, default=[0.05, 0.1, 0.3])
    parser.add_argument("--components", type=numbers, default=[2, 4, 6, 8, 10])
    parser.add_argument("--solvers", default="multiplicative,hals")
    parser.add_argument("--all", action="store_true", help="print every fit")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    known, rows, table = sets(), {}, {}
    for name in arguments.sets or known:
        X = known[name]()
        X = X[np.random.default_rng(0).permutation(len(X))[:SAMPLES]]
        of_set = {}
        for share, k in itertools.product(arguments.shares, map(int, arguments.components)):
            for solver in arguments.solvers.split(","):
                if k < X.shape[1]:
                    of_set[f"{name} {share:g} k={k} {solver}"] = ratios(X, share, k, solver, 0)
        table[name] = summary(list(of_set.values()))
        rows |= of_set
    if arguments.all:
        measuring.table("error, of the means'", rows)
    measuring.table("error, of the means'", table)
    measuring.write_json(arguments, "filling", {"fits": rows, "sets": table})


if __name__ == "__main__":
    main()
