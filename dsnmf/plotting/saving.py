"""Writing of figures to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dsnmf.typing import PathLike

#: Endings of files with figures.
ENDINGS = (".png", ".pdf", ".svg")


def save_figure(figure: Figure, path: PathLike) -> None:
    """Write a figure to a file; the path has either its old content or all of the new one.

    Parameters
    ----------
    figure : matplotlib Figure
    path : str or path-like
        Ending in .png (300 dots per inch), .pdf or .svg, in which texts stay texts.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If it has another ending.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        raise ValueError(f"{path} must end in one of {', '.join(ENDINGS)}")
    settings = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "dsnmf"}
    dated = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    with (
        extra("matplotlib", "figures").rc_context(settings),
        replacing(path, "wb") as file,
    ):
        figure.savefig(file, format=suffix[1:], dpi=300, metadata=dated.get(suffix))
