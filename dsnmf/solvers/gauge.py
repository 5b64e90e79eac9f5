"""The gauge of H: among equivalent H, the one with the least arbitrary variance.

Under X ≈ Ψ H any invertible T with T H >= 0 gives the same reconstruction by (Ψ T⁻¹) (T H). Besides
units and order of the components, one such T matters. A Semi-NMF of k components holds k - 1
directions of the data. The last right singular vector v of Ψ reconstructs next to nothing; it only
makes H non-negative. The samples' coordinates along v are arbitrary, and may hold most of H's
variance. Among all T = 1 - v qᵀ we take the one that gives H the least variance along v.
"""

from functools import partial

import numpy as np
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import nnls

from dsnmf.training.passes import Stacked

#: Least gap between the last two singular values of Ψ, as a share of the largest: with a smaller
#: one the last direction is rounding.
GAP = 1e-8

#: T H may be negative by this share of the largest feature along v; it is then set to 0.
ROUNDING = 1e-10

#: Least 1 - qᵀv, the determinant of T, so that T⁻¹ loses few digits.
LEAST_DETERMINANT = 1e-3

#: Largest relative change of the reconstruction, by H's dtype: well above rounding.
CHANGE = {"float64": 1e-12, "float32": 4e-6}

#: Added to the covariance's diagonal, as a share of the mean square: features may be the same for
#: all samples, or depend on each other.
RIDGE = 1e-12

#: Constraints that a pass finds, per component. With only 2, more passes cost more time than the
#: smaller quadratic programs save.
FOUND = 6

MAX_PASSES = 50


def _direction(Psi):
    """v with a sum >= 0; None if Ψ's last singular value is not clearly the least."""
    k = Psi.shape[1]
    _, sigma, Vt = np.linalg.svd(Psi.astype(np.float64), full_matrices=len(Psi) < k)
    sigma = np.pad(sigma, (0, max(k - len(sigma), 0)))
    if k < 2 or sigma[k - 2] - sigma[k - 1] <= GAP * sigma[0]:
        return None
    return Vt[-1] if Vt[-1].sum() >= 0 else -Vt[-1]


def _moments(features):
    wide = features.astype(np.float64, copy=False)
    return [], [wide.sum(axis=0), wide.T @ wide]


def _limits(H, v):
    """The least and the largest qᵀh such that h - v qᵀh >= 0, for rows h."""
    up, down = np.flatnonzero(v > 0), np.flatnonzero(v < 0)
    largest = (H[:, up] / v[up]).min(axis=1, initial=np.inf)
    least = (H[:, down] / v[down]).max(axis=1, initial=-np.inf)
    return least, largest


def _find_violated(features, v, q, most):
    """No new rows; the rows h that q violates most, with a sign and a limit: sign qᵀh <= limit."""
    H = features.astype(np.float64, copy=False)
    least, largest = _limits(H, v)
    along = H @ q
    excess = np.maximum(along - largest, least - along)
    size = np.abs(H @ v).max(initial=0)
    worst = np.argsort(-excess, kind="stable")[:most]
    worst = worst[excess[worst] > ROUNDING * size]
    sign = np.where(along[worst] > largest[worst], 1.0, -1.0)
    limit = np.where(sign > 0, largest[worst], -least[worst])
    return [], [Stacked(np.column_stack([sign[:, None] * H[worst], limit]))]


def _least_norm(G, b):
    """The shortest u with G u >= b (Lawson & Hanson 1974, chapter 23: least distances)."""
    size = np.abs(b).max(initial=0)
    if not (b > 0).any():
        return np.zeros(G.shape[1])
    E = np.vstack([G.T, b / size])
    target = np.zeros(len(E))
    target[-1] = 1
    weights = nnls(E, target, maxiter=1000 * E.shape[1])[0]
    residual = E @ weights - target
    return -size * residual[:-1] / residual[-1]


def _solve(L, b, transposed=False):
    """L⁻¹ b, or L⁻ᵀ b, for a regular L: `scipy.linalg.solve_triangular` without its checks."""
    return dtrtrs(L, b, lower=1, trans=int(transposed))[0]


def find_gauge(Psi, n, run_pass):
    """v and q of the T = 1 - v qᵀ such that T H >= 0 varies least along v.

    It solves a quadratic program in k variables, with one or two constraints per sample. A few
    passes over H find the active ones.

    Parameters
    ----------
    Psi : ndarray, shape (p, k)
    n : int
        Number of samples.
    run_pass : callable
        `dsnmf.training.passes.pass_over` over the blocks of Hᵀ.

    Returns
    -------
    (v, q, H Hᵀ), of shapes (k,), (k,) and (k, k), or None if there is no such v
    """
    v = _direction(Psi)
    if v is None:
        return None
    total, products = run_pass(_moments)
    covariance = products / n - np.outer(total, total) / n**2
    k = len(v)
    ridge = RIDGE * np.trace(products) / (n * k) or 1.0
    L = np.linalg.cholesky(covariance + ridge * np.eye(k))
    G, b = np.empty((0, k)), np.empty(0)
    for _ in range(MAX_PASSES):
        q = v - _solve(L, _least_norm(G, b), transposed=True)
        (found,) = run_pass(partial(_find_violated, v=v, q=q, most=FOUND * k))
        rows, limits = np.split(found.rows(), [k], axis=1)
        if not len(rows):
            break
        # With u = Lᵀ(v - q): rows q <= limits is L⁻¹ rowsᵀ u >= rows v - limits.
        G = np.vstack([G, _solve(L, rows.T).T])
        b = np.concatenate([b, rows @ v - limits.ravel()])
    else:
        return None
    return v, q * min(1, (1 - LEAST_DETERMINANT) / max(q @ v, 1e-300)), products


def _shift_block(features, v, q):
    wide = features.astype(np.float64, copy=False)
    shifted = wide - np.outer(wide @ q, v)
    # At a limit the difference is rounding: set it to 0, on any machine.
    return [np.where(shifted > ROUNDING * wide, shifted, 0).astype(features.dtype)], []


def settle_gauge(Zs, n, run_pass, H):
    """Give H the least variance along v; returns the matching Z_m.

    Parameters
    ----------
    Zs : list of m ndarray
    n, run_pass
        See `find_gauge`.
    H : array, shape (n, k_m)
        Hᵀ; changed in place.

    Returns
    -------
    ndarray, shape of Z_m
    """
    eye, dtype = np.eye(H.shape[1]), H.dtype
    Psi = np.linalg.multi_dot([*Zs, eye])
    found = find_gauge(Psi, n, run_pass)
    if found is None:
        return Zs[-1]
    v, q, products = found
    Z = Zs[-1].astype(np.float64)
    Z = (Z + np.outer(Z @ v, q) / (1 - q @ v)).astype(dtype)
    change = np.linalg.multi_dot([*Zs[:-1], Z, eye - np.outer(v, q)]) - Psi
    before, after = ((A @ products * A).sum() for A in (Psi, change))
    if after > before * CHANGE[str(dtype)] ** 2:
        return Zs[-1]
    run_pass(partial(_shift_block, v=v, q=q), outputs=[H])
    return Z.astype(Zs[-1].dtype)
