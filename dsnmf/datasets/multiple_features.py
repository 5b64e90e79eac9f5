"""UCI multiple features: six views of handwritten digits, from the archive's text files."""

from __future__ import annotations

import tarfile
import zipfile
from io import BytesIO

import numpy as np

from dsnmf.datasets.dataset import Dataset
from dsnmf.datasets.download import FILES, fetch

#: Views and their numbers of features, in the order of `Dataset.data`.
VIEWS = (("fou", 76), ("fac", 216), ("kar", 64), ("pix", 240), ("zer", 47), ("mor", 6))

_SAMPLES = 2000


def _texts(content):
    """{view: text} of the files mfeat-* in a zip, or in a tar within it."""
    found = {}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            if ".tar" in name:
                with tarfile.open(fileobj=BytesIO(archive.read(name))) as inner:
                    members = [each for each in inner if each.isfile()]
                    found |= {each.name: inner.extractfile(each).read() for each in members}
            else:
                found[name] = archive.read(name)
    names = {view: f"mfeat-{view}" for view, _ in VIEWS}
    return {
        view: next((text for path, text in found.items() if path.endswith(name)), None)
        for view, name in names.items()
    }


def _read(path):
    """Read the views from an .npz file with an array for each, or from UCI's archive."""
    content = path.read_bytes()
    try:
        with np.load(BytesIO(content)) as arrays:
            if "fou" in arrays:
                return {view: arrays[view] for view, _ in VIEWS}
        texts = _texts(content)
        return {view: np.loadtxt(BytesIO(texts[view] or b"")) for view, _ in VIEWS}
    except (KeyError, ValueError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise ValueError(f"{path} is damaged, fetch it anew: {error}") from error


def load_multiple_features() -> Dataset:
    """2,000 handwritten digits in six views: the multiple features data set of UCI.

    Returns
    -------
    Dataset
        data (2000, 649), target (2000,): digits 0 … 9, 200 each; `views` has the six views, which
        are side by side. Samples do not have unit norm, unlike in the other sets. Features have
        different units, so scale each view to zero mean and unit variance first.

    Raises
    ------
    OSError, ImportError
        See `load_pie`; but the archive's checksum is unknown, so only its shapes are verified.
    ValueError
        If the archive is damaged.

    References
    ----------
    R. Duin. Multiple Features. UCI Machine Learning Repository, doi 10.24432/C5HC70.

    Examples
    --------
    >>> from dsnmf.datasets import load_multiple_features
    >>> digits = load_multiple_features()                                # doctest: +SKIP
    >>> digits.views[0]                                                  # doctest: +SKIP
    ('fou', 76)
    """
    path = fetch(FILES["multiple_features"])
    matrices = _read(path)
    for view, width in VIEWS:
        if matrices[view].shape != (_SAMPLES, width):
            shape = matrices[view].shape
            raise ValueError(
                f"{path} is damaged, fetch it anew: {view} has shape {shape}, not "
                f"{(_SAMPLES, width)}"
            )
    return Dataset(
        name="multiple_features",
        data=np.hstack([matrices[view] for view, _ in VIEWS]).astype(np.float32),
        target=np.repeat(np.arange(10), _SAMPLES // 10).astype(np.int64),
        target_names=tuple(map(str, range(10))),
        images=None,
        DESCR="UCI multiple features (R. Duin): 2,000 handwritten digits in six views: Fourier "
        "coefficients, profile correlations, Karhunen-Loève coefficients, pixel averages, Zernike "
        "moments, morphology.",
        views=VIEWS,
    )
