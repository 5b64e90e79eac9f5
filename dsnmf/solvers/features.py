"""The H step of some samples alone, when their products with the components are known."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.initialisation.svd import ZERO_FILL
from dsnmf.solvers.sweeping import hals_features
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import multiplicative_features


@compile_once
def _compile_step(rule, dtype, mode):
    """(A, B, H) ↦ new H."""
    A, B, H = inputs = [pt.matrix(dtype=dtype) for _ in range(3)]
    return compile_function(inputs, rule(H, A, B), mode=mode)


def sweep_features(A, B, H, mode=None):
    """Features under X ≈ Ψ H after the sweeps of an iteration of HALS, from max(0, H).

    Parameters
    ----------
    A, B, H, mode
        See `step_features`.

    Returns
    -------
    ndarray, shape (k, b)
    """
    return np.asarray(_compile_step(hals_features, str(H.dtype), mode)(A, B, np.maximum(H, 0)))


def positive_start(led):
    """What a multiplicative rule can start from, with small numbers for what is not positive."""
    return np.where(led > 0, led, ZERO_FILL * np.abs(led).mean(axis=0))


def step_features(A, B, H, steps, mode=None):
    """Features under X ≈ Ψ H after some multiplicative steps, each sample's by itself.

    Parameters
    ----------
    A : ndarray, shape (k, b)
        ΨᵀX.
    B : ndarray, shape (k, k)
        ΨᵀΨ.
    H : ndarray, shape (k, b)
        From what `positive_start` makes of it.
    steps : int
    mode : None, str or pytensor Mode

    Returns
    -------
    ndarray, shape (k, b)
    """
    step, H = _compile_step(multiplicative_features, str(H.dtype), mode), positive_start(H)
    for _ in range(steps):
        H = np.asarray(step(A, B, H))
    return H
