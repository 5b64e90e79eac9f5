"""Features of samples that are not in memory, by a fitted estimator."""

import copy
from functools import partial

import numpy as np

from dsnmf.data.recognition import as_samples
from dsnmf.estimators.containers import GIVES_ARRAYS, in_lazy_container


def features_of_lazy(estimator, lazy, layer):
    """Features of a `DaskArray` as a Dask array or frame; its chunks are computed on demand."""
    estimator._check_features(lazy.shape[1])
    names = estimator.get_feature_names_out(layer=layer)
    model = copy.copy(
        estimator
    )  # sent to the workers, with no more of the training samples than they need
    vars(model).update({"_raw_H": [], "_ready": {}, **GIVES_ARRAYS})
    if estimator._map_name(layer) != "neighbors":
        model.H_ = []
    features = lazy.map_rows(partial(model.transform, layer=layer), len(names))
    return in_lazy_container(features, names, estimator)


def features_of_blocks(estimator, blocks, layer):
    """Features of `Blocks`, ndarray (n_samples, k_layer), in the estimator's metric."""
    p, n = blocks.shape
    estimator._check_features(p)
    metric = estimator._metric(layer, estimator._exponent(layer))
    features = np.empty((n, metric.n_features), blocks.dtype)
    for samples, rows in blocks:
        H = features_of_rows(estimator, rows, layer, samples.start)
        features[samples] = metric.apply(H).T
    return features


def features_of_rows(estimator, rows, layer, first):
    """Features of rows at the scale of the fit, ndarray (k_layer, b), in no metric.

    The first row is the sample of that number, for messages.
    """
    samples = as_samples(rows, scale=1.0)
    samples.check_known(features=False, first=first)
    return samples.features(estimator._feature_map(layer, rows.dtype))
