"""Copies of text files with some cells changed."""

from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.files.dialect import COMMA, POINT, SEPARATORS, Dialect, dialect_of
from dsnmf.files.headers import INDEX_NAMES


def can_patch(source, out, layout):
    """True if a text file with a header can be written anew, cell by cell."""
    ends = (Path(source).suffix.lower(), Path(out).suffix.lower())
    are_texts = all(end in SEPARATORS for end in ends)
    picks_rows = layout.transpose and bool(layout.columns or layout.drop) and layout.index is None
    return are_texts and layout.asks_for_header and not picks_rows


def dialect_beside(source, out, layout):
    """The dialect for a text file that is made from another one: the other's, if possible.

    None unless both are text files.
    """
    ends = (Path(source).suffix.lower(), Path(out).suffix.lower())
    if not all(end in SEPARATORS for end in ends):
        return None
    own = dialect_of(source, layout.separator, layout.decimal)
    separator = (SEPARATORS[ends[1]] if ends[0] != ends[1] else None) or own.separator
    if separator == own.decimal:
        separator = ";"
    return Dialect(COMMA if len(separator) > 1 else separator, own.decimal)


def _rows_of_features(frame, names, filled, layout, features):
    """For a frame of features x samples, the rows of features and the columns of samples."""
    index = layout.index
    if index is None and len(names) > 1 and names[0] in INDEX_NAMES:
        index = names[0]
    columns = [i for i, name in enumerate(names) if name != index]
    if index is None or features is None:
        return filled, columns
    rows = {}
    for row in filled:
        rows.setdefault(str(frame.iloc[row, names.index(index)]).strip(), []).append(row)
    return [rows[name].pop(0) for name in features], columns


def patch(source, out, layout, table, gaps):
    """Write a copy of a text file with some cells changed; it appears complete or not at all.

    Parameters
    ----------
    source, out : str or path-like
    layout : Layout
        The layout with which the source was read.
    table : dsnmf.files.named_tables.Table
        Values to write, and the source's names of features.
    gaps : ndarray of bool, shape (n_samples, n_features)
        True for the cells to change.
    """
    own = dialect_of(source, layout.separator, layout.decimal)
    written = dialect_beside(source, out, layout)
    pandas = extra("pandas", "writing tables", "files")
    as_texts = {
        "sep": own.separator,
        "dtype": str,
        "keep_default_na": False,
        "skipinitialspace": True,
        "encoding": "utf-8-sig",
        "index_col": False,
    }
    frame = pandas.read_csv(source, **as_texts)
    header = pandas.read_csv(source, header=None, nrows=1, **as_texts).iloc[0].tolist()
    names = [own.with_point(str(name).strip()) for name in frame.columns]
    filled = np.flatnonzero((frame != "").any(axis=1))  # readers omit the other rows
    if layout.transpose:
        rows, columns = _rows_of_features(frame, names, filled, layout, table.features)
    else:
        rows, columns = filled, [names.index(name) for name in table.features]
    places = gaps.T if layout.transpose else gaps
    values = table.values.T if layout.transpose else table.values
    for j, column in enumerate(columns):
        here = np.flatnonzero(places[:, j])
        cells = [str(value).replace(POINT, own.decimal) for value in values[here, j]]
        frame.iloc[[rows[i] for i in here], column] = cells
    with replacing(out) as file:
        frame.to_csv(file, sep=written.separator, index=False, header=header, lineterminator="\n")
