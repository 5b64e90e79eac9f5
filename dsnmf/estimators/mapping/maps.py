"""The map from samples to the features of a fitted model."""

from functools import reduce

import numpy as np

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.mapping.metric import DEFAULT
from dsnmf.estimators.mapping.neighbour_map import NeighbourMap
from dsnmf.estimators.projection import Projection
from dsnmf.estimators.search.feature_search import FeatureSearch
from dsnmf.solvers.alternating_ridge import ridge_at_scale
from dsnmf.training.threads import ONCE, STEP, threads_for


def feature_map_of(estimator, layer, dtype, method):
    """The map of an estimator's layer by a `transform_method`, for samples of this dtype."""
    g = estimator._nonlinearity
    Z_1, *others = estimator._path(layer)
    Zs = [(Z_1 / estimator._scale).astype(dtype), *(Z.astype(dtype) for Z in others)]
    if method == "projection" or symbolic.is_linear(g):
        ridge = ridge_at_scale(estimator.l2, len(Z_1))
        return Projection(reduce(np.matmul, Zs), method == "nonnegative", ridge)
    typical = estimator._priors[estimator._index(layer)], *estimator._probes
    return FeatureSearch(Zs, g, *typical, mode=estimator.mode)


def neighbour_map_of(estimator, layer, dtype):
    """The `NeighbourMap` of the layer of an estimator with graphs, for samples of this dtype."""
    index = estimator._index(layer)
    if index >= len(estimator._degrees):
        raise ValueError(
            "transform_method='neighbors' needs the weight of the graph, which models fitted by "
            "version 0.2.0 do not have: fit again"
        )
    Z_1, *others = estimator._path(layer)
    Psi = reduce(np.matmul, others, Z_1 / estimator._scale).astype(dtype)
    H, weight = estimator.H_[index], max(float(estimator._degrees[index]), 0.0)
    root = estimator._metric(layer, DEFAULT).apply(np.eye(len(H), dtype=dtype))
    return NeighbourMap(Psi, H, weight, estimator.n_neighbors, root)


def threads_of_model(estimator, n=None):
    """Threads for one decomposition, or for work on n samples in blocks."""
    p, sizes = len(estimator.Z_[0]), [Z.shape[1] for Z in estimator.Z_]
    if n is None:
        return threads_for(sizes[0], p, *sizes, limit=ONCE)
    return threads_for(min(n, column_blocks(p, n)[0].stop), p, *sizes, limit=STEP)
