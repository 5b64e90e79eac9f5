"""The figure of the agreement of fits from several starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.plotting.style import with_neutral_settings
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike

    from dsnmf.typing import Array

#: Most components with a number below each.
NUMBERED = 30

#: Share of the samples that the numbers of two clusters are apart, at least; so many clusters
#: have room for theirs.
APART, NAMED = 0.045, 22


def _draw_cosines(ax, cosines, threshold):
    """Draw a dot per fit and component, components in falling order; recurring ones are filled."""
    order = np.argsort(-cosines.mean(axis=0), kind="stable")
    lines = np.arange(len(order))
    ordered = cosines[:, order]
    came_back = ordered >= threshold
    ax.axhline(threshold, color="0.5", linewidth=0.8, linestyle=(0, (4, 2)))
    columns = np.broadcast_to(lines, ordered.shape)
    dots = {"s": 14 if len(lines) <= NUMBERED else 6, "linewidths": 0.6, "zorder": 2}
    ax.scatter(columns[~came_back], ordered[~came_back], c="none", edgecolors="0.45", **dots)
    ax.scatter(columns[came_back], ordered[came_back], c="C0", edgecolors="C0", **dots)
    means = {"marker": "_", "s": 90 if len(lines) <= NUMBERED else 12, "c": "black"}
    ax.scatter(lines, ordered.mean(axis=0), label="mean of a component", zorder=3, **means)
    ax.scatter([], [], c="C0", s=14, label=f"came back (cosine ≥ {threshold:g})")
    ax.set_ylim(min(0.0, ordered.min() - 0.03), 1.03)
    ax.set_xlim(-0.6, len(lines) - 0.4)
    if len(lines) <= NUMBERED:
        ax.set_xticks(lines, map(str, order), fontsize="x-small")
    else:
        ax.set_xticks([])
    ax.set(xlabel="component of the best fit", ylabel="cosine in each other fit")
    ax.legend(frameon=False, fontsize="small", loc="lower left")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _spread_out(places, step, end):
    """Rising places, at least a step apart, as far as they fit between 0 and the end."""
    found = np.array(places, float)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + step)
    found[-1:] = np.minimum(found[-1:], end)
    for i in range(len(found) - 2, -1, -1):
        found[i] = min(found[i], found[i + 1] - step)
    return found


def _draw_matrix(ax, matrix, clusters):
    n = len(matrix)
    image = ax.imshow(
        matrix, cmap="Blues", vmin=0, vmax=1, extent=(0, n, n, 0), interpolation="antialiased"
    )
    found, starts, counts = np.unique(clusters, return_index=True, return_counts=True)
    for start, count in zip(starts, counts):
        box = [start, start + count, start + count, start, start]
        turned = [start, start, start + count, start + count, start]
        ax.plot(box, turned, color="C1", linewidth=0.9, clip_on=False)
    ax.set(xticks=[], yticks=[], xlim=(0, n), ylim=(n, 0), xlabel="samples")
    ax.set_ylabel("cluster (samples in it)", labelpad=34)
    if len(found) <= NAMED:
        middles = starts + counts / 2
        for middle, place, number, count in zip(
            middles, _spread_out(middles, APART * n, n), found, counts
        ):
            line = {"arrowstyle": "-", "color": "C1", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
            ax.annotate(
                f"{number} ({count})",
                (0, middle),
                (-0.06 * n, place),
                arrowprops=line,
                ha="right",
                va="center",
                fontsize="x-small",
                annotation_clip=False,
            )
    return image


@with_neutral_settings
def plot_consensus(
    cosines: ArrayLike,
    matrix: ArrayLike,
    clusters: ArrayLike,
    *,
    threshold: float = 0.9,
    axes: Any = None,
) -> Array:
    """Draw the recurrence of one fit's components in others, and the consensus matrix.

    On the left, a dot for each component and other fit, filled if the cosine reaches the threshold;
    components are in the order of their mean. On the right, the consensus matrix with a frame
    around each cluster.

    Parameters
    ----------
    cosines : array_like, shape (n_others, k)
    matrix : array_like, shape (n, n)
        Values in [0, 1]; samples in the order of clusters.
    clusters : array_like of int, shape (n,)
        Clusters of the samples, ascending.
    threshold : float
    axes : two matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    ndarray of matplotlib Axes, shape (2,)

    Raises
    ------
    ValueError
        If sizes do not fit.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.plotting import plot_consensus
    >>> left, right = plot_consensus([[0.99, 0.4], [0.97, 0.6]], np.eye(2), [0, 1])
    >>> left.get_xlabel(), right.get_ylabel()
    ('component of the best fit', 'cluster (samples in it)')
    """
    cosines, matrix = as_matrix(cosines, "cosines"), as_matrix(matrix, "matrix")
    clusters = np.asarray(clusters)
    if not matrix.shape == (len(clusters),) * 2:
        raise ValueError(f"matrix must have shape {(len(clusters),) * 2}, got {matrix.shape}")
    if axes is None:
        subplots = extra("matplotlib.pyplot", "plotting").subplots
        axes = subplots(1, 2, figsize=(7, 3.2), layout="constrained")[1]
    axes = np.asarray(axes, dtype=object).ravel()
    if len(axes) != 2:
        raise ValueError(f"axes must be two, got {len(axes)}")
    _draw_cosines(axes[0], cosines, threshold)
    image = _draw_matrix(axes[1], matrix, clusters)
    bar = {"label": "share of fits", "ticks": [0, 0.5, 1], "shrink": 0.8}
    axes[1].figure.colorbar(image, ax=axes[1], **bar)
    return axes
