"""Neutral settings of matplotlib, so that the user's do not change a figure's content."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

from dsnmf.extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Function = TypeVar("Function", bound="Callable[..., Any]")

#: Prefixes of settings that could change a figure's content, and suffixes of those among them that
#: stay the user's, such as a paper's fonts and the colours of a page.
_MEANING = (
    "axes.", "figure.autolayout", "figure.constrained_layout.", "figure.subplot.", "grid.",
    "image.", "legend.", "lines.", "markers.", "patch.", "path.", "scatter.", "text.", "xtick.",
    "ytick.",
)  # fmt: skip
_TASTE = ("color", "labelsize", "titlesize", "fontsize", "weight")


def neutral_settings() -> dict[str, Any]:
    """Matplotlib's defaults of settings that could change a figure's content (image.origin, …)."""
    defaults = extra("matplotlib", "plotting").rcParamsDefault
    names = (name for name in defaults if name.startswith(_MEANING) and not name.endswith(_TASTE))
    return {name: defaults[name] for name in names}


def with_neutral_settings(draw: Function) -> Function:
    """Decorate a function that draws, so that it uses `neutral_settings`."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        matplotlib = extra("matplotlib", "plotting")
        is_new = kwargs.get("ax") is None and kwargs.get("axes") is None
        makes_ticks = is_new and matplotlib.rcParams["text.usetex"]
        with matplotlib.rc_context(neutral_settings()):
            result = draw(*args, **kwargs)
            if makes_ticks:  # now: text made while drawing would be LaTeX's
                getattr(result, "flat", [result])[0].figure.draw_without_rendering()
        return result

    return drawn  # type: ignore[return-value]
