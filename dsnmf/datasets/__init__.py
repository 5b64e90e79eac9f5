"""Data sets with known classes or attributes.

A file is searched in the folder of the environment variable DSNMF_DATA, then in the user's cache.
Otherwise it is downloaded into the cache; its checksum is verified. Drawn sets need no file, and
licensed sets are read from a file of the user.
"""

from __future__ import annotations

from dsnmf.datasets.attribute_faces import make_attribute_faces
from dsnmf.datasets.cmu_faces import load_cmu_faces
from dsnmf.datasets.dataset import Dataset, unit_norm
from dsnmf.datasets.loaders import (
    load_digits,
    load_nrletters,
    load_orl,
    load_pie,
    load_stickfigures,
)
from dsnmf.datasets.mat import load_mat
from dsnmf.datasets.multiple_features import load_multiple_features
from dsnmf.datasets.user_faces import load_multi_pie, load_xm2vts

__all__ = [
    "LOADERS",
    "Dataset",
    "load",
    "load_cmu_faces",
    "load_digits",
    "load_mat",
    "load_multi_pie",
    "load_multiple_features",
    "load_nrletters",
    "load_orl",
    "load_pie",
    "load_stickfigures",
    "load_xm2vts",
    "make_attribute_faces",
    "unit_norm",
]

#: Loaders by name, without those of licensed sets, which need a path.
LOADERS = {
    "digits": load_digits,
    "pie": load_pie,
    "orl": load_orl,
    "stickfigures": load_stickfigures,
    "nrletters": load_nrletters,
    "cmu_faces": load_cmu_faces,
    "multiple_features": load_multiple_features,
    "attribute_faces": make_attribute_faces,
}


def load(name: str) -> Dataset:
    """Load the data set of a name in `LOADERS`; ValueError for other names.

    Examples
    --------
    >>> from dsnmf.datasets import load
    >>> load("digits").name
    'digits'
    """
    if name not in LOADERS:
        raise ValueError(f"unknown data set {name!r}; known are {', '.join(LOADERS)}")
    return LOADERS[name]()
