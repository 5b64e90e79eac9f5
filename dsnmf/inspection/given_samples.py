"""Features and variance of samples other than those of the fit."""

import copy

import numpy as np

from dsnmf.data.observations import is_annotated
from dsnmf.data.recognition import in_memory
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.mapping.metric import DEFAULT
from dsnmf.estimators.mapping.score import rows_in_blocks
from dsnmf.estimators.record import variation_of
from dsnmf.inspection.conditional_mean import NearLearned, noise_of_fit
from dsnmf.inspection.layer import layer_of
from dsnmf.symbolic import is_linear

#: How near, of their norm, samples must be reconstructed from the learned features to be those of
#: the fit.
NEAR = 1e-3


def array_model(model, X):
    """A copy of the model without names of features, for samples without them."""
    if hasattr(X, "columns") or is_annotated(X):
        return model
    nameless = copy.copy(model)
    vars(nameless).pop("feature_names_in_", None)
    return nameless


def is_plain(model):
    """Whether a model is linear, of one matrix, and has learned features."""
    is_of_views = hasattr(model, "view_names_")
    return hasattr(model, "H_") and not is_of_views and is_linear(model._nonlinearity)


def is_error_of_fit(model, error, size):
    """Whether samples of this norm are those of the fit, by the error that `H_` leaves of them."""
    expected = model.reconstruction_err_
    return abs(error - expected) <= NEAR * max(expected, NEAR * size)


def transform_text(model, layer=-1):
    """By which map and in which metric `transform` gives the features of a layer."""
    t = model._exponent(layer)
    metric = "components" if t is None else model.metric
    metric = DEFAULT if metric == "auto" else metric
    method = model._map_name(layer)
    return f"transform{'' if method == 'auto' else f' ({method})'}, metric {metric}"


def _rows_of(model, X):
    """Slices of samples, and their rows as the fit had them."""
    return rows_in_blocks(X, model._centring, 1.0, model.absent)


def _left(model, X, features):
    """Norms over the known entries: of what the last layer's features leave of X, and of X."""
    Psi, error, size = layer_of(model, -1).components, 0.0, 0.0
    for block, rows in _rows_of(model, X):
        error += float(np.nansum(np.square(rows - features[:, block].T @ Psi.T)))
        size += float(np.nansum(np.square(rows, dtype=np.float64)))
    return float(np.sqrt(error)), float(np.sqrt(size))


def _of_plain(model, X, layer):
    """By which name, the layer's features, and the norm that the last layer's leave of X."""
    learned = np.asarray(model.H_[-1], np.float64)
    if X.shape[0] == learned.shape[1]:
        error, size = _left(model, X, learned)
        if is_error_of_fit(model, error, size):
            return "learned", model.H_[layer], error
    found = {}
    for i in {-1, layer if layer % len(model.Z_) < len(model.Z_) - 1 else -1}:
        near = NearLearned(layer_of(model, i).components, model.H_[i], noise_of_fit(model))
        rows = [near.of(rows.astype(np.float64)) for _, rows in _rows_of(model, X)]
        found[i] = np.hstack(rows)
    return "nonnegative", found[min(found, key=lambda i: i == -1)], _left(model, X, found[-1])[0]


def described_samples(model, X, layer=-1):
    """What is described of samples that are given.

    Samples of the fit have the learned features. Of others the features are found that compare with
    these: in a linear model h >= 0, see `NearLearned`. Those of `transform` may have large parts
    that cancel where components are nearly dependent, as they are of centred data.

    Of a model with `scale` all is of the features as it scales them, and of several views of each
    at its scale.

    Parameters
    ----------
    model : fitted estimator
    X : array-like or sparse matrix, shape (n_samples, n_features)
    layer : int

    Returns
    -------
    by : {"learned", "nonnegative", "transform"}
    features : ndarray, shape (k, n)
        As the layer's components have them.
    variation, explained : float
        Σ (x - mean)² over the known entries, and how much of it the model explains.
    """
    model = array_model(model, X)
    unknown = getattr(model, "absent", "zero") == "unknown"
    variation = variation_of(model._at_scale(X), 1.0, unknown)
    if is_plain(model) and variation > 0:
        by, features, error = _of_plain(model, as_data(model, in_memory(X)), layer)
        return by, np.asarray(features), variation, 1 - error**2 / variation
    explained = float(model.score(X))
    plain = copy.copy(model).set_params(metric="components").set_output(transform="default")
    return "transform", np.asarray(plain.transform(X, layer=layer)).T, variation, explained
