"""Semi-NMF start from a linear program; if possible with the error of the rank-r SVD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.initialisation.triplets import truncated_svd
from dsnmf.validation import as_matrix, as_size

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Seed

#: Samples below this share of the mean l1 norm of V's columns count as zero.
NEGLIGIBLE = 1e-6
#: The shift is sought to this share of the largest |V|.
RESOLUTION = 1e-3
MAX_BISECTIONS = 40


def _combination(V):
    """y with Vᵀy >= 1, or None if there is none."""
    from scipy.optimize import linprog  # not at the top: it takes long to import

    r, n = V.shape
    bounds = [(None, None)] * r
    result = linprog(np.zeros(r), A_ub=-V.T, b_ub=-np.ones(n), bounds=bounds, method="highs")
    return result.x if result.success else None


def _shift_combination(V):
    """x = (V + ε)ᵀy >= 1 for about the smallest ε > 0 that allows it, by bisection."""
    top = np.abs(V).max()
    low, high = 0.0, top
    x = (V + 2 * top).sum(axis=0)
    for _ in range(MAX_BISECTIONS):
        shift = (low + high) / 2
        y = _combination(V + shift)
        if y is None:
            low = shift
            continue
        high, x = shift, (V + shift).T @ y
        if high - low <= RESOLUTION * top:
            break
    return x


def _make_non_negative(V, x):
    """V + αxᵀ >= 0 for x > 0, with the smallest such α >= 0."""
    alpha = np.maximum((-V / x).max(axis=1), 0)
    return np.maximum(V + np.outer(alpha, x), 0)  # the maximum removes rounding errors


def _non_negative_rows(V):
    """Non-negative rows that span those of V, if these contain a positive vector."""
    lengths = np.linalg.norm(V, axis=0)
    y = _combination(V / lengths)
    if y is None:
        return _make_non_negative(V, _shift_combination(V))
    # H = (I + αyᵀ)V is as good as V unless 1 + yᵀα = 0, which y >= 0 rules out.
    return _make_non_negative(V * np.where(y < 0, -1, 1)[:, None], V.T @ y)


def lp_seminmf(
    X: ArrayLike, n_components: int, *, random_state: Seed = None
) -> tuple[Array, Array]:
    """Linear-program start of Semi-NMF, Gillis & Kumar 2014 (Algorithm 3); [M]'s default.

    With V the leading r right singular vectors, a linear program seeks y with x = Vᵀy > 0. Then
    H = V + αxᵀ >= 0 for large enough α spans the rows of V, so ‖X - ZH‖_F is that of the best
    rank-r approximation. Without such a y the smallest shift ε is sought for which
    x = (V + ε)ᵀy > 0, and the error is larger. Z = XH†.

    Parameters
    ----------
    X : array_like, shape (p, n), float32 or float64
    n_components : int >= 1
        r.
    random_state : None, int or numpy.random.Generator
        Draws only directions that the spectrum of X does not determine; see `truncated_svd`.

    Returns
    -------
    Z : ndarray, shape (p, n_components)
    H : ndarray, shape (n_components, n), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import lp_seminmf
    >>> X = np.array([[1.0, 2.0, 3.0], [-1.0, 1.0, -3.0], [0.0, 3.0, 0.0]])
    >>> Z, H = lp_seminmf(X, 2)
    >>> bool(H.min() >= 0), bool(np.allclose(Z @ H, X))
    (True, True)
    """
    X = as_matrix(X, "X")
    n_components = as_size(n_components, "n_components")
    work = X.astype(np.float64, copy=False)
    _, _, V = truncated_svd(work, n_components, noise_floor=0, random_state=random_state)
    sizes = np.abs(V).sum(axis=0)
    kept = sizes > NEGLIGIBLE * sizes.mean()
    H = np.zeros_like(V)
    H[:, kept] = _non_negative_rows(V[:, kept])
    Z = np.linalg.lstsq(H.T, work.T, rcond=None)[0].T
    return Z.astype(X.dtype), H.astype(X.dtype)
