"""Deep Semi-NMF (Algorithm 1 of the ICML paper) and, with affinities, Deep WSF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytensor.tensor as pt

from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.linalg import product
from dsnmf.updates.factors import as_flags, as_model
from dsnmf.updates.semi_nmf import multiplicative_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from pytensor.compile.sharedvalue import SharedVariable

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import TensorLike, Updates

#: Smallest denominators in the H rules, as in the authors' programs.
FLOOR = 1e-10
FLOOR_WITH_AFFINITIES = 1e-6


def tails(Zs):
    """Z_{i+1} … Z_m for each layer; None for the last."""
    products = [None]
    for Z in reversed(Zs[1:]):
        products.insert(0, Z if products[0] is None else pt.dot(Z, products[0]))
    return products


def layer_inputs(Zs, Hs, features):
    """(P, H) for each layer, such that E_i = P H; P is None where E_i = H."""
    if features == "propagated":
        return [(tail, Hs[-1]) for tail in tails(Zs)]
    if features == "stored":
        first = (Zs[1], Hs[1]) if len(Zs) > 1 else (None, Hs[0])
        return [first, *((None, H) for H in Hs[1:])]
    raise ValueError(f"features must be 'propagated' or 'stored', got {features!r}")


def deep_semi_nmf(
    X: TensorLike,
    Zs: Sequence[SharedVariable],
    Hs: Sequence[SharedVariable],
    affinities: Sequence[Affinity | None] | None = None,
    *,
    features: Literal["propagated", "stored"] = "propagated",
    update_Z: bool | Sequence[bool] = True,
    update_H: bool | Sequence[bool] = True,
) -> Updates:
    r"""Generates update expressions of the form, for i = 1 … m in this order,

    Z_i ← Ψ† X E_i†  with Ψ = Z_1 … Z_{i-1} (already updated; Z_1 ← X E_1†),
    H_i ← H_i ⊙ √[(A⁺ + B⁻H_i) / max(A⁻ + B⁺H_i, 1e-10)]  with A = Ψ'ᵀX, B = Ψ'ᵀΨ', Ψ' = Ψ Z_i,

    for the model X ≈ Z_1 … Z_m H_m, where P⁺ = (\|P\| + P)/2 and P⁻ = (\|P\| - P)/2. With
    affinities W_i (Deep WSF), H_iW_i is added to the numerator, H_iD_i to the denominator, and
    the floor is 1e-6.

    Parameters
    ----------
    X : array, shared variable or symbolic matrix, shape (p, n)
        Features x samples. Best a C-contiguous shared variable: a constant is slower.
    Zs : list of m shared variables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    Hs : list of m shared variables, >= 0
        H_1 (k_1 x n), …, H_m. Entries that are zero stay zero.
    affinities : list of m affinities or None, optional
        One per layer, already times its weight λ_i; None for a layer without affinity. See
        `dsnmf.symbolic.laplacian.affinity_terms`.
    features : {"propagated", "stored"}
        The features E_i to which Z_i is fitted. "propagated": E_m = H_m and E_i = Z_{i+1}E_{i+1}
        with the Z before the iteration, the paper's algorithm. "stored": E_1 = Z_2H_2, and
        E_i = H_i from the second layer on, as in the authors' MATLAB code of Deep WSF. For one and
        two layers the two are the same.
    update_Z, update_H : bool or list of m bools
        Whether the layers' factors move or are held fixed.

    Returns
    -------
    dict
        {shared variable: its new expression} for the factors that move.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If shapes or numbers of layers do not fit, X is not finite, an H has a negative entry, or
        an affinity is not finite and symmetric.

    Notes
    -----
    Nothing of X's size is formed, and X is read twice. With H_m = L Q and X Qᵀ = U Rᵀ (Q and Uᵀ
    with orthonormal rows), Z_1 = U Rᵀ(P L)†: all further products lie in U's span and need only
    UᵀX. The remaining pseudo-inverses are of small matrices with the singular values of E_i and Ψ.
    Those up to max(shape) · eps · σ_max, with the shape of E_i or Ψ, count as zero. This cut-off
    matters: E_1 and Z_1 have rank min(k_1, …, k_m).

    With "propagated" features H_1 … H_{m-1} influence neither the Zs nor H_m.

    References
    ----------
    Trigeorgis et al., ICML 2014, Algorithm 1 and eq. 4-5 (the algorithm's listing prints B⁺ in
    the numerator; eq. 5 and the authors' code have B⁻). TPAMI 2017 for Deep WSF.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> from dsnmf.symbolic import reconstruction_cost
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((6, 20))
    >>> Zs = [pytensor.shared(rng.standard_normal(shape)) for shape in ((6, 4), (4, 2))]
    >>> Hs = [pytensor.shared(rng.random(shape)) for shape in ((4, 20), (2, 20))]
    >>> rule = updates.deep_semi_nmf(X, Zs, Hs)
    >>> step = pytensor.function([], reconstruction_cost(X, Zs, Hs[-1]), updates=rule)
    >>> costs = [float(step()) for _ in range(20)]
    >>> costs[-1] < costs[1] < costs[0]
    True
    """
    X, Zs, Hs = as_model(X, Zs, Hs)
    m = len(Zs)
    moving_Z, moving_H = as_flags(update_Z, "update_Z", m), as_flags(update_H, "update_H", m)
    if affinities is not None and len(affinities) != m:
        raise ValueError(f"affinities must hold one entry per layer ({m}), got {len(affinities)}")
    graphs = [None] * m if affinities is None else affinities
    floor = FLOOR if affinities is None else FLOOR_WITH_AFFINITIES
    n = Hs[0].shape[1]
    inputs = layer_inputs(Zs, Hs, features)
    new_Zs, new_Hs, *_ = move_layers(X, Zs, Hs, n, inputs, graphs, floor, moving_Z, moving_H)
    layers = zip(zip(Zs, new_Zs), zip(Hs, new_Hs))
    return {factor: new for pairs in layers for factor, new in pairs if new is not None}


def move_layers(X, Zs, Hs, n, inputs, graphs, floor, moving_Z, moving_H):
    """Generates the expressions of `deep_semi_nmf`.

    Parameters
    ----------
    X : variable, shape (p, n)
    Zs, Hs : lists of m variables
    n : int or scalar variable
        Number of samples.
    inputs : list of m (variable or None, variable)
        (P, H) for each layer, such that E_i = P H; P is None where E_i = H.
    graphs : list of m affinities or None
    floor : float > 0
    moving_Z, moving_H : lists of m bool

    Returns
    -------
    new_Zs, new_Hs : lists of m expressions, None where a factor does not move
    Psi : expression, shape (q, k_m)
    data : expression, shape (q, n)
        New Z_1 … Z_m, and X, in coordinates in which Ψᵀ X and Ψᵀ Ψ are the same.
    """
    m, p = len(Zs), Zs[0].shape[0]
    new_Zs, new_Hs = [None] * m, [None] * m
    data, Psi = X, None  # Ψ stands on data's rows: X's, or U's coordinates once Z_1 has moved
    for i, (Z, H, (P, E_H)) in enumerate(zip(Zs, Hs, inputs)):
        if moving_Z[i]:
            L, Q = row_basis(E_H)
            S = L if P is None else pt.dot(P, L)  # E_i = S Q
            inverse = pseudo_inverse(S, size=pt.maximum(S.shape[0], n))
            data_Q = product(data, Q.T)
            if i == 0:
                R, U = row_basis(data_Q.T)  # here U has orthonormal rows
                Psi = pt.dot(R.T, inverse)
                new_Zs[i] = pt.dot(U.T, Psi)
                data = product(U, X)
            else:
                left = pseudo_inverse(Psi, size=pt.maximum(p, Psi.shape[1]))  # type: ignore[attr-defined]
                new_Zs[i] = pt.dot(left, pt.dot(data_Q, inverse))
                Psi = pt.dot(Psi, new_Zs[i])
        else:
            Psi = Z if Psi is None else pt.dot(Psi, Z)
        if moving_H[i]:
            A, B = product(Psi.T, data), pt.dot(Psi.T, Psi)
            # Below the last layer Ψ has fewer rows than columns, once Z_1 has moved.
            thin = i < m - 1 and moving_Z[0]
            BH = pt.dot(Psi.T, pt.dot(Psi, H)) if thin else None
            new_Hs[i] = multiplicative_step(H, A, B, floor, graphs[i], BH)
    return new_Zs, new_Hs, Psi, data
