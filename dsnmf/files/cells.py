"""What the cells of text files say: a number, a name, or nothing."""

import re

import numpy as np

#: What programs write where there is no value; not "None", which may be a class.
MISSING = ("", "NA", "<NA>", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "-nan", "NULL", "null")

#: Stricter than float(), which takes 2020_01 for 202001; nan of any spelling is as pandas has it.
_NUMBER = re.compile(
    r"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf(inity)?|nan)", re.ASCII | re.IGNORECASE
)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_TRUTH = {"true": 1, "false": 0}

#: As many digits every int64 has, and float() knows no limit.
_DIGITS = 20


def is_whole(cell):
    """Whether it is a number without a point or an exponent."""
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
    """Whether it is neither a number nor missing."""
    return number(cell) is None


def is_word(cell):
    """Whether it is a name that begins with a letter, so that no misspelt number is meant."""
    return is_name(cell) and cell.strip()[0].isalpha()


def is_number(cell):
    """Whether it is a number that is not missing."""
    value = number(cell)
    return value is not None and value == value


def is_decimal(cell):
    """Whether it is a number that is not written as a whole one, perhaps 1.0."""
    return is_number(cell) and not is_whole(cell)
