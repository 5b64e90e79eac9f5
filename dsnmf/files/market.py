"""Matrix Market files, and folders of them as written by 10x Genomics' programs."""

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse

from dsnmf.files.damage import damage_as
from dsnmf.files.variables import as_csr

_ENDINGS = ("", ".gz")


def _file(folder, *names):
    """The first of the named files in the folder, compressed or not; None if there is none."""
    paths = (Path(folder, name + ending) for name in names for ending in _ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def is_market(path):
    """True if a path is a .mtx file, or a folder with a matrix.mtx."""
    name = Path(path).name.lower()
    is_file = name.endswith(tuple(f".mtx{ending}" for ending in _ENDINGS))
    return is_file or (Path(path).is_dir() and _file(path, "matrix.mtx") is not None)


def _read(path):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file, damage_as(path, "is no intact Matrix Market file"):
        matrix = scipy.io.mmread(file, spmatrix=False)
    if matrix.dtype.kind == "c":
        raise ValueError(f"{path} holds complex numbers")
    return matrix


def _names(path, columns):
    """Read the last of the first `columns` cells of each line: a gene's name follows its number."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\r\n").split("\t") for line in file]
    return [row[min(columns, len(row)) - 1] for row in rows]


def _unique(names, others):
    """Make names unique: append the identifiers to repeated ones."""
    counts = Counter(names)
    return [f"{n} ({o})" if counts[n] > 1 else n for n, o in zip(names, others)]


def read_matrix(path):
    """Read samples, and the names of features and samples; a file has no names.

    Parameters
    ----------
    path : str or path-like
        A .mtx file has samples x features. A folder has genes x cells, which are transposed.

    Returns
    -------
    values : ndarray or SciPy CSR matrix
    features, samples : list of str, or None
    """
    path = Path(path)
    if not path.is_dir():
        matrix = _read(path)
        return (as_csr(path, matrix) if scipy.sparse.issparse(matrix) else matrix), None, None
    values = as_csr(path, scipy.sparse.csc_matrix(_read(_file(path, "matrix.mtx"))).T)
    values = values.astype(np.float64)
    genes, cells = _file(path, "features.tsv", "genes.tsv"), _file(path, "barcodes.tsv")
    features = None if genes is None else _unique(_names(genes, 2), _names(genes, 1))
    samples = None if cells is None else _names(cells, 1)
    for what, names, count in (("genes", features, 1), ("barcodes", samples, 0)):
        if names is not None and len(names) != values.shape[count]:
            raise ValueError(f"{path} names {len(names)} {what}, but has {values.shape[count]}")
    return values, features, samples
