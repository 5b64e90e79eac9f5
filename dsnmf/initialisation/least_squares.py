"""Least squares with columns of very different size."""

import numpy as np

#: Relative rounding of float64.
ROUNDING = float(np.finfo(np.float64).eps)


def scaled_pseudo_inverse(A, eps=ROUNDING):
    """G with A G b = the point of A's span nearest to b, in float64.

    That of the columns at unit length, A D⁻¹: what counts as zero there is a dependence between
    columns, and never a column that is small beside another. Of full rank, it is A†.

    Parameters
    ----------
    A : ndarray, shape (p, k)
    eps : float
        Of the dtype in which A was computed; singular values up to max(p, k) · eps · σ_max count as
        zero.

    Returns
    -------
    ndarray, shape (k, p), float64
    """
    A = A.astype(np.float64)
    sizes = np.abs(A).max(axis=0, initial=0)
    sizes[sizes == 0] = 1  # before squares: what is very large or small leaves float64
    sizes *= np.maximum(np.linalg.norm(A / sizes, axis=0), 1)
    return np.linalg.pinv(A / sizes, rcond=max(A.shape) * eps) / sizes[:, None]
