"""Sparse matrices, centred or not: absent entries are zeros, no dense copy is formed.

For centred ones see `dsnmf.symbolic.centred`.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse

from dsnmf.data.samples import DataVariables, Samples, column_blocks
from dsnmf.initialisation.triplets import LARGEST_SPARSE_GRAM, gram_eigen
from dsnmf.symbolic import layer_features
from dsnmf.symbolic.centred import CentredMatrix, CentredVariable
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.residual import chained_gradients
from dsnmf.symbolic.shared import open_shared, open_sparse
from dsnmf.training.modes import is_jax

#: Share of ‖X‖² below which the squared error is not computed as a difference of sums.
LEAST_DIFFERENCE = 1e-8


def squared_residual(X, Z, F):
    """Σ (X - Z F)² in float64, exactly; a sparse X (p x n) is never made dense."""
    Z, F = Z.astype(np.float64, copy=False), F.astype(np.float64, copy=False)
    X = X.astype(np.float64, copy=False)
    is_centred = isinstance(X, CentredMatrix)
    if not (is_centred or scipy.sparse.issparse(X)):
        return float(np.square(X - Z @ F).sum())
    energy = X.energies().sum() if is_centred else np.square(X.data).sum()
    error = energy - 2 * ((X @ F.T) * Z).sum() + ((Z.T @ Z) * (F @ F.T)).sum()
    if error > LEAST_DIFFERENCE * energy:
        return float(error)
    blocks, X = column_blocks(*X.shape), X if is_centred else X.tocsc()
    return sum(float(np.square(X[:, b].toarray() - Z @ F[:, b]).sum()) for b in blocks)


def column_norms(X):
    """l2 norms of the columns of an array or a sparse matrix, in float64."""
    if scipy.sparse.issparse(X):
        squares = X.astype(np.float64)
        squares.data = squares.data**2
        return np.sqrt(np.asarray(squares.sum(axis=0)).ravel())
    return np.linalg.norm(X.astype(np.float64, copy=False), axis=0)


class SparseVariables(DataVariables):
    """Variables of a CSR matrix."""

    def _shared(self, dtype):
        return open_sparse("X", dtype)

    def _rows(self, dtype):
        return pytensor.sparse.csr_matrix("rows", dtype=dtype)

    def _squared_error(self, Z, F):
        """In float64, because a good fit is a small difference of large terms; never below 0."""
        wide_Z, wide_F = pt.cast(Z, "float64"), pt.cast(F, "float64")
        fitted = (product(self.X, wide_F.T) * wide_Z).sum()
        inner = (pt.dot(wide_Z.T, wide_Z) * pt.dot(wide_F, wide_F.T)).sum()
        return pt.cast(pt.maximum(self._energy() - 2 * fitted + inner, 0), Z.dtype)

    def _energy(self):
        """Σ X²."""
        return pt.sqr(pt.cast(pytensor.sparse.csm_data(self.X), "float64")).sum()

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """See `DataVariables`. Written out, as sparse products have no symbolic gradient."""
        Z, F = Zs[0], layer_features(Zs, H, 1, nonlinearity)
        by_Z = pt.dot(Z, pt.dot(F, F.T)) - product(self.X, F.T)
        by_F = pt.dot(pt.dot(Z.T, Z), F) - product(Z.T, self.X)
        return self._squared_error(Z, F), chained_gradients(params, Z, F, by_Z, by_F)


class CentredVariables(SparseVariables):
    """Variables of a sparse matrix minus the means of its features."""

    def __init__(self, dtype):
        super().__init__(dtype)
        means = open_shared("means", dtype, 1)
        self._square = open_shared("energy", "float64", 0)
        self.X = CentredVariable(self.X, means)
        self.variables += [means, self._square]

    def _energy(self):
        return self._square


class Sparse(Samples):
    """A canonical sparse matrix; see `dsnmf.data.recognition.canonical`."""

    variables: type[DataVariables] = SparseVariables

    def _energies(self, unit):
        squares = self.given.astype(np.float64)
        squares.data = (squares.data / unit) ** 2
        return np.asarray(squares.sum(axis=0)).ravel()

    @cached_property
    def start(self):
        # SciPy divides a sparse float32 in float64.
        return (self.given / self._unit).astype(self.given.dtype, copy=False).tocsr()

    def values(self):
        return [self.start]

    @property
    def dense(self):
        raise ValueError("affinity='heat' needs a dense X; for a sparse X use 'binary' or 'knn'")

    def find_eigen(self):
        if min(self.given.shape) <= LARGEST_SPARSE_GRAM:
            self._eigen = gram_eigen(self.start.astype(np.float64, copy=False))

    def check_use(self, mode, init):
        if is_jax(mode):
            raise ValueError("mode='JAX' needs a dense X, got a sparse one")
        if isinstance(init, str) and init in ("nndsvd", "lp"):
            raise ValueError(f"init='{init}' needs a dense X; for a sparse X use 'svd' or 'random'")

    def _squared_residual(self, Z, F):
        return squared_residual(self.given.astype(np.float64) / self.scale, Z, F)

    def wide(self, which):
        return super().wide(which).toarray()

    def features(self, feature_map):
        """See `Samples.features`; not in blocks, as intermediate arrays are no larger than X."""
        X = (self.given / self._unit).astype(self.given.dtype, copy=False)
        return feature_map.map_full(X, self.norms)


class CentredSparse(Sparse):
    """A sparse matrix minus the means of its features, a `CentredMatrix`."""

    variables = CentredVariables

    def _energies(self, unit):
        X = (self.given / unit).astype(np.float64)
        entries, values = X.stored_entries()
        beyond = np.square(values) - np.square(X.means[entries.row])
        of_stored = np.bincount(entries.col, beyond, minlength=X.shape[1])
        return np.maximum(of_stored + X.means @ X.means, 0)

    @cached_property
    def start(self):
        X = self.given / self._unit
        return replace(X, entries=X.entries.tocsr())

    def values(self):
        """The sparse matrix, the means, and Σ X²."""
        square = np.array(self.start.astype(np.float64).energies().sum())
        return [self.start.entries, self.start.means, square]

    @property
    def unshifted(self):
        return self.start.entries

    @property
    def shift(self):
        return self.start.means
