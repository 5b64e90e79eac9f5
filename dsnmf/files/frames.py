"""Tables with a header, read by pandas with the user's layout: .csv, .tsv, .txt, .parquet."""

import warnings
from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.files.cells import MISSING
from dsnmf.files.damage import damage_as
from dsnmf.files.headers import INDEX_NAMES, LEFT_OUT
from dsnmf.files.layout import Layout, find_columns, list_names, pick_columns

#: Endings of text files, with their separators.
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": None, ".dat": None}

SUFFIXES = (*SEPARATORS, ".parquet")


def exact_numbers(pandas):
    """Options for `read_csv` to read every digit of a number; from pandas 3.1 on the default."""
    is_early = tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1)
    return {"float_precision": "round_trip"} if is_early else {}


def is_frame(path):
    """True if a path has the ending of such a table."""
    return Path(path).suffix.lower() in SUFFIXES


def _read_text(path, layout, pandas):
    separator = layout.separator or SEPARATORS[Path(path).suffix.lower()]
    if separator is None:
        raise ValueError(f"{path}: say what is between its cells, e.g. --separator tab")
    open(path, "rb").close()  # raises if the path is wrong
    with damage_as(path, f"is no table with {separator!r} between its cells"):
        return pandas.read_csv(
            path,
            sep=separator,
            na_values=[*MISSING, *layout.missing],
            keep_default_na=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            **exact_numbers(pandas),
        )


def read_frame(path, layout):
    """Read the whole table; its index is the samples' names, if it has them.

    Parameters
    ----------
    path : str or path-like
    layout : Layout

    Returns
    -------
    pandas.DataFrame
        Its columns' names are texts.
    """
    pandas = extra("pandas", "reading tables", "files")
    if Path(path).suffix.lower() == ".parquet":
        extra("pyarrow", "reading .parquet files", "files")
        with open(path, "rb") as file, damage_as(path, "is no intact .parquet file"):
            frame = pandas.read_parquet(file, engine="pyarrow")
        if layout.missing:
            tokens = [*layout.missing, *numbers_among(layout.missing)]
            frame = frame.mask(frame.isin(tokens))
    else:
        frame = _read_text(path, layout, pandas)
    frame.columns = [str(name).strip() for name in frame.columns]
    if layout.index is not None:
        place = find_columns([layout.index], frame.columns, path, "--index")[0]
        return frame.set_index(frame.columns[place])
    if frame.shape[1] > 1 and frame.columns[0] in INDEX_NAMES:
        warnings.warn(f"{path}: {LEFT_OUT}", stacklevel=2)
        return frame.set_index(frame.columns[0])
    return frame


def numbers_among(tokens):
    """The tokens that are numbers, as floats."""
    for token in tokens:
        try:
            yield float(token)
        except ValueError:
            continue


def _as_numbers(frame, path, pandas):
    for name, column in frame.items():
        if getattr(column.dtype, "kind", "O") in "fiub":
            continue
        try:
            frame[name] = pandas.to_numeric(column.astype(object))
        except (ValueError, TypeError) as error:
            bad = pandas.to_numeric(column.astype(object), errors="coerce").isna() & column.notna()
            example = column[bad].iloc[0] if bad.any() else column.iloc[0]
            raise ValueError(
                f"{path}, column {name}: {example!r} is not a number; leave the column out "
                "(--drop), use it as labels (--labels), or say that the cell is unknown (--missing)"
            ) from error
    is_single = (frame.dtypes == np.float32).all()
    return frame.to_numpy(np.float32 if is_single else np.float64, na_value=np.nan)


def _find_known(known, layout, names, path):
    """Places of a model's features, if the table has all and the user selects none."""
    if known is None or layout.columns or layout.drop or not {*known} <= {*names}:
        return None
    left_out = [name for name in names if name not in {*known}]
    if left_out:
        listed_out = list_names(left_out, 3)
        warnings.warn(f"{path}: not features of the model, left out: {listed_out}", stacklevel=4)
    return find_columns(known, names, path, "--columns")


def read_columns(path, layout, used=(), known=None):
    """Read the features of a layout.

    Parameters
    ----------
    path : str or path-like
    layout : Layout
    used : sequence of str
        Columns with labels.
    known : list of str, optional
        Names of a model's features: if the layout selects none, other columns are left out, with a
        warning.

    Returns
    -------
    values : ndarray, shape (n_samples, n_features)
    features : list of str
    samples : list of str or None
    """
    pandas = extra("pandas", "reading tables", "files")
    frame = read_frame(path, layout)
    named = not isinstance(frame.index, pandas.RangeIndex)
    places = _find_known(known, layout, [*frame.columns], path)
    if places is None:
        places = pick_columns(layout, frame.columns, path, used)
    values = _as_numbers(frame.iloc[:, places].copy(), path, pandas)
    names = [*map(str, frame.index)] if named else None
    return values, [frame.columns[i] for i in places], names


def index_names(path, layout):
    """Names of the samples, or None if the table has no index."""
    frame = read_frame(path, layout)
    is_named = not hasattr(frame.index, "start")  # a range only counts
    return [*map(str, frame.index)] if is_named else None


def column_names(path, layout):
    """Names of all columns."""
    return [*read_frame(path, layout).reset_index().columns]


def split_names(text, names):
    """Split names at commas; a name of a column may contain commas itself."""
    return [text] if text in names else [name.strip() for name in text.split(",")]


def read_label_columns(path, text, layout=None):
    """Read columns of labels, unchanged, None for a missing label.

    Parameters
    ----------
    path : str or path-like
    text : str
        Names of the columns, with commas between them, in the order of the attributes.
    layout : Layout, optional

    Returns
    -------
    ndarray of objects, shape (n_samples, n_attributes)
    """
    frame = read_frame(path, layout or Layout())
    names = split_names(text, [*frame.columns])
    places = [i for name in names for i in find_columns([name], frame.columns, path, "--labels")]
    labels = frame.iloc[:, places].astype(object)
    return labels.where(labels.notna(), None).to_numpy()


def can_patch(source, out, layout):
    """True if a text file with a header can be written anew, cell by cell."""
    ends = (Path(source).suffix.lower(), Path(out).suffix.lower())
    are_texts = all(end in SEPARATORS for end in ends)
    return are_texts and layout.asks_for_header and not layout.transpose


def patch(source, out, layout, features, values, gaps):
    """Write a copy of a text file with some cells changed; it appears complete or not at all.

    Parameters
    ----------
    source, out : str or path-like
    layout : Layout
        The layout with which the source was read.
    features : list of str
        Columns of the values.
    values : ndarray, shape (n_samples, n_features)
    gaps : ndarray of bool, of that shape
        True for the cells to change.
    """
    separator = layout.separator or SEPARATORS[Path(source).suffix.lower()]
    own = "," if separator == r"\s+" else separator
    separator_out = SEPARATORS[Path(out).suffix.lower()] or own
    pandas = extra("pandas", "writing tables", "files")
    frame = pandas.read_csv(
        source,
        sep=separator,
        dtype=str,
        keep_default_na=False,
        skipinitialspace=True,
        encoding="utf-8-sig",
        index_col=False,
    )
    names = [str(name).strip() for name in frame.columns]
    for j, feature in enumerate(features):
        rows = np.flatnonzero(gaps[:, j])
        frame.iloc[rows, names.index(feature)] = [str(value) for value in values[rows, j]]
    with replacing(out) as file:
        frame.to_csv(file, sep=separator_out, index=False, lineterminator="\n")
