"""Tables in .parquet files."""

import warnings

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as
from dsnmf.files.headers import INDEX_NAMES, LEFT_OUT

#: pandas's inferred types of objects that are all numbers, or all missing.
_NUMBERS = ("boolean", "decimal", "empty", "floating", "integer", "mixed-integer-float")


def _frame(path):
    """Read the data frame without its index; warn of an index that does more than count."""
    pandas = extra("pandas", "reading .parquet files", "files")
    extra("pyarrow", "reading .parquet files", "files")
    with open(path, "rb") as file, damage_as(path, "is no intact .parquet file"):
        frame = pandas.read_parquet(file, engine="pyarrow")
    if not isinstance(frame.index, pandas.RangeIndex):
        warnings.warn(f"{path}: its index is left out", stacklevel=2)
    if frame.shape[1] > 1 and str(frame.columns[0]).strip() in INDEX_NAMES:
        warnings.warn(f"{path}: {LEFT_OUT}", stacklevel=2)
        frame = frame.iloc[:, 1:]
    return frame


def _holds_numbers(column):
    """True if values are numbers, including objects such as DECIMAL and bools with gaps."""
    if getattr(column.dtype, "kind", "O") in "fiub":
        return True
    pandas = extra("pandas", "reading .parquet files", "files")
    return pandas.api.types.infer_dtype(column.astype(object)) in _NUMBERS


def read_matrix(path, name=None, known=None):
    """Read the numbers of a table, and its columns' names."""
    frame = _frame(path)
    for title, column in frame.items():
        if not _holds_numbers(column):
            raise ValueError(f"{path}, column {title}: {column.dtype} is not a type of numbers")
    is_single = frame.shape[1] > 0 and (frame.dtypes == np.float32).all()
    values = frame.to_numpy(np.float32 if is_single else np.float64, na_value=np.nan)
    return values, [str(column) for column in frame.columns]


def read_sample_names(path, name=None, known=None):
    """Read the index, unless it only counts; else a first column that is an index, or None."""
    pandas = extra("pandas", "reading .parquet files", "files")
    with open(path, "rb") as file, damage_as(path, "is no intact .parquet file"):
        frame = pandas.read_parquet(file, engine="pyarrow")
    if not isinstance(frame.index, pandas.RangeIndex):
        return [*map(str, frame.index)]
    is_index = frame.shape[1] > 1 and str(frame.columns[0]).strip() in INDEX_NAMES
    return [*map(str, frame.iloc[:, 0])] if is_index else None


def read_labels(path, name=None, n_samples=None):
    """Read the labels of a table, shape (n_samples, n_attributes), dtype object."""
    labels = _frame(path).astype(object)
    return labels.where(labels.notna(), None).to_numpy()
