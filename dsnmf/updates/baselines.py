"""Rules that the papers compare with and scikit-learn lacks: GNMF, block-coordinate Semi-NMF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Constant, Variable

from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.laplacian import affinity_terms, may_be_negative
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.sweeps import sweep
from dsnmf.updates.factors import as_model

if TYPE_CHECKING:
    from pytensor.compile.sharedvalue import SharedVariable
    from pytensor.tensor.variable import TensorVariable

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import TensorLike, Updates

#: Smallest denominator in GNMF's rules, as in its authors' program.
FLOOR = 1e-10


def gnmf(
    X: TensorLike, Z: SharedVariable, H: SharedVariable, affinity: Affinity | None = None
) -> Updates:
    r"""Generates update expressions of the form

    H ← H ⊙ (ZᵀX + HW) / max(ZᵀZH + HD, 1e-10),
    Z ← Z ⊙ (XHᵀ) / max(ZHHᵀ, 1e-10)  with the new H,

    graph-regularised NMF; without an affinity the multiplicative rules of plain NMF. They never
    increase ½‖X - ZH‖²_F + ½ tr(H (D - W) Hᵀ), D being the diagonal of W's row sums.

    Parameters
    ----------
    X : array, shared variable or symbolic matrix, shape (p, n), >= 0
        Features x samples.
    Z : shared variable, shape (p, k), >= 0
    H : shared variable, shape (k, n), >= 0
    affinity : n x n array, SciPy sparse matrix, factored label affinity or variable, optional
        W >= 0, already times its weight (α in the source). See
        `dsnmf.symbolic.laplacian.affinity_terms`.

    Returns
    -------
    dict
        {H: its new expression, Z: its new expression}.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If shapes do not fit, X (where its values are known) or a factor has a negative entry, or
        the affinity is not symmetric and non-negative.

    Notes
    -----
    The penalty falls with the scale of H, so the source scales the columns of Z to unit norm
    before the first iteration and after the last: see `unit_columns`.

    References
    ----------
    Cai, He, Han & Huang, "Graph regularized nonnegative matrix factorization for data
    representation", TPAMI 2011, eq. 14-15; Lee & Seung, NIPS 2000, for plain NMF.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> X = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    >>> Z, H = pytensor.shared(np.ones((2, 1))), pytensor.shared(np.ones((1, 3)))
    >>> pytensor.function([], updates=updates.gnmf(X, Z, H))()
    []
    >>> bool(np.allclose(Z.get_value() @ H.get_value(), X))
    True
    """
    X, (Z,), (H,) = as_model(X, [Z], [H])
    known = X.data if isinstance(X, Constant) else np.zeros(1)
    for name, values in (("X", known), ("Z", Z.get_value(borrow=True))):
        if values.min() < 0:
            raise ValueError(f"{name} must be >= 0, got a negative entry")
    floor = pt.constant(FLOOR, dtype=H.dtype)
    numerator, denominator = product(Z.T, X), pt.dot(pt.dot(Z.T, Z), H)
    if affinity is not None:
        if not isinstance(affinity, Variable) and may_be_negative(affinity):
            raise ValueError("affinity must be >= 0, got a negative entry")
        HW, HD = affinity_terms(H, affinity)
        numerator, denominator = numerator + HW, denominator + HD
    new_H = H * numerator / pt.maximum(denominator, floor)
    denominator = pt.dot(Z, pt.dot(new_H, new_H.T))
    new_Z = Z * product(X, new_H.T) / pt.maximum(denominator, floor)
    return {H: new_H, Z: new_Z}


def unit_columns(Z: TensorVariable, H: TensorVariable) -> dict[TensorVariable, TensorVariable]:
    """Z with columns of unit norm and H with its rows scaled so that Z H stays the same.

    Parameters
    ----------
    Z : TensorVariable, shape (p, k)
    H : TensorVariable, shape (k, n)

    Returns
    -------
    dict
        {Z: its new expression, H: its new expression}.
    """
    norms = pt.maximum(pt.sqrt(pt.sqr(Z).sum(axis=0)), pt.constant(1e-15, dtype=Z.dtype))
    return {Z: Z / norms, H: H * norms[:, None]}


def bcd_semi_nmf(X: TensorLike, Z: SharedVariable, H: SharedVariable) -> Updates:
    r"""Generates update expressions of the form

    Z ← X H†,
    H_r ← max(0, H_r + (A_r - B_r H) / B_rr)  for the rows r = 1 … k in this order,

    with the new Z, A = ZᵀX, B = ZᵀZ: block coordinate descent on Semi-NMF. Every block is
    minimised exactly, so ½‖X - ZH‖²_F never increases; it falls faster than by the
    multiplicative rule, and zeros of H may become positive again.

    Parameters
    ----------
    X : array, shared variable or symbolic matrix, shape (p, n)
        Features x samples.
    Z : shared variable, shape (p, k)
    H : shared variable, shape (k, n), >= 0
        A row whose column of Z is zero up to rounding keeps its values.

    Returns
    -------
    dict
        {Z: its new expression, H: its new expression}.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If shapes do not fit, X is not finite, or H has a negative entry.

    References
    ----------
    Gillis & Kumar, "Exact and heuristic algorithms for semi-nonnegative matrix factorization",
    SIAM J. Matrix Anal. Appl. 2015, algorithm 2.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> X = np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    >>> Z, H = pytensor.shared(np.zeros((2, 1))), pytensor.shared(np.ones((1, 3)))
    >>> pytensor.function([], updates=updates.bcd_semi_nmf(X, Z, H))()
    []
    >>> H.get_value() / H.get_value().max()
    array([[0.33333333, 0.66666667, 1.        ]])
    """
    X, (Z,), (H,) = as_model(X, [Z], [H])
    L, Q = row_basis(H)
    new_Z = pt.dot(product(X, Q.T), pseudo_inverse(L, size=pt.maximum(*H.shape)))
    A, B = product(new_Z.T, X), pt.dot(new_Z.T, new_Z)
    return {Z: new_Z, H: sweep(H, A, B)}
