"""The covariance of a fitted model's reconstructions over samples, for its metrics."""

from functools import reduce

import numpy as np

from dsnmf import symbolic
from dsnmf.estimators.mapping.metric import FirstFeatures
from dsnmf.initialisation.least_squares import pseudo_inverse

#: Number of training samples that are used: at least, and per component. This gives the sizes of a
#: few hundred directions to a few per cent.
LEAST_SAMPLES, SAMPLES_PER_COMPONENT = 500, 10


def pick_samples(n, layers):
    """Numbers of the training samples that are used, ascending: all, or always the same draw."""
    size = max(LEAST_SAMPLES, SAMPLES_PER_COMPONENT * max(layers))
    if size >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, size, replace=False))


class Spread:
    """A layer's reconstructions A h of some samples: the map A and the covariance of h.

    Parameters
    ----------
    response : ndarray, shape (k_1, k)
        B in A = Z_1 B.
    covariance : ndarray, shape (k, k)
        Covariance of the samples' features: A† x, or in non-linear models the result of the search.
    added : float >= 0
        Number that is added to the variance of each feature.
    """

    def __init__(self, response, covariance, added=0.0):
        self.response = response
        self.covariance = covariance + added * np.eye(len(covariance)) if added else covariance


def linear_response(Zs):
    """Z_2 … Z_j, shape (k_1, k_j)."""
    return reduce(np.matmul, Zs[1:], np.eye(Zs[0].shape[1]))


def response_of(Zs, nonlinearity, mode, H):
    """B of the affine map h ↦ B h + b that is nearest to the layer-1 features of H."""
    if len(Zs) == 1 or symbolic.is_linear(nonlinearity):
        return linear_response(Zs)
    first = FirstFeatures(Zs, nonlinearity, mode).multiply(np.eye(Zs[0].shape[1]), H)
    H, first = (values - values.mean(axis=1, keepdims=True) for values in (H, first))
    return np.linalg.lstsq(H.T.astype(np.float64), first.T.astype(np.float64))[0].T


def covariance_of(values):
    """Covariance of variables (k x n) over samples, shape (k, k)."""
    return np.atleast_2d(np.cov(values, bias=True))


def spread_of_features(Zs, nonlinearity, mode, H):
    """The `Spread` of a layer's reconstructions from its features H.

    Parameters
    ----------
    Zs, nonlinearity, mode
        See `dsnmf.estimators.mapping.metric.ComponentMetric`.
    H : ndarray, shape (k_j, n)
    """
    return Spread(response_of(Zs, nonlinearity, mode, H), covariance_of(H))


class Noted:
    """Some training samples in the span of the model, until all spreads are measured.

    Parameters
    ----------
    paths : list of lists of ndarray
        The matrices from features to the data, see `FittedFactorisation._paths`.
    X : ndarray or SciPy sparse matrix, shape (p, n)
    norms : ndarray, shape (n,)
    method : str
        The `transform_method` of the fit.
    """

    def __init__(self, paths, X, norms, method):
        first = {id(Zs[0]): Zs[0] for Zs in paths}.values()
        self._basis, self._coordinates = None, X
        if sum(Z.shape[1] for Z in first) < X.shape[0]:
            self._basis = np.linalg.qr(np.hstack([Z.astype(np.float64) for Z in first]))[0]
            self._coordinates = np.asarray(self._basis.T @ X)
        self.norms, self.method, self.dtype = norms, method, X.dtype

    def read(self, picked):
        """The picked samples, shape (p, n), in float64, and their norms."""
        X = self._coordinates[:, picked]
        X = X.astype(np.float64, copy=False) if self._basis is None else self._basis @ X
        return X, self.norms[picked]


def note_samples(estimator, X, norms):
    """Keep some training samples for `learned_spread`.

    The spread is measured on demand, because non-linear models need a search for it.

    Parameters
    ----------
    estimator : Factorisation
    X : ndarray or SciPy sparse matrix, shape (p, n)
        At the scale of the fit, without gaps.
    norms : ndarray, shape (n,)
    """
    paths = estimator._paths()
    estimator._noted = Noted(paths, X, norms, estimator.transform_method)
    estimator._covariances = [None] * len(paths)
    is_linear = symbolic.is_linear(estimator._nonlinearity)
    estimator._responses = [] if is_linear else [None] * len(paths)


def _measure(estimator, number):
    """Set the covariance, and of a non-linear model the response, of a layer."""
    noted, Zs = vars(estimator).get("_noted"), estimator._paths()[number]
    if noted is None:  # another thread has measured meanwhile
        return
    g, size = estimator._nonlinearity, Zs[-1].shape[1]
    # A narrow layer needs fewer than the widest, for which they were noted.
    X, norms = noted.read(pick_samples(len(noted.norms), (size,)))
    if len(Zs) > 1 and not symbolic.is_linear(g):
        feature_map = estimator._feature_map(number, noted.dtype, noted.method)
        H = feature_map.map_full(X.astype(noted.dtype, copy=False), norms)
        response = response_of(Zs, g, estimator.mode, H)
    else:
        response = linear_response(Zs)
        A = Zs[0].astype(np.float64) / estimator._scale @ response
        # Rounding errors in the fit's dtype are not directions of A.
        H = pseudo_inverse(A, float(np.finfo(Zs[0].dtype).eps)) @ X
    if not symbolic.is_linear(g):
        estimator._responses[number] = response
    estimator._covariances[number] = covariance_of(H)


def measure_spreads(estimator):
    """Measure the spreads of all layers that are not measured yet."""
    if hasattr(estimator, "_noted"):
        for number, covariance in enumerate(estimator._covariances):
            if covariance is None:
                _measure(estimator, number)
        vars(estimator).pop("_noted", None)


def _spread_of_stream(Zs, stream, all_Zs):
    """The spread after `partial_fit`, from the last layer's features, taken to this layer."""
    led = reduce(np.matmul, all_Zs[len(Zs) :], np.eye(Zs[-1].shape[1]))
    return Spread(linear_response(Zs), led @ stream.covariance @ led.T)


def learned_spread(estimator, layer):
    """The `Spread` of a fitted estimator's layer over the training samples.

    After `partial_fit`, and in models of versions that did not measure it, it is that of the
    learned features.
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
    return Spread(response, estimator._covariances[number], estimator._added_variance(layer))
