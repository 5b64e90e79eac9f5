"""The costs of the papers' rules and of the Theano model, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytensor.tensor as pt
from pytensor.graph.basic import Variable

from dsnmf.symbolic.bases import row_basis
from dsnmf.symbolic.laplacian import affinity_terms
from dsnmf.symbolic.linalg import as_data, product, squared_norm
from dsnmf.symbolic.models import layer_features
from dsnmf.symbolic.nonlinearities import is_linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytensor.tensor.variable import TensorVariable

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import Array, Nonlinearity, Scalar, TensorLike


def squared_error(X: TensorVariable | Array, reconstruction: TensorVariable) -> TensorVariable:
    """Σ (X - X̂)², the cost of the Theano model (no factor ½).

    Parameters
    ----------
    X, reconstruction : TensorVariables, shape (p, n)

    Returns
    -------
    scalar TensorVariable
    """
    return pt.sqr(X - reconstruction).sum()


def _last_product(Zs, H, nonlinearity):
    """(Z, F) with X̂ = Z F, small: Z = Z_1 … Z_m in a linear model, else F = H_1's value."""
    if not is_linear(nonlinearity):
        return Zs[0], layer_features(Zs, H, 1, nonlinearity)
    Z = Zs[0]
    for factor in Zs[1:]:
        Z = pt.dot(Z, factor)
    return Z, H


def reconstruction_cost(
    X: TensorLike,
    Zs: Sequence[TensorVariable],
    H: TensorVariable,
    nonlinearity: Nonlinearity = "identity",
) -> TensorVariable:
    """½‖X - X̂‖²_F, the cost of the papers' rules, without forming X̂.

    With X̂ = Z F and F = L Q (orthonormal rows in Q), it is ½(‖X‖² - ‖X Qᵀ‖² + ‖X Qᵀ - Z L‖²).
    Rounding leaves an absolute error of about eps ‖X‖², so a model that reproduces X exactly
    shows a residual norm of √eps ‖X‖ rather than of eps ‖X‖.

    Parameters
    ----------
    X : array_like or variable, shape (p, n)
        Dense or sparse; of the factors' dtype, or an array.
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    scalar TensorVariable, >= 0
    """
    X = as_data(X, H.dtype)
    Z, F = _last_product(Zs, H, nonlinearity)
    L, Q = row_basis(F)
    XQ = product(X, Q.T)
    outside = squared_norm(X) - pt.sqr(XQ).sum()
    inside = pt.sqr(XQ - pt.dot(Z, L)).sum()
    return pt.constant(0.5, dtype=H.dtype) * (pt.maximum(outside, 0) + inside)


def residual_norm(
    X: TensorLike,
    Zs: Sequence[TensorVariable],
    H: TensorVariable,
    nonlinearity: Nonlinearity = "identity",
) -> TensorVariable:
    """‖X - X̂‖_F, not squared: the error that the authors' code prints and tests for stopping.

    Parameters
    ----------
    X, Zs, H, nonlinearity
        See `reconstruction_cost`.

    Returns
    -------
    scalar TensorVariable
    """
    doubled = pt.constant(2, dtype=H.dtype) * reconstruction_cost(X, Zs, H, nonlinearity)
    return pt.sqrt(doubled)


def laplacian_penalty(H: TensorVariable, affinity: Affinity) -> TensorVariable:
    """½ tr(H L Hᵀ) with L = D - W: the graph's term in the cost of the WSF rules.

    Parameters
    ----------
    H : TensorVariable, shape (k, n)
    affinity : n x n array, SciPy sparse matrix, factored label affinity or variable
        W, already times its weight. See `dsnmf.symbolic.laplacian.affinity_terms`.

    Returns
    -------
    scalar TensorVariable
        >= 0 up to rounding if W >= 0.
    """
    HW, HD = affinity_terms(H, affinity)
    return pt.constant(0.5, dtype=H.dtype) * (H * (HD - HW)).sum()


def printed_cost(
    X: TensorLike,
    Zs: Sequence[TensorVariable],
    Hs: Sequence[TensorVariable],
    affinities: Sequence[Affinity | None],
) -> TensorVariable:
    """‖X - Z_1 … Z_mH_m‖_F + Σ_i tr(H_i L_i H_iᵀ), the cost that the authors' WSF code prints.

    The rules minimise another cost, `reconstruction_cost` + Σ_i `laplacian_penalty`: with the
    squared norm, and ½ before both terms.

    Parameters
    ----------
    X : array_like or variable, shape (p, n)
    Zs, Hs : lists of m TensorVariables
    affinities : list of m affinities or None
        None for a layer without a graph.

    Returns
    -------
    scalar TensorVariable
    """
    cost = residual_norm(X, Zs, Hs[-1])
    for H, affinity in zip(Hs, affinities):
        if affinity is not None:
            cost = cost + pt.constant(2, dtype=H.dtype) * laplacian_penalty(H, affinity)
    return cost


def l1_penalty(params: Sequence[TensorVariable], norms: Sequence[Scalar]) -> Scalar:
    """Σ_j norm_j Σ abs(param_j) over the first len(norms) parameters; 0 without norms above 0.

    Parameters
    ----------
    params : list of TensorVariables
    norms : sequence of float >= 0 or scalar TensorVariable

    Returns
    -------
    scalar TensorVariable, or 0
    """
    terms = [
        pt.cast(norm, param.dtype) * abs(param).sum()
        for param, norm in zip(params, norms)
        if isinstance(norm, Variable) or norm
    ]
    return sum(terms) if terms else 0
