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


class Noted:
    """Some training samples, in the span of Z_1, until the spreads of all layers are measured.

    Parameters
    ----------
    Z : ndarray, shape (p, k_1)
        Z_1.
    X : ndarray or SciPy sparse matrix, shape (p, n)
    norms : ndarray, shape (n,)
    method : str
        The `transform_method` that the fit had.
    """

    def __init__(self, Z, X, norms, method):
        self._basis = np.linalg.qr(Z.astype(np.float64))[0]
        self._coordinates = np.asarray(self._basis.T @ X)
        self.norms, self.method, self.dtype = norms, method, X.dtype

    @property
    def X(self):
        """The samples as far as the model reaches them, shape (p, n)."""
        return (self._basis @ self._coordinates).astype(self.dtype, copy=False)


def note_samples(estimator, X, norms):
    """Keep what `learned_spread` needs of some of the training samples.

    Linear models are measured at once. Others need a search, which waits until somebody asks.

    Parameters
    ----------
    estimator : Factorisation
    X : ndarray or SciPy sparse matrix, shape (p, n)
        At the scale of the fit, without gaps.
    norms : ndarray, shape (n,)
    """
    paths, is_linear = estimator._paths(), symbolic.is_linear(estimator._nonlinearity)
    vars(estimator).pop("_noted", None)
    estimator._responses = [] if is_linear else [None] * len(paths)
    if is_linear:
        X = X.astype(np.float64, copy=False)
        estimator._covariances = [
            covariance_of(_projected(Zs, estimator._scale, linear_response(Zs), X)) for Zs in paths
        ]
    else:
        estimator._covariances = [None] * len(paths)
        method = estimator.transform_method
        estimator._noted = Noted(paths[0][0], X, norms, method)


def _projected(Zs, scale, response, X):
    """A† x of samples X, float64, for A = Z_1 B / scale."""
    return Projection(Zs[0].astype(np.float64) / scale @ response, False).of_full(X)


def _measure(estimator, number):
    """Set the response and the covariance of a non-linear model's layer."""
    noted, Zs = vars(estimator).get("_noted"), estimator._paths()[number]
    if noted is None:  # another thread has measured meanwhile
        return
    if len(Zs) > 1:
        feature_map = estimator._feature_map(number, noted.dtype, noted.method)
        H = feature_map.of_full(noted.X, noted.norms)
        response = response_of(Zs, estimator._nonlinearity, estimator.mode, H)
    else:
        response = linear_response(Zs)
        H = _projected(Zs, estimator._scale, response, noted.X.astype(np.float64, copy=False))
    estimator._responses[number] = response
    estimator._covariances[number] = covariance_of(H)


def measure_spreads(estimator):
    """Measure the spreads of all layers that nobody has asked for yet."""
    if hasattr(estimator, "_noted"):
        for number, covariance in enumerate(estimator._covariances):
            if covariance is None:
                _measure(estimator, number)
        vars(estimator).pop("_noted", None)


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
    if estimator._covariances[number] is None:
        _measure(estimator, number)
    response = estimator._responses[number] if estimator._responses else linear_response(Zs)
    return Spread(response, estimator._covariances[number])
