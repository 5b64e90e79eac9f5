"""How a user says that a table is to be read."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

#: What an array of three dimensions may be.
CUBE, PICTURES = "cube", "pictures"


@dataclass(frozen=True)
class Layout:
    """What of a table is read, and how.

    Attributes
    ----------
    columns, drop : tuple of str
        Features to take (all, if none are named) and to leave out: names, or patterns with *, ?
        and […]; numbers from 0 where features have no names.
    index : str or None
        The column that names the samples.
    missing : tuple of str
        Cells that are unknown entries, beside those of `dsnmf.files.cells.MISSING`; numbers among
        them, as -9999, are unknown in files of numbers, too.
    separator : str or None
        Between the cells of a text file; by default the one of its ending, or of its first lines
        (see `dsnmf.files.dialect.dialect_of`).
    decimal : None, "." or ","
        Before the decimals of a text file's numbers; by default as its first lines show.
    transpose : bool
        Whether the file holds features x samples.
    array : None, "cube" or "pictures"
        What an array of three dimensions is: rows x columns x features of pixels, which are the
        samples, or samples x rows x columns.
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
        """Whether it can only be of a table whose first line has names."""
        given = (self.columns, self.drop, self.index, self.missing, self.separator)
        return any(each not in ((), None) for each in given)


def listed(names, count=12):
    """Names for the text of an error."""
    names = [*map(str, names)]
    more = f", … ({len(names)} in all)" if len(names) > count else ""
    return ", ".join(names[:count]) + more


def resembling(name, names):
    """A question for an error's text: whether the name that most resembles this one is meant."""
    found = get_close_matches(name, [*map(str, names)], 1)
    return f"; did you mean {found[0]}?" if found else ""


def find_columns(patterns, names, source, option):
    """Places of the columns that names or patterns pick, in the order of the table.

    Parameters
    ----------
    patterns : sequence of str
    names : sequence of str
        All columns'.
    source, option : str
        For the error's text.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        If one picks nothing, or a name comes twice; the message says what there is.
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
                f"{source} has no column {pattern!r} ({option}); it has {listed(names)}"
                f"{resembling(pattern, names)}"
            )
        found |= {*places}
    return sorted(found)


def pick_columns(layout, names, source, used=()):
    """Places of the features that a layout asks for, without the columns that are used elsewhere.

    Parameters
    ----------
    layout : Layout
    names : sequence of str
    source : str
    used : sequence of str
        Patterns of columns that hold labels.

    Returns
    -------
    list of int

    Raises
    ------
    ValueError
        As `find_columns` has it, and if none is left.
    """
    left = {*range(len(names))}
    if layout.columns:
        left = {*find_columns(layout.columns, names, source, "--columns")}
    left -= {*find_columns(layout.drop, names, source, "--drop")}
    left -= {*find_columns(used, names, source, "--labels")}
    if not left:
        raise ValueError(f"{source}: no column is left; it has {listed(names)}")
    return sorted(left)
