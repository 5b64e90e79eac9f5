"""The figure of candidates and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.plotting.array_figures import new_axes
from dsnmf.plotting.captions import LETTERS, LITERAL, shorten, width
from dsnmf.plotting.style import with_neutral_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

#: Scores that differ so many times have a logarithmic axis.
DECADES = 30


@with_neutral_settings
def score_intervals(
    names: Sequence[str],
    scores: Sequence[float],
    errors: Sequence[float] | None,
    *,
    chosen: int | None = None,
    label: str = "score",
    ax: Axes | None = None,
) -> Axes:
    """Scores of several candidates, one per line, with an interval of one standard error each.

    Positive scores that differ thirtyfold or more stand on a logarithmic axis.

    Parameters
    ----------
    names : sequence of str
        From top to bottom.
    scores : sequence of float
        As many.
    errors : sequence of float, or None
        As many; None draws no intervals.
    chosen : int, optional
        Index of the one to be marked.
    label : str
        What the scores are.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If they are not equally many.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> from dsnmf.plotting import score_intervals
    >>> ax = score_intervals(["2 components", "3"], [0.4, 0.9], [0.1, 0.05], chosen=1)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['2 components', '3']
    """
    half = [0.0] * len(scores) if errors is None else errors
    if not len(names) == len(scores) == len(half):
        raise ValueError(
            f"names, scores and errors must be equally many, got {len(names)}, {len(scores)} and "
            f"{len(half)}"
        )
    names = shorten(names, 2 * LETTERS)
    ax = new_axes(ax, (4.5 + max(1.5, width(names, 8)), 1.3 + 0.25 * len(names)))
    lines = np.arange(len(names))
    colours = ["C1" if i == chosen else "C0" for i in lines]
    low, high = np.subtract(scores, half), np.add(scores, half)
    if len(scores) and min(scores) > 0 and max(scores) >= DECADES * min(scores):
        low = np.maximum(low, min(scores) / 3)  # an interval may reach below 0
        ax.set_xscale("log")
        ax.grid(True, axis="x", alpha=0.25, linewidth=0.5)
    if errors is not None:
        ax.hlines(lines, low, high, colors=colours)
    ax.scatter(scores, lines, c=colours, zorder=3)
    if chosen is not None:
        ax.scatter([], [], c="C1", label="chosen")
        ax.legend(fontsize="small", loc="best")
    ax.set_ylabel("candidate")
    ax.set_yticks(lines, names, fontsize="small", **LITERAL)
    ax.set_ylim(len(names) - 0.5, -0.5)  # the first on top
    ax.set_xlabel(
        label if errors is None else f"{label}\n(lines: ± one standard error of the mean)"
    )
    return ax
