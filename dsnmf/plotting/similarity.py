"""Figures of similarities between samples, which show the attributes in each layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.affinity.classes import as_classes
from dsnmf.extras import extra
from dsnmf.plotting.captions import LITERAL, shorten, width
from dsnmf.plotting.model_figures import fitted_attribute
from dsnmf.plotting.style import with_neutral_settings
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array


def cosine_similarity(features: ArrayLike) -> Array:
    """Cosines between samples after subtraction of the features' means, in [-1, 1].

    Without this subtraction, all non-negative features are similar. A sample at the mean has cosine
    0 with every other.

    Parameters
    ----------
    features : array_like, shape (n_samples, k)

    Returns
    -------
    ndarray, shape (n_samples, n_samples)

    Examples
    --------
    >>> from dsnmf.plotting import cosine_similarity
    >>> cosine_similarity([[1.0, 3.0], [1.0, 3.0], [3.0, 1.0], [3.0, 1.0]]).round(6)
    array([[ 1.,  1., -1., -1.],
           [ 1.,  1., -1., -1.],
           [-1., -1.,  1.,  1.],
           [-1., -1.,  1.,  1.]])
    """
    features = as_matrix(features, "features")
    centred = features - features.mean(axis=0)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    directions = centred / np.where(norms > 0, norms, 1)
    return np.clip(directions @ directions.T, -1, 1)


def _as_layers(layers):
    """Feature matrices of a fitted estimator, or the given ones."""
    if not isinstance(layers, list | tuple):
        return [H.T for H in fitted_attribute(layers, "H_", "plot_layers")]
    if not layers:
        raise ValueError("layers must hold at least one feature matrix, got none")
    return [as_matrix(features, f"layers[{i}]") for i, features in enumerate(layers)]


def _as_attributes(attributes, layers):
    """Codes and names of each attribute's classes; ValueError unless layers have these samples."""
    found = [(codes, shorten(names)) for codes, names in as_classes(attributes, "attributes")]
    for i, features in enumerate(layers):
        if len(features) != len(found[0][0]):
            raise ValueError(
                f"layers[{i}] has {len(features)} samples, but attributes has {len(found[0][0])}"
            )
    for a, (_, names) in enumerate(found):
        if not names:
            raise ValueError(f"attributes must have known labels, got none in column {a}")
    return found


def _as_names(names, count):
    if names is None:
        return ["attribute"] if count == 1 else [f"attribute {a}" for a in range(1, count + 1)]
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"names must hold one name per attribute ({count}), got {names!r}")
    return shorten(names)


def _sort(attributes, first):
    """Sort the samples with a label of one attribute by it, then by the other attributes."""
    others = [codes for a, (codes, _) in enumerate(attributes) if a != first]
    order = np.lexsort([*reversed(others), attributes[first][0]])
    return order[attributes[first][0][order] >= 0]


def _draw_similarity(ax, similarity, codes, names):
    """Draw a matrix of sorted samples, with lines between the classes and their names."""
    n = len(codes)
    image = ax.imshow(
        similarity, cmap="RdBu_r", vmin=-1, vmax=1, extent=(0, n, n, 0), interpolation="antialiased"
    )
    _, starts, counts = np.unique(codes, return_index=True, return_counts=True)
    for start in starts[1:]:
        ax.axhline(start, color="black", linewidth=0.6)
        ax.axvline(start, color="black", linewidth=0.6)
    ax.grid(False)  # as settings may have it in the axes that were given
    ax.set(xticks=[], yticks=starts + counts / 2)
    ax.set_yticklabels(names, **LITERAL)
    ax.tick_params(axis="y", length=0, labelsize="small", labelleft=True)
    return image


@with_neutral_settings
def plot_layers(
    layers: Factorisation | Sequence[ArrayLike],
    attributes: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    axes: Any = None,
) -> Array:
    """Draw the similarities of samples in each layer, sorted by each attribute.

    There is a row of pictures per layer and a column per attribute. A layer that separates an
    attribute shows one red square per class on the diagonal in that attribute's column, and only
    blue and white elsewhere.

    Parameters
    ----------
    layers : fitted estimator, or list of array_like, shape (n_samples, k_i)
        An estimator's learned features `H_`, or any features; e.g. of new samples:
        `[model.transform(X, layer) for layer in range(m)]`.
    attributes : array_like, shape (n_samples,) or (n_samples, n_attributes)
        The classes, as for `fit`: -1 and missing values are unknown, see
        `dsnmf.affinity.classes.as_label_codes`. An attribute's column shows the samples with a
        label of it.
    names : list of str, optional
        The attributes' names. Long names, also of classes, are shown without their middle.
    axes : array of matplotlib Axes, shape (n_layers, n_attributes), optional
        A new figure by default.

    Returns
    -------
    ndarray of matplotlib Axes, shape (n_layers, n_attributes)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or sizes do not fit.
    ImportError
        If matplotlib is missing.

    See Also
    --------
    cosine_similarity : the similarity that is drawn.

    Examples
    --------
    >>> from dsnmf.plotting import plot_layers
    >>> upper, lower = [0, 0, 1, 1], [0, 1, 0, 1]
    >>> features = [[[0, 1], [0, 1], [1, 0], [1, 0]], [[0, 1], [1, 0], [0, 1], [1, 0]]]
    >>> axes = plot_layers(features, [[a, b] for a, b in zip(upper, lower)], names=["arms", "legs"])
    >>> axes.shape, axes[0, 1].get_title()
    ((2, 2), 'sorted by legs')
    """
    layers = _as_layers(layers)
    attributes = _as_attributes(attributes, layers)
    names = _as_names(names, len(attributes))
    shape = len(layers), len(names)
    figure = None
    if axes is None:
        beside = [max(0.4, width(classes, 8)) for _, classes in attributes]
        size = 2.2 * shape[1] + sum(beside) + 0.8, 2.5 * shape[0]
        subplots = extra("matplotlib.pyplot", "plotting").subplots
        figure, axes = subplots(*shape, figsize=size, squeeze=False, layout="compressed")
    axes = np.asarray(axes, dtype=object)
    if axes.shape != shape:
        raise ValueError(f"axes must have shape {shape} (layers, attributes), got {axes.shape}")
    for i, (row, features) in enumerate(zip(axes, layers), start=1):
        similarity = cosine_similarity(features)
        for a, ax in enumerate(row):
            order = _sort(attributes, a)
            codes, classes = attributes[a]
            image = _draw_similarity(ax, similarity[np.ix_(order, order)], codes[order], classes)
        row[0].set_ylabel(f"layer {i}")
    for ax, name in zip(axes[0], names):
        ax.set_title(f"sorted by {name}", fontsize="medium", **LITERAL)
    if figure is not None:
        figure.colorbar(image, ax=axes, label="cosine", ticks=[-1, 0, 1], shrink=0.6)
    return axes
