"""Features and variance of samples other than those of the fit."""

import copy

import numpy as np

from dsnmf.data.observations import is_annotated
from dsnmf.estimators.record import variation_of


def array_model(model, X):
    """A copy of the model without names of features, for samples without them."""
    if hasattr(X, "columns") or is_annotated(X):
        return model
    nameless = copy.copy(model)
    vars(nameless).pop("feature_names_in_", None)
    return nameless


def features_of(model, X, layer=-1):
    """A layer's features of samples, in metric "components", shape (k, n).

    Parameters
    ----------
    model : fitted estimator
    X : array-like or sparse matrix, shape (n_samples, n_features)
    layer : int

    Returns
    -------
    ndarray
    """
    plain = copy.copy(array_model(model, X))
    plain.set_params(metric="components")
    plain.set_output(transform="default")
    return np.asarray(plain.transform(X, layer=layer)).T


def variance_of(model, X):
    """Σ (x - mean)² over the known entries of samples, and the share that the model explains.

    In a model with `scale` both refer to the scaled features, and with several views to each view
    at its scale.

    Parameters
    ----------
    model : fitted estimator
    X : array-like or sparse matrix, shape (n_samples, n_features)

    Returns
    -------
    variation, explained : float
    """
    model = array_model(model, X)
    absent = getattr(model, "absent", "zero")
    variation = variation_of(model._at_scale(X), 1.0, absent == "unknown")
    return variation, float(model.score(X))
