"""How the reconstructions of a fitted model vary over samples: what its metrics need to know."""

from functools import reduce

import numpy as np

from dsnmf import symbolic
from dsnmf.estimators.metric import FirstFeatures
from dsnmf.estimators.projection import Projection

#: Training samples that are looked at, at least, and per component: what matters are a few hundred
#: directions' sizes to a few per cent.
LEAST_SAMPLES, SAMPLES_PER_COMPONENT = 500, 10


def pick_samples(n, layers):
    """Numbers of the training samples to look at, ascending: all, or the same draw for any data."""
    size = max(LEAST_SAMPLES, SAMPLES_PER_COMPONENT * max(layers))
    if size >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, size, replace=False))


class Spread:
    """A layer's reconstructions A h of some samples: the map A, and how much they vary.

    Parameters
    ----------
    response : ndarray, shape (k_1, k)
        B, with which A = Z_1 B.
    covariance : ndarray, shape (k, k)
        Of the samples' features: A† x, or in non-linear models those that are searched for.
    """

    def __init__(self, response, covariance):
        self.response, self.covariance = response, covariance


def linear_response(Zs):
    """Z_2 … Z_j, shape (k_1, k_j)."""
    return reduce(np.matmul, Zs[1:], np.eye(Zs[0].shape[1]))


def response_of(Zs, nonlinearity, mode, H):
    """B of the affine map h ↦ B h + b that is nearest to what features H lead to in layer 1."""
    if len(Zs) == 1 or symbolic.is_linear(nonlinearity):
        return linear_response(Zs)
    first = FirstFeatures(Zs, nonlinearity, mode).leading_to(np.eye(Zs[0].shape[1]), H)
    H, first = (values - values.mean(axis=1, keepdims=True) for values in (H, first))
    return np.linalg.lstsq(H.T.astype(np.float64), first.T.astype(np.float64))[0].T


def covariance_of(values):
    """Of variables (k x n) over samples, shape (k, k)."""
    return np.atleast_2d(np.cov(values, bias=True))


def spread_of_features(Zs, nonlinearity, mode, H):
    """The `Spread` of a layer from its features alone: of what they reconstruct.

    Parameters
    ----------
    Zs, nonlinearity, mode
        See `dsnmf.estimators.metric.ComponentMetric`.
    H : ndarray, shape (k_j, n)
    """
    return Spread(response_of(Zs, nonlinearity, mode, H), covariance_of(H))


def measure_spreads(estimator, X, norms):
    """Set what `learned_spread` needs, from some of the training samples.

    Parameters
    ----------
    estimator : Factorisation
    X : ndarray or SciPy sparse matrix, shape (p, n)
        At the scale of the fit, without gaps.
    norms : ndarray, shape (n,)
    """
    g, mode = estimator._nonlinearity, estimator.mode
    responses, covariances = [], []
    for i, Zs in enumerate(estimator._paths()):
        if len(Zs) > 1 and not symbolic.is_linear(g):
            H = estimator._feature_map(i, X.dtype).of_full(X, norms)
            response = response_of(Zs, g, mode, H)
        else:
            response = linear_response(Zs)
            A = Zs[0].astype(np.float64) / estimator._scale @ response
            H = Projection(A, False).of_full(X.astype(np.float64, copy=False))
        responses.append(response)
        covariances.append(covariance_of(H))
    estimator._responses = [] if symbolic.is_linear(g) else responses
    estimator._covariances = covariances


def _spread_of_stream(Zs, stream, all_Zs):
    """The same after `partial_fit`: of what the last layer's features come to in a layer."""
    led = reduce(np.matmul, all_Zs[len(Zs) :], np.eye(Zs[-1].shape[1]))
    return Spread(linear_response(Zs), led @ stream.covariance @ led.T)


def learned_spread(estimator, layer):
    """The `Spread` of a fitted estimator's layer over the training samples.

    After `partial_fit`, and in models of versions that did not measure it, of the learned features.
    """
    if hasattr(estimator, "_stream"):
        return _spread_of_stream(estimator._path(layer), estimator._stream, estimator.Z_)
    if not estimator._covariances:
        m, given = len(estimator.H_), (estimator._nonlinearity, estimator.mode)
        spreads = [
            spread_of_features(Zs, *given, np.asarray(estimator.H_[i % m]))
            for i, Zs in enumerate(estimator._paths())
        ]
        estimator._responses = [spread.response for spread in spreads]
        estimator._covariances = [spread.covariance for spread in spreads]
    number, Zs = estimator._path_number(layer), estimator._path(layer)
    response = estimator._responses[number] if estimator._responses else linear_response(Zs)
    return Spread(response, estimator._covariances[number])
