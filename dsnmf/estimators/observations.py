"""The data matrix as the solvers see it: dense, sparse, or with gaps. X is features x samples."""

from dataclasses import dataclass

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse

from dsnmf import symbolic
from dsnmf.linalg import product, squared_norm


@dataclass(frozen=True)
class Observations:
    """X as a shared variable, with what is known of its entries.

    Attributes
    ----------
    X : shared variable, shape (p, n)
        Dense (C-contiguous) or sparse; unknown entries are 0.
    known : shared variable or None
        1 where X is known, 0 in its gaps, in X's dtype; None for a matrix without gaps.
    start : ndarray or SciPy sparse matrix, shape (p, n)
        What initialisers see: gaps filled with the feature's mean.
    """

    X: pytensor.compile.SharedVariable
    known: pytensor.compile.SharedVariable | None
    start: np.ndarray | scipy.sparse.csr_matrix

    @property
    def is_sparse(self):
        """Whether X is sparse."""
        return scipy.sparse.issparse(self.start)

    def filled(self, X_hat):
        """X with its gaps filled from the reconstruction X̂.

        Rules applied to it never increase the cost over the known entries: expectation-
        maximisation for weighted low-rank approximation, Srebro & Jaakkola, ICML 2003.
        """
        return self.X if self.known is None else self.X + (1 - self.known) * X_hat

    def squared_error(self, Zs, H, nonlinearity):
        """Σ (X - X̂)² over the known entries; nothing dense of X's size where X is sparse."""
        if self.is_sparse:
            Z, F = Zs[0], symbolic.layer_features(Zs, H, 1, nonlinearity)
            fitted = (product(self.X, F.T) * Z).sum()
            return squared_norm(self.X) - 2 * fitted + (pt.dot(Z.T, Z) * pt.dot(F, F.T)).sum()
        X_hat = symbolic.reconstruction(Zs, H, nonlinearity)
        return symbolic.squared_error(self.X, X_hat if self.known is None else self.known * X_hat)

    def gradients(self, Zs, H, nonlinearity, params):
        """Derivatives of `squared_error` with respect to params: some of Zs and what H is made of.

        For a sparse X, whose products have no symbolic gradient, those of Z_1 and of layer 1's
        features are written out.
        """
        if not self.is_sparse:
            return pytensor.grad(self.squared_error(Zs, H, nonlinearity), params)
        Z, F = Zs[0], symbolic.layer_features(Zs, H, 1, nonlinearity)
        by_Z = 2 * (pt.dot(Z, pt.dot(F, F.T)) - product(self.X, F.T))
        by_F = 2 * (pt.dot(pt.dot(Z.T, Z), F) - product(Z.T, self.X))
        others = [param for param in params if param is not Z]
        grads = dict(zip(others, pytensor.grad(None, others, known_grads={F: by_F})))
        return [by_Z if param is Z else grads[param] for param in params]


def as_shared(value, name):
    """A shared variable of the array's shape, C-contiguous; takes the array over."""
    value = np.ascontiguousarray(value)
    return pytensor.shared(value, name=name, borrow=True, shape=value.shape)


def _fill_with_means(X, known):
    means = np.where(known, X, 0).sum(axis=1) / known.sum(axis=1)
    return np.where(known, X, means[:, None]).astype(X.dtype)


def observe(X):
    """Observations of a validated matrix.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (n_samples, n_features)
        float32 or float64, without infinities; NaN marks unknown entries of a dense matrix.

    Returns
    -------
    Observations

    Raises
    ------
    ValueError
        If a sample or a feature has no known entry, or a sparse matrix contains NaN.
    """
    if scipy.sparse.issparse(X):
        if np.isnan(X.data).any():
            raise ValueError("a sparse X must not contain NaN: its absent entries are zeros")
        start = scipy.sparse.csr_matrix(X.T)
        return Observations(pytensor.shared(start, name="X"), None, start)
    X = np.array(X.T, order="C")
    known = ~np.isnan(X)
    if known.all():
        return Observations(as_shared(X, "X"), None, X)
    for side, axis in (("feature", 1), ("sample", 0)):
        empty = np.flatnonzero(~known.any(axis=axis))
        if len(empty):
            raise ValueError(f"X contains NaN in every entry of {side} {empty[0]}")
    return Observations(
        as_shared(np.where(known, X, 0).astype(X.dtype), "X"),
        as_shared(known.astype(X.dtype), "known"),
        _fill_with_means(X, known),
    )
