"""Small dense linear algebra of the rules: orthonormal bases, pseudo-inverses, products.

Each operation is defined by a plain graph, which any PyTensor mode can run. In Numba mode a
kernel with the same result takes its place, because it may look at the values: well-conditioned
matrices, the usual case, need neither a Householder factorisation nor an SVD.
"""

from functools import cache

import numpy as np
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Variable
from pytensor.sparse.type import SparseTensorType

from dsnmf.symbolic.kernels import register_kernel
from dsnmf.symbolic.sparse_products import sparse_product, transposed_sparse_product
from dsnmf.validation import as_matrix


class _RowBasis(OpFromGraph):
    """A ↦ L, Q with A = L Q, the rows of Q orthonormal."""


class _PseudoInverse(OpFromGraph):
    """A, cutoff ↦ A†, singular values <= cutoff · σ_max taken as zero."""


class _SquaredNorm(OpFromGraph):
    """A ↦ ‖A‖², summed in float64; the kernel makes no array of A's size."""


@cache  # one function, compiled once, for all that call it
def _inverse_kernel(compiled):
    @compiled
    def inverse(A, cutoff):
        """(whether no singular value of A can fall under cutoff · σ_max, A⁻¹ if so)."""
        result = A
        regular = False
        try:
            result = np.ascontiguousarray(np.linalg.inv(A))
            # ‖A‖ ‖A⁻¹‖ (Frobenius) bounds the condition number from above.
            regular = np.linalg.norm(A) * np.linalg.norm(result) * cutoff < 1
        except Exception:  # exactly singular; Numba knows no narrower class
            regular = False
        return regular, result

    return inverse


@cache
def _regular_rows_kernel(compiled):
    inverse = _inverse_kernel(compiled)

    @compiled
    def regular_rows(rows):
        """(whether a C-contiguous float64 matrix has safely independent rows, L and Q if so).

        Cholesky twice: the first pass leaves an error of condition² · eps in Q, which the second
        removes as long as it is small. Matrix products only, so faster than Householder's QR.
        """
        L = Q = rows
        regular = False
        if rows.shape[0] <= rows.shape[1]:
            limit = np.sqrt(0.01 / np.finfo(np.float64).eps)
            try:
                first = np.linalg.cholesky(np.dot(rows, rows.T))
                regular, first_inverse = inverse(first, 1 / limit)
                if regular:
                    Q = np.dot(first_inverse, rows)
                    second = np.linalg.cholesky(np.dot(Q, Q.T))
                    Q = np.dot(np.linalg.inv(second), Q)
                    L = np.dot(first, second)
            except Exception:  # not positive definite
                regular = False
        return regular, L, Q

    return regular_rows


def _row_basis_kernel(compiled):
    regular_rows = _regular_rows_kernel(compiled)

    @compiled
    def row_basis(A):
        # In float64 also for float32: it leaves room for Cholesky, and compiles once for both.
        rows = np.ascontiguousarray(A).astype(np.float64)
        regular, L, Q = regular_rows(rows)
        if not regular:
            U, sigma, Vt = np.linalg.svd(rows, full_matrices=False)
            L = np.ascontiguousarray(U) * sigma
            Q = np.ascontiguousarray(Vt)
        return L.astype(A.dtype), Q.astype(A.dtype)

    return row_basis


def _pseudo_inverse_kernel(compiled):
    inverse, regular_rows = _inverse_kernel(compiled), _regular_rows_kernel(compiled)

    @compiled
    def by_svd(A, cutoff):
        """(A†)ᵀ."""
        U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
        weights = np.zeros_like(sigma)
        for i in range(len(sigma)):
            if sigma[i] > cutoff * sigma[0]:
                weights[i] = 1 / sigma[i]
        return np.dot(np.ascontiguousarray(U) * weights, np.ascontiguousarray(Vt))

    @compiled
    def pseudo_inverse(A, cutoff):
        tall = A.shape[0] > A.shape[1]
        wide = np.ascontiguousarray(A.T if tall else A).astype(np.float64)
        transposed = wide  # to become (wide†)ᵀ
        if A.shape[0] == A.shape[1]:
            regular, wide_inverse = inverse(wide, cutoff.item())
            transposed = np.ascontiguousarray(wide_inverse.T)
        else:
            regular, L, Q = regular_rows(wide)
            if regular:
                regular, L_inverse = inverse(L, cutoff.item())
                transposed = np.dot(L_inverse.T, Q)
        if not regular:
            transposed = by_svd(wide, cutoff.item())
        return np.ascontiguousarray(transposed if tall else transposed.T).astype(A.dtype)

    return pseudo_inverse


def _squared_norm_kernel(compiled):
    @compiled
    def squared_norm(A):
        total = 0.0
        for i in range(A.shape[0]):
            for j in range(A.shape[1]):
                total += np.float64(A[i, j]) ** 2
        return np.asarray(total).astype(A.dtype)

    return squared_norm


@cache
def _row_basis_op(dtype):
    A = pt.matrix(dtype=dtype)
    Q, R = pt.linalg.qr(A.T, mode="economic")
    return _RowBasis([A], [R.T, Q.T])


@cache
def _pseudo_inverse_op(dtype):
    A, cutoff = pt.matrix(dtype=dtype), pt.scalar(dtype=dtype)
    U, sigma, Vt = pt.linalg.svd(A, full_matrices=False)
    kept = sigma > cutoff * sigma[0]
    weights = pt.switch(kept, 1 / pt.switch(kept, sigma, pt.ones_like(sigma)), pt.zeros_like(sigma))
    return _PseudoInverse([A, cutoff], [pt.dot(Vt.T * weights, U.T)])


@cache
def _squared_norm_op(dtype):
    A = pt.matrix(dtype=dtype)
    return _SquaredNorm([A], [pt.sqr(A).sum()])


def row_basis(A):
    """L and Q with A = L Q and orthonormal rows in Q: products with A† become products with Q.

    Parameters
    ----------
    A : TensorVariable, shape (k, n)

    Returns
    -------
    L : TensorVariable, shape (k, min(k, n))
    Q : TensorVariable, shape (min(k, n), n)
    """
    register_kernel(_RowBasis, _row_basis_kernel)
    return _row_basis_op(A.dtype)(A)


def pseudo_inverse(A, size=None):
    """A† of a small matrix, with the authors' cut-off size · eps · σ_max.

    Parameters
    ----------
    A : TensorVariable, shape (k, l)
    size : int or scalar TensorVariable, optional
        The larger side of the matrix that A stands for: when A is a large matrix in an
        orthonormal basis, it has that matrix's singular values, and must get its cut-off too.
        max(k, l) if not given.

    Returns
    -------
    TensorVariable, shape (l, k)
    """
    register_kernel(_PseudoInverse, _pseudo_inverse_kernel)
    size = pt.maximum(*A.shape) if size is None else size
    cutoff = pt.cast(size, A.dtype) * pt.constant(np.finfo(A.dtype).eps, dtype=A.dtype)
    return _pseudo_inverse_op(A.dtype)(A, cutoff)


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
    if isinstance(X, Variable):
        if X.type.ndim != 2:
            raise ValueError(f"X must be 2-d, got {X.type.ndim}-d")
        if X.type.dtype != dtype:
            raise TypeError(f"X must have the factors' dtype {dtype}, got {X.type.dtype}")
        return X
    if scipy.sparse.issparse(X):
        return pytensor.sparse.as_sparse_variable(scipy.sparse.csr_matrix(X, dtype=dtype))
    return pt.constant(np.array(as_matrix(X, "X"), dtype=dtype, order="C"))


def product(A, B):
    """A B, dense, where A or B may be a sparse variable; without a gradient in that case."""
    if is_sparse(A):
        return sparse_product(_as_csr(A), B)
    if is_sparse(B):
        return transposed_sparse_product(_as_csr(B), A.T).T
    return pt.dot(A, B)


def _as_csr(A):
    if A.type.format != "csr":
        raise TypeError(f"a sparse matrix must be in CSR format, got {A.type.format}")
    return A


def squared_norm(A):
    """‖A‖²_F of a dense or sparse matrix variable, without forming anything of its size."""
    if is_sparse(A):
        return pt.sqr(pytensor.sparse.csm_data(A)).sum()
    register_kernel(_SquaredNorm, _squared_norm_kernel)
    return _squared_norm_op(A.dtype)(A)
