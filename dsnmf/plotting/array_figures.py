"""Figures from arrays: components as pictures, costs, features by class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.affinity.classes import as_classes
from dsnmf.extras import extra
from dsnmf.plotting.captions import LITERAL, NO_LABEL, width, wrap_names
from dsnmf.plotting.style import with_neutral_settings
from dsnmf.validation import as_matrix, as_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

_MARKERS = "osD^v"


def new_axes(ax, size):
    """The axes themselves, or those of a new figure of that size in inches."""
    if ax is not None:
        return ax
    return extra("matplotlib.pyplot", "plotting").subplots(figsize=size, layout="constrained")[1]


def _as_image_shape(image_shape, n_features):
    shape = tuple(as_size(side, f"image_shape[{i}]") for i, side in enumerate(image_shape))
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 3):
        raise ValueError(
            f"image_shape must be (height, width) or (height, width, 3), got {shape!r}"
        )
    if np.prod(shape) != n_features:
        raise ValueError(f"image_shape={shape!r} does not fit the {n_features} features")
    return shape


def _mosaic(pictures, columns, gap_value):
    """Join pictures (k, height, width, …) into one array, with one pixel between them."""
    k, height, width, *channels = pictures.shape
    rows = -(-k // columns)
    shape = (rows * (height + 1) - 1, columns * (width + 1) - 1, *channels)
    mosaic = np.full(shape, gap_value, pictures.dtype)
    for i, picture in enumerate(pictures):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = picture
    return mosaic


@with_neutral_settings
def component_grid(
    components: ArrayLike,
    image_shape: Sequence[int],
    *,
    largest: int | None = None,
    columns: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw components as a grid of small pictures, each divided by its largest magnitude.

    Components of mixed sign have a diverging colour map with white at 0 (RGB: grey at 0),
    non-negative ones a map from black at 0 to white.

    Parameters
    ----------
    components : array_like, shape (n_features, k)
        A picture per column, e.g. Z_1 or Z_1 Z_2.
    image_shape : tuple of int
        (height, width), or (height, width, 3) for RGB; the pixels are in order of rows.
    largest : int >= 1, optional
        Show only so many components, those with the largest norm, in their order.
    columns : int >= 1, optional
        Pictures per row; by default, the grid is about square.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.plotting import component_grid
    >>> ax = component_grid(np.random.default_rng(0).standard_normal((12, 5)), (4, 3))
    >>> ax.images[0].get_array().shape  # two rows of three, a pixel between them
    (9, 11)
    """
    Z = as_matrix(components, "components")
    shape = _as_image_shape(image_shape, len(Z))
    if largest is not None:
        norms = np.linalg.norm(Z, axis=0)
        Z = Z[:, np.sort(np.argsort(-norms, kind="stable")[: as_size(largest, "largest")])]
    k = Z.shape[1]
    columns = int(np.ceil(np.sqrt(k))) if columns is None else min(as_size(columns, "columns"), k)
    magnitudes = np.abs(Z).max(axis=0)
    pictures = (Z / np.where(magnitudes > 0, magnitudes, 1)).T.reshape(k, *shape)
    mixed = Z.min() < 0
    ax = new_axes(ax, (4, 4))
    if len(shape) == 3:
        colours = (pictures + 1) / 2 if mixed else pictures
        ax.imshow(_mosaic(colours, columns, 1.0), interpolation="nearest")
    else:
        image = ax.imshow(
            _mosaic(pictures, columns, np.nan),
            cmap="RdBu_r" if mixed else "gray",
            vmin=-1 if mixed else 0,
            vmax=1,
            interpolation="nearest",
        )
        beside = ax.inset_axes([1.03, 0, 0.03, 1])
        ax.figure.colorbar(image, cax=beside, ticks=[-1, 0, 1])
        ax.set_facecolor("0.75")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)  # as settings may have it in the axes that were given
    ax.set_xlabel("each divided by its largest magnitude", fontsize="small")
    return ax


@with_neutral_settings
def cost_curve(
    costs: ArrayLike, *, every: int = 1, label: str | None = None, ax: Axes | None = None
) -> Axes:
    """The cost after 0, 1, 2, … epochs, on a logarithmic scale if it falls tenfold.

    Parameters
    ----------
    costs : array_like, shape (n_epochs,), > 0
        Costs before each epoch's update, like `DSNMF.history`.
    every : int >= 1
        Epochs from one cost to the next.
    label : str, optional
        Name of the curve, for a legend.
    ax : matplotlib Axes, optional
        A new figure by default; call again with the same axes for another curve.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If costs is not 1-d or empty, or every is no integer >= 1.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> from dsnmf.plotting import cost_curve
    >>> cost_curve([100.0, 10.0, 1.0]).get_yscale()
    'log'
    """
    costs = np.asarray(costs, float)
    if costs.ndim != 1 or costs.size == 0:
        raise ValueError(f"costs must be 1-d and not empty, got shape {costs.shape}")
    ax = new_axes(ax, (4.5, 3))
    ax.plot(as_size(every, "every") * np.arange(len(costs)), costs, label=label, linewidth=1.2)
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in ax.get_lines()])
    if drawn.min() > 0 and drawn.max() >= 10 * drawn.min():
        ax.set_yscale("log")
        plain = extra("matplotlib.ticker", "plotting").LogFormatter  # 200, not 2 x 10²
        ax.yaxis.set_major_formatter(plain())
        ax.yaxis.set_minor_formatter(plain(minor_thresholds=(1.5, 0.5)))
    else:
        ax.ticklabel_format(axis="y", style="plain", useOffset=False)
    ax.set(xlabel="epoch", ylabel="cost")
    ax.grid(True, which="both", alpha=0.25, linewidth=0.5)
    if label is not None:
        ax.legend(frameon=False)
    return ax


def _add_legend(ax, handles, names):
    """Add a legend beside the axes."""
    numbers = [str(i) for i in range(len(names))]  # names may begin with _
    place = {"loc": "upper left", "bbox_to_anchor": (1, 1), "frameon": False}
    legend = ax.legend(handles, numbers, **place, markerscale=2)
    for text, name in zip(legend.get_texts(), names):
        text.set(text=name, **LITERAL)


def _add_name(ax, points, name):
    """Write a class's name at the median of its points."""
    box = {"facecolor": "white", "alpha": 0.6, "linewidth": 0, "pad": 0.5}
    options = {"fontsize": 6, "color": "black", "ha": "center", "va": "center", "bbox": box}
    ax.text(*np.median(points, axis=0), name, **options, **LITERAL)


@with_neutral_settings
def class_scatter(
    points: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    axis: str = "dimension",
    ax: Axes | None = None,
) -> Axes:
    """Draw points in the plane, coloured by class.

    Up to ten classes have a legend; with more, each name is at the median of the class's points.
    Samples without a label are grey. Long names are shown without their middle.

    Parameters
    ----------
    points : array_like, shape (n_samples, 2)
        E.g. the first two principal components of features, or their t-SNE.
    labels : array_like, shape (n_samples,), optional
        The classes, as for `fit`: -1 and missing values are unknown, see
        `dsnmf.affinity.classes.as_label_codes`. Without labels all points have one colour.
    axis : str
        Name of the axes: "{axis} 1" and "{axis} 2".
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If points is not as described, or labels are invalid or have another number.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> from dsnmf.plotting import class_scatter
    >>> ax = class_scatter([[0, 0], [1, 0], [0, 1]], ["a", "b", "b"], axis="PCA")
    >>> ax.get_xlabel(), len(ax.collections)
    ('PCA 1', 2)
    """
    points = as_matrix(points, "points")
    if points.shape[1] != 2:
        raise ValueError(f"points must have 2 columns, got {points.shape[1]}")
    if labels is None:
        ax = new_axes(ax, (4, 4))
        ax.scatter(*points.T, s=6, linewidths=0)
        ax.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2")
        return ax
    (codes, classes), *others = as_classes(labels, "labels", len(points))
    if others:
        raise ValueError(f"labels must be of one attribute, got {1 + len(others)}")
    names, is_unknown = wrap_names(classes), codes < 0
    beside = [*(names if len(names) <= 10 else []), *([NO_LABEL] if is_unknown.any() else [])]
    ax = new_axes(ax, (4 + max(1, width(beside, 10)), 4))
    style, handles = {"s": 6, "linewidths": 0}, []
    if is_unknown.any():  # below the others
        unknown = ax.scatter(*points[is_unknown].T, c="0.7", **style)
    for i in range(len(names)):
        # Ten colours can be told apart; further classes differ by their marker.
        marker = _MARKERS[i // 10 % len(_MARKERS)]
        handles.append(ax.scatter(*points[codes == i].T, c=f"C{i % 10}", marker=marker, **style))
    ax.set(xlabel=f"{axis} 1", ylabel=f"{axis} 2")
    if len(names) > 10:
        for i, name in enumerate(names):
            _add_name(ax, points[codes == i], name)
        handles = []
    if beside:
        _add_legend(ax, [*handles, unknown] if is_unknown.any() else handles, beside)
    return ax
