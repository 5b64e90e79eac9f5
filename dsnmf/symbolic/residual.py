"""The squared error of a reconstruction and its gradients, without an array of X's size."""

from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.symbolic.kernels import KernelOp, compile_kernel
from dsnmf.symbolic.models import layer_features

#: Entries of the residual that are formed at a time, so that large data need no second array of
#: their size. Smaller blocks, which fit a cache, were slower (tests/benchmarks/epoch.py).
BLOCK = 1 << 22


def _subtract(R, X, start):
    """Σ (R - X')² with X' = R.shape[1] columns of X from start on; R becomes R - X'."""
    total = 0.0
    for i in range(R.shape[0]):
        row = X.dtype.type(0)  # a row's sum in X's dtype lets the compiler vectorise the loop
        for j in range(R.shape[1]):
            difference = R[i, j] - X[i, start + j]
            R[i, j] = difference
            row += difference * difference
        total += row
    return total


def _residual(X, Z, F, by_Z=None, by_F=None):
    """Σ R² with R = Z F - X; where given, by_Z becomes R Fᵀ and by_F Zᵀ R."""
    subtract = compile_kernel(_subtract)
    width, total = max(1, BLOCK // X.shape[0]), 0.0
    for start in range(0, X.shape[1], width):
        columns = slice(start, start + width)
        R = np.dot(Z, F[:, columns])
        total += subtract(R, X, start)
        if by_Z is not None and start == 0:
            np.dot(R, F[:, columns].T, out=by_Z)
        elif by_Z is not None:
            by_Z += np.dot(R, F[:, columns].T)
        if by_F is not None:
            np.matmul(Z.T, R, out=by_F[:, columns])
    return np.asarray(total, X.dtype)


class _HalfGradients(KernelOp):
    """X, Z, F ↦ Σ R², R Fᵀ, Zᵀ R with R = Z F - X."""

    def run(self, X, Z, F):
        by_Z, by_F = np.empty(Z.shape, Z.dtype), np.empty(F.shape, F.dtype)
        return _residual(X, Z, F, by_Z, by_F), by_Z, by_F


class _HalfGradientByF(KernelOp):
    """X, Z, F ↦ Σ R², Zᵀ R with R = Z F - X."""

    def run(self, X, Z, F):
        by_F = np.empty(F.shape, F.dtype)
        return _residual(X, Z, F, by_F=by_F), by_F


class _SquaredError(KernelOp):
    """X, Z, F ↦ Σ R² with R = Z F - X."""

    def run(self, X, Z, F):
        return _residual(X, Z, F)


@cache
def _op(op_type, dtype):
    X, Z, F = (pt.matrix(dtype=dtype) for _ in range(3))
    R = pt.dot(Z, F) - X
    error, by_Z, by_F = pt.sqr(R).sum(), pt.dot(R, F.T), pt.dot(Z.T, R)
    outputs = {
        _HalfGradients: [error, by_Z, by_F],
        _HalfGradientByF: [error, by_F],
        _SquaredError: [error],
    }
    return op_type([X, Z, F], outputs[op_type])


def squared_error(X, Z, F):
    """Σ (X - Z F)², without an array of X's size except in JAX and Numba mode.

    Parameters
    ----------
    X : dense TensorVariable, shape (p, n)
    Z : TensorVariable, shape (p, k)
    F : TensorVariable, shape (k, n)

    Returns
    -------
    scalar TensorVariable
    """
    return _op(_SquaredError, X.dtype)(X, Z, F)


def _half_gradients(X, Z, F, with_Z):
    """Σ (X - Z F)² and half its derivatives by Z (or None) and F."""
    if with_Z:
        return _op(_HalfGradients, X.dtype)(X, Z, F)
    error, by_F = _op(_HalfGradientByF, X.dtype)(X, Z, F)
    return error, None, by_F


def chained_gradients(params, Z, F, half_by_Z, half_by_F):
    """Derivatives of Σ (X - Z F)² by the parameters in Z and F.

    Parameters
    ----------
    params : list of shared variables
        Z, some inputs of F, or both.
    Z, F : TensorVariables
        Z_1, and layer 1's features.
    half_by_Z, half_by_F : TensorVariables
        Half the derivatives by Z and F: the factor 2 is cheaper on the parameters.

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

    Equal to `pytensor.grad` of `symbolic.squared_error`. But X is read once, and the residual is
    formed some columns at a time, except in JAX and Numba mode.

    Parameters
    ----------
    X : dense TensorVariable, shape (p, n)
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
        The last layer's features.
    nonlinearity : str or callable
        See `symbolic.as_nonlinearity`.
    params : list of shared variables
        Some of Zs, and inputs of H.

    Returns
    -------
    cost : scalar TensorVariable
    gradients : list of TensorVariables, one per parameter
    """
    Z, F = Zs[0], layer_features(Zs, H, 1, nonlinearity)
    with_Z = any(param is Z for param in params)
    cost, half_by_Z, half_by_F = _half_gradients(X, Z, F, with_Z)
    return cost, chained_gradients(params, Z, F, half_by_Z, half_by_F)
