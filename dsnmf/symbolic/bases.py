"""Small dense linear algebra of the rules: orthonormal bases and pseudo-inverses.

Each operation is defined by a plain graph, which any PyTensor mode can run. NumPy runs an
equivalent function instead, which can test the values: well-conditioned matrices, the usual case,
need neither a Householder factorisation nor an SVD.
"""

from functools import cache
from math import sqrt

import numpy as np
import pytensor.tensor as pt
from scipy.linalg.lapack import dgesv

from dsnmf.symbolic.kernels import KernelOp
from dsnmf.symbolic.triangular import cholesky, lower_inverse

#: Limits for eigenvalues of A Aᵀ, as shares of the largest: those below the first may be zeros of a
#: rank-deficient A, those above the second are not. The third is the largest residual of A outside
#: the span of the kept eigenvectors, as a share of σ_max.
LARGEST_ZERO, SMALLEST_KEPT, LARGEST_RESIDUAL = 1e-12, 1e-7, 1e-11

#: Most Newton steps to the pseudo-inverse, and the relative length of a step at which they end.
MOST_STEPS, LAST_STEP = 8, 1e-9


def _norm(A):
    """‖A‖ (Frobenius); for small matrices twice as fast as `np.linalg.norm`."""
    return sqrt(np.vdot(A, A))


def _is_regular(A, inverse, cutoff):
    """Whether all singular values of A surely exceed cutoff · σ_max."""
    # ‖A‖ ‖A⁻¹‖ (Frobenius) bounds the condition number from above.
    return _norm(A) * _norm(inverse) * cutoff < 1


def _inverse(A, cutoff):
    """(whether A is surely regular, see `_is_regular`; A⁻¹ if so)."""
    *_, inverse, failed = dgesv(A, np.eye(len(A)))
    if failed:  # exactly singular
        return False, A
    return _is_regular(A, inverse, cutoff), inverse


def _regular_basis(A):
    """L and Q with A = L Q by Cholesky, or None if the rows of a float64 A may be dependent.

    Cholesky twice: the first pass leaves an error of condition² · eps in Q, and the second removes
    it if it is small. Matrix products alone, so faster than Householder's QR.
    """
    limit = np.sqrt(0.01 / np.finfo(np.float64).eps)
    try:
        first = cholesky(np.dot(A, A.T))
        first_inverse = lower_inverse(first)
        if not _is_regular(first, first_inverse, 1 / limit):
            return None
        Q = np.dot(first_inverse, A)
        second = cholesky(np.dot(Q, Q.T))
        return np.dot(first, second), np.dot(lower_inverse(second), Q)
    except np.linalg.LinAlgError:  # not positive definite
        return None


class _RowBasis(KernelOp):
    """A ↦ L, Q with A = L Q, the rows of Q orthonormal."""

    def run(self, A):
        rows = np.ascontiguousarray(
            A, np.float64
        )  # float32 too, for the squared condition number of Cholesky
        if rows.shape[0] >= rows.shape[1]:
            L, Q = rows, np.eye(rows.shape[1])
        elif (basis := _regular_basis(rows)) is not None:
            L, Q = basis
        else:
            U, sigma, Q = np.linalg.svd(rows, full_matrices=False)
            L = U * sigma
        return L.astype(A.dtype), Q.astype(A.dtype)


def _polish(A, T):
    """(A†)ᵀ from an approximation T in A's spans, by Newton-Schulz steps that square the error."""
    for _ in range(MOST_STEPS):
        step = T - np.dot(np.dot(T, A.T), T)
        T = T + step
        if _norm(step) < LAST_STEP * _norm(T):
            break
    return T


def _by_gap(A):
    """(A†)ᵀ if each singular value of A is clearly kept or clearly zero, or else None.

    A is wide, C-contiguous and float64. The eigenvalues of A Aᵀ separate zeros from kept values if
    none lies between the limits. The residual outside the kept span shows that no small value was
    taken for a zero. The first approximation has an error of condition⁴ · eps.
    """
    C = np.dot(A, A.T)
    values, vectors = np.linalg.eigh(C)
    top = values[-1]
    first = min(np.count_nonzero(values <= LARGEST_ZERO * top), len(values) - 1)
    if not (top > 0 and values[first] > SMALLEST_KEPT * top):
        return None
    kept = np.ascontiguousarray(vectors[:, first:])
    residual = _norm(A - np.dot(kept, np.dot(kept.T, A)))
    if not residual < LARGEST_RESIDUAL * np.sqrt(top):
        return None
    inverse = np.dot(kept / values[first:], kept.T)
    return _polish(A, np.dot(np.dot(C, np.dot(inverse, inverse)), A))


def _by_inverse(A, cutoff):
    """(A†)ᵀ of a wide or square A whose singular values surely exceed cutoff · σ_max, else None.

    For a wide A from (A Aᵀ)⁻¹, whose error of condition² · eps `_polish` removes.
    """
    if A.shape[0] == A.shape[1]:
        regular, inverse = _inverse(A, cutoff)
        return np.ascontiguousarray(inverse.T) if regular else None
    regular, T = _inverse(np.dot(A, A.T), 100 * np.finfo(np.float64).eps)
    if not regular:
        return None
    T = _polish(A, np.dot(T, A))
    return T if _norm(A) * _norm(T) * cutoff < 1 else None


def _by_svd(A, cutoff):
    """(A†)ᵀ by an SVD, for any A."""
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    weights = np.zeros_like(sigma)
    kept = sigma > cutoff * sigma[0]
    weights[kept] = 1 / sigma[kept]
    return np.dot(U * weights, Vt)


class _PseudoInverse(KernelOp):
    """A, cutoff ↦ A†, singular values <= cutoff · σ_max taken as zero."""

    def run(self, A, cutoff):
        tall, cutoff = A.shape[0] > A.shape[1], cutoff.item()
        wide = np.ascontiguousarray(A.T if tall else A).astype(np.float64)
        top = np.abs(wide).max()
        # A power of two rounds nothing; squares of numbers near 1 neither underflow nor overflow.
        scale = 2.0 ** min(-np.floor(np.log2(top)), 1000.0) if top > 0 else 1.0
        wide = wide * scale
        transposed = _by_inverse(wide, cutoff)
        if transposed is None:
            transposed = _by_gap(wide)
        if transposed is None:
            transposed = _by_svd(wide, cutoff)
        return np.ascontiguousarray((transposed if tall else transposed.T) * scale).astype(A.dtype)


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


def row_basis(A):
    """L and Q with A = L Q, rows of Q orthonormal: products with A† become products with Q.

    Parameters
    ----------
    A : TensorVariable, shape (k, n)

    Returns
    -------
    L : TensorVariable, shape (k, min(k, n))
    Q : TensorVariable, shape (min(k, n), n)
    """
    return _row_basis_op(A.dtype)(A)


def relative_rounding(size, dtype):
    """min(size · eps, √eps): the authors' cut-off for a matrix whose larger side is size, limited.

    Without the limit, many samples would make significant singular values count as zero. An int
    gives a number, a variable a variable.
    """
    eps = np.finfo(dtype).eps
    if isinstance(size, int):
        return np.minimum(size * np.float64(eps), np.sqrt(np.float64(eps)))
    return pt.minimum(pt.cast(size, "float64") * eps, np.sqrt(eps))


def pseudo_inverse(A, size=None, cutoff=None):
    """A† of a small matrix, with the authors' cut-off size · eps · σ_max.

    Parameters
    ----------
    A : TensorVariable, shape (k, l)
    size : int or scalar TensorVariable, optional
        The larger side of the matrix whose singular values A has: if A is a large matrix in an
        orthonormal basis, it needs the large matrix's cut-off. max(k, l) if not given. The cut-off
        is at most √eps · σ_max.
    cutoff : float or scalar TensorVariable, optional
        Used instead of size · eps.

    Returns
    -------
    TensorVariable, shape (l, k)
    """
    if cutoff is None:
        cutoff = relative_rounding(pt.maximum(*A.shape) if size is None else size, A.dtype)
    return _pseudo_inverse_op(A.dtype)(A, pt.cast(cutoff, A.dtype))
