"""The map from samples to the features of a fitted model."""

from functools import reduce

import numpy as np

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.projection import Projection
from dsnmf.estimators.search.feature_search import FeatureSearch
from dsnmf.training.threads import ONCE, STEP, threads_for


def feature_map_of(estimator, layer, dtype, method):
    """That of an estimator's layer by a `transform_method`, for samples of this dtype."""
    g = estimator._nonlinearity
    Z_1, *others = estimator._path(layer)
    Zs = [(Z_1 / estimator._scale).astype(dtype), *(Z.astype(dtype) for Z in others)]
    if method == "projection" or symbolic.is_linear(g):
        return Projection(reduce(np.matmul, Zs), method == "nonnegative")
    typical = estimator._priors[estimator._index(layer)], *estimator._probes
    return FeatureSearch(Zs, g, *typical, mode=estimator.mode)


def threads_of_model(estimator, n=None):
    """Threads for what is decomposed once, or for work on n samples, block after block."""
    p, sizes = len(estimator.Z_[0]), [Z.shape[1] for Z in estimator.Z_]
    if n is None:
        return threads_for(sizes[0], p, *sizes, limit=ONCE)
    return threads_for(min(n, column_blocks(p, n)[0].stop), p, *sizes, limit=STEP)
