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


def has_views(model):
    """Whether a fitted model is one of several matrices."""
    return hasattr(model, "view_names_")


def is_plain(model):
    """Whether a model is linear, of one matrix, and has learned features."""
    return hasattr(model, "H_") and not has_views(model) and is_linear(model._nonlinearity)


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
    """Norms over the known entries: of the last layer's residual, and of X."""
    Psi, error, size = layer_of(model, -1).components, 0.0, 0.0
    for block, rows in _rows_of(model, X):
        error += float(np.nansum(np.square(rows - features[:, block].T @ Psi.T)))
        size += float(np.nansum(np.square(rows, dtype=np.float64)))
    return float(np.sqrt(error)), float(np.sqrt(size))


def _near_learned(model, X, layer):
    """Features h >= 0 of a layer, shape (k, n); see `NearLearned`."""
    near = NearLearned(layer_of(model, layer).components, model.H_[layer], noise_of_fit(model))
    return np.hstack([near.features(rows.astype(np.float64)) for _, rows in _rows_of(model, X)])


def _describe_plain(model, X, layer):
    """The method's name, the layer's features, and the norm of the last layer's residual."""
    learned = np.asarray(model.H_[-1], np.float64)
    if X.shape[0] == learned.shape[1]:
        error, size = _left(model, X, learned)
        if is_error_of_fit(model, error, size):
            return "learned", model.H_[layer], error
    last = _near_learned(model, X, -1)
    is_last = layer % len(model.Z_) == len(model.Z_) - 1
    features = last if is_last else _near_learned(model, X, layer)
    return "nonnegative", features, _left(model, X, last)[0]


def described_samples(model, X, layer=-1):
    """Features and variance of given samples, for their description.

    Samples of the fit have the learned features. Others get features that compare with these: in a
    linear model h >= 0, see `NearLearned`. Those of `transform` may have large parts that cancel if
    components are nearly dependent, as for centred data.

    In a model with `scale` all refers to the scaled features, and with several views to each view
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
        In metric "components".
    variation, explained : float
        Σ (x - mean)² over the known entries, and the share that the model explains.
    """
    model = array_model(model, X)
    unknown = getattr(model, "absent", "zero") == "unknown"
    variation = variation_of(model._at_scale(X), 1.0, unknown)
    if is_plain(model) and variation > 0:
        by, features, error = _describe_plain(model, as_data(model, in_memory(X)), layer)
        return by, np.asarray(features), variation, 1 - error**2 / variation
    explained = float(model.score(X))
    plain = copy.copy(model).set_params(metric="components").set_output(transform="default")
    return "transform", np.asarray(plain.transform(X, layer=layer)).T, variation, explained
