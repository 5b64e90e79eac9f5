"""Features of some samples from their products with the components."""

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
    """Features under X ≈ Ψ H after one iteration of HALS, from max(0, H).

    Parameters
    ----------
    A, B, H, mode
        See `step_features`.

    Returns
    -------
    ndarray, shape (k, b)
    """
    return np.asarray(_compile_step(hals_features, str(H.dtype), mode)(A, B, np.maximum(H, 0)))


def positive_start(H):
    """A start for a multiplicative rule: H with small numbers in place of entries <= 0."""
    return np.where(H > 0, H, ZERO_FILL * np.abs(H).mean(axis=0))


def step_features(A, B, H, steps, mode=None):
    """Features under X ≈ Ψ H after some multiplicative steps; samples are independent.

    Parameters
    ----------
    A : ndarray, shape (k, b)
        ΨᵀX.
    B : ndarray, shape (k, k)
        ΨᵀΨ.
    H : ndarray, shape (k, b)
        The steps start from `positive_start(H)`.
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
