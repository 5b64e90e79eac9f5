"""Semi-NMF and, with an affinity, weakly supervised factorisation (WSF)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytensor.tensor as pt

from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.laplacian import affinity_terms, may_be_negative
from dsnmf.symbolic.linalg import left_product, product
from dsnmf.updates.factors import as_model

if TYPE_CHECKING:
    from pytensor.compile.sharedvalue import SharedVariable

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import TensorLike, Updates

#: Smallest denominator in the H rule of Semi-NMF and WSF: MATLAB's eps, in every dtype.
FLOOR = 2.0**-52


def scale_features(H, numerator, denominator, floor):
    """H ⊙ √[numerator / max(denominator, floor)]."""
    return H * pt.sqrt(numerator / pt.maximum(denominator, pt.constant(floor, dtype=H.dtype)))


def multiplicative_step(H, A, B, floor, affinity=None, BH=None, in_rows=False):
    """H ⊙ √[(A⁺ + B⁻H + HW) / max(A⁻ + B⁺H + HD, floor)], without W and D if no affinity.

    Parameters
    ----------
    H : TensorVariable, shape (k, n), >= 0
    A : TensorVariable, shape (k, n)
        ΨᵀX, where the model is X ≈ Ψ H.
    B : TensorVariable, shape (k, k)
        ΨᵀΨ.
    floor : float > 0
    affinity : optional
        See `dsnmf.symbolic.laplacian.affinity_terms`. A negative affinity may make the numerator
        negative, which then counts as 0.
    BH : TensorVariable, shape (k, n), optional
        B H, if that is cheaper than a product with B: B⁺H is then B⁻H + BH.
    in_rows : bool
        Whether H, A, BH, the affinity's terms and the result are transposed.

    Returns
    -------
    TensorVariable, shape (k, n), >= 0
    """
    negative = left_product(pt.maximum(-B, 0), H, in_rows)
    if BH is None:
        positive = left_product(pt.maximum(B, 0), H, in_rows)
    else:
        positive = pt.maximum(negative + BH, 0)
    numerator = pt.maximum(A, 0) + negative
    denominator = pt.maximum(-A, 0) + positive
    if affinity is not None:
        HW, HD = affinity_terms(H, affinity)
        numerator, denominator = numerator + HW, denominator + HD
        if may_be_negative(affinity):
            numerator = pt.maximum(numerator, 0)
    return scale_features(H, numerator, denominator, floor)


def semi_nmf(
    X: TensorLike,
    Z: SharedVariable,
    H: SharedVariable,
    affinity: Affinity | None = None,
    *,
    update_Z: bool = True,
    update_H: bool = True,
) -> Updates:
    r"""Generates update expressions of the form

    Z ← X H†,
    H ← H ⊙ √[(A⁺ + B⁻H) / max(A⁻ + B⁺H, eps)]  with the new Z, A = ZᵀX, B = ZᵀZ,

    where P⁺ = (\|P\| + P)/2 and P⁻ = (\|P\| - P)/2. They never increase ½‖X - ZH‖²_F. With an
    affinity W (WSF), HW is added to the numerator and HD to the denominator, D the diagonal of
    W's row sums; they never increase ½‖X - ZH‖²_F + ½ tr(H (D - W) Hᵀ) if W >= 0.

    Parameters
    ----------
    X : array, shared variable or symbolic matrix, shape (p, n)
        Features x samples. Best a C-contiguous shared variable: a constant is slower.
    Z : shared variable, shape (p, k)
    H : shared variable, shape (k, n), >= 0
        Entries that are zero stay zero.
    affinity : n x n array, SciPy sparse matrix, factored label affinity or variable, optional
        W, already times its weight λ; for several attributes the sum Σ_a λ_a W_a, see
        `dsnmf.affinity.combine`, and for the forms `dsnmf.symbolic.laplacian.affinity_terms`.
    update_Z, update_H : bool
        Whether the factor moves or is held fixed.

    Returns
    -------
    dict
        {shared variable: its new expression} for the factors that move.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If shapes do not fit, X is not finite, H has a negative entry, or the affinity is not
        finite and symmetric.

    Notes
    -----
    Nothing of X's size is formed. X H† is (X Qᵀ) L† with H = L Q, where singular values of H up to
    max(k, n) · eps · σ_max count as zero.

    W may have negative entries: the authors' multi-attribute WSF subtracts a constant
    "correlation" from Σ_a λ_a W_a. The rule is theirs, except that a negative numerator counts as
    0: it has no real root. The objective may then rise. It has no lower bound unless D - W is
    positive semi-definite: after many iterations, or with a large constant, H may grow without end.

    References
    ----------
    Ding, Li & Jordan, "Convex and semi-nonnegative matrix factorizations", TPAMI 2010, eq. 9-10;
    Trigeorgis et al., ICML 2014, section 2; TPAMI 2017 for WSF.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> from dsnmf.symbolic import reconstruction_cost
    >>> X = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    >>> Z, H = pytensor.shared(np.zeros((2, 1))), pytensor.shared(np.ones((1, 3)))
    >>> cost = reconstruction_cost(X, [Z], H)
    >>> step = pytensor.function([], cost, updates=updates.semi_nmf(X, Z, H))
    >>> costs = [float(step()) for _ in range(30)]
    >>> round(costs[0], 6), round(abs(costs[-1]), 6)
    (14.0, 0.0)
    """
    X, (Z,), (H,) = as_model(X, [Z], [H])
    updates = {}
    new_Z = Z
    if update_Z:
        L, Q = row_basis(H)
        new_Z = pt.dot(product(X, Q.T), pseudo_inverse(L, size=pt.maximum(*H.shape)))
        updates[Z] = new_Z
    if update_H:
        A, B = product(new_Z.T, X), pt.dot(new_Z.T, new_Z)
        updates[H] = multiplicative_step(H, A, B, FLOOR, affinity)
    return updates
