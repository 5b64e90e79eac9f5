"""Headers and indices of text files: do the first line and the first column contain names?

Certain cases are decided silently, doubtful ones with a warning.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from dsnmf.files.cells import MISSING, is_decimal, is_name, is_number, is_whole, is_word, number

#: What programs call a column that only names or counts the rows.
INDEX_NAMES = ("", "Unnamed: 0")
LEFT_OUT = "its first column, which has no name, is left out as an index"

#: So many numbers seldom stand in order by chance, and so many never.
_SOME, _MANY = 5, 8

#: How a label is written that is not known.
_UNKNOWN = (*MISSING, "-1")


@dataclass
class Header:
    """The header and the index of a table.

    Attributes
    ----------
    lines, columns : int
        Number of lines, 0 or 1, above the values, and number of columns before them.
    note : str
        Text of a warning to the user; may be empty.
    """

    lines: int = 0
    columns: int = 0
    note: str = ""


_INDEXED = Header(1, 1, LEFT_OUT)


def _read_as(role, cells):
    shown = ", ".join(cells[:3]) + ", …" * (len(cells) > 3)
    return f"its first line, {shown}, is read as {role}"


def _is_nameless(first):
    """True if the first column has no name of its own, if the first line has names."""
    return len(first) > 1 and first[0] in INDEX_NAMES


def _identify(index):
    """True if a column's cells are names or consecutive integers; a single one must be 0 or 1."""
    if not all(map(is_whole, index)):
        return any(map(is_name, index))
    counts = list(map(int, index))
    return counts in ([0], [1]) or (
        len(counts) > 1 and all(after - before == 1 for before, after in pairwise(counts))
    )


def _are_default_names(cells):
    """True if they are 0, 1, 2, …, pandas's names for columns without names."""
    return cells == [str(i) for i in range(len(cells))]


def _are_repeated_names(cells):
    """True if they are 0, 1, 2, … that begin anew, from tables that were put side by side."""
    return (
        len({*cells}) >= _SOME
        and cells[0] == "0"
        and all(is_whole(cell) for cell in cells)
        and all(after in (0, before + 1) for before, after in pairwise(map(number, cells)))
    )


def _without_counts(cells):
    """Numbers without pandas's additions to repeated names, such as 0.1 for the second 0."""
    seen = Counter()
    for cell in cells:
        name, point, count = cell.rpartition(".")
        repeats = bool(point) and count == str(seen[name]) != "0"
        name = name if repeats else cell
        seen[name] += 1
        yield name


def _is_ordered(values):
    """True if numbers, not all the same, only rise or only fall."""
    return len({*values}) > 1 and sorted(values) in (values, values[::-1])


def _judge_names(cells, below):
    """Two bools: is a line with names a header, and is the user warned?

    It is a header if there are only names. If there are words, a missing cell is a name too (NA for
    sodium), and so is a whole number, with a warning. A line of numbers must follow then, or a
    first column of names would be mistaken for a fault of the header. In all other cases the
    numbers must be a header by themselves.
    """
    if all(is_name(cell) or not cell for cell in cells):
        return True, False
    numbers = [i for i, cell in enumerate(cells) if is_number(cell)]
    if not any(map(is_word, cells)) or not below:
        return False, False
    are_plain = not any(map(is_decimal, cells)) and not any(map(is_name, below[0]))
    is_header = are_plain or _are_names_alone(cells, below, numbers)
    return is_header, is_header and bool(numbers)


def _are_names_alone(cells, below, columns):
    """True if the numbers in some columns are a header by themselves."""
    rows = [[row[i] for i in columns if i < len(row)] for row in below]
    return _judge_numbers([cells[i] for i in columns], rows)[0]


def _judge_numbers(cells, below):
    """Two bools: is a line of numbers a header, and is the user warned?

    It is a header if only this line has whole numbers, all different, which are in order or 0, 1,
    2, …; or if only this line is in order and lies beyond all numbers below, like wavelengths. It
    is a sample, with a warning, if it is 0, 1, 2, …; if only this line has whole numbers, mostly
    different; or if it has many numbers and only this line is in order. Fewer than five numbers may
    be in order by chance, and never count as such. 0, 1, 2, … may begin anew.
    """
    cells = list(_without_counts(cells))
    values = list(map(number, cells))
    n_different = len({*values})
    is_default = _are_default_names(cells) or _are_repeated_names(cells)
    if len(cells) < 2 or not all(map(is_number, cells)):
        return False, False
    if not is_default and n_different < len(cells) and 2 * n_different <= len(cells):
        return False, False
    rows = [list(map(number, filter(is_number, row))) for row in below]
    if not any(rows):
        return False, is_default
    others = [value for row in rows for value in row]
    is_ordered = len(cells) >= _SOME and _is_ordered(values)
    are_names = is_default or n_different == len(cells)
    alone_ordered = is_ordered and not any(map(_is_ordered, rows))
    alone_whole = all(map(is_whole, cells)) and all(any(map(is_decimal, row)) for row in below)
    is_beyond = min(values) > max(others) or max(values) < min(others)
    is_header = are_names and (
        (alone_whole and (is_ordered or is_default)) or (alone_ordered and is_beyond)
    )
    is_doubtful = is_default or alone_whole or (alone_ordered and len(cells) >= _MANY)
    return is_header, is_header or is_doubtful


def with_index_name(first, below):
    """The first line's cells, with an empty cell before them if the name of the index is missing.

    R writes such tables. The other cells must be a header, or the first column below must be names,
    all different. If the last column is empty, there is a separator too many instead.

    Parameters
    ----------
    first : list of str
    below : list of list of str
        Cells of lines below it.

    Returns
    -------
    list of str
    """
    if not first or first[0] in INDEX_NAMES or {len(row) for row in below} != {len(first) + 1}:
        return first
    index = [row[0] for row in below]
    is_header = any(map(is_name, index)) or matrix_header(first, [row[1:] for row in below]).lines
    is_index = is_header and len({*index}) == len(index) and any(row[-1] for row in below)
    return ["", *first] if is_index else first


def matrix_header(first, below, known=None):
    """The header of a table of numbers.

    The first line is a header if it has the known names, or by `_judge_names` and `_judge_numbers`.
    A first column without a name is an index if the other columns have names, or if it has names or
    consecutive integers; then the other columns' names may be any numbers.

    Parameters
    ----------
    first : list of str
        The first line's cells, stripped like all others.
    below : list of list of str
        Cells of the first few lines below it.
    known : list of str, optional
        Names that the columns may have, in any order.

    Returns
    -------
    Header
    """
    if _is_nameless(first):
        others = matrix_header(first[1:], [row[1:] for row in below], known)
        if others.lines or first[0] or _identify([row[0] for row in below if row]):
            return _INDEXED
        return Header(note=others.note)
    if known is not None and sorted(first) == sorted(known):
        is_header, is_told = True, not any(map(is_name, first))
    else:
        judge = _judge_names if any(map(is_name, first)) else _judge_numbers
        is_header, is_told = judge(first, below)
    role = "the columns' names" if is_header else "a sample, not as the columns' names"
    return Header(lines=int(is_header), note=_read_as(role, first) if is_told else "")


def _is_name_above_numbers(name, cells):
    return is_name(name) and not any(map(is_name, cells)) and any(map(is_number, cells))


def _repeat(labels):
    """True if there are known labels, and each of them occurs at least twice."""
    counts = Counter(label for label in labels if label not in _UNKNOWN)
    return bool(counts) and min(counts.values()) > 1


def label_header(rows, n_samples=None):
    """The header of a table of labels.

    The first line is a header if it has a name above numbers, or if its names occur once and all
    labels below occur again, even if the number of labels is then wrong. With other names, or with
    0, 1, 2, …, the number of samples decides: with one line more than samples, the first line is a
    header, unless its names occur again. Doubtful cases give a warning. For the index see
    `matrix_header`.

    Parameters
    ----------
    rows : list of list of str
        Stripped cells, the same number in each row.
    n_samples : int, optional
        Expected number of labels.

    Returns
    -------
    Header
    """
    first, *below = rows
    if _is_nameless(first):
        others = label_header([row[1:] for row in rows], n_samples)
        if others.lines or first[0] or _identify([row[0] for row in below]):
            return _INDEXED
    columns = list(zip(first, zip(*below)))
    if any(_is_name_above_numbers(*column) for column in columns):
        return Header(lines=1)
    has_more = len(below) == n_samples
    if has_more and _are_default_names(first):
        return Header(lines=1, note=_read_as("a header, not as labels", first))
    if not any(map(is_name, first)) or any(name in cells for name, cells in columns):
        return Header()
    is_certain = has_more or (bool(below) and all(_repeat(cells) for _, cells in columns))
    is_header = is_certain or len(rows) != n_samples
    role = "a header, not as labels" if is_header else "labels, not as a header"
    return Header(lines=int(is_header), note="" if is_certain else _read_as(role, first))
