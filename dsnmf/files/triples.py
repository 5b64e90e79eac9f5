"""Known entries of a matrix in a text file, one per line: row, column, value."""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.files.cells import is_name, is_whole
from dsnmf.files.damage import text_damage_as
from dsnmf.files.dialect import SEPARATORS, dialect_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.typing import Array, PathLike, SparseMatrix

#: What may be between the cells where the file's ending does not say it: the first of these in the
#: first line, or blanks.
_TRIED = "\t,;"


@dataclass
class Triples:
    """A matrix of known entries, and the names of its rows and columns.

    Attributes
    ----------
    matrix : SciPy CSR matrix of float64, shape (n, p)
        Entries that it does not store are unknown; stored zeros are zeros.
    rows, columns : ndarray of str objects, shapes (n,) and (p,)
        In ascending order, as numbers if all are whole numbers, else as text.
    """

    matrix: SparseMatrix
    rows: Array
    columns: Array


def _dialect(path, separator, decimal):
    if separator is None and SEPARATORS.get(Path(path).suffix.lower()) is None:
        with text_damage_as(path, "is no text"), open(path, encoding="utf-8-sig") as file:
            line = file.readline()
        separator = next((each for each in _TRIED if each in line), " ")
    dialect = dialect_of(path, separator, decimal)
    return replace(dialect, separator=" ") if len(dialect.separator) > 1 else dialect


def _records(path, separator):
    """(line number, cells) of lines that are not blank."""
    damage = text_damage_as(path, "is no text")
    with damage, open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if separator == " ":
                stripped = [cell for cell in stripped if cell]
            if any(stripped):
                yield reader.line_num, stripped


def _triple(path, line, cells, number):
    """A line's names, and its value; ValueError if it has none."""
    if len(cells) < 3 or not cells[0] or not cells[1]:
        raise ValueError(f"{path}, line {line}: must be row, column, value, got {cells}")
    value = number(cells[2])
    if value is None or not np.isfinite(value):
        raise ValueError(
            f"{path}, line {line}: the value must be a finite number, got {cells[2]!r}; "
            "unknown entries have no line"
        )
    return cells[0], cells[1], float(value)


def _sort(names):
    whole = all(map(is_whole, names))
    return sorted(names, key=(lambda name: (int(name), name)) if whole else None)


def read_triples(
    path: PathLike,
    columns: Sequence[str] | None = None,
    *,
    separator: str | None = None,
    decimal: str | None = None,
) -> Triples:
    """A matrix of known entries from a file with a line for each: row, column, value.

    Parameters
    ----------
    path : str or path-like
        A text with commas (.csv) or tabs (.tsv), or another separator if its first lines show so;
        in files of other endings with tabs, commas, semicolons or blanks, whichever its first line
        has. A first line of names alone is a header. Rows and columns are numbers or names; cells
        after the third do not count.
    columns : sequence of str, optional
        The columns, where they and their order are known: those of a model's features.
    separator, decimal : str, optional
        By default as said above; the decimal mark as the first lines show, with a warning.

    Returns
    -------
    Triples

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If a line is no triple, its value is missing or not finite, an entry occurs twice, a column
        is unknown, or there is no entry. The message names the line.

    Examples
    --------
    >>> import os, tempfile
    >>> from dsnmf.files.triples import read_triples
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "ratings.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("user,film,rating\\nAnn,Alien,5\\nBen,Brazil,2\\nBen,Alien,0\\n")
    ...     ratings = read_triples(path)
    >>> ratings.matrix.toarray(), ratings.matrix.nnz
    (array([[5., 0.],
           [0., 2.]]), 3)
    >>> ratings.rows.tolist(), ratings.columns.tolist()
    (['Ann', 'Ben'], ['Alien', 'Brazil'])
    """
    rows: dict[str, int] = {}
    of_columns = {name: i for i, name in enumerate(() if columns is None else columns)}
    seen: dict[tuple[int, int], int] = {}
    values = []
    dialect = _dialect(path, separator, decimal)
    if dialect.note:
        warnings.warn(f"{path}: {dialect.note}", stacklevel=2)
    for count, (line, cells) in enumerate(_records(path, dialect.separator)):
        if not count and len(cells) > 2 and all(map(is_name, cells[:3])):
            continue
        row, column, value = _triple(path, line, cells, dialect.number)
        if columns is not None and column not in of_columns:
            raise ValueError(f"{path}, line {line}: {column!r} is not a feature of the model")
        entry = rows.setdefault(row, len(rows)), of_columns.setdefault(column, len(of_columns))
        first = seen.setdefault(entry, line)
        if first != line:
            raise ValueError(
                f"{path}, line {line}: row {row}, column {column} has an entry in line {first}"
            )
        values.append(value)
    if not values:
        raise ValueError(f"{path} holds no row, column, value")
    names = [_sort(rows), list(of_columns) if columns is not None else _sort(of_columns)]
    places = [
        np.array([order[name] for name in found])
        for found, order in zip(
            (rows, of_columns), ({name: i for i, name in enumerate(each)} for each in names)
        )
    ]
    entries = np.array(list(seen))
    at = places[0][entries[:, 0]], places[1][entries[:, 1]]
    shape = len(rows), len(of_columns)
    matrix = scipy.sparse.csr_matrix((values, at), shape=shape, dtype=np.float64)
    return Triples(matrix, *(np.array(each, dtype=object) for each in names))
