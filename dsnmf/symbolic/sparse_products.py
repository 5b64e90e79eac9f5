"""Products of a sparse matrix with a dense one, and its norm, fast in Numba mode.

PyTensor's own kernels take three times as long (1.65 instead of 0.53 ms for X A and Xᵀ A, X 500 x
2000 with 1 % of entries, k = 20). Duplicate entries are added, as in SciPy.
"""

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import matrix, scalar

from dsnmf.symbolic.kernels import register_kernel


class _Product(Op):
    """X, A ↦ X A for a CSR matrix X; no gradient."""

    __props__ = ()

    def make_node(self, X, A):
        return Apply(self, [X, A], [matrix(dtype=A.type.dtype)])

    def perform(self, node, inputs, outputs):
        X, A = inputs
        outputs[0][0] = X @ A


class _TransposedProduct(_Product):
    """X, A ↦ Xᵀ A for a CSR matrix X; no gradient."""

    def perform(self, node, inputs, outputs):
        X, A = inputs
        outputs[0][0] = X.T @ A


def _kernel(transposed):
    """The kernel of X A, or of Xᵀ A."""

    def product(X, A):
        data, indices, indptr = X.data, X.indices, X.indptr
        A = np.ascontiguousarray(A)
        rows, k = len(indptr) - 1, A.shape[1]
        result = np.zeros((X.shape[1] if transposed else rows, k), A.dtype)
        for i in range(rows):
            for entry in range(indptr[i], indptr[i + 1]):
                weight, j = data[entry], indices[entry]
                to, of = (j, i) if transposed else (i, j)
                for c in range(k):
                    result[to, c] += weight * A[of, c]
        return result

    product.__qualname__ = f"{'transposed_' if transposed else ''}product"
    return product


_product_kernel, _transposed_product_kernel = _kernel(False), _kernel(True)


def sparse_product(X, A):
    """X A for a CSR variable X and a dense matrix variable A; a dense variable, no gradient."""
    register_kernel(_Product, _product_kernel)
    return _Product()(X, A)


def transposed_sparse_product(X, A):
    """Xᵀ A for a CSR variable X and a dense matrix variable A; a dense variable, no gradient."""
    register_kernel(_TransposedProduct, _transposed_product_kernel)
    return _TransposedProduct()(X, A)


class _SquaredNorm(Op):
    """X ↦ ‖X‖² for a CSR or CSC matrix X, summed in float64; no gradient."""

    __props__ = ()

    def make_node(self, X):
        return Apply(self, [X], [scalar(dtype=X.type.dtype)])

    def perform(self, node, inputs, outputs):
        whole = inputs[0].copy()  # a copy has no cached flag, so duplicates are found
        whole.sum_duplicates()
        entries = whole.data.astype(np.float64, copy=False)
        outputs[0][0] = np.asarray(np.vdot(entries, entries)).astype(whole.dtype)


def _squared_norm(X):
    data, indices, indptr = X.data, X.indices, X.indptr
    line, total = np.zeros(max(X.shape[0], X.shape[1])), 0.0
    for i in range(len(indptr) - 1):
        for entry in range(indptr[i], indptr[i + 1]):
            line[indices[entry]] += data[entry]
        for entry in range(indptr[i], indptr[i + 1]):
            total += line[indices[entry]] ** 2
            line[indices[entry]] = 0.0
    return np.asarray(total).astype(data.dtype)


def sparse_squared_norm(X):
    """‖X‖²_F of a sparse variable; no gradient."""
    register_kernel(_SquaredNorm, _squared_norm)
    return _SquaredNorm()(X)
