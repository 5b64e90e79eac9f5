"""Sparse matrices whose absent entries are unknown; time and memory grow with the stored ones."""

from functools import cached_property

import numpy as np
import scipy.sparse
from scipy.sparse.linalg import LinearOperator

from dsnmf.data.samples import DataVariables, Samples
from dsnmf.symbolic.known_entries import known_per_row, known_squared_error, squared_error_on_known
from dsnmf.symbolic.shared import open_sparse
from dsnmf.training.modes import is_jax


def known_entries(X):
    """A CSR matrix that stores the known entries of an array, which is NaN in its gaps."""
    row, column = np.nonzero(~np.isnan(X))
    return scipy.sparse.csr_matrix((X[row, column], (row, column)), shape=X.shape)


def with_gaps(X):
    """An array that is NaN where a sparse matrix stores nothing."""
    entries = X.tocoo()
    result = np.full(X.shape, np.nan, X.dtype)
    result[entries.row, entries.col] = entries.data
    return result


class Filled(LinearOperator):
    """A CSR matrix (p x n) whose absent entries are the mean of the row's stored ones.

    Parameters
    ----------
    X : CSR matrix, shape (p, n)
    """

    def __init__(self, X):
        super().__init__(X.dtype, X.shape)
        counts = known_per_row(X)
        self._means = (np.asarray(X.sum(axis=1)).ravel() / np.maximum(counts, 1)).astype(X.dtype)
        beside = X.data - np.repeat(self._means, counts)
        self._beside = scipy.sparse.csr_matrix((beside, X.indices, X.indptr), shape=X.shape)

    def _matmat(self, A):
        return self._beside @ A + np.outer(self._means, A.sum(axis=0))

    def _rmatmat(self, A):
        return self._beside.T @ A + self._means @ A

    def _matvec(self, a):
        return self._matmat(a.reshape(-1, 1))

    def _rmatvec(self, a):
        return self._rmatmat(a.reshape(-1, 1))


class KnownVariables(DataVariables):
    """Variables of the known entries.

    Attributes
    ----------
    X_by_sample : shared variable
        Xᵀ as a CSR matrix, a row per sample.
    """

    def __init__(self, dtype):
        super().__init__(dtype)
        self.X_by_sample = open_sparse("X_by_sample", dtype)
        self.variables.append(self.X_by_sample)

    def _shared(self, dtype):
        return open_sparse("X", dtype)

    def _squared_error(self, Z, F):
        return known_squared_error(self.X, Z, F)


class Known(Samples):
    """A canonical sparse matrix of known entries; see `dsnmf.data.recognition.canonical`."""

    variables = KnownVariables
    is_complete = False
    only_known = True

    def _energies(self, unit):
        by_sample = self.given.T.tocsr()
        squares = scipy.sparse.csr_matrix(
            (np.square(by_sample.data / unit, dtype=np.float64), *_pattern(by_sample)),
            shape=by_sample.shape,
        )
        known = np.maximum(known_per_row(by_sample), 1)
        return np.asarray(squares.sum(axis=1)).ravel() * (by_sample.shape[1] / known)

    @cached_property
    def _scaled(self):
        return (self.given / self._unit).astype(self.given.dtype, copy=False).tocsr()

    @cached_property
    def start(self):
        """The samples as an operator, each gap filled with its feature's mean."""
        return Filled(self._scaled)

    @property
    def step_shape(self):
        n = len(self.norms)
        return n, self._scaled.nnz / n

    def values(self):
        """X and Xᵀ, both CSR."""
        return [self._scaled, self._scaled.T.tocsr()]

    def check_known(self, features=True, first=0):
        for matrix, side in ((self.given.T, "sample"), (self.given, "feature"))[: 1 + features]:
            empty = np.flatnonzero(known_per_row(matrix.tocsr()) == 0)
            if len(empty):
                number = empty[0] + (first if side == "sample" else 0)
                raise ValueError(f"X stores no entry of {side} {number}, and absent='unknown'")

    def check_use(self, mode, init):
        if is_jax(mode):
            raise ValueError("mode='JAX' needs a dense X, got the known entries of one")
        if isinstance(init, str) and init in ("nndsvd", "lp"):
            raise ValueError(
                f"init='{init}' needs a dense X; for the known entries of one use 'svd' or 'random'"
            )

    def completed(self, Z, F):
        X = with_gaps(self.given)
        return np.where(np.isnan(X), Z @ F, X)

    def filled_at_scale(self, numbers, Z, F):
        X = with_gaps(self.given.tocsc()[:, numbers])
        return np.where(np.isnan(X), Z @ F[:, numbers], X) / self._unit

    def _squared_residual(self, Z, F):
        X = self.given.tocsr().astype(np.float64) / self.scale
        return squared_error_on_known(X, Z, np.ascontiguousarray(F.T, np.float64))

    def wide(self, which):
        return with_gaps(self.given.tocsc()[:, which]).astype(np.float64) / self.scale

    def features(self, feature_map):
        """See `Samples.features`; computed from the stored entries alone."""
        return feature_map.map_known(self._scaled, self.norms)


def _pattern(X):
    return X.indices, X.indptr
