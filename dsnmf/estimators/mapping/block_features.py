"""Features, by a fitted estimator, of samples that are not in memory."""

import copy
from functools import partial

import numpy as np

from dsnmf.data.recognition import as_samples
from dsnmf.estimators.containers import GIVES_ARRAYS, in_lazy_container


def features_of_lazy(estimator, lazy, layer):
    """Those of a `DaskArray` as one, or as a frame, computed chunk by chunk when asked for."""
    estimator._check_features(lazy.shape[1])
    names = estimator.get_feature_names_out(layer=layer)
    model = copy.copy(
        estimator
    )  # what goes to the workers: no more of the training samples than they need
    vars(model).update({"_raw_H": [], "_ready": {}, **GIVES_ARRAYS})
    if estimator._map_name(layer) != "neighbors":
        model.H_ = []
    features = lazy.map_rows(partial(model.transform, layer=layer), len(names))
    return in_lazy_container(features, names, estimator)


def features_of_blocks(estimator, blocks, layer):
    """Those of `Blocks`, ndarray (n_samples, k_layer), in the estimator's metric."""
    p, n = blocks.shape
    estimator._check_features(p)
    metric = estimator._metric(layer, estimator._exponent(layer))
    features = np.empty((n, metric.n_features), blocks.dtype)
    for samples, rows in blocks:
        H = features_of_rows(estimator, rows, layer, samples.start)
        features[samples] = metric.of(H).T
    return features


def features_of_rows(estimator, rows, layer, first):
    """Those of rows at the scale of the fit, the first of which is the sample of that number.

    They are as the model has them, ndarray (k_layer, b), in no metric.
    """
    samples = as_samples(rows, scale=1.0)
    samples.check_known(features=False, first=first)
    return samples.features(estimator._feature_map(layer, rows.dtype))
