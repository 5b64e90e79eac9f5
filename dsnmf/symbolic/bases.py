"""Small dense linear algebra of the rules: orthonormal bases and pseudo-inverses.

Each operation is defined by a plain graph, which any PyTensor mode can run. Where NumPy or Numba
does, a kernel with the same result takes its place, because it may look at the values:
well-conditioned matrices, the usual case, need neither a Householder factorisation nor an SVD.
"""

from functools import cache

import numpy as np
import pytensor.tensor as pt

from dsnmf.symbolic.kernels import KernelOp, as_it_is, register_kernel
from dsnmf.symbolic.triangular import triangular

#: Of the eigenvalues of A Aᵀ, as shares of the largest: up to the first they may all be zeros of a
#: rank-deficient A, from the second on they are surely none. And, as a share of σ_max, the largest
#: residual of A in the span of those kept.
LARGEST_ZERO, SMALLEST_KEPT, LARGEST_RESIDUAL = 1e-12, 1e-7, 1e-11

#: Steps from there to the pseudo-inverse; the one that moves it by so little is the last.
MOST_STEPS, LAST_STEP = 8, 1e-9


class _RowBasis(KernelOp):
    """A ↦ L, Q with A = L Q, the rows of Q orthonormal."""

    def run(self, A):
        return _row_basis_kernel(as_it_is)(A)


class _PseudoInverse(KernelOp):
    """A, cutoff ↦ A†, singular values <= cutoff · σ_max taken as zero."""

    def run(self, A, cutoff):
        return _pseudo_inverse_kernel(as_it_is)(A, cutoff)


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
    cholesky, lower_inverse = triangular(compiled)

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
                first = cholesky(np.dot(rows, rows.T))
                regular, first_inverse = inverse(first, 1 / limit)
                if regular:
                    Q = np.dot(first_inverse, rows)
                    second = cholesky(np.dot(Q, Q.T))
                    Q = np.dot(lower_inverse(second), Q)
                    L = np.dot(first, second)
            except Exception:  # not positive definite
                regular = False
        return regular, L, Q

    return regular_rows


@cache
def _row_basis_kernel(compiled):
    regular_rows = _regular_rows_kernel(compiled)

    @compiled
    def row_basis(A):
        # In float64 also for float32: it leaves room for Cholesky, and compiles once for both.
        rows = np.ascontiguousarray(A).astype(np.float64)
        if rows.shape[0] >= rows.shape[1]:
            L, Q = rows, np.eye(rows.shape[1])
            regular = True
        else:
            regular, L, Q = regular_rows(rows)
        if not regular:
            U, sigma, Vt = np.linalg.svd(rows, full_matrices=False)
            L = np.ascontiguousarray(U) * sigma
            Q = np.ascontiguousarray(Vt)
        return L.astype(A.dtype), Q.astype(A.dtype)

    return row_basis


@cache
def _polished_kernel(compiled):
    @compiled
    def polished(A, T):
        """(A†)ᵀ from an approximation T within A's spans: Newton and Schulz square the error."""
        for _ in range(MOST_STEPS):
            step = T - np.dot(np.dot(T, A.T), T)
            T = T + step
            if np.linalg.norm(step) < LAST_STEP * np.linalg.norm(T):
                break
        return T

    return polished


@cache
def _gapped_kernel(compiled):
    polished = _polished_kernel(compiled)

    @compiled
    def gapped(A):
        """(whether A's singular values are clearly either kept or zero, (A†)ᵀ if so).

        For a wide C-contiguous float64 matrix, from A Aᵀ: its eigenvalues tell zeros from what is
        kept unless they lie between, and the residual of the kept ones' span that nothing small was
        taken for a zero. The first answer has condition⁴ · eps in it.
        """
        C = np.dot(A, A.T)
        values, vectors = np.linalg.eigh(C)
        top = values[len(values) - 1]
        first = 0
        while first < len(values) - 1 and values[first] <= LARGEST_ZERO * top:
            first += 1
        clear = top > 0 and values[first] > SMALLEST_KEPT * top
        result = A
        if clear:
            kept = np.ascontiguousarray(vectors[:, first:])
            residual = np.linalg.norm(A - np.dot(kept, np.dot(kept.T, A)))
            clear = residual < LARGEST_RESIDUAL * np.sqrt(top)
            inverse = np.dot(kept / values[first:], kept.T)
            result = polished(A, np.dot(np.dot(C, np.dot(inverse, inverse)), A))
        return clear, result

    return gapped


@cache
def _pseudo_inverse_kernel(compiled):
    inverse, gapped = _inverse_kernel(compiled), _gapped_kernel(compiled)
    polished = _polished_kernel(compiled)

    @compiled
    def regular_rows(A, cutoff):
        """(whether all singular values of a wide A surely exceed cutoff · σ_max, (A†)ᵀ if so).

        By A Aᵀ, whose inverse has an error of condition² · eps, which is polished away.
        """
        regular, T = inverse(np.dot(A, A.T), 100 * np.finfo(np.float64).eps)
        if regular:
            T = polished(A, np.dot(T, A))
            regular = np.linalg.norm(A) * np.linalg.norm(T) * cutoff < 1
        return regular, T

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
        top = np.abs(wide).max()
        # A power of two, which rounds nothing: squares of what is near 1 neither vanish nor grow.
        scale = 2.0 ** min(-np.floor(np.log2(top)), 1000.0) if top > 0 else 1.0
        wide = wide * scale
        transposed = wide  # to become (wide†)ᵀ
        if A.shape[0] == A.shape[1]:
            regular, wide_inverse = inverse(wide, cutoff.item())
            transposed = np.ascontiguousarray(wide_inverse.T)
        else:
            regular, transposed = regular_rows(wide, cutoff.item())
        if not regular:
            regular, transposed = gapped(wide)
        if not regular:
            transposed = by_svd(wide, cutoff.item())
        return np.ascontiguousarray((transposed if tall else transposed.T) * scale).astype(A.dtype)

    return pseudo_inverse


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


def relative_rounding(size, dtype):
    """size · eps of the dtype, the authors' cut-off for a matrix whose larger side is size.

    At most √eps: with so many samples that it would be more, it would count what matters as zero.
    Of an int it is a number.
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
        The larger side of the matrix that A stands for: when A is a large matrix in an
        orthonormal basis, it has that matrix's singular values, and must get its cut-off too.
        max(k, l) if not given. The cut-off is at most √eps · σ_max.
    cutoff : float or scalar TensorVariable, optional
        What takes the place of size · eps.

    Returns
    -------
    TensorVariable, shape (l, k)
    """
    register_kernel(_PseudoInverse, _pseudo_inverse_kernel)
    if cutoff is None:
        cutoff = relative_rounding(pt.maximum(*A.shape) if size is None else size, A.dtype)
    return _pseudo_inverse_op(A.dtype)(A, pt.cast(cutoff, A.dtype))
