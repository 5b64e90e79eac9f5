"""Matrices and labels in files of other programs, never pickled.

`PATH:NAME` selects one of several in a .npz, .mat, .h5ad or .h5mu file.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.files import arrays, h5ad, h5mu, matlab, parquet, text
from dsnmf.files.frames import is_frame, read_label_columns
from dsnmf.files.identifiers import note_on_features, note_on_labels
from dsnmf.files.label_values import as_labels, without_labels
from dsnmf.files.names import file_of
from dsnmf.files.variables import as_csr, content
from dsnmf.files.writing import WRITTEN as WRITTEN
from dsnmf.files.writing import write_matrix as write_matrix

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dsnmf.files.layout import Layout
    from dsnmf.typing import Array, PathLike, SparseMatrix

#: The module that reads a file, by suffix.
READERS = {
    ".npy": arrays,
    ".npz": arrays,
    ".csv": text,
    ".mat": matlab,
    ".tsv": text,
    ".parquet": parquet,
    ".h5ad": h5ad,
    ".h5mu": h5mu,
}


#: Endings of files that `dsnmf.files.named_tables.read_table` reads besides.
_READ_AS_TABLES = (".txt", ".mtx", ".hdr")

_OF_EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")


def suffix_of(path: PathLike, known: Sequence[str] = tuple(READERS)) -> str:
    """Suffix of a file in lower case; ValueError if it is unknown."""
    suffix = Path(path).suffix.lower()
    if suffix in known:
        return suffix
    if suffix in _OF_EXCEL and ".csv" in known:
        raise ValueError(f"{path}: Excel files are not read: save the sheet as CSV (UTF-8)")
    others = _READ_AS_TABLES if {*READERS} <= {*known} else ()
    raise ValueError(f"{path} must end in one of {', '.join([*known, *others])}")


def _check(source, values, kinds, dimensions, allowed):
    if values.dtype.kind not in kinds or values.ndim not in dimensions or 0 in values.shape:
        raise ValueError(f"{source} must hold {allowed} and not empty, got {content(values)}")


def _tell(source, note):
    if note:
        warnings.warn(f"{source}: {note}", stacklevel=3)


def check_matrix(source: PathLike, values: Any) -> Array | SparseMatrix:
    """Convert values from a file to float32 or float64, an array or a CSR matrix.

    Raises
    ------
    ValueError
        If they are no matrix of real numbers without infinities.
    """
    if values.ndim == 3:
        raise ValueError(
            f"{source} must be 2-d, got shape {values.shape}: say what three dimensions are, "
            "--array pictures or --array cube (Layout(array=…))"
        )
    _check(source, values, "fiub", (2,), "real numbers, 2-d")
    if scipy.sparse.issparse(values):
        values = as_csr(source, values)
    if values.dtype != np.float32:
        values = values.astype(np.float64)
    if np.isinf(values.data if scipy.sparse.issparse(values) else values).any():
        raise ValueError(f"{source} must not contain infinities")
    return values


def read_array(source: PathLike) -> Array:
    """Read an array of numbers with any number of dimensions, from a .npy, .npz or .mat file.

    Parameters
    ----------
    source : str or path-like
        A path with only one array of three dimensions, or `PATH:NAME`.

    Returns
    -------
    ndarray of float32 or float64
    """
    path, name = file_of(source)
    suffix = suffix_of(path, (".npy", ".npz", ".mat"))
    values = READERS[suffix].read_array(path, name)
    _check(source, values, "fiub", (2, 3), "real numbers, 2-d or 3-d")
    return values if values.dtype == np.float32 else values.astype(np.float64)


def _text_options(suffix, decimal):
    """Further options for the reader of such a file: only texts have a decimal mark."""
    return {"decimal": decimal} if READERS[suffix] is text else {}


def read_sample_names(
    source: PathLike, known: Sequence[str] | None = None, *, decimal: str | None = None
) -> list[str] | None:
    """Read the names of the samples in a file: its first column, index or observations.

    Parameters
    ----------
    source : str or path-like
    known, decimal : optional
        See `read_named_matrix`.

    Returns
    -------
    list of str, or None
    """
    path, name = file_of(source)
    suffix = suffix_of(path)
    read = getattr(READERS[suffix], "read_sample_names", None)
    return None if read is None else read(path, name, known, **_text_options(suffix, decimal))


def read_named_matrix(
    source: PathLike,
    known: Sequence[str] | None = None,
    *,
    decimal: str | None = None,
    transpose: bool = False,
) -> tuple[Array | SparseMatrix, Array | None]:
    """Read samples from a file, and the names of their features.

    Parameters
    ----------
    source : str or path-like
        See `read_matrix`.
    known : list of str, optional
        Names that the features may have: a first line of these names, in any order, is a header
        even if they are numbers.
    decimal : {".", ","}, optional
        Decimal mark of a .csv or .tsv file; by default that of its first lines.
    transpose : bool
        True if the file's rows are features, for the warning about its first column.

    Returns
    -------
    matrix : ndarray or SciPy CSR matrix, shape (n_samples, n_features)
    names : ndarray of str objects, shape (n_features,), or None
        The header of a .csv or .tsv file, the columns of a .parquet file, the variables of a
        .h5ad file, without blanks around them; None for other files, and without a header.

    Raises
    ------
    OSError, ImportError, ValueError
        See `read_matrix`.
    """
    path, name = file_of(source)
    suffix = suffix_of(path)
    if name and is_frame(path):
        raise ValueError(f"{source}: columns of {path} are picked by --columns {name}")
    values, names = READERS[suffix].read_matrix(path, name, known, **_text_options(suffix, decimal))
    values = check_matrix(source, values)
    if names is None:
        return values, None
    names = np.array([str(name).strip() for name in names], dtype=object)
    if not scipy.sparse.issparse(values):
        _tell(source, note_on_features(values, names, transpose))
    return values, names


def read_matrix(source: PathLike, *, decimal: str | None = None) -> Array | SparseMatrix:
    """Read samples from a file.

    Parameters
    ----------
    source : str or path-like
        A path with one of these endings, possibly followed by `:NAME`:

        .npy, .npz
            In a .npz file with several matrices, `fea` is read, or else the only one; `PATH:NAME`
            selects another. Sparse matrices are in the format of `scipy.sparse.save_npz`.
        .mat
            As .npz, or X if there is a Y. `PATH:STRUCTURE.FIELD` reads a field of a structure.
            Version 7.3 needs h5py.
        .csv, .tsv
            Numbers with commas or tabs between them; if the first lines have semicolons and decimal
            commas, these are used, with a warning. An empty cell, NA or nan is NaN. A first line of
            names is a header. With a warning, so is a line of names and whole numbers, and a line
            of numbers unlike those of the samples, such as wavelengths or years. In doubtful cases,
            the line is a sample, with a warning. A first column without a name, or without a cell,
            in the header is an index, and left out with a warning. Needs pandas.
        .parquet
            Columns of numbers, including DECIMAL and booleans with gaps. Needs pandas and pyarrow.
        .h5ad
            `X`, or, as `PATH:NAME`, one of the layers, `raw/X` or one of obsm. Needs h5py.
        .h5mu
            `X` of a modality, `PATH:MODALITY`, or `PATH:MODALITY/NAME`. Needs h5py.
    decimal : {".", ","}, optional
        Decimal mark of a .csv or .tsv file; by default that of its first lines.

    Returns
    -------
    ndarray or SciPy CSR matrix, shape (n_samples, n_features)
        float32 if the file has float32, else float64. May contain NaN.

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ImportError
        If a package for the format is missing.
    ValueError
        If the suffix is unknown, the file is damaged or needs pickle, several matrices could be
        meant, or the content is not a matrix of numbers without infinities.
    """
    return read_named_matrix(source, decimal=decimal)[0]


def read_labels(
    source: PathLike,
    n_samples: int | None = None,
    *,
    layout: Layout | None = None,
    unknown: Sequence[str] = (),
) -> Array:
    """Read labels of samples from a file.

    Parameters
    ----------
    source : str or path-like
        See `read_matrix`; but `gnd` is read first, in a .mat file with X then Y, and columns of obs
        from a .h5ad or .h5mu file. `PATH:NAME,NAME` selects columns of a .csv, .tsv, .txt or
        .parquet file with a header.
    n_samples : int, optional
        Expected number of labels. It decides if a first line of names above names in a .csv or .tsv
        file is a header. Without it, the line is a header if none of its names occurs below.
        Doubtful cases give a warning.
    layout : Layout, optional
        Separator, index and tokens of missing values of a file with a header.
    unknown : sequence of str
        Labels that count as unknown, as written in the file.

    Returns
    -------
    ndarray of int64, shape (n_samples,) or (n_samples, n_attributes)
        -1 for a missing label. If some labels are names, an array of objects with the names and
        integers of the file, None for a missing label.

    Raises
    ------
    OSError, ImportError, ValueError
        See `read_matrix`; also if the labels are neither integers nor names, or if there are not
        `n_samples` labels below a header.
    """
    path, name = file_of(source)
    if name and is_frame(path):
        values = read_label_columns(path, name, layout)
    else:
        values = READERS[suffix_of(path)].read_labels(path, name, n_samples)
    values = without_labels(values, unknown)
    if scipy.sparse.issparse(values):
        values = values.toarray()
    _check(source, values, "fiubUSO", (1, 2), "integers or names, 1-d or 2-d")
    labels = as_labels(source, values)
    _tell(source, note_on_labels(labels))
    return labels.ravel() if 1 in labels.shape else labels
