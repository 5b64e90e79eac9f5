"""Features of samples under a fitted model: one map for training samples and new ones."""

from functools import reduce

import numpy as np
import scipy.linalg

from dsnmf import fitting, symbolic, updates
from dsnmf.estimators.observations import as_shared
from dsnmf.projection import LEAST_START, project
from dsnmf.stopping import CostTolerance

#: Limits of the search for non-negative features.
MAX_ITER = 500
TOL = 1e-6

#: Learning rate of the search in non-linear models, as a share of the features' size.
RELATIVE_RATE = 0.05


def _least_squares(observations, Zs):
    """Per sample with gaps, the linear features that fit its known entries best; (Ψ, features)."""
    Psi = reduce(np.matmul, Zs)
    X, known = (v.get_value(borrow=True) for v in (observations.X, observations.known))
    H = [scipy.linalg.lstsq(Psi[rows], x[rows])[0] for x, rows in zip(X.T, known.T > 0)]
    return Psi, np.array(H, dtype=Psi.dtype).T


def _settled(H, step):
    fitting.run(step, MAX_ITER, history=[], tolerance=CostTolerance(TOL))
    return H.get_value()


def _linear(observations, Zs, nonnegative, mode):
    if observations.known is None:
        X = observations.start
        return project(X, Zs, nonnegative=nonnegative, max_iter=MAX_ITER, tol=TOL, mode=mode)
    Psi, start = _least_squares(observations, Zs)
    if not nonnegative:
        return start
    least = np.asarray(LEAST_START * np.abs(start).mean() or 1, dtype=start.dtype)
    Z, H = as_shared(Psi, "Psi"), as_shared(np.maximum(start, least), "H")
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
    error, gradients = observations.error_and_gradients(*factors, [H])
    rule = updates.adam(gradients, [H], RELATIVE_RATE * size)
    return np.maximum(_settled(H, fitting.compile_step(error, rule, mode)), 0)


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
    if method == "projection" or symbolic.is_linear(nonlinearity):
        return _linear(observations, Zs, method == "nonnegative", mode)
    return _by_gradient(observations, Zs, nonlinearity, size, mode)
