"""partial_fit against scikit-learn's mini-batch dictionary learning: error against seconds.

    python tests/benchmarks/stream.py [DATA…] [--seconds 4] [--batch 200] [--out DIR]

DATA of made, digits, pie; all without one. Models of X ≈ Ψ H with H >= 0 and Ψ free:
`SemiNMF.partial_fit`, linear `DeepSemiNMF.partial_fit`, and `MiniBatchDictionaryLearning` with
positive codes by coordinate descent and almost no sparsity penalty (its alpha has no zero), which
keeps the columns of Ψ in the unit ball, as it may: H carries the scale. They get the same batches,
turn by turn in one process, on data passed again and again; only the calls of partial_fit count.
The error is that of samples that were never in a batch, ‖X - Ψ H‖ / ‖X‖ with the best H >= 0 for
each by the same code for all, so a method's own feature map does not matter. float64.
"""

import time
import warnings

import measuring
import numpy as np
from sklearn.decomposition import MiniBatchDictionaryLearning

from dsnmf import DeepSemiNMF, SemiNMF, datasets
from dsnmf.estimators.projection import project

#: Components, and samples that are kept for the error.
COMPONENTS, HELD_OUT = {"made": 20, "digits": 20, "pie": 40}, 300

#: Shares of the seconds at which the curves are read.
MARKS = (0.01, 0.03, 0.1, 0.3, 1.0)

ALPHA = 1e-6


def made():
    """Non-negative features of 20 components of either sign, and noise: 20,000 samples of 200."""
    rng = np.random.default_rng(1)
    H = np.maximum(rng.standard_normal((20_000, 20)), 0) * rng.gamma(1, 1, (20_000, 20))
    X = H @ rng.standard_normal((20, 200))
    return X + 0.2 * X.std() * rng.standard_normal(X.shape)


def data_of(name):
    """Samples in random order, of unit mean squared norm."""
    X = made() if name == "made" else getattr(datasets, f"load_{name}")().data
    X = np.asarray(X, np.float64)
    X = X[np.random.default_rng(0).permutation(len(X))]
    return X / np.sqrt(np.square(X).sum(axis=1).mean())


def models_of(k):
    dictionary = MiniBatchDictionaryLearning(
        k, alpha=ALPHA, positive_code=True, fit_algorithm="cd", random_state=0
    )
    deep = DeepSemiNMF((2 * k, k), solver="multiplicative")
    ours = {"SemiNMF": SemiNMF(k), "hals": SemiNMF(k, solver="hals"), "DeepSemiNMF": deep}
    return {**ours, "dictionary": dictionary}


def error(model, X):
    of_factors = hasattr(model, "components_of")  # `components_` belong to the metric's features
    Psi = (model.components_of(-1) if of_factors else model.components_).T.astype(np.float64)
    residual = X.T - Psi @ project(X.T, [Psi], nonnegative=True)
    return float(np.linalg.norm(residual) / np.linalg.norm(X))


def race(X, new, k, batch, seconds):
    """Per model the errors at the marks, and how many batches it had at the end."""
    for model in models_of(k).values():  # compile
        model.partial_fit(X[:batch]).partial_fit(X[:batch])
    models, clocks, errors, steps = models_of(k), {}, {}, {}
    for name in models:
        clocks[name], errors[name], steps[name] = 0.0, [], 0
    on = set(models)
    while on:
        for name in sorted(on):
            start = steps[name] * batch % (len(X) // batch * batch)
            began = time.perf_counter()
            models[name].partial_fit(X[start : start + batch])
            clocks[name] += time.perf_counter() - began
            steps[name] += 1
            passed = sum(clocks[name] >= mark * seconds for mark in MARKS)
            if passed > len(errors[name]):
                missing = passed - len(errors[name])
                errors[name] += [error(models[name], new)] * missing
            if passed == len(MARKS):
                on.discard(name)
    return errors, steps


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("data", nargs="*", metavar="DATA", help=f"of {', '.join(COMPONENTS)}")
    parser.add_argument("--seconds", type=float, default=4.0, help="of partial_fit, each model")
    parser.add_argument("--batch", type=int, default=200, help="samples in a batch")
    arguments = parser.parse_args()
    unknown = set(arguments.data) - set(COMPONENTS)
    if unknown:
        parser.error(f"DATA must be of {', '.join(COMPONENTS)}, got {', '.join(sorted(unknown))}")
    warnings.simplefilter("ignore")
    results = {}
    for name in arguments.data or COMPONENTS:
        X, k = data_of(name), COMPONENTS[name]
        new, seen = X[:HELD_OUT], X[HELD_OUT:]
        errors, steps = race(seen, new, k, arguments.batch, arguments.seconds)
        columns = [f"{mark * arguments.seconds:.2g} s" for mark in MARKS]
        rows = {
            model: dict(zip(columns, 100 * np.array(values))) | {"batches": steps[model]}
            for model, values in errors.items()
        }
        measuring.table(f"{name} {seen.shape}, k = {k}: error, %", rows)
        results[name] = {"components": k, "rows": rows}
    settings = {"seconds": arguments.seconds, "batch": arguments.batch, "alpha": ALPHA}
    measuring.write_json(arguments, "stream", {**settings, "data": results})


if __name__ == "__main__":
    main()
