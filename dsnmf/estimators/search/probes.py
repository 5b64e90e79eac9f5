"""A few training samples, on which a search for features is compared with the fit."""

import numpy as np
import scipy.sparse

#: Number of probes.
PROBES = 200


def fixed_draws(n):
    """Draws for n samples, the same in every call; with the energies, they choose the probes."""
    return np.random.default_rng(0).exponential(size=n)


def choose_probes(drawn, norms):
    """Ranks of samples, and the indices of the first ones: `PROBES` and one more.

    The ranks are the draws divided by the energies: a sample's chance grows with its energy, and
    the first of all are among the first of each part (Cohen & Kaplan, "Summarizing data using
    bottom-k sketches", 2007).
    """
    with np.errstate(divide="ignore", over="ignore"):
        ranks = drawn / np.square(norms)
    first = np.argsort(ranks, kind="stable")[: PROBES + 1]
    return ranks, first[np.isfinite(ranks[first])]


class Probes:
    """The probes among some training samples, at the scale of the fit.

    Parameters
    ----------
    drawn : ndarray, shape (b,)
        The samples' part of `fixed_draws`.
    norms : ndarray, shape (b,)
    X : ndarray or SciPy sparse matrix, shape (p, b), float64
        Gaps, if any, are filled from the fit.
    Z : ndarray, shape (p, k)
        Z_1.
    F : ndarray, shape (k, b)
        The features of layer 1 in the fit.
    """

    def __init__(self, drawn, norms, X, Z, F):
        ranks, first = choose_probes(drawn, norms)
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
        """A column per probe: weight, energy, squared error of the fit, and Z_1ᵀx.

        Weighted sums over the probes estimate sums over all training samples, without bias.
        """
        energies, beyond = self._table[1], self._table[0, PROBES:]
        chances = -np.expm1(-energies * (beyond[0] if len(beyond) else np.inf))
        return np.vstack([1 / chances, self._table[1:]])[:, :PROBES]
