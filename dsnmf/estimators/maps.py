"""The map from samples to the features of a fitted model."""

from functools import reduce

import numpy as np

from dsnmf import symbolic
from dsnmf.estimators.projection import Projection
from dsnmf.estimators.search import FeatureSearch


def feature_map_of(estimator, layer, dtype):
    """That of an estimator's layer by its `transform_method`, for samples of this dtype."""
    method, g = estimator.transform_method, estimator._nonlinearity
    Z_1, *others = estimator._path(layer)
    Zs = [(Z_1 / estimator._scale).astype(dtype), *(Z.astype(dtype) for Z in others)]
    if method == "projection" or symbolic.is_linear(g):
        return Projection(reduce(np.matmul, Zs), method == "nonnegative")
    typical = estimator._priors[estimator._index(layer)], *estimator._probes
    return FeatureSearch(Zs, g, *typical, mode=estimator.mode)
