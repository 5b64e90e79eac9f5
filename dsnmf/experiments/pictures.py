"""Figures as small PNG files."""

import io

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing


def save_small(figure, path, dpi, colours):
    """Write a figure as a PNG file with few colours; equal figures give equal bytes.

    Parameters
    ----------
    figure : matplotlib Figure
    path : Path
    dpi : int
    colours : int
        At most 256. Rare colours are kept, such as those at the ends of a colour bar.
    """
    image = extra("PIL.Image", "pictures")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi)
    few = (
        image.open(drawn)
        .convert("RGB")
        .quantize(colours, image.Quantize.MAXCOVERAGE, dither=image.Dither.NONE)
    )
    with replacing(path, "wb") as file:
        few.save(file, format="png", optimize=True)
