"""Tables in text files: .csv with commas, .tsv with tabs, and either with semicolons."""

import csv
import shlex
import warnings
from array import array
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.cells import MISSING, is_name, number
from dsnmf.files.damage import text_damage_as
from dsnmf.files.dialect import Dialect, dialect_of, has_decimal_comma, other_separators
from dsnmf.files.faults import ON_COMMAS, advice_on, note_on_empty
from dsnmf.files.frames import check_known, exact_numbers
from dsnmf.files.headers import Header, label_header, matrix_header, with_index_name

#: Number of lines below the first one that decide if it is a header.
_LOOKED_AT = 20

#: Cell of a line that is appended to the file: a quoted cell without an end would contain it.
_END = "\x03"


def _open(path, newline=""):
    """Open a text with any line ends, with or without the byte order mark of spreadsheets."""
    return open(path, newline=newline, encoding="utf-8-sig")


def _strip(cells):
    return list(map(str.strip, cells))


def _lines(path, separator):
    """(number, cells) of all lines; a quoted cell may cover several lines of the file."""
    what = {",": "commas", "\t": "tabs"}.get(separator, "semicolons")
    damage = text_damage_as(path, f"is no text with {what}")
    with damage, _open(path) as file:
        reader = csv.reader(chain(file, [_END]), delimiter=separator, skipinitialspace=True)
        for cells in reader:
            if cells == [_END]:
                return
            yield reader.line_num, _strip(cells)
        raise ValueError("a quoted cell has no end")


def _records(path, separator):
    """(number, cells) of all lines that are not blank."""
    lines = _lines(path, separator)
    return ((line, cells) for line, cells in lines if any(cells) or len(cells) > 1)


@dataclass
class _Table:
    """A table of numbers in a file: the cells of its first line, some lines below, its header."""

    path: str
    first: list
    below: list
    header: Header
    dialect: Dialect

    @property
    def names(self):
        """Names of the features, or None."""
        return self.first[self.header.columns :] if self.header.lines else None

    def records(self):
        """(line, cells) below the header."""
        records = _records(self.path, self.dialect.separator)
        return islice(records, self.header.lines, None)


def _table(path, known, decimal=None):
    dialect = dialect_of(path, None, decimal)
    records = islice(_records(path, dialect.separator), 1 + _LOOKED_AT)
    lines = [[*map(dialect.with_point, cells)] for _, cells in records]
    first, *below = lines or [[]]
    first = with_index_name(first, below)
    return _Table(path, first, below, matrix_header(first, below, known), dialect)


def _cell_fault(table, line, cells):
    """The fault of the first cell that is no number, for an error."""
    header, first, read = table.header, table.first, table.dialect.number
    column = next(i for i, cell in enumerate(cells) if i >= header.columns and read(cell) is None)
    fault = f"{table.path}, line {line}, column {column + 1}: {cells[column]!r} is not a number"
    other = other_separators(",".join(first), table.dialect.separator) if len(first) == 1 else ""
    if other:
        return f"{fault}: {other}"
    if has_decimal_comma(cells[column]):
        return f"{fault}: {ON_COMMAS}"
    if header.lines and column < len(first):
        hint = "" if column else "; an index has no name in the header, or --index names it"
        advice = "" if not column else f": {advice_on(cells[column], first[column])}"
        return f"{fault} (column {first[column]}{hint}){advice}"
    if header.lines or cells != first:
        return fault
    under = [row[column] for row in table.below if column < len(row)]
    if under and is_name(under[0]):
        name = shlex.quote(cells[column])
        return (
            f"{fault}, nor is {under[0]!r} below it: a column of text names the samples "
            f"(--index {name}), or has to be left out (--drop {name})"
        )
    return f"{fault}, and the line is no header"


def _tell(path, *notes):
    for note in filter(None, notes):
        warnings.warn(f"{path}: {note}", stacklevel=3)


def _parse_quickly(table, pandas):
    """The values, if pandas reads every cell like `number`; else None.

    Here pandas treats quotes as letters, so it finds the same cells or fails.
    """
    index, width = table.header.columns, len(table.first)
    types = {column: np.float64 if column >= index else object for column in range(width)}
    separator = table.dialect.separator
    above = next(_records(table.path, separator), (0, []))[0] if table.header.lines else 0
    with _open(table.path, newline=None) as file:  # pandas 3.1 takes "\\r," for a line of its own
        try:
            frame = pandas.read_csv(
                file,
                sep=separator,
                decimal=table.dialect.decimal,
                header=None,
                skiprows=above,
                dtype=types,
                skipinitialspace=True,
                keep_default_na=False,
                na_values=list(MISSING),
                quoting=csv.QUOTE_NONE,
                **exact_numbers(pandas),
            )
        except ValueError:
            return None
    # pandas extends rows that are too short, and ignores separators and line ends within quotes.
    may_be_short = frame.shape[1] != width or frame.iloc[:, -1].isna().any()
    if may_be_short or (index and (frame[0].str.count('"') % 2 != 0).any()):
        return None
    return frame.iloc[:, index:].to_numpy()


def _parse(table):
    """Parse the values cell by cell; an error names the first cell that is no number."""
    values, width, line = array("d"), len(table.first), 0
    for line, cells in table.records():
        numbers = list(map(table.dialect.number, cells[table.header.columns :]))
        if None in numbers:
            raise ValueError(_cell_fault(table, line, cells))
        if len(cells) != width:
            raise ValueError(
                f"{table.path}, line {line}: {len(cells)} cells, but {width} in the first"
            )
        values.extend(numbers)
    if not line:
        raise ValueError(f"{table.path} holds no rows of numbers")
    return np.frombuffer(values).reshape(-1, width - table.header.columns)


def _without_empty_rows(table, values):
    """The values without empty rows, which spreadsheets add, and a note about them."""
    if not np.isnan(values).all(axis=1).any():
        return values, ""
    lines = [(line, any(cells)) for line, cells in table.records()]
    filled = np.array([has_cells for _, has_cells in lines])
    if filled.all() or not filled.any():
        return values, ""
    return values[filled], note_on_empty([line for line, has_cells in lines if not has_cells])


def read_matrix(path, name=None, known=None, decimal=None):
    """Read the numbers of a table, and the names in its header.

    Parameters
    ----------
    path : str or path-like
    name : ignored
    known : list of str, optional
        A first line of these names, in any order, is a header.
    decimal : {".", ","}, optional
        Decimal mark; by default that of the first lines.

    Returns
    -------
    values : ndarray of float64, shape (n_samples, n_features)
        NaN for cells in `MISSING`; True and False are 1 and 0.
    names : list of str, or None
    """
    pandas = extra("pandas", "reading .csv and .tsv files", "files")
    table = _table(path, known, decimal)
    values = _parse_quickly(table, pandas)
    if values is None:
        if table.names is not None:
            check_known(known, table.names, path)
        values = _parse(table)
    values, left_out = _without_empty_rows(table, values)
    _tell(path, table.dialect.note, table.header.note, left_out)
    return values, table.names


def read_sample_names(path, name=None, known=None, decimal=None):
    """Read the index before the values; None if there is none."""
    table = _table(path, known, decimal)
    if not table.header.columns:
        return None
    return [cells[0] for _, cells in table.records() if any(cells)]


def _label_rows(path, separator):
    """Read the cells of all rows; in a table of one column, a blank line is a missing label."""
    rows = [cells for _, cells in _lines(path, separator)]
    while rows and not rows[-1]:
        rows.pop()
    one_column = max(map(len, rows), default=0) == 1
    rows = [cells or [""] for cells in rows] if one_column else [cells for cells in rows if cells]
    rows[:1] = [with_index_name(*rows[:1], rows[1:])] if rows else []
    for i, cells in enumerate(rows, 1):
        if len(cells) != len(rows[0]):
            width = len(rows[0])
            raise ValueError(f"{path}, row {i}: {len(cells)} cells, but {width} in the first")
    return rows


def _label_column(cells):
    """Numbers if all cells are numbers, else the cells' texts; None for a missing label."""
    numbers = list(map(number, cells))
    values = cells if None in numbers else numbers
    return [None if cell in MISSING else value for cell, value in zip(cells, values)]


def read_labels(path, name=None, n_samples=None):
    """Read the labels of a table, shape (n_samples, n_attributes), dtype object."""
    dialect = dialect_of(path)
    rows = _label_rows(path, dialect.separator)
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
    _tell(path, dialect.note, header.note)
    return np.array([*zip(*map(_label_column, zip(*labels)))], dtype=object)
