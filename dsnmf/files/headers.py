"""Whether the first line of a text file names its columns, and the first column its rows.

What is certain is taken, what is doubtful is told.
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


def _read_as(role, cells):
    shown = ", ".join(cells[:3]) + ", …" * (len(cells) > 3)
    return f"its first line, {shown}, is read as {role}"


def _is_nameless(first):
    """Whether the first column has no name of its own, if the first line has names."""
    return len(first) > 1 and first[0] in INDEX_NAMES


def _identify(index):
    """Whether cells of a column are names, or integers that count; one alone must be 0 or 1."""
    if not all(map(is_whole, index)):
        return any(map(is_name, index))
    counts = list(map(int, index))
    return counts in ([0], [1]) or (
        len(counts) > 1 and all(after - before == 1 for before, after in pairwise(counts))
    )


def _are_default_names(cells):
    """Whether they are 0, 1, 2, …: what pandas calls columns that have no names."""
    return cells == [str(i) for i in range(len(cells))]


def _are_repeated_names(cells):
    """Whether they are 0, 1, 2, … that begin anew: of tables that were put side by side."""
    return (
        len({*cells}) >= _SOME
        and cells[0] == "0"
        and all(is_whole(cell) for cell in cells)
        and all(after in (0, before + 1) for before, after in pairwise(map(number, cells)))
    )


def _without_counts(cells):
    """Numbers without what pandas adds to a name that comes again: 0.1 for the second 0."""
    seen = Counter()
    for cell in cells:
        name, point, count = cell.rpartition(".")
        repeats = bool(point) and count == str(seen[name]) != "0"
        name = name if repeats else cell
        seen[name] += 1
        yield name


def _is_ordered(values):
    """Whether numbers, not all the same, only rise or only fall."""
    return len({*values}) > 1 and sorted(values) in (values, values[::-1])


def _judge_names(cells, below):
    """Whether a line with names is a header, and whether the user is to be told.

    It is one if there are only names. Where there are words, a missing cell is a name too (NA for
    sodium), and so is a whole number, but this is told; a line of numbers must follow then, or
    a first column of names would be taken for a fault of the header. Otherwise the numbers
    must be a header by themselves.
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
    """Whether the numbers in some columns are a header by themselves."""
    rows = [[row[i] for i in columns if i < len(row)] for row in below]
    return _judge_numbers([cells[i] for i in columns], rows)[0]


def _judge_numbers(cells, below):
    """Whether a line of numbers is a header, and whether the user is to be told.

    It is a header if it alone is written in whole numbers, all different, which are in order or
    0, 1, 2, …; or if it alone is in order and lies beyond all numbers below, as wavelengths do.
    It is a sample, and told, if it is 0, 1, 2, …, if it alone is written in whole numbers, mostly
    different, or if it is many numbers that alone are in order. Fewer than five may be in order
    by chance, and never count as such. 0, 1, 2, … may begin anew.
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
    """The first line's cells; if only the name of the row names lacks, with an empty one for it.

    So R writes them. The other cells must be a header, or the first column below names, all
    different; a last column of empty cells is a separator too many instead.

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

    The first line is one if it has the known names, or see `_judge_names` and `_judge_numbers`. A
    first column without a name is an index if the other columns have names, or if it holds names
    or counts; then the others' names may be any numbers.

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
    """Whether there are known labels, and none of them comes only once."""
    counts = Counter(label for label in labels if label not in _UNKNOWN)
    return bool(counts) and min(counts.values()) > 1


def label_header(rows, n_samples=None):
    """The header of a table of labels.

    The first line is one where a name stands above numbers, or where names that do not come again
    stand above labels that all do, even if the number of labels is wrong then. With other names
    the number of samples tells: if there is one line more, the first is a header, unless its names
    come again; so it is if it is 0, 1, 2, …. What remains in doubt is told. An index is as in
    `matrix_header`.

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
