"""The user's choices for reading a table."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

#: Meanings of a three-dimensional array.
CUBE, PICTURES = "cube", "pictures"


@dataclass(frozen=True)
class Layout:
    """The user's choices for reading a table.

    Attributes
    ----------
    columns, drop : tuple of str
        Features to use (by default all) and to leave out: names, or patterns with *, ? and […];
        numbers from 0 if features have no names.
    index : str or None
        The column that names the samples.
    missing : tuple of str
        Cells that are unknown entries, besides those of `dsnmf.files.cells.MISSING`. Numbers among
        them, such as -9999, also apply to files of numbers.
    separator : str or None
        Separator of the cells in a text file; by default that of its ending or of its first lines
        (see `dsnmf.files.dialect.dialect_of`).
    decimal : None, "." or ","
        Decimal mark of a text file's numbers; by default that of its first lines.
    transpose : bool
        True if the file has features x samples.
    array : None, "cube" or "pictures"
        Meaning of a three-dimensional array. "cube": rows x columns x features, whose pixels are
        the samples. "pictures": samples x rows x columns.
    """

    columns: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    index: str | None = None
    missing: tuple[str, ...] = ()
    separator: str | None = None
    decimal: str | None = None
    transpose: bool = False
    array: str | None = None

    @property
    def asks_for_header(self):
        """True if the layout needs a table with a header."""
        given = (self.columns, self.drop, self.index, self.missing, self.separator)
        return any(each not in ((), None) for each in given)


def list_names(names, count=12):
    """List names in the text of an error."""
    names = [*map(str, names)]
    more = f", … ({len(names)} in all)" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def resembling(name, names):
    """A question for an error's text: whether the name that most resembles this one is meant."""
    found = get_close_matches(name, [*map(str, names)], 1)
    return f"; did you mean {found[0]}?" if found else ""


def find_columns(patterns, names, source, option):
    """Places of the columns that match names or patterns, in the order of the table.

    Parameters
    ----------
    patterns : sequence of str
    names : sequence of str
        Names of all columns.
    source, option : str
        For the error's text.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If a pattern matches nothing, or a name occurs twice; the message lists the columns.
    """
    found = set()
    for pattern in patterns:
        places = [i for i, name in enumerate(names) if name == pattern]
        if len(places) > 1:
            raise ValueError(f"{source} has {len(places)} columns {pattern!r} ({option})")
        if not places:
            places = [i for i, name in enumerate(names) if fnmatchcase(name, pattern)]
        if not places:
            raise ValueError(
                f"{source} has no column {pattern!r} ({option}); it has {list_names(names)}"
                f"{resembling(pattern, names)}"
            )
        found |= {*places}
    return sorted(found)


def pick_columns(layout, names, source, used=()):
    """Places of a layout's features, without the columns of labels.

    Parameters
    ----------
    layout : Layout
    names : sequence of str
    source : str
    used : sequence of str
        Patterns of columns with labels.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        See `find_columns`; also if no column is left.
    """
    left = {*range(len(names))}
    if layout.columns:
        left = {*find_columns(layout.columns, names, source, "--columns")}
    left -= {*find_columns(layout.drop, names, source, "--drop")}
    left -= {*find_columns(used, names, source, "--labels")}
    if not left:
        raise ValueError(f"{source}: no column is left; it has {list_names(names)}")
    return sorted(left)
