"""Whether the first line of a text file names its columns, and the first column its rows."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from dsnmf.files.cells import MISSING, is_decimal, is_name, is_whole, is_word, number

#: What programs call a column that only names or counts the rows.
INDEX_NAMES = ("", "Unnamed: 0")
LEFT_OUT = "its first column, which has no name, is left out as an index"

#: Fewer numbers in a row may stand in order by chance.
_ENOUGH = 5

#: How a label is written that is not known.
_UNKNOWN = (*MISSING, "-1")


@dataclass
class Header:
    """What stands beside a table's values.

    Attributes
    ----------
    lines, columns : int
        How many lines, 0 or 1, are above the values, and how many columns are before them.
    note : str
        What the user should know of this, perhaps nothing.
    """

    lines: int = 0
    columns: int = 0
    note: str = ""


_INDEXED = Header(1, 1, LEFT_OUT)


def _note(cells, role):
    shown = ", ".join(cells[:3]) + ", …" * (len(cells) > 3)
    return f"its first line, {shown}, is read as {role}"


def _are_counts(cells):
    """Whether each is the integer after the last one, from 0 or 1 on if there is only one."""
    if not all(map(is_whole, cells)):
        return False
    counts = [int(cell) for cell in cells]
    start = counts[0] if len(counts) > 1 else min(counts[0], 1)
    return start >= 0 and counts == [*range(start, start + len(counts))]


def _are_default_names(cells):
    """Whether they are 0, 1, 2, …: what pandas calls columns that have no names."""
    return cells == [str(i) for i in range(len(cells))]


def _has_index(first, below):
    """Whether a column without a name counts or names the rows.

    The names of the other columns may be numbers, then.
    """
    name, *others = first
    if not others or name not in INDEX_NAMES:
        return False
    index = [cells[0] for cells in below]
    return bool(name) or any(map(is_name, others + index)) or bool(index and _are_counts(index))


def _is_ordered(values):
    """Whether they rise or fall strictly."""
    steps = np.diff(values)
    return len(steps) > 0 and bool((steps > 0).all() or (steps < 0).all())


def _is_even(values):
    steps = np.diff(values)
    return np.allclose(steps, steps.mean(), rtol=0.05, atol=0)


def _judge_numbers(cells, below):
    """Whether a first line of numbers is surely a header, and whether it may be one.

    It is one where it alone is written in whole numbers, or where its numbers alone stand in
    order, as wavelengths, years and masses do. If they are few, a sample may do so by chance.
    """
    first = np.array(list(map(number, cells)), float)
    rows = np.array([list(map(number, row)) for row in below], float)
    low, high = np.nanmin(rows), np.nanmax(rows)
    is_default = len(cells) > 1 and _are_default_names(cells)
    alone_whole = all(map(is_whole, cells)) and not any(is_whole(c) for row in below for c in row)
    is_ordered = _is_ordered(first)
    alone_ordered = len(cells) > 2 and is_ordered and not any(map(_is_ordered, rows))
    reaches_out = first.min() < low or first.max() > high
    is_outside = is_ordered and (first.min() > high or first.max() < low)

    is_sure = alone_whole and is_default
    if len(cells) >= _ENOUGH:
        is_sure |= alone_whole and is_ordered
        is_sure |= alone_ordered and (is_outside or (reaches_out and _is_even(first)))
    is_distinct = len({*first.tolist()}) == len(first)
    may_be = is_default or alone_ordered or is_outside or (alone_whole and is_distinct)
    return is_sure, is_sure or may_be


def _is_name_above_numbers(name, cells):
    numbers = [number(cell) for cell in cells]
    return number(name) is None and None not in numbers and not np.isnan(numbers).all()


def _names_columns(cells, below, known):
    """Whether a first line is a header, and whether the user is to be told."""
    if known is not None and sorted(cells) == sorted(known):
        return True, False
    values = list(map(number, cells))
    are_numbers = [value is not None and value == value for value in values]
    if any(map(is_name, cells)):
        if not any(are_numbers):
            return True, False
        has_words = sum(map(is_word, cells)) > sum(map(is_decimal, cells))
        is_header = has_words and any(map(_is_name_above_numbers, cells, zip(*below)))
        return is_header, is_header
    are_alike = {len(row) for row in below} == {len(cells)}
    return _judge_numbers(values, cells, below)


def matrix_header(first, below, known=None):
    """The header of a table of numbers.

    Parameters
    ----------
    first : list of str
        The first line's cells, stripped as all others.
    below : list of list of str
        Cells of the first few lines below it.
    known : list of str, optional
        Names that the columns may have, in any order.

    Returns
    -------
    Header
    """
    has_nameless = len(first) > 1 and first[0] in INDEX_NAMES
    cells, rows = (first[1:], [row[1:] for row in below]) if has_nameless else (first, below)
    is_header, is_told = _names_columns(cells, rows, known)
    if has_nameless and (is_header or _has_index(first, below)):
        return _INDEXED
    role = "the columns' names" if is_header else "a sample, not as the columns' names"
    return Header(lines=int(is_header), note=_note(cells, role) if is_told else "")


def _repeats(cells):
    """Whether there are known labels, and none of them comes only once."""
    counts = Counter(cell for cell in cells if cell not in _UNKNOWN)
    return bool(counts) and min(counts.values()) > 1


def label_header(rows, n_samples=None):
    """The header of a table of labels.

    The first line is one where a name stands above numbers. Otherwise the number of samples tells:
    a header is one line more, unless its cells come again below it. Names that do not come again,
    above labels that all do, are a header even if the number of labels is wrong then.

    Parameters
    ----------
    rows : list of list of str
        Stripped cells, of as many in each row.
    n_samples : int, optional
        How many labels there should be.

    Returns
    -------
    Header
    """
    first, *below = rows
    columns = list(zip(first, zip(*below)))
    has_more = n_samples is not None and len(below) == n_samples
    has_nameless = len(first) > 1 and first[0] in INDEX_NAMES
    if _has_index(first, below) or (has_nameless and has_more):
        return _INDEXED
    if any(_is_name_above_numbers(*column) for column in columns):
        return Header(1)
    is_new = not any(name in cells for name, cells in columns) and not {*first} <= {*_UNKNOWN}
    are_names = any(number(cell) is None for cell in first)
    repeat = all(map(_repeats, zip(*below)))
    if has_more:
        is_header = is_new or _are_default_names(first)
        is_sure = are_names or not is_header
    elif len(rows) == n_samples:
        are_texts = any(number(cell) is None for row in rows for cell in row)
        is_header = is_new and repeat and are_texts
        is_sure = is_header or not (is_new and (repeat or are_names))
    else:
        is_header, is_sure = is_new and are_names, repeat or not is_new
    role = "a header, not as labels" if is_header else "labels, not as a header"
    return Header(lines=int(is_header), note="" if is_sure else _note(first, role))
