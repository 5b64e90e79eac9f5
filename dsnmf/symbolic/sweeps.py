"""Coordinate descent on non-negative least squares, all samples at once."""

from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.symbolic.kernels import KernelOp, compile_kernel

#: A component whose column of Ψ is at most this many eps of the largest column is rounding, and
#: keeps its features.
DEAD = 10

#: Number of samples swept together: they fit the cache and fill vector registers.
WIDTH = 32


class _Sweep(KernelOp):
    """A, B, extra, H ↦ H after `times` sweeps over its rows."""

    times: int

    def run(self, A, B, extra, H):
        return compile_kernel(_sweep)(A, B, extra, H, self.times)


def _sweep(A, B, extra, H, times):
    # Loops over entries, because assignments of slices take seconds to compile.
    k, n = H.shape
    swept, kind = np.empty((k, n), H.dtype), H.dtype
    h, a = np.zeros((k, WIDTH), kind), np.zeros((k, WIDTH), kind)
    rest, more = np.zeros(WIDTH, kind), np.zeros(WIDTH, kind)
    largest = B[0, 0]
    for r in range(1, k):
        largest = max(largest, B[r, r])
    dead = (DEAD * np.finfo(kind).eps) ** 2 * largest
    for first in range(0, n, WIDTH):
        width = min(WIDTH, n - first)
        for j in range(width):
            more[j] = extra[first + j]
        for r in range(k):
            for j in range(width):
                h[r, j], a[r, j] = H[r, first + j], A[r, first + j]
        for _ in range(times):
            for r in range(k):
                for j in range(WIDTH):
                    rest[j] = a[r, j] - more[j] * h[r, j]
                for c in range(0, k - 3, 4):
                    b0, b1, b2, b3 = B[r, c], B[r, c + 1], B[r, c + 2], B[r, c + 3]
                    for j in range(WIDTH):
                        near = b0 * h[c, j] + b1 * h[c + 1, j]
                        rest[j] -= near + (b2 * h[c + 2, j] + b3 * h[c + 3, j])
                for c in range(k - k % 4, k):
                    b0 = B[r, c]
                    for j in range(WIDTH):
                        rest[j] -= b0 * h[c, j]
                for j in range(WIDTH):
                    curvature = B[r, r] + more[j]
                    if curvature > dead:
                        h[r, j] = max(h[r, j] + rest[j] / curvature, 0)
        for r in range(k):
            for j in range(width):
                swept[r, first + j] = h[r, j]
    return swept


@cache
def _sweep_op(dtype, times):
    A, B, H = (pt.matrix(dtype=dtype) for _ in range(3))
    extra = pt.vector(dtype=dtype)
    largest = pt.sort(pt.diag(B))[-1]  # in Numba mode PyTensor's Max loses NaN
    dead = pt.constant((DEAD * np.finfo(dtype).eps) ** 2, dtype=dtype) * largest

    def row(r, H, A, B, extra, dead):
        curvature = B[r, r] + extra
        used = curvature > dead
        rest = A[r] - extra * H[r] - pt.dot(B[r], H)
        moved = pt.maximum(H[r] + rest / pt.switch(used, curvature, 1), 0)
        return pt.set_subtensor(H[r], pt.cast(pt.switch(used, moved, H[r]), dtype))

    swept = H
    for _ in range(times):  # JAX needs loops whose length is a shape
        rows = pytensor.scan(
            row,
            pt.arange(H.shape[0]),
            outputs_info=[swept],
            non_sequences=[A, B, extra, dead],
            return_updates=False,
        )
        swept = rows[-1]
    op = _Sweep([A, B, extra, H], [swept])
    op.times = times
    return op


def sweep(H, A, B, times=1, extra=None):
    """H after coordinate descent on Σ_j ½ hᵀ(B + e_j 1)h - a_jᵀh over the columns h_j >= 0 of H.

    Each row in turn is set to its minimum with the others fixed, so the sum never rises.

    Parameters
    ----------
    H : variable, shape (k, n), >= 0
        A row keeps its values where its curvature B_rr + e_j is zero up to rounding.
    A : variable, shape (k, n)
    B : variable, shape (k, k)
        Symmetric and positive semi-definite.
    times : int
        Sweeps over all rows.
    extra : variable, shape (n,), >= 0, optional
        e.

    Returns
    -------
    variable, shape (k, n), >= 0

    References
    ----------
    Cichocki & Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
    factorizations", IEICE 2009 (HALS); several sweeps for the same A and B: Gillis & Glineur,
    "Accelerated multiplicative updates and hierarchical ALS algorithms for nonnegative matrix
    factorization", Neural Computation 2012.

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> from dsnmf.symbolic.sweeps import sweep
    >>> H, A, B = pt.zeros((2, 1)), np.array([[3.0], [-1.0]]), np.eye(2)
    >>> sweep(H, pt.constant(A), pt.constant(B)).eval()
    array([[3.],
           [0.]])
    """
    extra = pt.zeros(H.shape[1], dtype=H.dtype) if extra is None else extra
    return _sweep_op(H.dtype, times)(A, B, extra, H)
