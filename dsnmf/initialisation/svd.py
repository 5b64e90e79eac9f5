"""The SVD initialiser of Semi-NMF."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.initialisation.floor import NOISE_FLOOR
from dsnmf.initialisation.triplets import as_operand, truncated_svd
from dsnmf.validation import as_matrix, as_size, as_uniform_source

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike, DTypeLike

    from dsnmf.typing import Array, Matrix, Seed

#: Zeros in a start become this share of its mean, as multiplicative rules never change zeros.
ZERO_FILL = 0.01


def without_zeros(H, mean=None):
    """H with small numbers in place of zeros; for a part of H, give the mean of the whole."""
    mean = H.mean() if mean is None else mean
    return np.where(H > 0, H, ZERO_FILL * mean or 1.0).astype(H.dtype)


def raised(H, mean=None):
    """H from `lifted` plus a small number; for a part of H, give the mean of the whole.

    [A, -A 1] maps both to the same, so the start stays as near to X as the SVD. Filling zeros alone
    would change the product.
    """
    mean = H.mean() if mean is None else mean
    return H + (ZERO_FILL * mean or 1.0)


def with_opposite(A):
    """[A, -A 1]."""
    return np.hstack([A, -A.sum(axis=1, keepdims=True)])


def lifted(B):
    """[B; 0] - min(0, column minima of B), which [A, -A 1] maps to A B."""
    V = np.vstack([B, np.zeros((1, B.shape[1]), B.dtype)])
    return V - np.minimum(0, B.min(axis=0))


def _rank_one(M, leading):
    """V: the positive or negative part of the leading right vector that fits better; U = M V†."""
    parts = [part for part in (np.maximum(leading, 0), np.maximum(-leading, 0)) if part.any()]
    fits = [(M @ V.T / (V @ V.T), V) for V in parts]
    return max(fits, key=lambda fit: np.linalg.norm(fit[0]) * np.linalg.norm(fit[1]))


def appr_seminmf(
    M: Matrix,
    r: int,
    *,
    noise_floor: float = NOISE_FLOOR,
    random_state: Seed = None,
    dtype: DTypeLike | None = None,
) -> tuple[Array, Array]:
    """SVD initialiser of Semi-NMF, Gillis & Kumar 2014, as in the original module.

    From the rank r-1 SVD A B of M, with each row of B turned so that its largest magnitude is
    positive: U = [A, -A 1], V = [B; 0] - min(0, column minima of B), so that U V = A B and
    V >= 0. The error is at most that of the best rank r-1 approximation (exactly that, without
    a noise floor). Components stand in ascending order of their singular values.

    Parameters
    ----------
    M : array_like, SciPy sparse matrix or LinearOperator, shape (n_features, n_samples)
        float32 or float64.
    r : int >= 1
        Number of components. r = 1 (an error in the original) uses the positive or the negative
        part of the leading right singular vector, whichever fits M better.
    noise_floor, random_state, dtype
        See `truncated_svd`.

    Returns
    -------
    U : ndarray, shape (n_features, r)
    V : ndarray, shape (r, n_samples), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import appr_seminmf
    >>> M = np.outer([1.0, -2.0, 3.0], [1.0, 0.5, 2.0, 0.0])
    >>> U, V = appr_seminmf(M, 2)
    >>> bool(V.min() >= 0), bool(np.allclose(U @ V, M))
    (True, True)
    """
    M = as_operand(M, "M")
    r = as_size(r, "r")
    options: dict[str, Any] = {
        "noise_floor": noise_floor,
        "random_state": random_state,
        "dtype": dtype,
    }
    return semi_nmf_of_triplets(M, r, partial(truncated_svd, M, **options))


def semi_nmf_of_triplets(M, r, triplets):
    """`appr_seminmf` from a function triplets(k) that returns the k leading U, S, Vt of M."""
    if r == 1:
        return _rank_one(M, triplets(1)[2])
    A, S, B = triplets(r - 1)
    return with_opposite((A * S)[:, ::-1]), lifted(B[::-1])


def init_weights(
    X: ArrayLike,
    num_components: int,
    svd_init: bool = True,
    *,
    noise_floor: float = NOISE_FLOOR,
    random_state: Seed = None,
    dtype: DTypeLike | None = None,
) -> tuple[Array, Array]:
    """Starting values of one layer.

    Parameters
    ----------
    X : array_like, shape (n_features, n_samples), float32 or float64
    num_components : int >= 1
    svd_init : bool
        True: `appr_seminmf`. False: 0.08 times uniform numbers in [0, 1), Z drawn before H.
    noise_floor, dtype
        See `truncated_svd`.
    random_state : None, int or numpy.random.Generator
        None is a fixed seed if svd_init is True, otherwise NumPy's global state: calls then give
        different factors, unless `numpy.random.seed` is called before each.

    Returns
    -------
    Z : ndarray, shape (n_features, num_components)
    H : ndarray, shape (num_components, n_samples), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import init_weights
    >>> Z, H = init_weights(np.eye(4, 6), 2, svd_init=False, random_state=0)
    >>> Z.shape, H.shape, bool(Z.max() < 0.08)
    ((4, 2), (2, 6), True)
    """
    if svd_init:
        return appr_seminmf(
            X, num_components, noise_floor=noise_floor, random_state=random_state, dtype=dtype
        )
    X = as_matrix(X, "X", accept_sparse=True)
    k = as_size(num_components, "num_components")
    rng = as_uniform_source(random_state)
    Z = 0.08 * rng.random((X.shape[0], k))
    H = 0.08 * rng.random((k, X.shape[1]))
    dtype = X.dtype if dtype is None else dtype
    return Z.astype(dtype), H.astype(dtype)
