"""Pre-training of a stack of layers, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.initialisation.least_squares import pseudo_inverse
from dsnmf.validation import as_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dsnmf.typing import Array


def pretrain(
    X: Any, layers: Sequence[int], factorise: Callable[[Any, int], tuple[Array, Array]]
) -> tuple[list[Array], list[Array]]:
    """Factorise X, then its H, then the H of that, …: the start of [A], Algorithm 1.

    (Z_i, H_i) = factorise(H_{i-1}, k_i) with H_0 = X.

    Parameters
    ----------
    X : array or SciPy sparse matrix, shape (p, n)
        Passed to factorise unchanged.
    layers : sequence of int >= 1
        k_1 … k_m.
    factorise : callable
        From a matrix (k_{i-1} x n) and the number k_i to Z_i (k_{i-1} x k_i) and H_i (k_i x n):
        an initialiser, or a fitted factorisation of one layer.

    Returns
    -------
    Zs, Hs : lists of m ndarrays

    Raises
    ------
    TypeError, ValueError
        If layers is not as described, or factorise returns factors of other shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import appr_seminmf, pretrain
    >>> X = np.random.default_rng(0).normal(size=(10, 20))
    >>> Zs, Hs = pretrain(X, (5, 2), appr_seminmf)
    >>> [Z.shape for Z in Zs], [H.shape for H in Hs]
    ([(10, 5), (5, 2)], [(5, 20), (2, 20)])
    """
    Zs, Hs, H = [], [], X
    for i, k in enumerate(as_layers(layers)):
        Z, H = _factorise(H, k, factorise, i)
        Zs.append(Z)
        Hs.append(H)
    return Zs, Hs


def pretrain_product(
    X: Any,
    layers: Sequence[int],
    factorise: Callable[[Any, int], tuple[Array, Array]],
    apply_map: Callable[[Array, Any], Any] = np.matmul,
) -> tuple[list[Array], list[Array]]:
    """Start a linear stack such that its product is as near to X as its narrowest layer allows.

    (Z_i', H_i) = factorise(R_{i-1} H_{i-1}, k_i) with R_i = the R of Z_i' = Q R, and
    Z_i = R_{i-1}† Z_i'. As Z_1 … Z_i = Q_1 … Q_i R_i, each layer factorises the reconstruction by
    the layers before it. With `pretrain` it factorises H_{i-1}. In the SVD start these are
    orthonormal rows plus an offset, which have lost the weights of X's directions.

    Parameters
    ----------
    X, layers, factorise
        See `pretrain`; factorise gets R_{i-1} H_{i-1}, of any sign.
    mapped : callable
        From R_{i-1} and H_{i-1} to their product.

    Returns
    -------
    Zs, Hs : lists of m ndarrays

    Raises
    ------
    TypeError, ValueError
        As `pretrain` raises them.
    """
    Zs, Hs, R, H = [], [], None, X
    for i, k in enumerate(as_layers(layers)):
        Z, H = _factorise(H if R is None else apply_map(R, H), k, factorise, i)
        Zs.append(Z if R is None else preimage(R, Z))
        Hs.append(H)
        R = np.linalg.qr(Z)[1]
    return Zs, Hs


def preimage(R, Z):
    """A matrix that R maps to Z, for Z in R's span; of rank k, although Z of the SVD has k - 1.

    It adds a direction that R maps to zero. Otherwise the rules, which multiply Z, would never
    leave rank k - 1.
    """
    inverse = pseudo_inverse(R)
    result, ones = inverse @ Z, np.ones((R.shape[1], 1))
    return result + (ones - inverse @ (R @ ones)) * np.sqrt(np.mean(result**2))


def _factorise(H, k, factorise, i):
    """Call factorise; ValueError if its results do not have the shapes for layers[i]."""
    expected = (H.shape[0], k), (k, H.shape[1])
    Z, new = factorise(H, k)
    if (Z.shape, new.shape) != expected:
        raise ValueError(
            f"factorise must return factors of shapes {expected[0]} and {expected[1]} for "
            f"layers[{i}] = {k}, got {Z.shape} and {new.shape}"
        )
    return Z, new
