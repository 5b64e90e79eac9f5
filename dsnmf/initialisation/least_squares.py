"""Pseudo-inverses of tall matrices whose columns differ much in size."""

import numpy as np

from dsnmf.magnitude import power_of_two

#: Relative rounding of float64.
ROUNDING = float(np.finfo(np.float64).eps)


def without_rounding(A, eps=ROUNDING):
    """U and M with A ≈ U M, U with orthonormal columns and M of full row rank, in float64.

    Columns are first scaled to unit length, so that a small column does not count as zero. Singular
    values of the scaled columns count as zero up to 4 eps (rounding of the columns adds a norm
    below eps, for any p), or up to the error of a decomposition in float64.

    Parameters
    ----------
    A : ndarray, shape (p, k)
    eps : float
        Relative rounding of the dtype in which A was computed.

    Returns
    -------
    U : ndarray, shape (p, r)
    M : ndarray, shape (r, k)
        r = 0 if A is zero.
    """
    U, sigma, Vt, sizes = _scaled_svd(A, eps)
    return U, sigma[:, None] * Vt * sizes


def _scaled_svd(A, eps):
    """U, σ, Vᵀ of the columns at unit length, without rounding, and the columns' lengths."""
    A = A.astype(np.float64)
    units = np.array([power_of_two(size) for size in np.abs(A).max(axis=0, initial=0)])
    lengths = np.linalg.norm(A / units, axis=0)  # squares neither vanish nor overflow
    columns = A / units / np.where(lengths > 0, lengths, 1)
    U, sigma, Vt = np.linalg.svd(columns, full_matrices=False)
    rank = int((sigma > max(4 * eps, 4 * A.shape[1] * ROUNDING * sigma.max(initial=0))).sum())
    return U[:, :rank], sigma[:rank], Vt[:rank], units * lengths


def pseudo_inverse(A, eps=ROUNDING):
    """The pseudo-inverse (k x p), float64, of A `without_rounding`."""
    U, sigma, Vt, sizes = _scaled_svd(A, eps)
    if len(sigma) == A.shape[1]:  # exact even if sizes differ by more than float64's precision
        return ((Vt.T / sigma) @ U.T) / sizes[:, None]
    return np.linalg.pinv(sigma[:, None] * Vt * sizes, rcond=0) @ U.T


def regress(X, H, eps=ROUNDING):
    """X H† (p x k), float64, without the rounding of H and of X in H's row space.

    If rows of H are nearly dependent, H† amplifies the rounding of X.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (p, n)
    H : ndarray, shape (k, n)
    eps : float
        Relative rounding of the dtype in which both were computed.
    """
    Q = without_rounding(H.T, eps)[0]
    U, sigma, Vt = np.linalg.svd(X @ Q, full_matrices=False)
    kept = sigma > 4 * eps * sigma.max(initial=0)
    return (U[:, kept] * sigma[kept]) @ Vt[kept] @ (pseudo_inverse(H.T, eps) @ Q).T
