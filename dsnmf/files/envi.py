"""Pictures with many bands in ENVI files: a header, and a file of values beside it."""

from pathlib import Path

import numpy as np

from dsnmf.extras import is_installed
from dsnmf.files.damage import damage_as


def is_envi(path):
    """True if a path is an ENVI header."""
    return Path(path).suffix.lower() == ".hdr"


def read_cube(path):
    """Read rows x columns x bands, and the bands' names: the header's wavelengths, if any.

    Parameters
    ----------
    path : str or path-like
        Path of the header.

    Returns
    -------
    cube : ndarray of float32 or float64
        NaN in place of the header's "data ignore value".
    bands : list of str, or None

    Raises
    ------
    ImportError
        If the package `spectral` is missing.
    """
    open(path, "rb").close()  # raises if the path is wrong
    if not is_installed("spectral"):
        raise ImportError("reading ENVI files needs spectral: pip install spectral")
    import spectral.io.envi

    with damage_as(path, "is no intact ENVI file"):
        image = spectral.io.envi.open(str(path))
        is_long = np.dtype(image.dtype).itemsize > 4
        cube = np.asarray(image.load(dtype=np.float64 if is_long else np.float32))
    ignored = image.metadata.get("data ignore value")
    if ignored is not None:
        cube = np.where(cube == float(ignored), np.nan, cube)
    names = image.metadata.get("wavelength", image.metadata.get("band names"))
    return cube, None if names is None else [str(name).strip() for name in names]
