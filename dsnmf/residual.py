"""The squared error of a reconstruction and its gradients, without an array of X's size."""

from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.builders import OpFromGraph

from dsnmf.kernels import register_kernel
from dsnmf.symbolic import layer_features

#: Entries of the residual that are formed at once: they stay in a cache while they are used.
BLOCK = 1 << 19


class _HalfGradients(OpFromGraph):
    """X, Z, F ↦ Σ R², R Fᵀ, Zᵀ R with R = Z F - X."""

    __props__ = ()


class _HalfGradientByF(OpFromGraph):
    """X, Z, F ↦ Σ R², Zᵀ R with R = Z F - X."""

    __props__ = ()


@cache
def _block_kernel(compiled):
    @compiled
    def block(X, Z, F, start, stop):
        """Some columns of F, those of R = Z F - X, and their Σ R²."""
        columns = np.ascontiguousarray(F[:, start:stop])
        R = np.dot(Z, columns)
        total = 0.0
        for i in range(R.shape[0]):
            row = X.dtype.type(0)  # sums of one row in X's dtype, so that the loop stays wide
            for j in range(R.shape[1]):
                difference = R[i, j] - X[i, start + j]
                R[i, j] = difference
                row += difference * difference
            total += row
        return columns, R, total

    return block


def _half_gradients_kernel(compiled):
    block, entries = _block_kernel(compiled), BLOCK

    @compiled
    def half_gradients(X, Z, F):
        width = max(1, entries // X.shape[0])
        by_Z, by_F = np.zeros_like(Z), np.empty_like(F)
        total = 0.0
        for start in range(0, X.shape[1], width):
            stop = min(start + width, X.shape[1])
            columns, R, of_block = block(X, Z, F, start, stop)
            total += of_block
            by_Z += np.dot(R, columns.T)
            by_F[:, start:stop] = np.dot(Z.T, R)
        return np.asarray(total).astype(X.dtype), by_Z, by_F

    return half_gradients


def _half_gradient_by_F_kernel(compiled):
    block, entries = _block_kernel(compiled), BLOCK

    @compiled
    def half_gradient_by_F(X, Z, F):
        width = max(1, entries // X.shape[0])
        by_F = np.empty_like(F)
        total = 0.0
        for start in range(0, X.shape[1], width):
            stop = min(start + width, X.shape[1])
            _, R, of_block = block(X, Z, F, start, stop)
            total += of_block
            by_F[:, start:stop] = np.dot(Z.T, R)
        return np.asarray(total).astype(X.dtype), by_F

    return half_gradient_by_F


@cache
def _half_gradients_op(dtype, with_Z):
    X, Z, F = (pt.matrix(dtype=dtype) for _ in range(3))
    R = pt.dot(Z, F) - X
    cost, by_F = pt.sqr(R).sum(), pt.dot(Z.T, R)
    if with_Z:
        return _HalfGradients([X, Z, F], [cost, pt.dot(R, F.T), by_F])
    return _HalfGradientByF([X, Z, F], [cost, by_F])


def _half_gradients(X, Z, F, with_Z):
    """Σ (X - Z F)² and half its derivatives by Z (or None) and F."""
    register_kernel(_HalfGradients, _half_gradients_kernel)
    register_kernel(_HalfGradientByF, _half_gradient_by_F_kernel)
    cost, *gradients = _half_gradients_op(X.dtype, with_Z)(X, Z, F)
    return cost, *([None] * (2 - len(gradients))), *gradients


def chained_gradients(params, Z, F, half_by_Z, half_by_F):
    """Derivatives of Σ (X - Z F)² by the parameters that Z and F are made of.

    Parameters
    ----------
    params : list of shared variables
        Z, or some of those that F depends on, or both.
    Z, F : TensorVariables
        Z_1, and layer 1's features.
    half_by_Z, half_by_F : TensorVariables
        Half the derivatives by Z and F. Half, because the factor 2 is cheaper further down.

    Returns
    -------
    list of TensorVariables
    """
    others = [param for param in params if param is not Z]
    halves = pytensor.grad(None, others, known_grads={F: half_by_F}) if others else []
    by_param = dict(zip(others, halves)) | {Z: half_by_Z}
    return [pt.constant(2, dtype=param.dtype) * by_param[param] for param in params]


def squared_error_and_gradients(X, Zs, H, nonlinearity, params):
    """Σ (X - X̂)² of a model and its derivatives, all from one residual.

    The same as `pytensor.grad` of `symbolic.squared_error`, but in Numba mode X is passed over
    once, and its residual is formed a few columns at a time.

    Parameters
    ----------
    X : dense TensorVariable, shape (p, n)
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
        The last layer's features.
    nonlinearity : str or callable
        See `symbolic.as_nonlinearity`.
    params : list of shared variables
        Some of Zs, and what H is made of.

    Returns
    -------
    cost : scalar TensorVariable
    gradients : list of TensorVariables, one per parameter
    """
    Z, F = Zs[0], layer_features(Zs, H, 1, nonlinearity)
    with_Z = any(param is Z for param in params)
    cost, half_by_Z, half_by_F = _half_gradients(X, Z, F, with_Z)
    return cost, chained_gradients(params, Z, F, half_by_Z, half_by_F)
