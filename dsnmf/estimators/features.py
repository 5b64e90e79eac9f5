"""Features of samples under a fitted model: one map for training samples and new ones."""

import numpy as np
import scipy.linalg

from dsnmf import fitting, symbolic, updates
from dsnmf.estimators.observations import as_shared

#: Limits of the search for non-negative features.
MAX_ITER = 500
TOL = 1e-6

#: Learning rate of the search in non-linear models, as a share of the features' size.
RELATIVE_RATE = 0.05


def _product(Zs):
    Psi = Zs[0]
    for Z in Zs[1:]:
        Psi = Psi @ Z
    return Psi


def _projection(observations, Zs):
    """(Z_1 … Z_j)† X; least squares over the known entries of a sample with gaps."""
    Psi = _product(Zs)
    H = np.asarray(scipy.linalg.pinv(Psi) @ observations.start, dtype=Psi.dtype)
    if observations.known is not None:
        X, known = (v.get_value(borrow=True) for v in (observations.X, observations.known))
        for i in np.flatnonzero((known == 0).any(axis=0)):
            rows = known[:, i] > 0
            H[:, i] = scipy.linalg.lstsq(Psi[rows], X[rows, i])[0]
    return H


def _settled(H, step):
    fitting.run(step, MAX_ITER, history=[], tol=TOL)
    return H.get_value()


def _by_h_rule(observations, Zs, mode):
    """The H rule with Z fixed, from the positive part of the projection."""
    projected = _projection(observations, Zs)
    floor = 0.01 * np.abs(projected).mean() or 1.0
    Z = as_shared(_product(Zs), "Psi")
    H = as_shared(np.maximum(projected, np.asarray(floor, projected.dtype)), "H")
    X = observations.filled(symbolic.reconstruction([Z], H))
    cost = observations.squared_error([Z], H, "identity")
    rule = updates.semi_nmf(X, Z, H, update_Z=False)
    return _settled(H, fitting.compile_step(cost, rule, mode))


def _by_gradient(observations, Zs, nonlinearity, size, mode):
    """Adam on the features alone, from the same constant for all, relu around them."""
    Zs = [as_shared(Z, "Z") for Z in Zs]
    k, n = Zs[-1].get_value(borrow=True).shape[1], observations.start.shape[1]
    H = as_shared(np.full((k, n), size, Zs[0].dtype), "H")
    factors = Zs, symbolic.relu(H), nonlinearity
    rule = updates.adam(observations.gradients(*factors, [H]), [H], RELATIVE_RATE * size)
    cost = observations.squared_error(*factors)
    return np.maximum(_settled(H, fitting.compile_step(cost, rule, mode)), 0)


def features_of(observations, Zs, nonlinearity, method, size, mode):
    """Features of the layer that the last of Zs leads to.

    Parameters
    ----------
    observations : Observations
        n samples.
    Zs : list of j ndarray
        Z_1, …, Z_j.
    nonlinearity : str or callable
    method : {"projection", "nonnegative"}
    size : float > 0
        Typical size of the layer's features in training, where the search starts in non-linear
        models.
    mode : None, str or pytensor Mode

    Returns
    -------
    ndarray, shape (k_j, n)
    """
    if method == "projection":
        return _projection(observations, Zs)
    if symbolic.as_nonlinearity(nonlinearity) is symbolic.identity:
        return _by_h_rule(observations, Zs, mode)
    return _by_gradient(observations, Zs, nonlinearity, size, mode)
