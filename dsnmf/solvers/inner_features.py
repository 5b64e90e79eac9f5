"""Features of the layers below the last one of a linear model, once the Zs are known."""

from functools import reduce

import numpy as np
import pytensor.tensor as pt

from dsnmf.initialisation.svd import ZERO_FILL
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import FLOOR
from dsnmf.updates.semi_nmf import multiplicative_step

#: From what the last layer leads to, which fits well already; the error hardly falls from there.
STEPS = 20


@compiled_once
def _compiled_step(dtype, mode):
    Psi, A, H = (pt.matrix(dtype=dtype) for _ in range(3))
    BH = pt.dot(Psi.T, pt.dot(Psi, H))
    new = multiplicative_step(H, A, pt.dot(Psi.T, Psi), FLOOR, BH=BH)
    return compile_function([Psi, A, H], new, mode=mode)


def positive_start(led):
    """What a multiplicative rule can start from, with small numbers for what is not positive."""
    return np.where(led > 0, led, ZERO_FILL * np.abs(led).mean(axis=0))


def inner_features(X, Zs, H, mode=None):
    """Features H_i >= 0 of layers 1 … m-1 under X ≈ Z_1 … Z_i H_i.

    By `STEPS` steps of the H rule of Algorithm 1 from the non-negative part of Z_{i+1} … Z_m H_m.
    A sample's features do not depend on the other samples.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (p, n)
    Zs : list of m ndarray
    H : ndarray, shape (k_m, n)
        The last layer's features.
    mode : None, str or pytensor Mode

    Returns
    -------
    list of m - 1 ndarray, shape (k_i, n)
    """
    step, features, led = _compiled_step(str(H.dtype), mode), [], H
    for i in reversed(range(1, len(Zs))):
        led = Zs[i] @ led
        Psi = reduce(np.matmul, Zs[:i])
        A, inner = np.asarray(Psi.T @ X), positive_start(led)
        for _ in range(STEPS):
            inner = step(Psi, A, inner)
        features.insert(0, np.asarray(inner))
    return features
