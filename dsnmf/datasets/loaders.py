"""The named data sets, except for CMU Face Images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsnmf.datasets.dataset import Dataset, unit_norm
from dsnmf.datasets.download import FILES, fetch
from dsnmf.datasets.lights import with_lights
from dsnmf.datasets.mat import load_mat
from dsnmf.extras import extra


def load_digits() -> Dataset:
    """The 1,797 handwritten digits of 8 x 8 pixels that come with scikit-learn.

    Returns
    -------
    Dataset
        data (1797, 64), target (1797,).

    Raises
    ------
    ImportError
        If scikit-learn is missing.

    Examples
    --------
    >>> from dsnmf.datasets import load_digits
    >>> digits = load_digits()
    >>> digits.data.shape, digits.images, digits.target_names[:3]
    ((1797, 64), (8, 8), ('0', '1', '2'))
    """
    digits = extra("sklearn.datasets", "load_digits").load_digits()
    return Dataset(
        name="digits",
        data=unit_norm(digits.data.astype(np.float32)),
        target=digits.target.astype(np.int64),
        target_names=tuple(map(str, digits.target_names)),
        images=(8, 8),
        DESCR="1,797 handwritten digits, 8 x 8 pixels (UCI optdigits, from scikit-learn).",
    )


def _load_faces(name, DESCR):
    """Load a file of faces with 32 x 32 pixels, labelled by person."""
    faces = load_mat(fetch(FILES[name]), images=(32, 32))
    return replace(faces, name=name, data=unit_norm(faces.data), DESCR=DESCR)


def load_orl() -> Dataset:
    """The 400 faces of 40 people of the ORL database, 32 x 32 pixels.

    Returns
    -------
    Dataset
        data (400, 1024), target (400,): people 1 … 40, ten pictures each.

    Raises
    ------
    OSError, ImportError
        As for `load_pie`.

    References
    ----------
    F. Samaria, A. Harter. Parameterisation of a stochastic model for human face identification.
    IEEE Workshop on Applications of Computer Vision, 1994.
    """
    return _load_faces(
        "orl",
        "ORL (AT&T Laboratories Cambridge): 400 faces, 32 x 32 pixels, ten of each of 40 people "
        "(the file of the scikit-feature collection).",
    )


def load_pie(attributes: bool = False) -> Dataset:
    """The 2,856 faces of CMU PIE, pose 27, of both papers' experiments.

    Parameters
    ----------
    attributes : bool
        Whether to add the light of every picture. It follows from the order in the file, which is
        the same for all subjects.

    Returns
    -------
    Dataset
        data (2856, 1024), target (2856,): subjects 1 … 68, 42 pictures each. The values are
        those of the original notebook, but a picture's pixels are in row order. With attributes,
        target (2856, 3): direction of the light (0 right, 1 front, 2 left, of the picture), flash
        0 … 20, subject. Every flash is there with the room's light and without.

    Raises
    ------
    OSError
        If the file is not found (FileNotFoundError) or is not the expected one.
    ImportError
        If it must be downloaded and pooch is missing.
    """
    faces = _load_faces(
        "pie",
        "CMU PIE, pose 27: 2,856 faces, 32 x 32 pixels, 42 of each of 68 subjects (the file of "
        "Deng Cai that the original repository carries).",
    )
    return with_lights(faces) if attributes else faces


def _load_csv(filename, attributes, **fields):
    table = np.loadtxt(fetch(filename), delimiter=",", dtype=np.float32)
    target, data = np.split(table, [len(attributes)], axis=1)
    return Dataset(
        data=unit_norm(data), target=target.astype(np.int64), target_names=attributes, **fields
    )


def load_stickfigures() -> Dataset:
    """900 dancing stick figures, 20 x 20 pixels, with two attributes of three poses each.

    Returns
    -------
    Dataset
        data (900, 400), target (900, 2): pose of the upper body, pose of the lower body.

    Raises
    ------
    OSError, ImportError
        As for `load_pie`.
    """
    return _load_csv(
        FILES["stickfigures"],
        ("upper body", "lower body"),
        name="stickfigures",
        images=(20, 20),
        DESCR="Dancing stick figures (Günnemann et al., KDD 2014), from ClustPy: 900 pictures, "
        "100 for each pair of three upper-body and three lower-body poses.",
    )


def load_nrletters() -> Dataset:
    """10,000 noisy coloured letters, 9 x 7 pixels, with three attributes.

    Returns
    -------
    Dataset
        data (10000, 189), target (10000, 3): letter (A B C X Y Z), colour (yellow, pink, cyan),
        highlighted corner (top left, top right, bottom left, bottom right).

    Raises
    ------
    OSError, ImportError
        As for `load_pie`.
    """
    return _load_csv(
        FILES["nrletters"],
        ("letter", "colour", "corner"),
        name="nrletters",
        images=(9, 7, 3),
        DESCR="NRLetters (Leiber et al., SDM 2022), from ClustPy: 10,000 RGB pictures; "
        "6 letters, 3 colours, 4 corners.",
    )
