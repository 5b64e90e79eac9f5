"""A fitted model in words and numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsnmf.inspection.layer import (
    component_names,
    feature_names,
    kind_of,
    layer_of,
    sample_names,
)
from dsnmf.inspection.nearest import nearest_samples
from dsnmf.inspection.variance import component_variances
from dsnmf.inspection.wording import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Data


@dataclass(frozen=True)
class Description:
    """Description of a model, its data and its components.

    Attributes
    ----------
    kind : str
        The estimator's class.
    layers : list of int
        Number of components of each layer.
    layer : int
        The layer whose components are described, from 1.
    parameters : dict
        Parameters with other than default values, without the numbers of components.
    data : dict
        "n_samples" and "n_features"; "unknown", the number of unknown entries; "labels", for each
        attribute its "classes", their "names" (the first 50) and the number of "unknown" labels, or
        None; "source" and "command", if a command made the model. Unknown facts have no key.
    fit : dict
        "iterations", "reconstruction_error", "relative_error" (its share of the data's norm, for
        data without gaps) and "stopped_by" (see `SemiNMF`), if known.
    shown : {"training", "given"}
        The samples of the variances and of the nearest samples: those of the fit, or given ones.
    explained : float or None
        Explained variance in all: 1 - Σ (x - x̂)² / Σ (x - mean)² over the known entries, with the
        features that are described.
    features : {"learned", "nonnegative", "transform"}
        Which features are described: of the samples of the fit `H_`; of others, in linear models
        the nonnegative ones that compare with `H_`, near the samples and near the mean of `H_`; in
        other models those of `transform`, in metric "components".
    components : list of dict
        For each component: "name"; "own" and "unique" variance as shares of the data's (None if
        unknown), see `component_variances`; "features", pairs of a name and the component's entry,
        by magnitude; "samples", pairs of a name and the cosine between the component and the
        sample's reconstruction, the nearest first.
    """

    kind: str
    layers: list[int]
    layer: int
    parameters: dict[str, Any]
    data: dict[str, Any]
    fit: dict[str, Any]
    shown: str
    explained: float | None
    features: str
    components: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The description as plain values, e.g. for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return text_of(self)


def _plain(value):
    """The value in a form for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(element) for element in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _parameters(model):
    """Parameters with other than default values."""
    changed = getattr(model, "changed", None)
    if changed is None:
        from dsnmf.estimators.record import changed_parameters

        changed = changed_parameters(model)
    given = model.get_params()
    hidden = ["n_components", "verbose"]
    if len(np.ravel(given.get("layers", 1))) == len(model.Z_):  # not of several views
        hidden.append("layers")
    return {name: _plain(given[name]) for name in changed if name not in hidden}


def _fit(model, record):
    fit = {
        "iterations": getattr(model, "n_iter_", None),
        "reconstruction_error": getattr(model, "reconstruction_err_", None),
        "stopped_by": getattr(model, "stopped_by_", None),
    }
    if record.get("unknown") == 0 and "reconstruction_err_" in vars(model):
        norm = float(model._scale) * float(np.sqrt(record["n_samples"]))
        fit["relative_error"] = float(model.reconstruction_err_) / norm
    return {name: _plain(value) for name, value in fit.items() if value is not None}


def _top_features(component, names, count):
    order = np.argsort(-np.abs(component), kind="stable")[:count]
    return [(names[i], float(component[i])) for i in order]


def _training_variance(model):
    """Σ (x - mean)² of the training samples in the data's unit, or None; explained variance."""
    variation = getattr(model, "_record", {}).get("variation")
    if not variation:
        return None, None
    variation *= float(model._scale) ** 2
    return variation, 1 - float(model.reconstruction_err_) ** 2 / variation


def describe(
    model: Factorisation,
    X: Data | None = None,
    *,
    layer: int = -1,
    n_features: int = 5,
    n_samples: int = 3,
    names: Sequence[str] | None = None,
) -> Description:
    """Describe a fitted model: its data, its fit and its components.

    Parameters
    ----------
    model : fitted estimator or SavedModel
    X : array-like or sparse matrix, shape (n_samples, n_features), optional
        Samples to describe instead of those of the fit; not for a SavedModel.
    layer : int
        Index into `Z_` and `H_`: the layer whose components are described.
    n_features, n_samples : int >= 0
        Numbers of features and of nearest samples per component.
    names : sequence of str, optional
        Names of the samples; by default those of the training samples, or numbers from 0.

    Returns
    -------
    Description
        `dsnmf show` prints its text.

    Raises
    ------
    TypeError, ValueError
        If the model is not fitted, has no such layer, or X does not fit it; or if the number of
        names is not that of the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.inspection import describe
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((50, 2)) @ rng.standard_normal((2, 4))
    >>> found = describe(SemiNMF(2).fit(X), n_features=2)
    >>> found.data["n_samples"], [c["name"] for c in found.components]
    (50, ['seminmf0', 'seminmf1'])
    """
    record, by = getattr(model, "_record", {}), "learned"
    if X is None:
        found = layer_of(model, layer)
        variation, explained = _training_variance(model)
        names = sample_names(model) if names is None else names
    else:
        from dsnmf.inspection.given_samples import described_samples

        by, features, variation, explained = described_samples(model, X, layer)
        found = layer_of(model, layer, features)
    components = [
        {"name": name, "features": _top_features(component, feature_names(model), n_features)}
        for name, component in zip(component_names(model, layer), found.components.T)
    ]
    if found.features is not None:
        n = found.features.shape[1]
        names = range(n) if names is None else names
        if len(names) != n:
            raise ValueError(f"names must be as many as samples ({n}), got {len(names)}")
        variances = component_variances(model, layer, features=found.features)
        for part in ("own", "unique"):
            for component, value in zip(components, variances[part]):
                component[part] = n * float(value) / variation if variation else None
        for component, near in zip(components, nearest_samples(found, n_samples)):
            component["samples"] = [(str(names[i]), cosine) for i, cosine in near]
    data = {"n_features": len(model.Z_[0])}
    known = ("n_samples", "n_features", "unknown", "labels", "source", "command")
    data |= {name: record[name] for name in known if name in record}
    return Description(
        kind=kind_of(model),
        layers=[Z.shape[1] for Z in model.Z_],
        layer=found.index + 1,
        parameters=_parameters(model),
        data=data,
        fit=_fit(model, record),
        shown="training" if X is None else "given",
        explained=explained,
        features=by,
        components=components,
    )
