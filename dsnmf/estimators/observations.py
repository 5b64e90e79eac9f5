"""The data matrix as the solvers see it: dense, sparse, or with gaps. X is features x samples."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse

from dsnmf import symbolic
from dsnmf.compression import Compression, compress
from dsnmf.linalg import product
from dsnmf.residual import chained_gradients, squared_error, squared_error_and_gradients

#: Entries of arrays that are made at once in float64.
BLOCK = 1 << 20

#: Share of a sparse matrix's energy below which its error is not taken from a difference of sums.
LEAST_DIFFERENCE = 1e-8


def with_gaps_as_nan(X):
    """X with NaN in the place of masked entries; what is no masked array stays as it is."""
    if not isinstance(X, np.ma.MaskedArray):
        return X
    if not X.mask.any():
        return X.data
    return X.astype(np.result_type(X.dtype, np.float32)).filled(np.nan)


def canonical(X):
    """A validated X as all solvers can use it: a sparse one sorted, without duplicates, in int32.

    Raises
    ------
    ValueError
        If a sparse X contains NaN or has more entries than int32 counts.
    """
    if not scipy.sparse.issparse(X):
        return X
    if np.isnan(X.data).any():
        raise ValueError("a sparse X must not contain NaN: its absent entries are zeros")
    if X.nnz > np.iinfo(np.int32).max:
        raise ValueError(f"a sparse X may have up to 2³¹ - 1 stored entries, got {X.nnz}")
    rows = scipy.sparse.csr_matrix(X, copy=True)
    rows.sum_duplicates()
    indices, indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return scipy.sparse.csr_matrix((rows.data, indices, indptr), shape=rows.shape)


def _largest(X):
    """The largest magnitude among the known entries; 0 if there are none."""
    entries = X.data if scipy.sparse.issparse(X) else X
    top, bottom = (f.reduce(entries, axis=None, initial=0) for f in (np.fmax, np.fmin))
    return float(max(top, -bottom))


def _energies(X, unit):
    """Per sample (column) Σ (x / unit)² over the known entries, and how many these are."""
    if scipy.sparse.issparse(X):
        squares = X.astype(np.float64)
        squares.data = (squares.data / unit) ** 2
        return np.asarray(squares.sum(axis=0)).ravel(), X.shape[0]
    energies, known = np.empty(X.shape[1]), np.empty(X.shape[1])
    width = max(1, BLOCK // X.shape[0])
    for start in range(0, X.shape[1], width):
        block = slice(start, start + width)
        squares = np.square(X[:, block] / unit)
        energies[block] = np.nansum(squares, axis=0)
        known[block] = np.isfinite(squares).sum(axis=0)
    return energies, known


def sample_norms(X):
    """l2 norms of the samples; of one with gaps what it would be if they were like the rest.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (p, n)
        NaN marks unknown entries of an array.

    Returns
    -------
    ndarray, shape (n,), float64
    """
    unit = _largest(X) or 1.0  # squares of what is very large or small leave float64's range
    energies, known = _energies(X, unit)
    return unit * np.sqrt(energies * (X.shape[0] / np.maximum(known, 1)))


@dataclass(frozen=True)
class Observations:
    """X / scale as a shared variable, with what is known of its entries.

    Everything is fitted at one scale, that of samples of unit norm, so that results do not depend
    on the unit of the data; `reduced` and `restored` lead there and back.

    Attributes
    ----------
    X : shared variable, shape (p, n), or (r, n) where compressed
        Dense (C-contiguous) or sparse; unknown entries are 0.
    known : shared variable or None
        1 where X is known, 0 in its gaps, in X's dtype; None for a matrix without gaps.
    start : ndarray or SciPy sparse matrix, shape of X
        What initialisers see: gaps filled with the feature's mean.
    norms : ndarray, shape (n,)
        Of the samples, see `sample_norms`.
    scale : float > 0
        The root mean square of the samples' norms before.
    given : ndarray or SciPy sparse matrix, shape (p, n)
        The samples as they came.
    compression : Compression or None
    """

    X: pytensor.compile.SharedVariable
    known: pytensor.compile.SharedVariable | None
    start: np.ndarray | scipy.sparse.csr_matrix
    norms: np.ndarray
    scale: float
    given: np.ndarray | scipy.sparse.csr_matrix
    compression: Compression | None = None

    @cached_property
    def samples(self):
        """The samples at the scale of the fit, before compression; gaps filled with means."""
        return self.start if self.compression is None else self.given / self._unit

    @property
    def _unit(self):
        return self.start.dtype.type(self.scale)

    def compressed(self, Z):
        """Z_1 in the coordinates of X, from one for `samples`."""
        return Z if self.compression is None else self.compression.reduced(Z)

    def reduced(self, Z):
        """The same from one for samples as they came."""
        return self.compressed(np.asarray(Z) / self._unit)

    def restored(self, Z):
        """The full-size Z_1 for samples as they came."""
        return (Z if self.compression is None else self.compression.restored(Z)) * self._unit

    @property
    def offset(self):
        """What the squared error of X lacks to that of the samples."""
        return 0.0 if self.compression is None else self.compression.offset

    @property
    def is_sparse(self):
        """Whether X is sparse."""
        return scipy.sparse.issparse(self.start)

    def final_error(self, Z, F):
        """‖X - Z F‖ of the samples as they came over their known entries, exactly.

        Parameters
        ----------
        Z : ndarray, shape (p, k)
            Z_1 for samples as they came.
        F : ndarray, shape (k, n)
            Layer 1's features.

        Returns
        -------
        float
        """
        Z, F = Z.astype(np.float64) / self.scale, F.astype(np.float64)
        return self.scale * float(np.sqrt(self._squared_residual(Z, F)))

    def _squared_residual(self, Z, F):
        if self.is_sparse:
            X = self.given.astype(np.float64) / self.scale
            energy = np.square(X.data).sum()
            error = energy - 2 * ((X @ F.T) * Z).sum() + ((Z.T @ Z) * (F @ F.T)).sum()
            if error > LEAST_DIFFERENCE * energy:
                return error
        total, width = 0.0, max(1, BLOCK // len(Z))
        for start in range(0, F.shape[1], width):
            block = slice(start, start + width)
            X = self.given[:, block]
            X = (X.toarray() if self.is_sparse else X) / self.scale
            total += np.nansum(np.square(X - Z @ F[:, block]))
        return total

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
            return self._sparse_squared_error(Z, F)
        if self.known is None:
            return squared_error(self.X, Z, F)
        return symbolic.squared_error(self.X, self.known * pt.dot(Z, F))

    def _sparse_squared_error(self, Z, F):
        """In float64, since a good fit leaves little of the terms' difference; never below 0."""
        wide_Z, wide_F = pt.cast(Z, "float64"), pt.cast(F, "float64")
        fitted = (product(self.X, wide_F.T) * wide_Z).sum()
        inner = (pt.dot(wide_Z.T, wide_Z) * pt.dot(wide_F, wide_F.T)).sum()
        energy = pt.sqr(pt.cast(pytensor.sparse.csm_data(self.X), "float64")).sum()
        return pt.cast(pt.maximum(energy - 2 * fitted + inner, 0), Z.dtype)

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


def _scale(norms):
    """Their root mean square; 1 if all are 0."""
    largest = norms.max()
    return float(largest * np.sqrt(np.mean((norms / largest) ** 2))) if largest > 0 else 1.0


def _fill_with_means(X, known):
    means = np.where(known, X, 0).sum(axis=1) / known.sum(axis=1)
    return np.where(known, X, means[:, None]).astype(X.dtype)


def check_known(X, axes=(1, 0)):
    """ValueError if a sample (axis 0) or a feature (axis 1) of X (p x n) has no known entry."""
    if scipy.sparse.issparse(X):
        return
    for axis in axes:
        empty = np.flatnonzero(np.isnan(X).all(axis=axis))
        if len(empty):
            side = ("sample", "feature")[axis]
            raise ValueError(f"X contains NaN in every entry of {side} {empty[0]}")


def observe(X, how=False, *, noise_floor=0.0, whiten=0.0):
    """Observations of a validated matrix.

    Parameters
    ----------
    X : ndarray or canonical CSR matrix, shape (n_samples, n_features)
        float32 or float64, without infinities; NaN marks unknown entries of a dense matrix.
    how, noise_floor, whiten
        See `dsnmf.compression.compress`; "auto" leaves a sparse matrix and one with gaps as it is.

    Returns
    -------
    Observations

    Raises
    ------
    ValueError
        If a sample or a feature has no known entry, or a matrix with gaps or a sparse one is to be
        compressed.
    """
    given = X.T
    norms = sample_norms(given)
    scale = _scale(norms)
    norms, unit = norms / scale, X.dtype.type(scale)
    if scipy.sparse.issparse(X):
        start, _ = compress((given / unit).tocsr(), how, whiten=whiten)
        return Observations(pytensor.shared(start, name="X"), None, start, norms, scale, given)
    known = ~np.isnan(given)
    if known.all():
        start, compression = compress(
            given, how, noise_floor=noise_floor, whiten=whiten, scale=scale
        )
        if compression is None:
            start = np.divide(given, unit, order="C")
        return Observations(as_shared(start, "X"), None, start, norms, scale, given, compression)
    if how not in ("auto", False) or whiten:
        raise ValueError("compress needs an X without gaps, got NaN")
    check_known(given)
    start = _fill_with_means(given / unit, known)
    return Observations(
        as_shared(np.where(known, start, 0).astype(X.dtype), "X"),
        as_shared(known.astype(X.dtype), "known"),
        start,
        norms,
        scale,
        given,
    )
