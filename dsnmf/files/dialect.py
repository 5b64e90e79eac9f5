"""Separators and decimal marks of text files."""

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dsnmf.files.cells import is_decimal, number

#: Endings of text files, with their separators.
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": None, ".dat": None}

POINT, COMMA = ".", ","

#: Separators to try if a file does not have that of its ending, with their names.
_TRIED = {";": "semicolon", "\t": "tab"}

#: Number of lines that are examined.
_LOOKED_AT = 21

_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """The separator and the decimal mark of a text file.

    Attributes
    ----------
    separator : str or None
        None if it follows neither from the user nor from the file's ending or first lines.
    decimal : str
    note : str
        Text of a warning to the user; may be empty.
    """

    separator: str | None
    decimal: str = POINT
    note: str = ""

    def with_point(self, cell):
        """A cell for the other functions: a number gets a decimal point."""
        is_number = self.decimal == COMMA and has_decimal_comma(cell)
        return cell.replace(COMMA, POINT) if is_number else cell

    def number(self, cell):
        """A cell's number, see `dsnmf.files.cells.number`."""
        if self.decimal == COMMA and is_decimal(cell) and POINT in cell:
            return None  # perhaps one of thousands
        return number(self.with_point(cell))


def has_decimal_comma(cell):
    """True if a cell is a number with a decimal comma."""
    return bool(_COMMA_NUMBER.fullmatch(cell.strip()))


def _first_rows(path, separator):
    """Cells of the first lines that are not empty; none if they cannot be read."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            if len(separator) > 1:
                lines = (re.split(separator, line.strip()) for line in file)
            else:
                lines = csv.reader(file, delimiter=separator, skipinitialspace=True)
            rows = islice(filter(any, lines), _LOOKED_AT)
            return [[cell.strip() for cell in cells] for cells in rows]
    except (OSError, ValueError, csv.Error):  # the file's reader explains the fault
        return []


def _separate(rows, own):
    """True if the separator of these rows is the file's: all have the same number of cells.

    The separator of the file's ending is then not in the first line, or only in numbers, as their
    decimal comma. The name of the index may be missing.
    """
    if not rows or len(rows[0]) < 2:
        return False
    first, *below = rows
    widths = {len(cells) for cells in below} or {len(first)}
    if len(widths) > 1 or not 0 <= max(widths) - len(first) <= 1:
        return False
    with_own = [cell for cells in rows for cell in cells if own is not None and own in cell]
    return not {*first} & {*with_own} or all(map(has_decimal_comma, with_own))


def _have_decimal_commas(rows):
    """True if some numbers have decimal commas, and not thousands, and none has a point."""
    cells = [cell for row in rows[1:] or rows for cell in row]
    if any(POINT in cell and is_decimal(cell) for cell in cells):
        return False
    return any(has_decimal_comma(cell) and not _THOUSANDS.fullmatch(cell) for cell in cells)


def dialect_of(path, separator=None, decimal=None):
    """The dialect of a text file: from the user, its first lines, or its ending.

    Parameters
    ----------
    path : str or path-like
    separator, decimal : str, optional
        The user's choices.

    Returns
    -------
    Dialect
        Its separator differs from that of the ending only if the first lines leave no doubt. Its
        decimal mark is a comma only if a number there has one and none has a point. Both are noted.
    """
    own, shown = SEPARATORS.get(Path(path).suffix.lower()), []
    found, rows = separator or own, None
    if separator is None:
        for tried, name in _TRIED.items():
            if tried != own and _separate(rows := _first_rows(path, tried), own):
                found = tried
                shown.append(f"--separator {name}")
                break
    if decimal is None:
        rows = _first_rows(path, found) if found not in (None, COMMA) else []
        decimal = COMMA if _have_decimal_commas(rows) else POINT
        shown += ["--decimal comma"] if decimal == COMMA else []
    note = f"is read with {' and '.join(shown)}, as its first lines show" if shown else ""
    return Dialect(found, decimal, note)


def other_separators(first, separator):
    """Advice about a first line with another separator than the given one; may be empty.

    Parameters
    ----------
    first : str
        The line.
    separator : str or None

    Returns
    -------
    str

    Examples
    --------
    >>> from dsnmf.files.dialect import other_separators
    >>> other_separators("sample;1000;1002", ",")
    'the first line has 2 semicolons: add --separator semicolon'
    """
    for tried, name in _TRIED.items():
        count = first.count(tried)
        if tried != separator and count and (separator is None or separator not in first):
            return f"the first line has {count} {name}{'s' * (count > 1)}: add --separator {name}"
    return ""
