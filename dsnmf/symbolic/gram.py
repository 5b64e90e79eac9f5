"""Factors of small Gram matrices, in float64; Ops as in `dsnmf.symbolic.bases`."""

from functools import cache

import numpy as np
import pytensor.tensor as pt

from dsnmf.symbolic.bases import relative_rounding
from dsnmf.symbolic.kernels import KernelOp
from dsnmf.symbolic.triangular import cholesky, lower_inverse

#: Largest ‖K - 1‖ (Frobenius) of a Gram matrix for which Cholesky is safe without a test.
NEAR_IDENTITY = 0.5


class _GramFactor(KernelOp):
    """K, cutoff ↦ L, W with K = L Lᵀ and W L = 1 where eigenvalues exceed cutoff · λ_max."""

    def run(self, K, cutoff):
        k = len(K)
        if np.linalg.norm(K - np.eye(k)) < NEAR_IDENTITY:  # then Cholesky is safe
            L = cholesky(K)
            return L, lower_inverse(L)
        values, vectors = np.linalg.eigh(K)
        L, inverse = np.zeros((k, k)), np.zeros((k, k))
        for j in range(k):
            if values[j] > max(cutoff.item() * values[k - 1], 0.0):
                L[:, j] = vectors[:, j] * np.sqrt(values[j])
                inverse[j] = vectors[:, j] / np.sqrt(values[j])
        return L, inverse


class _NonsingularFactor(KernelOp):
    """K, ridge ↦ L, L⁻¹ with L Lᵀ = K + ridge · (largest of K's diagonal)."""

    def run(self, K, ridge):
        top = np.diag(K).max()
        L = cholesky(K + (ridge.item() * top if top > 0 else 1.0) * np.eye(len(K)))
        return L, lower_inverse(L)


@cache
def _gram_factor_op():
    K, cutoff = pt.dmatrix(), pt.dscalar()
    values, vectors = pt.linalg.eigh(K)
    kept = values > pt.maximum(cutoff * values[-1], 0)
    roots = pt.sqrt(pt.switch(kept, values, 1.0))
    L = vectors * pt.switch(kept, roots, 0.0)
    inverse = (vectors * pt.switch(kept, 1 / roots, 0.0)).T
    return _GramFactor([K, cutoff], [L, inverse])


@cache
def _nonsingular_factor_op():
    K, cutoff = pt.dmatrix(), pt.dscalar()
    top = pt.sort(pt.diag(K))[-1]  # in Numba mode PyTensor's Max loses NaN
    ridge = pt.switch(top > 0, cutoff * top, 1.0)
    L = pt.linalg.cholesky(K + ridge * pt.eye(K.shape[0]))
    return _NonsingularFactor([K, cutoff], [L, pt.linalg.inv(L)])


def gram_factor(K, cutoff):
    """L and W with K = L Lᵀ and W L = 1, for a symmetric positive semi-definite K.

    Parameters
    ----------
    K : TensorVariable, shape (k, k), float64
    cutoff : float or scalar TensorVariable, float64
        Eigenvalues up to cutoff · λ_max count as zero: their columns of L and rows of W are zero.
        See `dsnmf.symbolic.bases.relative_rounding`.

    Returns
    -------
    L, W : TensorVariables, shape (k, k)
    """
    return _gram_factor_op()(K, cutoff)


def nonsingular_factor(K, cutoff):
    """L and L⁻¹, lower triangular, with L Lᵀ = K + ridge; K may be singular.

    Parameters
    ----------
    K : TensorVariable, shape (k, k), float64
        Symmetric and positive semi-definite.
    cutoff
        See `gram_factor`; the ridge is cutoff times the largest diagonal entry of K.

    Returns
    -------
    L, inverse : TensorVariables, shape (k, k)
    """
    return _nonsingular_factor_op()(K, cutoff)


def nonsingular_factor_of(K, size, dtype="float64"):
    """`nonsingular_factor` of an array: L and L⁻¹, arrays."""
    cutoff = np.float64(relative_rounding(size, dtype))
    return _nonsingular_factor_op().run(K, cutoff)


def stacked_gram_factors(Ks, cutoff):
    """`gram_factor` of several arrays: L and W, both stacked, and whether all are regular."""
    k = Ks.shape[-1]
    means = np.trace(Ks, axis1=1, axis2=2)[:, None, None] / k
    if (np.linalg.norm(Ks - means * np.eye(k), axis=(1, 2)) < NEAR_IDENTITY * means.ravel()).all():
        growths = np.linalg.cholesky(Ks)
        return growths, np.linalg.inv(growths), True
    values, vectors = np.linalg.eigh(Ks)
    kept = values > np.maximum(cutoff * values[:, -1:], 0)
    roots = np.sqrt(np.where(kept, values, 1))
    growths = vectors * np.where(kept, roots, 0)[:, None]
    return growths, (vectors * (kept / roots)[:, None]).transpose(0, 2, 1), bool(kept.all())
