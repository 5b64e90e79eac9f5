"""Figures of similarities between samples: which layer knows which attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.plotting.models import fitted_attribute
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array


def cosine_similarity(features: ArrayLike) -> Array:
    """Cosines between samples once the features' means are subtracted, in [-1, 1].

    With their means, non-negative features are all alike. A sample at the mean has cosine 0 with
    every other.

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
    """Feature matrices, from a fitted estimator or as they are given."""
    if not isinstance(layers, list | tuple):
        return [H.T for H in fitted_attribute(layers, "H_", "plot_layers")]
    if not layers:
        raise ValueError("layers must hold at least one feature matrix, got none")
    return [as_matrix(features, f"layers[{i}]") for i, features in enumerate(layers)]


def _as_columns(attributes, layers):
    """A column of classes per attribute, of as many samples as every layer has."""
    attributes = np.asarray(attributes)
    if attributes.ndim not in (1, 2) or attributes.size == 0:
        raise ValueError(
            f"attributes must have shape (n_samples,) or (n_samples, n_attributes), "
            f"got {attributes.shape}"
        )
    for i, features in enumerate(layers):
        if len(features) != len(attributes):
            raise ValueError(
                f"layers[{i}] has {len(features)} samples, but attributes has {len(attributes)}"
            )
    return attributes.reshape(len(attributes), -1)


def _as_names(names, count):
    if names is None:
        return ["attribute"] if count == 1 else [f"attribute {a}" for a in range(1, count + 1)]
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"names must hold one name per attribute ({count}), got {names!r}")
    return list(names)


def _sorted_by(attributes, first):
    """Samples by one attribute; those of one class by the other attributes."""
    codes = [np.unique(column, return_inverse=True)[1] for column in attributes.T]
    others = [code for a, code in enumerate(codes) if a != first]
    return np.lexsort([*reversed(others), codes[first]])


def _draw_similarity(ax, similarity, classes):
    """A matrix of sorted samples, with lines between the classes and their names."""
    n = len(classes)
    image = ax.imshow(
        similarity, cmap="RdBu_r", vmin=-1, vmax=1, extent=(0, n, n, 0), interpolation="antialiased"
    )
    names, starts, counts = np.unique(classes, return_index=True, return_counts=True)
    for start in starts[1:]:
        ax.axhline(start, color="black", linewidth=0.6)
        ax.axvline(start, color="black", linewidth=0.6)
    middles = starts + counts / 2
    ax.set(xticks=[], yticks=middles)
    ax.set_yticklabels([str(name) for name in names])
    ax.tick_params(axis="y", length=0, labelsize="small")
    return image


def plot_layers(
    layers: Factorisation | Sequence[ArrayLike],
    attributes: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    axes: Any = None,
) -> Array:
    """Which attribute each layer knows: similarities of samples per layer, sorted by attribute.

    A row of pictures per layer, a column per attribute. A layer that knows an attribute shows
    one red square per class on the diagonal of that attribute's column, and nothing but blue and
    white beside them.

    Parameters
    ----------
    layers : fitted estimator, or list of array_like, shape (n_samples, k_i)
        An estimator's learned features `H_`, or any features; e.g. of new samples:
        `[model.transform(X, layer) for layer in range(m)]`.
    attributes : array_like, shape (n_samples,) or (n_samples, n_attributes)
        The classes, numbers or strings.
    names : list of str, optional
        The attributes' names.
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
    cosine_similarity : what is drawn.

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
    attributes = _as_columns(attributes, layers)
    names = _as_names(names, attributes.shape[1])
    shape = len(layers), len(names)
    figure = None
    if axes is None:
        size = 2.6 * shape[1] + 0.8, 2.5 * shape[0]
        subplots = extra("matplotlib.pyplot", "plotting").subplots
        figure, axes = subplots(*shape, figsize=size, squeeze=False, layout="constrained")
    axes = np.asarray(axes, dtype=object)
    if axes.shape != shape:
        raise ValueError(f"axes must have shape {shape} (layers, attributes), got {axes.shape}")
    for i, (row, features) in enumerate(zip(axes, layers), start=1):
        similarity = cosine_similarity(features)
        for a, ax in enumerate(row):
            order = _sorted_by(attributes, a)
            image = _draw_similarity(ax, similarity[np.ix_(order, order)], attributes[order, a])
        row[0].set_ylabel(f"layer {i}")
    for ax, name in zip(axes[0], names):
        ax.set_title(f"sorted by {name}", fontsize="medium")
    if figure is not None:
        figure.colorbar(image, ax=axes, label="cosine", ticks=[-1, 0, 1], shrink=0.6)
    return axes
