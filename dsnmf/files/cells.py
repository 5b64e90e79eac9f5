"""The meaning of cells of text files: a number, a name, or nothing."""

import re

import numpy as np

#: Texts that programs write for missing values; not "None", which may be a class.
MISSING = ("", "NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "NULL", "null")

#: Stricter than float(), which reads 2020_01 as 202001; nan in any spelling, like pandas.
_NUMBER = re.compile(
    r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", re.ASCII | re.IGNORECASE
)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_TRUTH = {"true": 1, "false": 0}

#: Digits that fit into every int64; float() has no limit.
_DIGITS = 20


def is_whole(cell):
    """True if the cell is a number without a point or an exponent."""
    return bool(_WHOLE.fullmatch(cell.strip()))


def number(cell):
    """A cell's number, an int if it can be, NaN if it is missing; None for anything else."""
    cell = cell.strip()
    if cell in MISSING:
        return np.nan
    if len(cell) < _DIGITS and is_whole(cell):
        return int(cell)
    return float(cell) if _NUMBER.fullmatch(cell) else _TRUTH.get(cell.lower())


def is_name(cell):
    """True if the cell is neither a number nor missing."""
    return number(cell) is None


def is_word(cell):
    """True if the cell is a name that begins with a letter, and so is no misspelt number."""
    return is_name(cell) and cell.strip()[0].isalpha()


def is_number(cell):
    """True if the cell is a number and not missing."""
    value = number(cell)
    return value is not None and value == value


def is_decimal(cell):
    """True if the cell is a number that is not written as a whole one, such as 1.0."""
    return is_number(cell) and not is_whole(cell)
