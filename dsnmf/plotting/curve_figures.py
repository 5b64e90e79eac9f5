"""Components over ordered features: spectra, times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.plotting.array_figures import new_axes
from dsnmf.plotting.captions import LITERAL, as_names, shorten
from dsnmf.plotting.style import with_neutral_settings
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

#: Most names of features below the curves; of more, every second, third, … one is drawn.
TICKS = 12


def positions_of(names: Sequence[str]) -> np.ndarray | None:
    """Numbers in the names of features, such as wavelengths; None unless all rise or all fall.

    Examples
    --------
    >>> from dsnmf.plotting.curve_figures import positions_of
    >>> positions_of(["400.5", "410", "420 nm"]), positions_of(["b", "a"])
    (array([400.5, 410. , 420. ]), None)
    """
    values = []
    for name in names:
        head = str(name).split()[0] if str(name).strip() else ""
        try:
            values.append(float(head))
        except ValueError:
            return None
    steps = np.diff(values)
    is_ordered = len(values) > 1 and bool((steps > 0).all() or (steps < 0).all())
    return np.array(values) if is_ordered and np.isfinite(values).all() else None


def _unit_of(names):
    """What follows the number in all names, such as nm; "" if they differ or have nothing."""
    units = {" ".join(str(name).split()[1:]) for name in names}
    return units.pop() if len(units) == 1 else ""


@with_neutral_settings
def component_curves(
    components: ArrayLike,
    features: Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    xlabel: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw components as curves over the features, one above the other.

    Each is divided by its largest magnitude and has a line at zero: shapes are comparable, sizes
    are not.

    Parameters
    ----------
    components : array_like, shape (n_features, k)
        A curve per column, e.g. Z_1 or Z_1 Z_2.
    features : sequence of str, optional
        Names of the features in their order. If all are numbers that rise or fall, such as
        wavelengths, they are the curves' positions; else these are 0, 1, 2, …, with some of the
        names.
    names : sequence of str, optional
        Names of the components; by default 0, 1, 2, ….
    xlabel : str, optional
        What the features are, e.g. "wavelength (nm)"; by default "feature", with the unit that
        all names have.
    ax : matplotlib Axes, optional
        A new figure by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or the number of names is wrong.
    ImportError
        If matplotlib is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.plotting import component_curves
    >>> x = np.linspace(0, 1, 50)
    >>> ax = component_curves(np.stack([x**2, np.sin(6 * x)], axis=1), names=["low", "wave"])
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['low', 'wave']
    """
    Z = as_matrix(components, "components")
    p, k = Z.shape
    names = shorten(as_names(names, k, "names") or [*map(str, range(k))], 18)
    features = as_names(features, p, "features")
    positions = None if features is None else positions_of(features)
    x = np.arange(p) if positions is None else positions
    ax = new_axes(ax, (5, 0.85 + 0.45 * k))
    largest = np.abs(Z).max(axis=0)
    curves = Z / np.where(largest > 0, largest, 1)
    step = 1.15 if Z.min() >= 0 else 2.15
    marker = "." if p <= 30 else ""
    for j, curve in enumerate(curves.T):
        level = -j * step
        ax.axhline(level, color="0.75", linewidth=0.6, zorder=0)
        ax.plot(x, level + curve, color=f"C{j % 10}", linewidth=1.1, marker=marker, markersize=4)
    ax.set_yticks([-j * step for j in range(k)], names, fontsize="small", **LITERAL)
    ax.tick_params(axis="y", length=0)
    ax.margins(x=0.01, y=0.02 if k > 3 else 0.05)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    if positions is None and features is not None:
        every = -(-p // TICKS)
        shown = shorten(features[::every], 14)
        long = max(map(len, shown)) > 4
        ax.set_xticks(x[::every], shown, fontsize="small", **LITERAL)
        if long:
            ax.tick_params(axis="x", labelrotation=45)
            for label in ax.get_xticklabels():
                label.set(ha="right", rotation_mode="anchor")
    unit = "" if positions is None else _unit_of(features)
    label = xlabel or ("feature" + f" ({unit})" * bool(unit))
    ax.set_xlabel(f"{label}\neach curve divided by its largest magnitude", **LITERAL)
    return ax
