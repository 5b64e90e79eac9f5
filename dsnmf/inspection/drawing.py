"""Figures of a fitted model, in a style that suits its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.inspection.layer import feature_names, kind_of, layer_of, reader_names
from dsnmf.inspection.variance import component_variances
from dsnmf.inspection.wanted import Wanted
from dsnmf.inspection.wording import FEATURES
from dsnmf.validation import as_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation

#: Kinds of figures, and styles of components.
KINDS = ("components", "features", "history", "layers", "variance")
STYLES = ("pictures", "curves", "bars")

#: Most components in a figure; of more, those with the most variance are drawn.
SHOWN = {"pictures": 100, "curves": 12, "bars": 12}

#: Most samples in a figure of similarities; number from which points are drawn as pixels.
SIMILAR, RASTER = 1500, 3000

#: Below this width, in inches, the font has this size in points instead of 10.
NARROW = 5, 8


def _record(model):
    return getattr(model, "_record", {})


def picture_shape(model, shape=None):
    """The shape of a component's picture: the given one, or the model's; else None."""
    known = shape or _record(model).get("picture")
    return None if known is None else tuple(known)


def style_of(model, shape=None):
    """The default style of components: pictures, curves over ordered features, or bars."""
    from dsnmf.plotting.curve_figures import positions_of

    if picture_shape(model, shape):
        return "pictures"
    named = getattr(model, "feature_names_in_", None) is not None
    if named:
        return "curves" if positions_of(feature_names(model)) is not None else "bars"
    return "curves" if len(model.Z_[0]) > 30 else "bars"


def _largest(model, layer, count):
    """The components with the most variance, in their order; all if there are few."""
    k = model.Z_[layer].shape[1]
    if k <= count:
        return np.arange(k)
    if hasattr(model, "H_"):
        sizes = component_variances(model, layer)["own"]
    else:
        sizes = np.linalg.norm(layer_of(model, layer).components, axis=0)
    return np.sort(np.argsort(-sizes, kind="stable")[:count])


def _new(width, height, layout="constrained"):
    figure = extra("matplotlib.figure", "figures").Figure
    return figure(figsize=(width, height), layout=layout)


def _title(wanted, shown, k):
    model, m = wanted.model, len(wanted.model.Z_)
    layer = f", layer {wanted.layer % m + 1} of {m}" if m > 1 else ""
    of = "" if len(shown) == k else f"{len(shown)} of "
    noun = "component" if k == 1 else "components"
    return f"{kind_of(model)}{layer}: {of}{k} {noun}"


def _components(wanted):
    from dsnmf import plotting

    model, layer, width = wanted.model, wanted.layer, wanted.width
    style = wanted.style or style_of(model, wanted.shape)
    A, names = layer_of(model, layer).components, reader_names(model, layer)
    shown = _largest(model, layer, SHOWN[style])
    A, names, k = A[:, shown], [names[j] for j in shown], A.shape[1]
    named = getattr(model, "feature_names_in_", None) is not None
    features = feature_names(model) if named else None
    title = _title(wanted, shown, k)
    if style == "pictures":
        shape = picture_shape(model, wanted.shape)
        if shape is None:
            raise ValueError("shape must say what pictures the samples are, e.g. 32x32")
        columns = int(np.ceil(np.sqrt(len(shown) * width / 5)))
        rows, side = -(-len(shown) // columns), width * 0.9 / columns
        figure = _new(width, 0.6 + rows * side * shape[0] / shape[1], "compressed")
        ax = plotting.component_grid(A, shape, columns=columns, ax=figure.subplots())
        ax.set_title(title, fontsize="medium")
    elif style == "curves":
        figure = _new(width, 1.05 + 0.42 * len(shown))
        ax = plotting.component_curves(A, features, names=names, ax=figure.subplots())
        ax.set_title(title, fontsize="medium")
    else:
        top = min(8, len(A))
        columns = max(1, min(int(width / 2.2), len(shown)))
        rows = -(-len(shown) // columns)
        columns = -(-len(shown) // rows)  # as few empty panels as may be
        figure = _new(width, 0.7 + rows * (0.55 + 0.17 * top))
        axes = figure.subplots(rows, columns, squeeze=False)
        plotting.component_bars(A, features, names=names, top=top, axes=axes)
        figure.suptitle(title, fontsize="medium")
    return figure


def _features_of(wanted):
    """The given features (k x n), or those of the fit."""
    if wanted.features is not None:
        return np.asarray(wanted.features, np.float64)
    found = layer_of(wanted.model, wanted.layer)
    if found.features is None:
        raise ValueError("model learned by partial_fit, which keeps no features: give samples")
    return np.asarray(found.features, np.float64)


def _features_name(wanted):
    if wanted.features is None:
        return FEATURES["learned"]
    return wanted.features_name or "features as given"


def _raster(ax, n):
    """Draw many points as pixels, because a PDF or SVG would be as large as the data."""
    if n > RASTER:
        for points in ax.collections:
            points.set_rasterized(True)


def _features(wanted):
    from dsnmf import plotting

    H, width = _features_of(wanted), wanted.width
    k, n = H.shape
    pixels = _record(wanted.model).get("pixels")
    if pixels and np.prod(pixels) == n and wanted.labels is None:
        columns = min(k, max(1, int(width / 1.8)))
        rows, side = -(-k // columns), width * 0.9 / columns
        figure = _new(width, 0.6 + rows * side * pixels[0] / pixels[1], "compressed")
        ax = plotting.component_grid(H.T, pixels, columns=columns, ax=figure.subplots())
        title = f"{kind_of(wanted.model)}: maps of {k} features\n{_features_name(wanted)}"
        ax.set_title(title, fontsize="medium")
        return figure
    if k < 2:
        raise ValueError("a layer of one component has no plane to draw: choose another layer")
    labelled = wanted.labels is not None
    figure = _new(width, (0.62 if labelled else 0.9) * width)
    ax = plotting.plot_embedding(H.T, wanted.labels, ax=figure.subplots())
    title = f"{kind_of(wanted.model)}: features of {n} samples\n{_features_name(wanted)}"
    ax.set_title(title, fontsize="medium")
    _raster(ax, n)
    return figure


def _history(wanted):
    from dsnmf import plotting

    figure = _new(wanted.width, 0.6 * wanted.width)
    plotting.plot_history(wanted.model, ax=figure.subplots())
    return figure


def _layers(wanted):
    from dsnmf import plotting
    from dsnmf.affinity.classes import as_label_codes

    if wanted.labels is None:
        raise ValueError("layers are compared by labels: give some (--labels)")
    Hs = [np.asarray(H, np.float64).T for H in getattr(wanted.model, "H_", ())]
    if not Hs:
        raise ValueError("model learned by partial_fit, which keeps no features")
    labels = np.asarray(wanted.labels, dtype=object)
    columns = len(as_label_codes(labels, n_samples=len(Hs[0])))
    if len(Hs[0]) > SIMILAR:
        picked = np.sort(np.random.default_rng(0).choice(len(Hs[0]), SIMILAR, replace=False))
        Hs, labels = [H[picked] for H in Hs], labels[picked]
    side = min(wanted.width / (columns + 0.4), 3.2)
    figure = _new(side * (columns + 0.4), (0.95 * side) * len(Hs), "compressed")
    axes = figure.subplots(len(Hs), columns, squeeze=False)
    names = ["label"] if columns == 1 else None
    plotting.plot_layers(Hs, labels, names=names, axes=axes)
    unlabelled = [int((codes < 0).sum()) for codes in as_label_codes(labels)]
    if any(unlabelled):
        counts = ", ".join(map(str, unlabelled))
        figure.suptitle(f"left out, without a label: {counts} of {len(Hs[0])}", fontsize="small")
    shown = axes[0, 0].images[0]
    figure.colorbar(shown, ax=axes, label="cosine", ticks=[-1, 0, 1], shrink=0.6)
    return figure


def _variance(wanted):
    from dsnmf import plotting

    model, layer = wanted.model, wanted.layer
    variances = component_variances(model, layer)
    names, shown = reader_names(model, layer), _largest(model, layer, 40)
    variation, label = _record(model).get("variation"), "variance, mean over samples"
    unit = 1.0
    if variation:
        n = model.H_[0].shape[1]
        unit, label = 100 * n / (variation * model._scale**2), "% of the data's variance"
    own, unique = (unit * variances[part][shown] for part in ("own", "unique"))
    figure = _new(wanted.width, 1.3 + 0.22 * len(shown))
    ax, names = figure.subplots(), [names[j] for j in shown]
    plotting.variance_bars(own, unique, names=names, label=label, ax=ax)
    if variation:
        explained = 1 - model.reconstruction_err_**2 / (variation * model._scale**2)
        figure.suptitle(f"{100 * explained:.1f} % explained in all", fontsize="medium")
    return figure


_DRAWERS = {
    "components": _components,
    "features": _features,
    "history": _history,
    "layers": _layers,
    "variance": _variance,
}


def draw_figure(
    model: Factorisation,
    kind: str,
    *,
    layer: int = -1,
    features: ArrayLike | None = None,
    features_name: str | None = None,
    labels: ArrayLike | None = None,
    shape: Sequence[int] | None = None,
    style: str | None = None,
    width: float = 7.0,
) -> Figure:
    """Draw a figure of a fitted model.

    Parameters
    ----------
    model : fitted estimator or SavedModel
    kind : {"components", "features", "history", "layers", "variance"}
        The components of a layer; its features in their first two principal components (as maps if
        the samples are the pixels of a cube); the cost over the iterations; the similarities of
        samples by layer and label; the components' variances.
    layer : int
        Index into `Z_` and `H_`.
    features : array-like, shape (k_layer, n_samples), optional
        For "features": those of other samples than the training ones.
    features_name : str, optional
        Which features these are, for the title: the map and the metric.
    labels : array-like, shape (n_samples,) or (n_samples, n_attributes), optional
        Labels that colour "features"; "layers" needs them to sort the samples.
    shape : sequence of int, optional
        (height, width) of a sample's picture, or (height, width, 3); by default from the model.
    style : {"pictures", "curves", "bars"}, optional
        Style of components. The default is pictures if the shape is known; curves if the features'
        names are rising numbers, or if there are many features without names; else bars.
    width : float > 0
        Width in inches.

    Returns
    -------
    matplotlib Figure

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.inspection import draw_figure
    >>> X = np.random.default_rng(0).standard_normal((30, 12))
    >>> figure = draw_figure(SemiNMF(3).fit(X), "components", shape=(4, 3))
    >>> figure.axes[0].get_title()
    'SemiNMF: 3 components'
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if style not in (None, *STYLES):
        raise ValueError(f"style must be one of {', '.join(STYLES)}, got {style!r}")
    index = layer_of(model, layer).index
    width = as_number(width, "width", 0, exclusive=True)
    given = None if features is None else np.asarray(features)
    size = None if shape is None else tuple(shape)
    wanted = Wanted(model, index, given, features_name, labels, size, style, width)
    font = {"font.size": NARROW[1] if width < NARROW[0] else 10}
    with extra("matplotlib.style", "figures").context(["default", font]):
        return _DRAWERS[kind](wanted)
