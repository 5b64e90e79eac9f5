"""The models as expressions: X ≈ Z_1 g(Z_2 g(… g(Z_m H_m))), X features x samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytensor.tensor as pt

from dsnmf.symbolic.nonlinearities import as_nonlinearity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytensor.tensor.variable import TensorVariable

    from dsnmf.typing import Nonlinearity


def layer_features(
    Zs: Sequence[TensorVariable],
    H: TensorVariable,
    layer: int,
    nonlinearity: Nonlinearity = "identity",
) -> TensorVariable:
    """Features of one layer: H for the last, g(Z_{i+1} · features of layer i+1) below it.

    Parameters
    ----------
    Zs : list of m TensorVariables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    H : TensorVariable, shape (k_m, n)
        Features of the last layer (already non-negative where the model asks for it).
    layer : int
        1 … m.
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    TensorVariable, shape (k_layer, n)

    Raises
    ------
    ValueError
        If layer is not in 1 … m.
    """
    if not 1 <= layer <= len(Zs):
        raise ValueError(f"layer must be in 1 … {len(Zs)}, got {layer!r}")
    g = as_nonlinearity(nonlinearity)
    features = H
    for Z in reversed(Zs[layer:]):
        features = g(pt.dot(Z, features))
    return features


def reconstruction(
    Zs: Sequence[TensorVariable], H: TensorVariable, nonlinearity: Nonlinearity = "identity"
) -> TensorVariable:
    """X̂ = Z_1 g(Z_2 g(… g(Z_m H))), [A] eq. 6-8.

    Parameters
    ----------
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    TensorVariable, shape (p, n)
    """
    return pt.dot(Zs[0], layer_features(Zs, H, 1, nonlinearity))
