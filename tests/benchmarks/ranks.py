"""How often each criterion finds a planted number of components.

    python tests/benchmarks/ranks.py [--draws 20] [--ranks 3,4,5,6,7,8,9,10] [--out DIR]
    python tests/benchmarks/ranks.py --solver hals --criteria entries [--centre]

Each draw: --samples samples of --features features, X = H B + noise, where the rows of B are normal
and the entries of H are 0 with probability .5 and exponential otherwise; X has unit variance, then
normal noise of a standard deviation of --noise is added and a share of --gaps of the entries
removed; --centre subtracts the features' means. Candidates are 2 to 12 components of SemiNMF
(block coordinate descent, or --solver; the last two criteria always have that one). "entries" and
"components" are those of `dsnmf.selection.select`; cophenetic: the largest number before the
cophenetic correlation of the consensus of the components that dominate the samples, over as many
random starts, first falls (Brunet et al. 2004); elbow: the point of the error's curve that is
farthest from its chord.
"""

import warnings
from itertools import pairwise

import measuring
import numpy as np

from dsnmf import SemiNMF
from dsnmf.selection import consensus, select

COUNTS = list(range(2, 13))


def draw(rank, arguments, seed):
    """Samples with gaps of that rank, and noise."""
    rng = np.random.default_rng((rank, seed))
    H = rng.exponential(size=(arguments.samples, rank)) * (
        rng.random((arguments.samples, rank)) < 0.5
    )
    X = H @ rng.standard_normal((rank, arguments.features))
    X = X / X.std() + arguments.noise * rng.standard_normal(X.shape)
    X[rng.random(X.shape) < arguments.gaps] = np.nan
    return X - np.nanmean(X, axis=0) if arguments.centre else X


def fitted(X, k, **parameters):
    return SemiNMF(k, solver="bcd", max_iter=200, **parameters).fit(X)


def cophenetic(X, repeats):
    """See `dsnmf.selection.consensus`."""
    correlations = []
    for k in COUNTS:
        model = SemiNMF(k, solver="bcd", max_iter=200, init="random", random_state=0)
        correlations.append(consensus(model, X, n_init=repeats).cophenetic_)
    falls = (k for k, (a, b) in zip(COUNTS, pairwise(correlations)) if b < a)
    return next(falls, COUNTS[-1])


def elbow(X):
    errors = np.array([fitted(X, k).reconstruction_err_ for k in COUNTS])
    chord = np.linspace(errors[0], errors[-1], len(errors))
    return COUNTS[int(np.argmax(chord - errors))]


#: By their names; of X, the number of repeats, and the solver.
CRITERIA = {
    "entries": lambda X, repeats, solver: by_select(X, repeats, solver, "entries"),
    "components": lambda X, repeats, solver: by_select(X, repeats, solver, "components"),
    "cophenetic": lambda X, repeats, solver: cophenetic(X, repeats),
    "elbow": lambda X, repeats, solver: elbow(X),
}


def by_select(X, repeats, solver, criterion):
    model, grid = SemiNMF(solver=solver, max_iter=200), {"n_components": COUNTS}
    found = select(model, X, grid, criterion=criterion, repeats=repeats)
    return found.best_params_["n_components"]


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--ranks", type=measuring.sizes, default=tuple(range(3, 11)))
    parser.add_argument("--samples", type=int, default=80)
    parser.add_argument("--features", type=int, default=30)
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--gaps", type=float, default=0.1)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--solver", default="bcd")
    parser.add_argument("--criteria", nargs="+", choices=CRITERIA, default=[*CRITERIA])
    parser.add_argument("--centre", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    found = {}
    for seed in range(arguments.draws):
        for rank in arguments.ranks:
            X = draw(rank, arguments, seed)
            for name in arguments.criteria:
                k = CRITERIA[name](X, arguments.repeats, arguments.solver)
                found.setdefault(name, []).append((rank, k))
        rows = {name: summary(pairs) for name, pairs in found.items()}
        measuring.table(f"planted ranks, {seed + 1} draws each", rows)
    measuring.write_json(arguments, "ranks", {"chosen": found, "rows": rows})


def summary(pairs):
    """Shares of draws that found the number, or missed it by one at most; the mean miss."""
    misses = np.array([k - rank for rank, k in pairs])
    return {
        "found": float(np.mean(misses == 0)),
        "within one": float(np.mean(abs(misses) <= 1)),
        "mean miss": float(misses.mean()),
    }


if __name__ == "__main__":
    main()
