"""Sparse matrices: absent entries are zeros, and nothing dense of their size is made."""

from functools import cached_property

import numpy as np
import pytensor.sparse
import pytensor.tensor as pt

from dsnmf.data.samples import DataVariables, Samples
from dsnmf.symbolic import layer_features
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.residual import chained_gradients
from dsnmf.symbolic.shared import open_sparse
from dsnmf.training.modes import is_jax

#: Share of the matrix's energy below which its error is not taken from a difference of sums.
LEAST_DIFFERENCE = 1e-8


class SparseVariables(DataVariables):
    """Of a CSR matrix."""

    def _shared(self, dtype):
        return open_sparse("X", dtype)

    def _rows(self, dtype):
        return pytensor.sparse.csr_matrix("rows", dtype=dtype)

    def _squared_error(self, Z, F):
        """In float64, since a good fit leaves little of the terms' difference; never below 0."""
        wide_Z, wide_F = pt.cast(Z, "float64"), pt.cast(F, "float64")
        fitted = (product(self.X, wide_F.T) * wide_Z).sum()
        inner = (pt.dot(wide_Z.T, wide_Z) * pt.dot(wide_F, wide_F.T)).sum()
        energy = pt.sqr(pt.cast(pytensor.sparse.csm_data(self.X), "float64")).sum()
        return pt.cast(pt.maximum(energy - 2 * fitted + inner, 0), Z.dtype)

    def error_and_gradients(self, Zs, H, nonlinearity, params):
        """As `DataVariables` has it, written out: sparse products have no symbolic gradient."""
        Z, F = Zs[0], layer_features(Zs, H, 1, nonlinearity)
        by_Z = pt.dot(Z, pt.dot(F, F.T)) - product(self.X, F.T)
        by_F = pt.dot(pt.dot(Z.T, Z), F) - product(Z.T, self.X)
        return self._squared_error(Z, F), chained_gradients(params, Z, F, by_Z, by_F)


class Sparse(Samples):
    """A sparse matrix, canonical: see `dsnmf.data.recognition.canonical`."""

    variables = SparseVariables

    def _energies(self, unit):
        squares = self.given.astype(np.float64)
        squares.data = (squares.data / unit) ** 2
        return np.asarray(squares.sum(axis=0)).ravel()

    @cached_property
    def start(self):
        return (self.given / self._unit).tocsr()

    def values(self):
        return [self.start]

    @property
    def dense(self):
        raise ValueError("affinity='heat' needs a dense X; for a sparse X use 'binary' or 'knn'")

    def check_use(self, mode, init):
        if is_jax(mode):
            raise ValueError("mode='JAX' needs a dense X, got a sparse one")
        if isinstance(init, str) and init in ("nndsvd", "lp"):
            raise ValueError(f"init='{init}' needs a dense X; for a sparse X use 'svd' or 'random'")

    def _squared_residual(self, Z, F):
        X = self.given.astype(np.float64) / self.scale
        energy = np.square(X.data).sum()
        error = energy - 2 * ((X @ F.T) * Z).sum() + ((Z.T @ Z) * (F @ F.T)).sum()
        exact = error > LEAST_DIFFERENCE * energy
        return error if exact else super()._squared_residual(Z, F)

    def wide(self, which):
        return super().wide(which).toarray()

    def features(self, feature_map):
        """As `Samples` has it, at once: no more is made than there are entries."""
        return feature_map.of_full(self.given / self._unit, self.norms)
