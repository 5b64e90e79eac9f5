"""What stands between the cells of a text file, and in its numbers before the decimals."""

import csv
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dsnmf.files.cells import is_decimal, number

#: Endings of texts, with their separators.
SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": None, ".dat": None}

POINT, COMMA = ".", ","

#: Separators that are looked for where a file has not that of its ending, with their names.
_TRIED = {";": "semicolon", "\t": "tab"}

#: So many lines are looked at.
_LOOKED_AT = 21

_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)


@dataclass(frozen=True)
class Dialect:
    """How a text file is written.

    Attributes
    ----------
    separator : str or None
        None if neither the user nor the file's ending nor its first lines say it.
    decimal : str
    note : str
        What the user should know of this, perhaps nothing.
    """

    separator: str | None
    decimal: str = POINT
    note: str = ""

    def with_point(self, cell):
        """A cell as the other functions read it: a number has a decimal point."""
        is_number = self.decimal == COMMA and has_decimal_comma(cell)
        return cell.replace(COMMA, POINT) if is_number else cell

    def number(self, cell):
        """A cell's number, as `dsnmf.files.cells.number` has it."""
        if self.decimal == COMMA and is_decimal(cell) and POINT in cell:
            return None  # perhaps one of thousands
        return number(self.with_point(cell))


def has_decimal_comma(cell):
    """Whether a cell is a number with a decimal comma."""
    return bool(_COMMA_NUMBER.fullmatch(cell.strip()))


def _first_rows(path, separator):
    """Cells of the first lines that have some; none if they cannot be read."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            if len(separator) > 1:
                lines = (re.split(separator, line.strip()) for line in file)
            else:
                lines = csv.reader(file, delimiter=separator, skipinitialspace=True)
            rows = islice(filter(any, lines), _LOOKED_AT)
            return [[cell.strip() for cell in cells] for cells in rows]
    except (OSError, ValueError, csv.Error):  # the file's reader says what is wrong
        return []


def _separate(rows, own):
    """Whether the separator that made these rows is the file's: all have as many cells.

    The separator of the file's ending is not in the first line then, or only in numbers, as their
    decimal comma. The name of the row names may lack.
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
    """Whether some numbers have decimal commas, which are no thousands, and none a point."""
    cells = [cell for row in rows[1:] or rows for cell in row]
    if any(POINT in cell and is_decimal(cell) for cell in cells):
        return False
    return any(has_decimal_comma(cell) and not _THOUSANDS.fullmatch(cell) for cell in cells)


def dialect_of(path, separator=None, decimal=None):
    """How a text file is written: as the user says, as its first lines show, or by its ending.

    Parameters
    ----------
    path : str or path-like
    separator, decimal : str, optional
        What the user says.

    Returns
    -------
    Dialect
        Another separator than that of the ending only if the first lines leave no doubt, and a
        comma as decimal mark only if a number there has one, and none a point; both are noted.
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
    """What to say of a first line without the separator, but with another one, perhaps nothing.

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
