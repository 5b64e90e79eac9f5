"""Non-negative double singular value decomposition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.initialisation.triplets import truncated_svd
from dsnmf.validation import as_matrix, as_number, as_size

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Seed

#: Entries below this count as zero, as in the authors' program.
ZERO = 1e-10


def _dominant_parts(u, v):
    """Positive parts of u and v or of -u and -v, whichever pair has the larger product."""
    pairs = [(np.maximum(sign * u, 0), np.maximum(sign * v, 0)) for sign in (1, -1)]
    return max(pairs, key=lambda pair: np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))


def nndsvd(
    X: ArrayLike, n_components: int, *, fill: float = 0.1, random_state: Seed = None
) -> tuple[Array, Array]:
    """NNDSVD of Boutsidis & Gallopoulos (2008), the start of [A]; X ≈ ZH with Z, H >= 0.

    From each singular triplet (σ, u, v) the dominant non-negative part of u vᵀ (Perron's for
    the first), scaled by σ, is taken and split evenly between the factors.

    Parameters
    ----------
    X : array_like, shape (p, n), float32 or float64
        Negative entries are taken as 0.
    n_components : int >= 1
    fill : float >= 0
        The new value of entries below 1e-10: 0.1 in the authors' program, 0 in the published
        method. A multiplicative rule never changes zeros.
    random_state : None, int or numpy.random.Generator
        Draws only directions that the spectrum of X does not determine; see `truncated_svd`.

    Returns
    -------
    Z : ndarray, shape (p, n_components), >= 0
    H : ndarray, shape (n_components, n), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import nndsvd
    >>> X = np.array([[4.0, 0.0, 4.0], [0.0, 1.0, 0.0]])
    >>> Z, H = nndsvd(X, 2, fill=0)
    >>> bool(np.allclose(Z @ H, X))
    True
    """
    X = np.maximum(as_matrix(X, "X"), 0)
    n_components = as_size(n_components, "n_components")
    fill = as_number(fill, "fill", 0)
    U, S, Vt = truncated_svd(X, n_components, noise_floor=0, random_state=random_state)
    U[:, 0], Vt[0] = np.abs(U[:, 0]), np.abs(Vt[0])
    Z, H = np.empty_like(U), np.empty_like(Vt)
    for j in range(n_components):
        z, h = _dominant_parts(U[:, j], Vt[j])
        balance = np.sqrt(np.linalg.norm(h) / np.linalg.norm(z)) if z.any() and h.any() else 0
        Z[:, j] = np.sqrt(S[j]) * z * balance
        H[j] = np.sqrt(S[j]) * h / balance if balance else 0
    Z[Z < ZERO] = fill
    H[H < ZERO] = fill
    return Z, H
