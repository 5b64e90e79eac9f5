"""The data matrix as the solvers see it: dense, sparse, or with gaps. X is features x samples."""

from dataclasses import dataclass

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse

from dsnmf import symbolic
from dsnmf.compression import Compression, compress
from dsnmf.linalg import product, squared_norm
from dsnmf.residual import chained_gradients, squared_error, squared_error_and_gradients


@dataclass(frozen=True)
class Observations:
    """X as a shared variable, with what is known of its entries.

    Attributes
    ----------
    X : shared variable, shape (p, n), or (r, n) where compressed
        Dense (C-contiguous) or sparse; unknown entries are 0.
    known : shared variable or None
        1 where X is known, 0 in its gaps, in X's dtype; None for a matrix without gaps.
    start : ndarray or SciPy sparse matrix, shape of X
        What initialisers see: gaps filled with the feature's mean.
    samples : ndarray or SciPy sparse matrix, shape (p, n)
        The same before compression.
    compression : Compression or None
    """

    X: pytensor.compile.SharedVariable
    known: pytensor.compile.SharedVariable | None
    start: np.ndarray | scipy.sparse.csr_matrix
    samples: np.ndarray | scipy.sparse.csr_matrix
    compression: Compression | None = None

    def reduced(self, Z):
        """Z_1 in the coordinates of X."""
        return Z if self.compression is None else self.compression.reduced(Z)

    def restored(self, Z):
        """The full-size Z_1."""
        return Z if self.compression is None else self.compression.restored(Z)

    @property
    def offset(self):
        """What the squared error of X lacks to that of the samples."""
        return 0.0 if self.compression is None else self.compression.offset

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
        Z, F = Zs[0], symbolic.layer_features(Zs, H, 1, nonlinearity)
        if self.is_sparse:
            fitted = (product(self.X, F.T) * Z).sum()
            return squared_norm(self.X) - 2 * fitted + (pt.dot(Z.T, Z) * pt.dot(F, F.T)).sum()
        if self.known is None:
            return squared_error(self.X, Z, F)
        return symbolic.squared_error(self.X, self.known * pt.dot(Z, F))

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """`squared_error` and its derivatives by params: some of Zs and what H is made of.

        For a sparse X, whose products have no symbolic gradient, those of Z_1 and of layer 1's
        features are written out.
        """
        if self.known is not None:
            error = self.squared_error(Zs, H, nonlinearity)
            return error, pytensor.grad(error, params)
        if not self.is_sparse:
            return squared_error_and_gradients(self.X, Zs, H, nonlinearity, params)
        Z, F = Zs[0], symbolic.layer_features(Zs, H, 1, nonlinearity)
        by_Z = pt.dot(Z, pt.dot(F, F.T)) - product(self.X, F.T)
        by_F = pt.dot(pt.dot(Z.T, Z), F) - product(Z.T, self.X)
        gradients = chained_gradients(params, Z, F, by_Z, by_F)
        return self.squared_error(Zs, H, nonlinearity), gradients


def as_shared(value, name):
    """A shared variable of the array's shape, C-contiguous; takes the array over."""
    value = np.ascontiguousarray(value)
    return pytensor.shared(value, name=name, borrow=True, shape=value.shape)


def _fill_with_means(X, known):
    means = np.where(known, X, 0).sum(axis=1) / known.sum(axis=1)
    return np.where(known, X, means[:, None]).astype(X.dtype)


def observe(X, how=False, *, noise_floor=0.0, whiten=0.0):
    """Observations of a validated matrix.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (n_samples, n_features)
        float32 or float64, without infinities; NaN marks unknown entries of a dense matrix.
    how, noise_floor, whiten
        See `dsnmf.compression.compress`; "auto" leaves a sparse matrix and one with gaps as it is.

    Returns
    -------
    Observations

    Raises
    ------
    ValueError
        If a sample or a feature has no known entry, a sparse matrix contains NaN, or a matrix with
        gaps or a sparse one is to be compressed.
    """
    if scipy.sparse.issparse(X):
        if np.isnan(X.data).any():
            raise ValueError("a sparse X must not contain NaN: its absent entries are zeros")
        start, _ = compress(scipy.sparse.csr_matrix(X.T), how, whiten=whiten)
        return Observations(pytensor.shared(start, name="X"), None, start, start)
    samples = X.T
    known = ~np.isnan(samples)
    if known.all():
        start, compression = compress(samples, how, noise_floor=noise_floor, whiten=whiten)
        if compression is None:
            samples = start = np.array(samples, order="C")
        return Observations(as_shared(start, "X"), None, start, samples, compression)
    if how not in ("auto", False) or whiten:
        raise ValueError("compress needs an X without gaps, got NaN")
    for side, axis in (("feature", 1), ("sample", 0)):
        empty = np.flatnonzero(~known.any(axis=axis))
        if len(empty):
            raise ValueError(f"X contains NaN in every entry of {side} {empty[0]}")
    start = _fill_with_means(samples, known)
    return Observations(
        as_shared(np.where(known, samples, 0).astype(X.dtype), "X"),
        as_shared(known.astype(X.dtype), "known"),
        start,
        start,
    )
