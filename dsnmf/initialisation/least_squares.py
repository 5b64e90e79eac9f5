"""Pseudo-inverses of tall matrices whose columns differ much in size."""

import numpy as np

from dsnmf.magnitude import power_of_two

#: Relative rounding of float64.
ROUNDING = float(np.finfo(np.float64).eps)


def without_rounding(A, eps=ROUNDING):
    """U and M with A ≈ U M, U with orthonormal columns and M of full row rank, in float64.

    What counts as zero is a dependence between columns of unit length, and never a column that is
    small beside another: singular values of such columns up to 4 eps (the norm of what rounding
    adds to them is below eps, whatever p), or up to what a decomposition in float64 leaves of 0.

    Parameters
    ----------
    A : ndarray, shape (p, k)
    eps : float
        That of the dtype in which A was computed.

    Returns
    -------
    U : ndarray, shape (p, r)
    M : ndarray, shape (r, k)
        r = 0 for an A of zeros.
    """
    U, sigma, Vt, sizes = _scaled_svd(A, eps)
    return U, sigma[:, None] * Vt * sizes


def _scaled_svd(A, eps):
    """U, σ, Vᵀ of the columns at unit length without what is rounding, and their lengths."""
    A = A.astype(np.float64)
    units = np.array([power_of_two(size) for size in np.abs(A).max(axis=0, initial=0)])
    lengths = np.linalg.norm(A / units, axis=0)  # squares neither vanish nor overflow
    columns = A / units / np.where(lengths > 0, lengths, 1)
    U, sigma, Vt = np.linalg.svd(columns, full_matrices=False)
    rank = int((sigma > max(4 * eps, 4 * A.shape[1] * ROUNDING * sigma.max(initial=0))).sum())
    return U[:, :rank], sigma[:rank], Vt[:rank], units * lengths


def pseudo_inverse(A, eps=ROUNDING):
    """A† (k x p), float64, of what `without_rounding` leaves of A."""
    U, sigma, Vt, sizes = _scaled_svd(A, eps)
    if len(sigma) == A.shape[1]:  # exact also where the sizes differ beyond what float64 resolves
        return ((Vt.T / sigma) @ U.T) / sizes[:, None]
    return np.linalg.pinv(sigma[:, None] * Vt * sizes, rcond=0) @ U.T


def regress(X, H, eps=ROUNDING):
    """X H† (p x k), float64, of what rounding leaves of H, and of X in H's row space.

    Where rows of H are nearly dependent, H† makes rounding of X as large as anything.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (p, n)
    H : ndarray, shape (k, n)
    eps : float
        That of the dtype in which both were computed.
    """
    Q = without_rounding(H.T, eps)[0]
    U, sigma, Vt = np.linalg.svd(X @ Q, full_matrices=False)
    kept = sigma > 4 * eps * sigma.max(initial=0)
    return (U[:, kept] * sigma[kept]) @ Vt[kept] @ (pseudo_inverse(H.T, eps) @ Q).T
