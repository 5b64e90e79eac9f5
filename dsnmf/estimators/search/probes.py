"""A few of the training samples, by which a search for features is measured against the fit."""

import numpy as np
import scipy.sparse

#: Their number.
PROBES = 200


def draws(n):
    """Of n samples what decides, with their energies, which are probes; always the same."""
    return np.random.default_rng(0).exponential(size=n)


def chosen(drawn, norms):
    """Ranks of samples, and the indices of the first ones: `PROBES` and one more.

    The ranks are draws divided by energies, so that the chance of a sample grows with its energy,
    and the first of parts are the first of all: Cohen & Kaplan, "Summarizing data using bottom-k
    sketches", 2007.
    """
    with np.errstate(divide="ignore", over="ignore"):
        ranks = drawn / np.square(norms)
    first = np.argsort(ranks, kind="stable")[: PROBES + 1]
    return ranks, first[np.isfinite(ranks[first])]


class Probes:
    """Those of some training samples, at the scale of the fit.

    Parameters
    ----------
    drawn : ndarray, shape (b,)
        Theirs of `draws`.
    norms : ndarray, shape (b,)
    X : ndarray or SciPy sparse matrix, shape (p, b), float64
        Gaps, if any, are filled from the fit.
    Z : ndarray, shape (p, k)
        Z_1.
    F : ndarray, shape (k, b)
        The features of layer 1 to which the fit leads.
    """

    def __init__(self, drawn, norms, X, Z, F):
        ranks, first = chosen(drawn, norms)
        X, X_hat = X[:, first], Z @ F[:, first]
        X = X.toarray() if scipy.sparse.issparse(X) else X
        X = np.where(np.isnan(X), X_hat, X)
        energies, errors = (np.square(of).sum(axis=0) for of in (X, X - X_hat))
        self._table = np.vstack([ranks[first], energies, errors, Z.T @ X])

    def __iadd__(self, other):
        both = np.hstack([self._table, other._table])
        self._table = both[:, np.argsort(both[0], kind="stable")[: PROBES + 1]]
        return self

    def table(self):
        """Of each probe a column: weight, energy, squared error of the fit, and Z_1ᵀx.

        Sums over probes times weight are expected to be those over all training samples.
        """
        energies, beyond = self._table[1], self._table[0, PROBES:]
        chances = -np.expm1(-energies * (beyond[0] if len(beyond) else np.inf))
        return np.vstack([1 / chances, self._table[1:]])[:, :PROBES]
