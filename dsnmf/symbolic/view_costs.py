"""Costs and weights of models of several views, matrices of the same samples."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt

from dsnmf.symbolic.costs import laplacian_penalty, reconstruction_cost
from dsnmf.symbolic.kernels import KernelOp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from pytensor.tensor.variable import TensorVariable

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import Scalar, TensorLike


class _MaskedGrams(KernelOp):
    """Bs (V, k, k), S (V, n), H ↦ B_j⁻h_j and B_j⁺h_j of every sample j, B_j = Σ_v S_vj B_v.

    One product for each pattern of present views.
    """

    def run(self, Bs, S, H):
        negative, positive = np.empty_like(H), np.empty_like(H)
        patterns, which = np.unique(S, axis=1, return_inverse=True)
        which = which.ravel()  # some versions of NumPy 2 give it another shape
        for number, pattern in enumerate(patterns.T):
            samples = np.flatnonzero(which == number)
            B = np.tensordot(pattern, Bs, axes=1)
            own = H[:, samples]
            negative[:, samples] = np.maximum(-B, 0) @ own
            positive[:, samples] = np.maximum(B, 0) @ own
        return negative, positive


@cache
def _masked_grams_op(dtype):
    Bs, S, H = pt.tensor3(dtype=dtype), pt.matrix(dtype=dtype), pt.matrix(dtype=dtype)
    B = (S.T[:, :, None, None] * Bs[None]).sum(axis=1)
    parts = [(pt.maximum(sign * B, 0) * H.T[:, None, :]).sum(axis=2).T for sign in (-1, 1)]
    return _MaskedGrams([Bs, S, H], parts)


def masked_grams(Bs, S, H):
    """B_j⁻h_j and B_j⁺h_j for each sample j, with B_j = Σ_v S_vj B_v.

    Parameters
    ----------
    Bs : list of V variables, shape (k, k)
    S : variable, shape (V, n)
    H : variable, shape (k, n)

    Returns
    -------
    negative, positive : variables, shape (k, n)
    """
    return _masked_grams_op(H.dtype)(pt.stack(Bs), S, H)


def view_costs(
    Xs: Sequence[TensorLike],
    Zss: Sequence[Sequence[TensorVariable]],
    Hs: Sequence[TensorVariable],
    affinities: Sequence[Affinity | None] | None = None,
    present: TensorVariable | None = None,
    *,
    squared: bool = True,
) -> TensorVariable:
    """R_v = ‖X_v - Z_1^v … Z_m^v H_m‖²_F + tr(H_m (D_v - W_v) H_mᵀ) of each view.

    Parameters
    ----------
    Xs : list of V matrices, shape (p_v, n)
        Zero where a view is missing.
    Zss : list of V lists of m variables
    Hs : list of V variables, shape (k_m, n)
        H_m of each view; the same variable if the views share it.
    affinities : list of V affinities or None, optional
        W_v, already times their weight; see `dsnmf.symbolic.laplacian.affinity_terms`.
    present : variable, shape (V, n), optional
        1 where a sample has the view, 0 where it is missing.
    squared : bool
        Whether the norm is squared; not in the authors' program of multi-view Deep Semi-NMF.

    Returns
    -------
    TensorVariable, shape (V,)
    """
    costs = []
    for v, (X, Zs, H) in enumerate(zip(Xs, Zss, Hs)):
        two = pt.constant(2, dtype=H.dtype)
        error = two * reconstruction_cost(X, Zs, H if present is None else H * present[v])
        cost = error if squared else pt.sqrt(error)
        if affinities is not None and affinities[v] is not None:
            cost = cost + two * laplacian_penalty(H, affinities[v])
        costs.append(cost)
    return pt.stack(costs)


def view_weights(costs: TensorVariable, gamma: float | Literal["auto"]) -> TensorVariable:
    """The weights α_v of the views, with Σα_v = 1, that follow from their costs R_v.

    α_v ∝ R_v^{1/(1-γ)}, where Σ α_v^γ R_v is stationary; with "auto" α_v ∝ 1/√R_v, which
    minimises Σ √R_v. Computed from logarithms, without powers of costs. For γ > 1 a view without
    error gets the whole weight.

    Parameters
    ----------
    costs : TensorVariable, shape (V,), >= 0
    gamma : float > 0 but 1, or "auto"

    Returns
    -------
    TensorVariable, shape (V,)
    """
    power = -0.5 if gamma == "auto" else 1 / (1 - gamma)
    tiny = pt.constant(np.finfo(costs.dtype).tiny, dtype=costs.dtype)
    logarithms = pt.constant(power, dtype=costs.dtype) * pt.log(pt.maximum(costs, tiny))
    shares = pt.exp(logarithms - logarithms.max())
    return shares / shares.sum()


def relative_powers(weights: TensorVariable, gamma: Scalar) -> TensorVariable:
    """w_v = α_v^γ divided by the largest, so that a large γ does not make all of them vanish.

    Parameters
    ----------
    weights : TensorVariable, shape (V,), >= 0
        At least one is above 0.
    gamma : float > 0

    Returns
    -------
    TensorVariable, shape (V,)
    """
    return (weights / weights.max()) ** pt.constant(gamma, dtype=weights.dtype)
