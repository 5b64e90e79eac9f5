"""Semi-NMF, Deep Semi-NMF and their WSFs with one read of X per iteration.

The rules of `dsnmf.updates.semi_nmf` and `dsnmf.updates.deep_semi_nmf` in two parts. The components
step moves the Zs, and needs only sums over the samples. The features step moves the Hs of any block
of samples, and computes the block's terms of the sums for the next iteration.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.symbolic.bases import pseudo_inverse, relative_rounding, row_basis
from dsnmf.symbolic.gram import gram_factor, nonsingular_factor, nonsingular_factor_of
from dsnmf.symbolic.linalg import left_product, product, wide_product
from dsnmf.symbolic.shared import as_shared
from dsnmf.updates.deep_semi_nmf import tails
from dsnmf.updates.semi_nmf import multiplicative_step

#: Smallest denominator of the H rule, in every dtype. The papers' 1e-16 to 1e-6 are large for
#: samples or components that are small relative to others, and change the rule's fixed points.
FLOOR = 1e-35


@dataclass(frozen=True)
class Sums:
    """The sums over the samples that the components step needs, in float64.

    With Q = L⁻¹ H_m, where L Lᵀ was H_m H_mᵀ an iteration ago, the rows of Q are nearly
    orthonormal. So Q Qᵀ loses no precision, while H_m H_mᵀ has the square of H_m's condition
    number.

    Attributes
    ----------
    XQ : ndarray or variable, shape (p, k_m)
        X Qᵀ.
    QQ : ndarray or variable, shape (k_m, k_m)
        Q Qᵀ.
    L : ndarray or variable, shape (k_m, k_m)
    """

    XQ: object
    QQ: object
    L: object


@dataclass(frozen=True)
class Moved:
    """The result of the components step.

    Attributes
    ----------
    Zs : list of m variables
        The new Z_i.
    U : variable, shape (min(p, k_m), p)
        Orthonormal rows, whose span contains the columns of Z_1.
    Psis : list of m variables
        U Z_1 … Z_i.
    L, inverse : variables, shape (k_m, k_m)
        A factor of H_m H_mᵀ, which is the L of the next sums, and its inverse.
    """

    Zs: list
    U: object
    Psis: list
    L: object
    inverse: object


class Cutoffs(NamedTuple):
    """Cut-offs: singular values below these shares of the largest are rounding.

    Attributes
    ----------
    features : list of m float or variables
        For E_1, …, E_m, which have n columns.
    bases : list of m - 1
        For Z_1, Z_1 Z_2, …, which have p rows.
    """

    features: list
    bases: list


def cutoffs_of(p, ks, n, dtype):
    """The cut-offs for k_1, …, k_m components; sizes are ints or variables."""

    def of(*sides):
        larger = max(sides) if all(isinstance(side, int) for side in sides) else pt.maximum(*sides)
        return relative_rounding(larger, dtype)

    return Cutoffs([of(k, n) for k in ks], [of(p, k) for k in ks[:-1]])


def _orthonormal_features(sums, cutoff):
    """L and W with H_m = L (W Q), rows of W Q orthonormal; Y = X Qᵀ Wᵀ is X in their basis."""
    growth, inverse = gram_factor(sums.QQ, cutoff)
    return pt.dot(sums.L, growth), inverse


def cost_of_sums(Psi, sums, squared_norm, n, dtype="float64"):
    """½‖X - Ψ H_m‖² from the sums alone.

    Never negative, but inexact if the error is below about 1e-15 ‖X‖².

    Parameters
    ----------
    Psi : variable, shape (p, k_m), float64
        Z_1 … Z_m.
    sums, n, dtype
        See `components_step`.
    squared_norm : scalar variable, float64
        ‖X‖².

    Returns
    -------
    scalar variable, float64
    """
    cutoff = relative_rounding(pt.maximum(sums.L.shape[0], n), dtype)
    L, inverse = _orthonormal_features(sums, cutoff)
    Y = pt.dot(sums.XQ, inverse.T)
    beyond = pt.maximum(squared_norm - pt.sqr(Y).sum(), 0)  # the error of the best Ψ for this H_m
    return (beyond + pt.sqr(Y - pt.dot(Psi, L)).sum()) / 2


def explained_energy(Psi, sums):
    """‖X‖² - ‖X - Ψ H_m‖² from the sums alone; arrays or variables, Ψ and the result float64."""
    fitted = Psi.dot(sums.L)
    return 2 * (sums.XQ * fitted).sum() - (fitted.T.dot(fitted) * sums.QQ).sum()


def inner_bases(Zs):
    """Orthonormal bases of spans that the columns of Z_2, …, Z_m never leave.

    As Z_i ← Ψ† X E_i†, its columns lie in the span of Ψ's rows. That is the span of the columns of
    E_{i-1}† with E_{i-1} = Z_i E_i, and so lies in the column span of the previous Z_i.

    Parameters
    ----------
    Zs : list of m ndarray

    Returns
    -------
    list of m - 1 ndarray, shape (k_{i-1}, rank of Z_i but at least 1), float64
    """
    return [_column_basis(Z) for Z in Zs[1:]]


def _column_basis(A):
    U, sigma, _ = np.linalg.svd(np.asarray(A, np.float64), full_matrices=False)
    zero = max(A.shape) * np.finfo(A.dtype).eps * sigma[0]
    return U[:, : max(1, (sigma > zero).sum())]


def components_step(Zs, sums, n, dtype="float64", bases=None, cutoffs=None):
    """Move the Zs; expressions.

    Parameters
    ----------
    Zs : list of m variables
    sums : Sums
        Sums as variables.
    n : int
        Number of samples.
    dtype : {"float32", "float64"}
        That in which the sums' terms were computed.
    bases : list of m - 1 variables, optional
        `inner_bases` of the start: they make the matrices of pseudo-inverses smaller.
    cutoffs : Cutoffs, optional
        By default they follow from n and dtype.

    Returns
    -------
    Moved
        In float64.
    """
    wide = [pt.cast(Z, "float64") for Z in Zs]
    if cutoffs is None:
        ks = [Z.shape[1] for Z in Zs[:-1]]
        cutoffs = cutoffs_of(sums.XQ.shape[0], [*ks, sums.XQ.shape[1]], n, dtype)
    L, inverse = _orthonormal_features(sums, cutoffs.features[-1])
    R, U = row_basis(sums.XQ.T)
    R = pt.dot(inverse, R)  # Y = Uᵀ Rᵀ
    V, Psi = U.T, None  # Z_i = V C W with the bases V, W of its columns and rows; Ψ = Uᵀ Psi W
    new_Zs, Psis = [], []
    spans = [*(bases or [None] * (len(Zs) - 1)), None]
    for i, (tail, W) in enumerate(zip(tails(wide), spans)):
        E = L if tail is None else pt.dot(tail, L)  # E_i = E Q
        S = E if W is None else pt.dot(W.T, E)
        C = pt.dot(R.T, pseudo_inverse(S, cutoff=cutoffs.features[i]))
        if Psi is not None:
            C = pt.dot(pseudo_inverse(Psi, cutoff=cutoffs.bases[i - 1]), C)
        Psi = C if Psi is None else pt.dot(Psi, C)
        inner = C if V is None else pt.dot(V, C)
        new_Zs.append(inner if W is None else pt.dot(inner, W.T))
        Psis.append(Psi if W is None else pt.dot(Psi, W.T))
        V = W
    factor = nonsingular_factor(pt.dot(L, L.T), cutoffs.features[-1])
    return Moved(new_Zs, U, Psis, *factor)


def multiplicative_features(H, A, B, affinity=None, BH=None, in_rows=False):
    """`dsnmf.updates.semi_nmf.multiplicative_step` with the floor of this module."""
    return multiplicative_step(H, A, B, FLOOR, affinity, BH, in_rows)


def features_step(X, Hs, moved, affinities, features=multiplicative_features, in_rows=False):
    """Move the Hs of a block of samples, and compute their terms of the sums; expressions.

    Parameters
    ----------
    X : variable, shape (p, b)
        The samples.
    Hs : list of m variables or None
        The samples' features; None for a layer that does not move.
    moved : Moved
        In X's dtype.
    affinities : list of m affinities or None, or None
        See `dsnmf.updates.deep_semi_nmf`.
    features : callable
        The H rule, with the arguments of `multiplicative_features`.
    in_rows : bool
        Whether X, Hs and XQ, given and returned, are transposed: faster if samples are rows in
        memory.

    Returns
    -------
    Hs : list of m variables or None
    XQ, QQ : variables
        In X's dtype, for the new H_m and the new L.
    """
    graphs = affinities or [None] * len(Hs)
    in_basis = sum(H is not None for H in Hs) > 1  # all layers' A = ΨᵀX from one product with X
    data = left_product(moved.U, X, in_rows) if in_basis else X
    new_Hs = []
    for H, Psi, graph in zip(Hs, moved.Psis, graphs):
        if H is None:
            new_Hs.append(None)
            continue
        # Below the last layer Ψ has fewer rows than columns.
        thin = Psi is not moved.Psis[-1]
        BH = left_product(Psi.T, left_product(Psi, H, in_rows), in_rows) if thin else None
        A = left_product((Psi if in_basis else pt.dot(moved.U.T, Psi)).T, data, in_rows)
        new_Hs.append(features(H, A, pt.dot(Psi.T, Psi), graph, BH, in_rows))
    Q = left_product(moved.inverse, new_Hs[-1], in_rows)
    if in_rows:
        return new_Hs, product(Q.T, X), pt.dot(Q.T, Q)
    return new_Hs, product(X, Q.T), pt.dot(Q, Q.T)


def first_sums(X, H):
    """The sums of a start.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (p, n)
    H : ndarray, shape (k_m, n)

    Returns
    -------
    Sums
        Sums as arrays.
    """
    dtype, H = H.dtype, H.astype(np.float64)
    L, inverse = nonsingular_factor_of(H @ H.T, max(H.shape), dtype)
    Q = inverse @ H
    return Sums(wide_product(X, Q.T), Q @ Q.T, L)


def _in_dtype(moved, dtype):
    def cast(value):
        return list(map(cast, value)) if isinstance(value, list) else pt.cast(value, dtype)

    return Moved(**{name: cast(value) for name, value in vars(moved).items()})


def one_read(X, Zs, Hs, sums, affinities=None):
    """Generates the updates of `semi_nmf`, or for several layers of `deep_semi_nmf`.

    In a faster form for many iterations: each reads X once, and has fewer products with H_m. Sums
    are kept from one iteration to the next, so nothing else may change the factors in between.

    Parameters
    ----------
    X : shared variable, shape (p, n)
        Dense or sparse.
    Zs, Hs : lists of m shared variables
        See `deep_semi_nmf`.
    sums : Sums
        `first_sums` of X and H_m.
    affinities : list of m affinities or None, optional
        See `deep_semi_nmf`.

    Returns
    -------
    dict
        {shared variable: its new expression} for the Zs, the Hs, and the sums. Without affinities
        H_1 … H_{m-1} do not move, as they influence nothing.

    References
    ----------
    See `deep_semi_nmf`; the factors are the same up to rounding.
    """
    shared = Sums(*(as_shared(value, name) for name, value in vars(sums).items()))
    bases = inner_bases([Z.get_value(borrow=True) for Z in Zs])
    bases = [pytensor.shared(V, "basis") for V in bases]  # of any shape, like the factors
    return updates_in_one_read(X, Zs, Hs, shared, bases, affinities=affinities)


def updates_in_one_read(
    X, Zs, Hs, sums, bases, cutoffs=None, affinities=None, features=multiplicative_features
):
    """The updates of `one_read` for `Sums` of shared variables; other arguments may be variables.

    `bases` are `inner_bases` of the start; for cutoffs and features see `components_step` and
    `features_step`.
    """
    m = len(Zs)
    moved = components_step(Zs, sums, Hs[-1].shape[1], X.dtype, bases, cutoffs)
    narrow = _in_dtype(moved, X.dtype)
    moving = Hs if affinities else [*[None] * (m - 1), Hs[-1]]
    new_Hs, XQ, QQ = features_step(X, moving, narrow, affinities, features)
    updates = dict(zip(Zs, narrow.Zs))
    updates |= {H: new for H, new in zip(moving, new_Hs) if H is not None}
    new_sums = pt.cast(XQ, "float64"), pt.cast(QQ, "float64"), moved.L
    return updates | dict(zip(vars(sums).values(), new_sums))
