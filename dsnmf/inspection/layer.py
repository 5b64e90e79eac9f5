"""A layer of a fitted model, or of a saved one: components, features, names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from numbers import Integral

import numpy as np


def kind_of(model):
    """The name of the model's class."""
    return getattr(model, "kind", type(model).__name__)


def layer_index(model, layer):
    """The layer counted from 0.

    Raises
    ------
    TypeError, ValueError
        If the model is no fitted estimator, or has no such layer.
    """
    if not hasattr(model, "Z_"):
        if hasattr(model, "fit_transform"):
            raise ValueError(f"model is a {kind_of(model)} that is not fitted: call fit first")
        raise TypeError(f"model must be a fitted estimator of this package, got {kind_of(model)}")
    m = len(model.Z_)
    if isinstance(layer, bool) or not isinstance(layer, Integral) or not -m <= layer < m:
        raise ValueError(f"layer must be an integer from {-m} to {m - 1}, got {layer!r}")
    return layer % m


def _is_identity(nonlinearity):
    return getattr(nonlinearity, "__name__", nonlinearity) == "identity"


@dataclass
class Layer:
    """A layer's components and features.

    Attributes
    ----------
    index : int
        Index of the layer, from 0.
    components : ndarray of float64, shape (p, k)
        A of the map h ↦ A h from features to reconstructions.
    is_exact : bool
        True if that map is the model itself; in a non-linear model it is the nearest affine map.
    features : ndarray or None, shape (k, n)
        Features of samples; None after `partial_fit`, which keeps none.
    """

    index: int
    components: np.ndarray
    is_exact: bool
    features: np.ndarray | None

    @property
    def sizes(self):
        """Norms of the components; 1 for a component of norm 0."""
        norms = np.linalg.norm(self.components, axis=0)
        return np.where(norms > 0, norms, 1)


def layer_of(model, layer=-1, features=None):
    """A layer of a fitted or saved estimator, by default with the training samples' features.

    Parameters
    ----------
    model : fitted estimator or SavedModel
    layer : int
    features : array-like, shape (k, n), optional
        Features of other samples.

    Returns
    -------
    Layer
    """
    i = layer_index(model, layer)
    Zs = [Z.astype(np.float64) for Z in model.Z_[: i + 1]]
    is_exact = i == 0 or _is_identity(model._nonlinearity)
    if not is_exact and hasattr(model, "fit_transform"):
        from dsnmf.estimators.mapping.spread import measure_spreads  # needs PyTensor

        measure_spreads(model)
    responses = getattr(model, "_responses", ())
    if not is_exact and len(responses) > i:
        components = Zs[0] @ responses[i]
    else:
        components = reduce(np.matmul, Zs)
    if features is None and hasattr(model, "H_"):
        features = model.H_[i]
    return Layer(i, components, is_exact, features)


def component_names(model, layer=-1):
    """Names of a layer's components, those of its features in metric "auto": "seminmf0", …."""
    i = layer_index(model, layer)
    prefix = kind_of(model).lower()
    if i < len(model.Z_) - 1:
        prefix += f"_layer{i + 1}_"
    return [f"{prefix}{j}" for j in range(model.Z_[i].shape[1])]


def reader_names(model, layer=-1):
    """Names of a layer's components in figures, by the number in `component_names`."""
    return [f"component {j}" for j in range(model.Z_[layer_index(model, layer)].shape[1])]


def feature_names(model):
    """Names of the data's features; numbers from 0 if the model has none."""
    names = getattr(model, "feature_names_in_", None)
    return [*map(str, range(len(model.Z_[0])) if names is None else names)]


def sample_names(model):
    """Names of the samples of the fit; numbers from 0 if the model has none."""
    names = getattr(model, "_record", {}).get("sample_names")
    count = model.H_[0].shape[1] if hasattr(model, "H_") else 0
    return [*map(str, range(count) if names is None else names)]
