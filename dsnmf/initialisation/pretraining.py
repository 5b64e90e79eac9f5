"""Greedy pre-training of a stack of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnmf.validation import as_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dsnmf.typing import Array


def pretrain(
    X: Any, layers: Sequence[int], factorise: Callable[[Any, int], tuple[Array, Array]]
) -> tuple[list[Array], list[Array]]:
    """Factorises X, then its H, then that one's H, …: the start of [A], Algorithm 1.

    (Z_i, H_i) = factorise(H_{i-1}, k_i) with H_0 = X.

    Parameters
    ----------
    X : array or SciPy sparse matrix, shape (p, n)
        Handed to factorise as it is.
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
        expected = (H.shape[0], k), (k, H.shape[1])
        Z, H = factorise(H, k)
        if (Z.shape, H.shape) != expected:
            raise ValueError(
                f"factorise must return factors of shapes {expected[0]} and {expected[1]} for "
                f"layers[{i}] = {k}, got {Z.shape} and {H.shape}"
            )
        Zs.append(Z)
        Hs.append(H)
    return Zs, Hs
