"""Matrices in files that others made or can read: .npy, .npz, .csv and .mat, never pickled.

`PATH:NAME` picks one of several matrices in a .npz or .mat file.
"""

import csv
import math
from pathlib import Path

import numpy as np
import scipy.io
import scipy.sparse

from dsnmf.atomic import replacing
from dsnmf.damage import damage_as
from dsnmf.datasets.mat import read_variables

#: Names that samples and their labels have in the files that face researchers pass around.
SAMPLES, LABELS = "fea", "gnd"


_SUFFIXES = (".npy", ".npz", ".csv", ".mat")


def suffix_of(path):
    """Suffix of a file that can be read and written here, in lower case; ValueError for others."""
    suffix = Path(path).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ValueError(f"{path} must end in one of {', '.join(_SUFFIXES)}")
    return suffix


def _load(path, names=None):
    """The array of a .npy file, or those of a .npz file by name: all, or the named ones."""
    suffix = suffix_of(path)
    with damage_as(f"{path} is no intact {suffix} file without pickle"):
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray) != (suffix == ".npy"):
            raise ValueError("it is of the other of NumPy's two kinds")
        if suffix == ".npy":
            return loaded
        with loaded:
            return {name: loaded[name] for name in loaded.files if names is None or name in names}


def _read_npz(path, name):
    named = _load(path, {name}) if name else {}
    return named or _load(path)  # all, for a choice or for the error's list of names


def _number(cell):
    """A cell's number, NaN if it is empty; None if it holds something else."""
    try:
        return float(cell) if cell.strip() else math.nan
    except ValueError:
        return None


def _is_header(cells):
    """Whether there are names and no numbers."""
    return any(cell.strip() for cell in cells) and not any(
        cell.strip() and _number(cell) is not None for cell in cells
    )


def _row(path, line, cells, width):
    numbers = [_number(cell) for cell in cells]
    if None in numbers:
        column = numbers.index(None)
        raise ValueError(
            f"{path}, line {line}, column {column + 1}: {cells[column]!r} is not a number"
        )
    if len(numbers) != width:
        raise ValueError(f"{path}, line {line}: {len(numbers)} cells, but {width} in the first")
    return np.array(numbers)


#: Programs differ in their line ends, and spreadsheets begin with a byte order mark.
_TEXT = {"newline": "", "encoding": "utf-8-sig"}


def _read_csv(path):
    with damage_as(f"{path} is no text with commas"), open(path, **_TEXT) as file:
        reader = csv.reader(file)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    rows = lines[1:] if lines and _is_header(lines[0][1]) else lines
    if not rows:
        raise ValueError(f"{path} holds no rows of numbers")
    width = len(lines[0][1])
    return np.array([_row(path, line, cells, width) for line, cells in rows])


def _is_numeric(value, dimensions):
    return value.dtype.kind in "fiub" and value.ndim in dimensions


def _pick(path, variables, name, usual, dimensions):
    """The named variable, the usual one, or the only one that is a matrix of numbers."""
    if name:
        if name not in variables:
            raise ValueError(f"{path} holds no {name}; it holds {', '.join(sorted(variables))}")
        return variables[name]
    if usual in variables:
        return variables[usual]
    found = sorted(name for name in variables if _is_numeric(variables[name], dimensions))
    if not found:
        raise ValueError(f"{path} holds no matrix of numbers")
    if len(found) > 1:
        shapes = ", ".join(f"{name} {variables[name].shape}" for name in found)
        raise ValueError(
            f"{path} holds several matrices, name one as in {path}:{found[0]}: {shapes}"
        )
    return variables[found[0]]


def file_of(source):
    """The path in `PATH` or `PATH:NAME`, and the name or None.

    Examples
    --------
    >>> from dsnmf.matrix_files import file_of
    >>> file_of("faces.mat:fea"), file_of("faces.mat")
    (('faces.mat', 'fea'), ('faces.mat', None))
    """
    path, colon, name = str(source).rpartition(":")
    if colon and name and Path(path).suffix.lower() in (".npz", ".mat"):
        return path, name
    return str(source), None


def _read(source, usual, dimensions):
    path, name = file_of(source)
    suffix = suffix_of(path)
    if suffix == ".csv":
        values = _read_csv(path)
    elif suffix == ".npy":
        values = _load(path)
    else:
        variables = _read_npz(path, name) if suffix == ".npz" else read_variables(path)
        values = _pick(path, variables, name, usual, dimensions)
    if not _is_numeric(values, dimensions) or 0 in values.shape:
        allowed = " or ".join(f"{dimension}-d" for dimension in dimensions)
        raise ValueError(
            f"{source} must hold real numbers, {allowed} and not empty, "
            f"got {values.dtype} of shape {values.shape}"
        )
    return values


def read_matrix(source):
    """Samples from a file.

    Parameters
    ----------
    source : str or path-like
        A path ending in .npy, .npz, .csv or .mat (up to version 7). Of several matrices in a .npz
        or .mat file, `PATH:NAME` picks one; otherwise `fea` is read, or else the only matrix. A
        .csv file has commas, and may have a header line of names; an empty cell is NaN.

    Returns
    -------
    ndarray or SciPy sparse matrix (from .mat), shape (n_samples, n_features)
        float32 where the file has that, otherwise float64. May contain NaN.

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If the suffix is unknown, the file is damaged or needs pickle, which matrix is meant is
        not clear, or it is not a matrix of numbers without infinities.
    """
    values = _read(source, SAMPLES, (2,))
    if values.dtype != np.float32:
        values = values.astype(np.float64)
    if np.isinf(values.data if scipy.sparse.issparse(values) else values).any():
        raise ValueError(f"{source} must not contain infinities")
    return values


def read_labels(source):
    """Labels of samples from a file.

    Parameters
    ----------
    source : str or path-like
        As for `read_matrix`, but `gnd` is read first.

    Returns
    -------
    ndarray of int64, shape (n_samples,) or (n_samples, n_attributes)
        -1 is unknown, and stands for NaN as well.

    Raises
    ------
    OSError, ValueError
        As for `read_matrix`; also if the labels are not integers.
    """
    values = _read(source, LABELS, (1, 2))
    if scipy.sparse.issparse(values):
        values = values.toarray()
    labels = np.where(np.isnan(values), -1, values)
    with np.errstate(invalid="ignore"):  # an infinity leaves no remainder but NaN
        if (labels % 1 != 0).any():
            raise ValueError(f"{source} must hold integers, -1 where a label is unknown")
    labels = labels.astype(np.int64)
    return labels.ravel() if 1 in labels.shape else labels


def write_matrix(path, matrix):
    """Write a matrix to a file; the path holds either its old content or all of the new one.

    Parameters
    ----------
    path : str or path-like
        Ending in .npy, .npz, .csv (without a header line) or .mat.
    matrix : ndarray, 2-d
        Called `fea` in a .npz or .mat file. Every digit of its numbers is kept.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If the suffix is unknown.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from dsnmf.matrix_files import read_matrix, write_matrix
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_matrix(f"{folder}/features.csv", np.array([[0.1, 2.0]]))
    ...     read_matrix(f"{folder}/features.csv")
    array([[0.1, 2. ]])
    """
    suffix = suffix_of(path)
    with replacing(path, "wb") as file:
        if suffix == ".npy":
            np.save(file, matrix, allow_pickle=False)
        elif suffix == ".npz":
            np.savez(file, **{SAMPLES: matrix})
        elif suffix == ".mat":
            scipy.io.savemat(file, {SAMPLES: matrix})
        else:
            digits = 9 if matrix.dtype == np.float32 else 17
            np.savetxt(file, matrix, fmt=f"%.{digits}g", delimiter=",")
