"""Semi-NMF, Deep Semi-NMF and their WSFs with one read of X per iteration.

The rules of `dsnmf.updates.semi_nmf` and `dsnmf.updates.deep_semi_nmf`, cut in two: a small step,
of the Zs, which needs sums over the samples alone, and a step of the Hs, which any block of
samples makes for itself, and which adds to the sums of the next iteration.
"""

from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt

from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.gram import gram_factor, nonsingular_factor, nonsingular_factor_of
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.shared import as_shared
from dsnmf.updates.deep_semi_nmf import FLOOR, FLOOR_WITH_AFFINITIES, tails
from dsnmf.updates.semi_nmf import FLOOR as FLOOR_OF_ONE_LAYER
from dsnmf.updates.semi_nmf import multiplicative_step


@dataclass(frozen=True)
class Sums:
    """All that the small step needs to know of X and H_m: sums over the samples, in float64.

    With Q = L⁻¹ H_m, where L Lᵀ was H_m H_mᵀ an iteration ago, the rows of Q are nearly
    orthonormal: their Gram matrix loses nothing where H_m H_mᵀ itself would lose the square of
    H_m's condition number.

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
    """What the small step gives.

    Attributes
    ----------
    Zs : list of m variables
        The new Z_i.
    U : variable, shape (min(p, k_m), p)
        Orthonormal rows, whose span has the columns of Z_1.
    Psis : list of m variables
        U Z_1 … Z_i.
    L, inverse : variables, shape (k_m, k_m)
        A factor of H_m H_mᵀ, to become the next sums' L, and its inverse.
    """

    Zs: list
    U: object
    Psis: list
    L: object
    inverse: object


def floor_of(m, with_affinities=False):
    """The smallest denominator in the H rule of `semi_nmf` (m = 1) or `deep_semi_nmf`."""
    if m == 1:
        return FLOOR_OF_ONE_LAYER
    return FLOOR_WITH_AFFINITIES if with_affinities else FLOOR


def _orthonormal_features(sums, n, dtype):
    """L and W with H_m = L (W Q), W Q with orthonormal rows: Y = X Qᵀ Wᵀ is X in these."""
    growth, inverse = gram_factor(sums.QQ, pt.maximum(sums.L.shape[0], n), dtype)
    return pt.dot(sums.L, growth), inverse


def cost_of_sums(Psi, sums, squared_norm, n, dtype="float64"):
    """½‖X - Ψ H_m‖² from the sums alone.

    Of a fit whose error is below about 1e-15 ‖X‖² it says little, but never less than 0.

    Parameters
    ----------
    Psi : variable, shape (p, k_m), float64
        Z_1 … Z_m.
    sums, n, dtype
        See `small_step`.
    squared_norm : scalar variable, float64
        ‖X‖².

    Returns
    -------
    scalar variable, float64
    """
    L, inverse = _orthonormal_features(sums, n, dtype)
    Y = pt.dot(sums.XQ, inverse.T)
    beyond = pt.maximum(squared_norm - pt.sqr(Y).sum(), 0)  # what no Ψ reaches from these H_m
    return (beyond + pt.sqr(Y - pt.dot(Psi, L)).sum()) / 2


def inner_bases(Zs):
    """Orthonormal bases that the columns of Z_2, …, Z_m never leave.

    As Z_i ← Ψ† X E_i†, its columns lie in the span of Ψ's rows, which is that of the columns of
    E_{i-1}† with E_{i-1} = Z_i E_i: in the span of the columns of the Z_i before.

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


def small_step(Zs, sums, n, dtype="float64", bases=None):
    """The step of the Zs.

    Parameters
    ----------
    Zs : list of m variables
    sums : Sums
        Of variables.
    n : int
        Number of samples.
    dtype : {"float32", "float64"}
        What the sums' terms were computed in.
    bases : list of m - 1 variables, optional
        `inner_bases` of the start: pseudo-inverses are then of smaller matrices.

    Returns
    -------
    Moved
        In float64.
    """
    wide = [pt.cast(Z, "float64") for Z in Zs]
    p, k = sums.XQ.shape
    L, inverse = _orthonormal_features(sums, n, dtype)
    R, U = row_basis(sums.XQ.T)
    R = pt.dot(inverse, R)  # Y = Uᵀ Rᵀ
    V, Psi = U.T, None  # Z_i = V C W with the bases V, W of its columns and rows; Ψ = Uᵀ Psi W
    new_Zs, Psis = [], []
    for Z, tail, W in zip(wide, tails(wide), [*(bases or [None] * (len(Zs) - 1)), None]):
        E = L if tail is None else pt.dot(tail, L)  # E_i = E Q
        S = E if W is None else pt.dot(W.T, E)
        C = pt.dot(R.T, pseudo_inverse(S, pt.maximum(Z.shape[1], n), dtype))
        if Psi is not None:
            C = pt.dot(pseudo_inverse(Psi, pt.maximum(p, Z.shape[0]), dtype), C)
        Psi = C if Psi is None else pt.dot(Psi, C)
        inner = C if V is None else pt.dot(V, C)
        new_Zs.append(inner if W is None else pt.dot(inner, W.T))
        Psis.append(Psi if W is None else pt.dot(Psi, W.T))
        V = W
    factor = nonsingular_factor(pt.dot(L, L.T), pt.maximum(k, n), dtype)
    return Moved(new_Zs, U, Psis, *factor)


def block_step(X, Hs, moved, affinities):
    """The step of the Hs of a block of samples, and what these add to the sums.

    Parameters
    ----------
    X : variable, shape (p, b)
        The samples.
    Hs : list of m variables, or of None where a layer's features stay as they are
        The samples' features.
    moved : Moved
        In X's dtype.
    affinities : list of m affinities or None, or None
        As for `dsnmf.updates.deep_semi_nmf`.

    Returns
    -------
    Hs : list of m variables or None
    XQ, QQ : variables
        In X's dtype, of the new H_m and the moved L.
    """
    floor = floor_of(len(Hs), affinities is not None)
    graphs = affinities or [None] * len(Hs)
    in_basis = sum(H is not None for H in Hs) > 1  # all layers' A = ΨᵀX from one product with X
    data = product(moved.U, X) if in_basis else X
    new_Hs = []
    for H, Psi, graph in zip(Hs, moved.Psis, graphs):
        if H is None:
            new_Hs.append(None)
            continue
        # Below the last layer Ψ has fewer rows than columns.
        BH = pt.dot(Psi.T, pt.dot(Psi, H)) if Psi is not moved.Psis[-1] else None
        A = product((Psi if in_basis else pt.dot(moved.U.T, Psi)).T, data)
        new_Hs.append(multiplicative_step(H, A, pt.dot(Psi.T, Psi), floor, graph, BH))
    Q = pt.dot(moved.inverse, new_Hs[-1])
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
        Of arrays.
    """
    dtype, H = H.dtype, H.astype(np.float64)
    L, inverse = nonsingular_factor_of(H @ H.T, max(H.shape), dtype)
    Q = inverse @ H
    return Sums(np.asarray(X @ Q.T), Q @ Q.T, L)


def _in_dtype(moved, dtype):
    def cast(value):
        return list(map(cast, value)) if isinstance(value, list) else pt.cast(value, dtype)

    return Moved(**{name: cast(value) for name, value in vars(moved).items()})


def one_read(X, Zs, Hs, sums, affinities=None):
    """Generates the update expressions of `semi_nmf`, or of several layers `deep_semi_nmf`.

    Their form for repeated use: X is read once, H_m is in fewer products, and what needs to be
    known of them is kept from one iteration to the next. So nothing else may change the factors
    between two iterations.

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
        {shared variable: its new expression} for the Zs, the Hs, and sums of its own. Without
        affinities H_1 … H_{m-1}, which influence nothing, stay as they are.

    References
    ----------
    Those of `deep_semi_nmf`; the same factors up to rounding.
    """
    shared = Sums(*(as_shared(value, name) for name, value in vars(sums).items()))
    bases = inner_bases([Z.get_value(borrow=True) for Z in Zs])
    bases = [as_shared(V, "basis") for V in bases]
    return moved_in_one_read(X, Zs, Hs, shared, bases, affinities)


def moved_in_one_read(X, Zs, Hs, sums, bases, affinities=None):
    """The same with `Sums` of shared variables, and `inner_bases` of the start as variables."""
    m, n = len(Zs), Hs[-1].shape[1]
    moved = small_step(Zs, sums, n, X.dtype, bases)
    narrow = _in_dtype(moved, X.dtype)
    moving = Hs if affinities else [*[None] * (m - 1), Hs[-1]]
    new_Hs, XQ, QQ = block_step(X, moving, narrow, affinities)
    updates = dict(zip(Zs, narrow.Zs))
    updates |= {H: new for H, new in zip(moving, new_Hs) if H is not None}
    new_sums = pt.cast(XQ, "float64"), pt.cast(QQ, "float64"), moved.L
    return updates | dict(zip(vars(sums).values(), new_sums))
