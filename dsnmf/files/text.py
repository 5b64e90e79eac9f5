"""Tables in text files: .csv with commas, .tsv with tabs."""

import csv
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.cells import MISSING, number
from dsnmf.files.damage import damage_as
from dsnmf.files.headers import Header, label_header, matrix_header

SEPARATORS = {".csv": ",", ".tsv": "\t"}

#: So many lines below the first one are looked at to tell whether that is a header.
_LOOKED_AT = 20


def _separator(path):
    return SEPARATORS[Path(path).suffix.lower()]


def _open(path):
    """Programs differ in their line ends, and spreadsheets begin with a byte order mark."""
    return open(path, newline="", encoding="utf-8-sig")


def _damage(path):
    return damage_as(f"{path} is no text with {'commas' if _separator(path) == ',' else 'tabs'}")


def _records(file, path):
    """(line, cells) of all lines that are not blank."""
    reader = csv.reader(file, delimiter=_separator(path))
    for cells in reader:
        if len(cells) > 1 or "".join(cells).strip():
            yield reader.line_num, cells


def _stripped(cells):
    return list(map(str.strip, cells))


@dataclass
class _Table:
    """A table of numbers in a file: its first line's cells, and what they are."""

    path: str
    first: list
    header: Header

    @property
    def names(self):
        """Those of the features, or None."""
        return self.first[self.header.columns :] if self.header.lines else None

    def rows(self, file):
        """(line, cells) below the header."""
        return islice(_records(file, self.path), self.header.lines, None)


def _table(path, known):
    with _damage(path), _open(path) as file:
        records = islice(_records(file, path), 1 + _LOOKED_AT)
        first, *below = [_stripped(cells) for _, cells in records] or [[]]
    return _Table(path, first, matrix_header(first, below, known))


def _cell_fault(table, line, cells):
    """What is wrong with the first cell that is no number, or None."""
    header, first = table.header, table.first
    for column, cell in enumerate(cells[header.columns :], header.columns):
        if number(cell) is None:
            fault = f"{table.path}, line {line}, column {column + 1}: {cell!r} is not a number"
            if header.lines and column < len(first):
                hint = "" if column else "; an index has no name in the header"
                return f"{fault} (column {first[column]}{hint})"
            is_first = not header.lines and _stripped(cells) == first
            return f"{fault}, and the line is no header" if is_first else fault
    return None


def _tell(path, header):
    if header.note:
        warnings.warn(f"{path}: {header.note}", stacklevel=3)


def _fault(table, only_widths=False):
    """What is wrong with the first row that the reader cannot take, or None."""
    line, width = 0, len(table.first)
    with _damage(table.path), _open(table.path) as file:
        for line, cells in table.rows(file):
            if not only_widths and (fault := _cell_fault(table, line, cells)):
                return fault
            if len(cells) != width:
                return f"{table.path}, line {line}: {len(cells)} cells, but {width} in the first"
    return None if line else f"{table.path} holds no rows of numbers"


def _parse(table, pandas):
    """The rows as a data frame, its features in float64."""
    is_early = tuple(map(int, pandas.__version__.split(".")[:2])) < (3, 1)
    exact = {"float_precision": "round_trip"} if is_early else {}  # later versions always are
    types = dict.fromkeys(range(len(table.first)), np.float64)
    if table.header.columns:
        types[0] = object
    with _open(table.path) as file:
        if table.header.lines:
            next(_records(file, table.path))
        return pandas.read_csv(
            file,
            sep=_separator(table.path),
            header=None,
            dtype=types,
            skipinitialspace=True,
            keep_default_na=False,
            na_values=list(MISSING),
            **exact,
        )


def read_matrix(path, name=None, known=None):
    """Numbers of a table, and the names in its header.

    Parameters
    ----------
    path : str or path-like
    name : ignored
    known : list of str, optional
        A first line of these names, in any order, is a header.

    Returns
    -------
    values : ndarray of float64, shape (n_samples, n_features)
        NaN where a cell is one of `MISSING`; True and False are 1 and 0.
    names : list of str, or None
    """
    pandas = extra("pandas", "reading .csv and .tsv files", "files")
    table = _table(path, known)
    try:
        frame = _parse(table, pandas)
    except Exception as error:
        raise ValueError(_fault(table) or f"{path} is no table of numbers: {error}") from error
    # pandas fills up rows that are too short.
    may_be_short = frame.shape[1] != len(table.first) or frame.iloc[:, -1].isna().any()
    if may_be_short and (fault := _fault(table, only_widths=True)):
        raise ValueError(fault)
    _tell(path, table.header)
    return frame.iloc[:, table.header.columns :].to_numpy(), table.names


def _label_rows(path):
    """Cells of all rows; in a table of one column a blank line is a missing label."""
    with _damage(path), _open(path) as file:
        rows = list(map(_stripped, csv.reader(file, delimiter=_separator(path))))
    while rows and not rows[-1]:
        rows.pop()
    one_column = max(map(len, rows), default=0) == 1
    rows = [cells or [""] for cells in rows] if one_column else [cells for cells in rows if cells]
    for i, cells in enumerate(rows, 1):
        if len(cells) != len(rows[0]):
            width = len(rows[0])
            raise ValueError(f"{path}, row {i}: {len(cells)} cells, but {width} in the first")
    return rows


def _label_column(cells):
    """Numbers if all are, else the cells' texts; None where a label is missing."""
    numbers = list(map(number, cells))
    values = cells if None in numbers else numbers
    return [None if cell in MISSING else value for cell, value in zip(cells, values)]


def read_labels(path, name=None, n_samples=None):
    """Labels of a table, shape (n_samples, n_attributes), dtype object."""
    rows = _label_rows(path)
    header = label_header(rows, n_samples) if rows else Header()
    labels = [cells[header.columns :] for cells in rows[header.lines :]]
    if not labels:
        raise ValueError(f"{path} holds no labels")
    if header.lines and n_samples not in (None, len(labels)):
        names = ", ".join(rows[0][header.columns :])
        raise ValueError(
            f"{path} has the header {names} and labels of {len(labels)} samples, but {n_samples} "
            "are expected; if its first line is no header, put one above it"
        )
    _tell(path, header)
    return np.array([*zip(*map(_label_column, zip(*labels)))], dtype=object)
