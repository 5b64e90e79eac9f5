"""Features of the layers below the last one of a linear model, once the Zs are known."""

from functools import reduce

import numpy as np

from dsnmf.solvers.features import step_features

#: From what the last layer leads to, which fits well already; the error hardly falls from there.
STEPS = 20


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
    features, led = [], H
    for i in reversed(range(1, len(Zs))):
        led = Zs[i] @ led
        Psi = reduce(np.matmul, Zs[:i])
        features.insert(0, step_features(np.asarray(Psi.T @ X), Psi.T @ Psi, led, STEPS, mode))
    return features


def settle_inner(model):
    """Give a linear model's layers below the last, if no rule has moved them, features that fit.

    Parameters
    ----------
    model : Model
        At the end of its fit.
    """
    if len(model.Hs) > 1 and not model.affinities:
        Zs, H = model.Zs, model.Hs[-1]
        model.Hs = [*inner_features(model.samples.start, Zs, H, model.mode), H]
