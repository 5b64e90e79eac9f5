"""Bars: the largest entries of components, and their variances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.plotting.array_figures import new_axes
from dsnmf.plotting.captions import LITERAL, as_names, shorten, width
from dsnmf.plotting.style import with_neutral_settings
from dsnmf.validation import as_matrix, as_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from dsnmf.typing import Array

#: Colours of positive and negative entries, which also differ in grey.
POSITIVE, NEGATIVE = "#b2182b", "#92c5de"


def _limits(Z):
    """Of the x axis of all panels, so that sizes compare."""
    low, high = min(float(Z.min()), 0.0), max(float(Z.max()), 0.0)
    margin = 0.04 * (high - low) or 1.0
    return low - margin * (low < 0), high + margin


def _add_signs(figure, Z):
    """A legend of the colours, below the panels."""
    patch = extra("matplotlib.patches", "plotting").Patch
    shown = [(POSITIVE, "above zero", (Z > 0).any()), (NEGATIVE, "below zero", (Z < 0).any())]
    handles = [patch(color=colour, label=text) for colour, text, there in shown if there]
    if handles:
        place = "outside lower center" if figure.get_layout_engine() else "lower center"
        figure.legend(handles=handles, loc=place, ncols=2, frameon=False, fontsize="x-small")


def _draw_bars(ax, component, features, top, limits):
    order = np.argsort(-np.abs(component), kind="stable")[:top]
    values, lines = component[order], np.arange(len(order))
    ax.barh(lines, values, height=0.72, color=np.where(values < 0, NEGATIVE, POSITIVE))
    ax.axvline(0, color="0.3", linewidth=0.6)
    ax.set_yticks(lines, [features[i] for i in order], fontsize="x-small", **LITERAL)
    ax.set_ylim(top - 0.4, -0.6)  # the largest on top
    ax.set_xlim(*limits)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize="x-small")
    ax.locator_params(axis="x", nbins=3)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)


@with_neutral_settings
def component_bars(
    components: ArrayLike,
    features: Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    top: int = 8,
    columns: int = 3,
    axes: Any = None,
) -> Array:
    """Draw the entries of largest magnitude of each component, with the features' names.

    All panels have the same scale.

    Parameters
    ----------
    components : array_like, shape (n_features, k)
    features : sequence of str, optional
        Names of the features; by default 0, 1, 2, ….
    names : sequence of str, optional
        Names of the components.
    top : int >= 1
        Number of entries per component.
    columns : int >= 1
        Panels per row of a new figure.
    axes : array of matplotlib Axes, at least one per component, optional
        Unused axes are removed. A new figure by default.

    Returns
    -------
    ndarray of matplotlib Axes, shape (k,)

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.plotting import component_bars
    >>> axes = component_bars(np.array([[3.0, 0], [-1, 2], [0, -4]]), [*"abc"], top=2)
    >>> [text.get_text() for text in axes[1].get_yticklabels()]
    ['c', 'b']
    """
    Z = as_matrix(components, "components")
    p, k = Z.shape
    features = shorten(as_names(features, p, "features") or [*map(str, range(p))], 18)
    names = shorten(as_names(names, k, "names") or [f"component {j}" for j in range(k)], 24)
    top = min(as_size(top, "top"), p)
    if axes is None:
        columns = min(as_size(columns, "columns"), k)
        rows = -(-k // columns)
        beside = width(features, 7)
        size = columns * (1.3 + min(beside, 1.5)), rows * (0.55 + 0.17 * top)
        subplots = extra("matplotlib.pyplot", "plotting").subplots
        axes = subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[1]
    axes = np.asarray(axes, dtype=object).ravel()
    if len(axes) < k:
        raise ValueError(f"axes must be at least as many as components ({k}), got {len(axes)}")
    for ax in axes[k:]:
        ax.remove()
    limits = _limits(Z)
    for ax, component, name in zip(axes, Z.T, names):
        _draw_bars(ax, component, features, top, limits)
        ax.set_title(name, fontsize="small", **LITERAL)
    _add_signs(axes[0].figure, Z)
    return axes[:k]


@with_neutral_settings
def variance_bars(
    own: Sequence[float],
    unique: Sequence[float],
    *,
    names: Sequence[str] | None = None,
    label: str = "variance",
    ax: Axes | None = None,
) -> Axes:
    """Draw the variance of each component by itself, and its unique part.

    Parameters
    ----------
    own, unique : sequence of float >= 0
        See `dsnmf.inspection.component_variances`.
    names : sequence of str, optional
        Names of the components; by default 0, 1, 2, ….
    label : str
        Label of the axis.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the numbers of variances and names differ.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> from dsnmf.plotting import variance_bars
    >>> ax = variance_bars([3.0, 2.0], [1.0, 1.5], names=["a", "b"])
    >>> len(ax.patches)
    4
    """
    k = len(own)
    if len(unique) != k:
        raise ValueError(f"own and unique must be equally many, got {k} and {len(unique)}")
    names = shorten(as_names(names, k, "names") or [*map(str, range(k))], 18)
    ax = new_axes(ax, (3 + max(1, width(names, 8)), 1 + 0.22 * k))
    lines = np.arange(k)
    ax.barh(lines, own, height=0.75, color="#c6dbef", label="own: its part by itself")
    ax.barh(lines, unique, height=0.42, color="#08519c", label="unique: no other component's")
    ax.set_yticks(lines, names, fontsize="small", **LITERAL)
    ax.set_ylim(k - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0}
    ax.legend(**place, frameon=False, fontsize="small")
    return ax
