"""Products and norms of dense and sparse matrices."""

from functools import cache

import numpy as np
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse
from pytensor.graph.basic import Variable
from pytensor.sparse.type import SparseTensorType

from dsnmf.symbolic.centred import CentredVariable
from dsnmf.symbolic.kernels import KernelOp
from dsnmf.symbolic.sparse_products import (
    sparse_product,
    sparse_squared_norm,
    transposed_sparse_product,
)
from dsnmf.validation import as_matrix

#: Entries that are converted to float64 at a time.
BLOCK = 1 << 16

#: Entries that are converted at a time for a product.
ENTRIES = 1 << 22


class _SquaredNorm(KernelOp):
    """A ↦ ‖A‖², summed in float64, without an array of A's size."""

    def run(self, A):
        height = max(1, BLOCK // A.shape[1])
        parts = (A[i : i + height].astype(np.float64) for i in range(0, len(A), height))
        return np.asarray(sum(np.vdot(part, part) for part in parts)).astype(A.dtype)


@cache
def _squared_norm_op(dtype):
    A = pt.matrix(dtype=dtype)
    return _SquaredNorm([A], [pt.sqr(A).sum()])


def is_sparse(A):
    """Whether A is a sparse PyTensor variable."""
    return isinstance(A.type, SparseTensorType)


def as_data(X, dtype):
    """X as a matrix variable of the given dtype; an array or SciPy matrix becomes a constant.

    Raises
    ------
    TypeError
        If X is a variable of another dtype, or does not hold real numbers.
    ValueError
        If X is not 2-d, is empty, or contains NaN or infinity.
    """
    if isinstance(X, Variable | CentredVariable):
        if X.type.ndim != 2:
            raise ValueError(f"X must be 2-d, got {X.type.ndim}-d")
        if X.type.dtype != dtype:
            raise TypeError(f"X must have the factors' dtype {dtype}, got {X.type.dtype}")
        return X
    X = as_matrix(X, "X", accept_sparse=True)
    if scipy.sparse.issparse(X):
        return pytensor.sparse.as_sparse_variable(X.astype(dtype))
    return pt.constant(np.array(X, dtype=dtype, order="C"))


def product(A, B):
    """A B, dense, where A or B may be sparse, centred or not; without a gradient in that case."""
    if isinstance(A, CentredVariable):
        return product(A.entries, B) - A.beyond_right(B)
    if isinstance(B, CentredVariable):
        return product(A, B.entries) - B.beyond_left(A)
    if is_sparse(A):
        return _sparse_product(A, B, sparse_product, transposed_sparse_product)
    if is_sparse(B):
        return _sparse_product(B, A.T, transposed_sparse_product, sparse_product).T
    return pt.dot(A, B)


def left_product(A, B, in_rows):
    """A B; with in_rows (A B)ᵀ = Bᵀ Aᵀ from B' = Bᵀ, so that nothing large is transposed."""
    return product(B, A.T) if in_rows else product(A, B)


def _sparse_product(A, B, of_csr, of_transposed):
    """A B by of_csr if A is in CSR format, or by of_transposed if Aᵀ is."""
    return of_csr(A, B) if A.type.format == "csr" else of_transposed(A.T, B)


def squared_norm(A):
    """‖A‖²_F of a dense or sparse matrix variable, without an intermediate array of its size."""
    if is_sparse(A):
        return sparse_squared_norm(A)
    return _squared_norm_op(A.dtype)(A)


def wide_product(X, Q):
    """X Q in float64; rows of X are converted some at a time."""
    if X.dtype == np.float64 or not isinstance(X, np.ndarray):
        return np.asarray(X @ Q)
    height = max(1, ENTRIES // X.shape[1])
    starts = range(0, len(X), height)
    return np.concatenate([X[i : i + height].astype(np.float64) @ Q for i in starts])
