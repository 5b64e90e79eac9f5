"""Features of a linear model's layers below the last, from its Zs and H_m."""

from functools import reduce

import numpy as np

from dsnmf.solvers.features import step_features

#: More steps hardly lower the error: the start Z_{i+1} … Z_m H_m fits well.
STEPS = 20


def inner_features(X, Zs, H, mode=None):
    """Features H_i >= 0 of layers 1 … m-1 under X ≈ Z_1 … Z_i H_i.

    `STEPS` steps of the H rule of Algorithm 1, from the non-negative part of Z_{i+1} … Z_m H_m.
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
    features, implied = [], H
    for i in reversed(range(1, len(Zs))):
        implied = Zs[i] @ implied
        Psi = reduce(np.matmul, Zs[:i])
        features.insert(0, step_features(np.asarray(Psi.T @ X), Psi.T @ Psi, implied, STEPS, mode))
    return features


def settle_inner(model):
    """Set the features of a linear model's layers below the last, if the rule did not move them.

    Parameters
    ----------
    model : Model
        At the end of its fit.
    """
    if len(model.Hs) > 1 and not model.affinities:
        Zs, H = model.Zs, model.Hs[-1]
        model.Hs = [*inner_features(model.data.start, Zs, H, model.mode), H]
