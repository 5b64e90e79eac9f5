"""Tables in text files: .csv with commas, .tsv with tabs."""

import csv
import re
import warnings
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as

SEPARATORS = {".csv": ",", ".tsv": "\t"}

#: What programs write where there is no value; not "None", which may be a class.
MISSING = ("", "NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "NULL", "null")

#: What programs call a column that only names or counts the rows.
INDEX_NAMES = ("", "Unnamed: 0")
LEFT_OUT = "its first column, which has no name, is left out as an index"

#: Stricter than float(), which takes 2020_01 for 202001.
_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?)", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_TRUTH = {"true": 1, "false": 0}


def _number(cell):
    """A cell's number, an int if it can be, NaN if it is missing; None for anything else."""
    cell = cell.strip()
    if cell in MISSING:
        return np.nan
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(cell) if _NUMBER.fullmatch(cell) else _TRUTH.get(cell.lower())


def _are_names(cells):
    """Whether there are names and no numbers."""
    named = [cell for cell in cells if cell.strip()]
    return bool(named) and all(_number(cell) is None for cell in named)


def _has_index(first, below):
    """Whether the first line is a header and its first column an index, by two lines below it.

    The index has no name. If it holds names, or counts from 0 or 1, the names of the other
    columns may be numbers.
    """
    if len(first) < 2 or first[0].strip() not in INDEX_NAMES:
        return False
    index = [cells[0].strip() for cells in below[:2]]
    counts = [["0", "1"][: len(index)], ["1", "2"][: len(index)]]
    return _are_names(first[1:]) or (bool(index) and (_number(index[0]) is None or index in counts))


def _counts_columns(cells):
    """Whether they are 0, 1, 2, …: what pandas calls columns that have no names."""
    return len(cells) > 1 and cells == [str(i) for i in range(len(cells))]


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


@dataclass
class _Table:
    """A table of numbers in a file: its first line, and what that is.

    Attributes
    ----------
    path : str or path-like
    first : list of str
        The first line's cells.
    has_header : bool
        Whether they are names.
    index : int
        How many columns, 0 or 1, stand before the features.
    note : str
        What the user should know of this, perhaps nothing.
    """

    path: str
    first: list
    has_header: bool
    index: int
    note: str

    @property
    def names(self):
        """Those of the features, or None."""
        return [cell.strip() for cell in self.first[self.index :]] if self.has_header else None

    def rows(self, file):
        """(line, cells) below the header."""
        return islice(_records(file, self.path), int(self.has_header), None)


def _table(path):
    with _damage(path), _open(path) as file:
        first, *below = [cells for _, cells in islice(_records(file, path), 3)] or [[]]
    if _has_index(first, below):
        return _Table(path, first, True, 1, LEFT_OUT)
    if not _counts_columns(first):
        return _Table(path, first, _are_names(first), 0, "")
    has_header = not all(_WHOLE.fullmatch(cell.strip()) for cells in below for cell in cells)
    role = "the columns' names" if has_header else "a sample, not as the columns' names"
    return _Table(path, first, has_header, 0, f"its first line, 0, 1, …, is read as {role}")


def _cell_fault(table, line, cells):
    """What is wrong with the first cell that is no number, or None."""
    for column, cell in enumerate(cells[table.index :], table.index):
        if _number(cell) is None:
            fault = f"{table.path}, line {line}, column {column + 1}: {cell!r} is not a number"
            if not table.has_header or column >= len(table.first):
                return fault
            hint = "" if column else "; an index has no name in the header"
            return f"{fault} (column {table.first[column]}{hint})"
    return None


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
    if table.index:
        types[0] = object
    with _open(table.path) as file:
        if table.has_header:
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


def read_matrix(path, name=None):
    """Numbers of a table, and the names in its header.

    Returns
    -------
    values : ndarray of float64, shape (n_samples, n_features)
        NaN where a cell is one of `MISSING`; True and False are 1 and 0.
    names : list of str, or None
    """
    pandas = extra("pandas", "reading .csv and .tsv files", "files")
    table = _table(path)
    try:
        frame = _parse(table, pandas)
    except Exception as error:
        raise ValueError(_fault(table) or f"{path} is no table of numbers: {error}") from error
    # pandas fills up rows that are too short.
    may_be_short = frame.shape[1] != len(table.first) or frame.iloc[:, -1].isna().any()
    if may_be_short and (fault := _fault(table, only_widths=True)):
        raise ValueError(fault)
    if table.note:
        warnings.warn(f"{path}: {table.note}", stacklevel=2)
    return frame.iloc[:, table.index :].to_numpy(), table.names


def _label_rows(path):
    """Cells of all rows; in a table of one column a blank line is a missing label."""
    with _damage(path), _open(path) as file:
        rows = list(csv.reader(file, delimiter=_separator(path)))
    while rows and not rows[-1]:
        rows.pop()
    one_column = max(map(len, rows), default=0) == 1
    rows = [cells or [""] for cells in rows] if one_column else [cells for cells in rows if cells]
    for i, cells in enumerate(rows, 1):
        if len(cells) != len(rows[0]):
            width = len(rows[0])
            raise ValueError(f"{path}, row {i}: {len(cells)} cells, but {width} in the first")
    return rows


def _is_label_header(rows, n_samples):
    """Whether the first row names the columns.

    It does where a name stands above numbers. Above labels that are names themselves, the number
    of samples tells, or else whether none of its cells comes again below it.
    """
    first, below = rows[0], rows[1:]
    index = _has_index(first, below)
    if not index and not _are_names(first):
        return False
    columns = list(zip(first, zip(*below)))
    if any(_are_names([name]) and None not in map(_number, cells) for name, cells in columns):
        return True
    return len(rows) != n_samples and (index or not any(name in cells for name, cells in columns))


def _label_column(cells):
    """Numbers if all are, else the cells' texts; None where a label is missing."""
    texts = [cell.strip() for cell in cells]
    numbers = list(map(_number, texts))
    values = texts if None in numbers else numbers
    return [None if text in MISSING else value for text, value in zip(texts, values)]


def read_labels(path, name=None, n_samples=None):
    """Labels of a table, shape (n_samples, n_attributes), dtype object."""
    rows = _label_rows(path)
    if rows and _is_label_header(rows, n_samples):
        first, *rows = rows
        if _has_index(first, rows):
            warnings.warn(f"{path}: {LEFT_OUT}", stacklevel=2)
            rows = [cells[1:] for cells in rows]
    if not rows:
        raise ValueError(f"{path} holds no labels")
    columns = [_label_column(cells) for cells in zip(*rows)]
    return np.array([*zip(*columns)], dtype=object)
