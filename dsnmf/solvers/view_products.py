"""A block's part in an iteration of several views: products, and the step of H_m."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.solvers.row_products import rows_against, rows_times
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import as_terms
from dsnmf.updates.one_read import FLOOR
from dsnmf.updates.semi_nmf import scale_features


@compile_once
def _compile_features(dtype, has_graph, mode):
    """(H, A, B⁻H beside B⁺H, HW, HD) ↦ new H, all in rows; HW and HD only with a graph."""
    H, A, both, HW, HD = (pt.matrix(dtype=dtype) for _ in range(5))
    negative, positive = both[:, : H.shape[1]], both[:, H.shape[1] :]
    numerator, denominator = pt.maximum(A, 0) + negative, pt.maximum(-A, 0) + positive
    inputs = [H, A, both]
    if has_graph:
        numerator, denominator = pt.maximum(numerator + HW, 0), denominator + HD
        inputs += [HW, HD]
    return compile_function(inputs, scale_features(H, numerator, denominator, FLOOR), mode=mode)


def _products(rows, Ms, additions, dtype):
    """Σ X_v M_v over the views of each sample, shape (n, k)."""
    ends = np.cumsum([0, *(X.shape[0] for X in rows)])
    products = np.empty((ends[-1], Ms[0].shape[1]), dtype)
    for X, M, start, end in zip(rows, Ms, ends, ends[1:]):
        rows_times(X, M, products[start:end])
    return products if additions is None else additions @ products


def _terms(rows, H, parts, groups, inverse):
    """Terms of X Qᵀ for the parts and Q Qᵀ for the groups, with Q = L⁻¹ H; H in rows."""
    Q = H @ inverse.T
    Qs = [Q if samples is None else Q.take(samples, axis=0) for samples in groups]
    XQs = [rows_against(X, Qs[part.group]) for part, X in zip(parts, rows)]
    return [*XQs, *as_terms([own.T @ own for own in Qs])]


def sum_terms(rows, H, parts, groups, inverse):
    """No new features; `_terms` of the old ones."""
    return [], _terms(rows, H, parts, groups, inverse)


def move_features(
    rows, H, *graph, parts, groups, additions, patterns, Ms, Bs, units, inverse, mode
):
    """New features of a block, and `_terms` of them.

    Parameters
    ----------
    rows : list of ndarray or CSR matrix
        Rows of each part.
    H : ndarray, shape (b, k)
    *graph : ndarray, shape (b, k)
        H W and H D, or none.
    parts, groups, additions, patterns
        See `dsnmf.data.views.Views`.
    Ms : list of ndarray, shape (p, k)
        w_v Ψ_v of each part.
    Bs : ndarray, shape (patterns, k, k)
        Σ w_v B_v over the views of each pattern, divided by its unit.
    units : ndarray
    inverse : ndarray, shape (k, k)
        L⁻¹.
    """
    A = _products(rows, Ms, additions, H.dtype)
    if (units != 1).any():
        sizes = [len(H[samples]) for samples, _ in patterns]
        factors = np.repeat(1 / units, sizes).astype(H.dtype)[:, None]
        A, graph = A * factors, [term * factors for term in graph]
    # B⁻ and B⁺ side by side: one product per pattern.
    sides = np.concatenate([np.maximum(-Bs, 0), np.maximum(Bs, 0)], axis=2)
    both = np.empty((len(H), sides.shape[2]), H.dtype)
    for (samples, _), side in zip(patterns, sides):
        np.dot(H[samples], side, out=both[samples])
    step = _compile_features(str(H.dtype), bool(graph), mode)
    new = np.asarray(step(H, A, both, *graph))
    return [new], _terms(rows, new, parts, groups, inverse)
