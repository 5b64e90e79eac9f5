"""Samples from any file, with all its names, read with the user's layout."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.files import envi, frames, market, matrices
from dsnmf.files.layout import CUBE, Layout, list_names, pick_columns
from dsnmf.files.names import file_of
from dsnmf.files.variables import as_csr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.typing import Array, PathLike, SparseMatrix


@dataclass
class Table:
    """Samples with their names and shapes.

    Attributes
    ----------
    values : ndarray, SciPy CSR matrix or source on disk, shape (n_samples, n_features)
    features, samples : list of str, or None
        Names of the features and of the samples.
    pixels : tuple of int, or None
        (rows, columns) of the cube whose pixels are the samples, row by row.
    picture : tuple of int, or None
        (rows, columns) of the picture in each sample.
    """

    values: Array | SparseMatrix
    features: list[str] | None = None
    samples: list[str] | None = None
    pixels: tuple[int, ...] | None = None
    picture: tuple[int, ...] | None = None


def _as_table(source, array, layout):
    """A table from an array of two dimensions, or of three by the layout."""
    if array.ndim == 2:
        return Table(array)
    if array.ndim != 3 or layout.array is None:
        hint = ": say what it is, --array cube or --array pictures" if array.ndim == 3 else ""
        raise ValueError(f"{source} holds an array of shape {array.shape}, no matrix{hint}")
    if layout.array == CUBE:
        return Table(array.reshape(-1, array.shape[2]), pixels=array.shape[:2])
    return Table(array.reshape(len(array), -1), picture=array.shape[1:])


def _read_whole(source, known, layout):
    """Read all columns of a file's table."""
    path, _ = file_of(source)
    if market.is_market(path):
        return Table(*market.read_matrix(path))
    if envi.is_envi(path):
        cube, bands = envi.read_cube(path)
        table = _as_table(source, cube, Layout(array=CUBE))
        table.features = bands
        return table
    if layout.array is not None:
        return _as_table(source, matrices.read_array(source), layout)
    if layout.transpose:  # the first line names samples
        known = None
    written = {"decimal": layout.decimal}
    values, names = matrices.read_named_matrix(source, known, transpose=layout.transpose, **written)
    samples = matrices.read_sample_names(source, known, **written)
    return Table(values, None if names is None else names.tolist(), samples)


def _without_missing(values, tokens):
    numbers = [*frames.numbers_among(tokens)]
    if not numbers or scipy.sparse.issparse(values):
        return values
    return np.where(np.isin(values, numbers), np.nan, values)


def _select_columns(table, layout, source, used):
    """Reduce a table to the columns of the layout."""
    if not (layout.columns or layout.drop or used):
        return table
    count = table.values.shape[1]
    names = [*map(str, range(count))] if table.features is None else table.features
    places = pick_columns(layout, names, source, used)
    if len(places) < count:
        table.values, table.picture = table.values[:, places], None
    table.features = None if table.features is None else [names[i] for i in places]
    return table


def _select_known(table, layout, source, known):
    """Reduce a transposed table to a model's features, if it has all and the user selects none."""
    names = table.features
    if known is None or names is None or layout.columns or layout.drop or not {*known} <= {*names}:
        return table
    left_out = [name for name in names if name not in {*known}]
    if left_out:
        frames.tell_left_out(source, left_out)
        columns = [i for i, name in enumerate(names) if name in {*known}]
        table.values, table.features = table.values[:, columns], [names[i] for i in columns]
    return table


def _tell_repeated(table, source):
    """Warn of samples that have the same name."""
    counts = Counter(table.samples or ())
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        verb = "name comes" if len(repeated) == 1 else "names come"
        warnings.warn(
            f"{source}: {len(repeated)} sample {verb} more than once: {list_names(repeated, 3)}",
            stacklevel=3,
        )
    return table


def _transpose(table, source):
    if table.pixels or table.picture:
        raise ValueError(f"{source} has three dimensions, which --transpose does not know")
    values = table.values.T
    if scipy.sparse.issparse(values):
        values = as_csr(source, values)
    return Table(values, table.samples, table.features)


def read_table(
    source: PathLike,
    known: Sequence[str] | None = None,
    layout: Layout | None = None,
    used: Sequence[str] = (),
) -> Table:
    """Read samples from a file, with its names of features and samples.

    Parameters
    ----------
    source : str or path-like
        See `dsnmf.files.matrices.read_matrix`; also .mtx files (Matrix Market, .mtx.gz too), a
        folder in the format of 10x Genomics (matrix.mtx, features.tsv or genes.tsv, barcodes.tsv),
        and an ENVI header (.hdr; needs the package `spectral`).
    known : list of str, optional
        Names that the features may have, see `dsnmf.files.matrices.read_named_matrix`.
    layout : Layout, optional
        The user's choices. If they name columns, an index, tokens of missing values or a separator,
        the first line of a .csv, .tsv, .txt or .parquet file is a header.
    used : sequence of str
        Columns with labels, which are left out.

    Returns
    -------
    Table

    Raises
    ------
    OSError, ImportError, ValueError
        See `read_matrix`; also if a named column does not exist.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from dsnmf.files.layout import Layout
    >>> from dsnmf.files.named_tables import read_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "made.csv")
    ...     _ = path.write_text("plant,length,kind\\np1,3.5,a\\np2,4.5,b\\n")
    ...     table = read_table(path, layout=Layout(drop=("kind",), index="plant"))
    >>> table.values.tolist(), table.features, table.samples
    ([[3.5], [4.5]], ['length'], ['p1', 'p2'])
    """
    layout = layout or Layout()
    path, _ = file_of(source)
    is_text = Path(path).suffix.lower() in (".txt", ".dat")
    if frames.is_frame(path) and (layout.asks_for_header or used or is_text):
        # The columns of a table that will be transposed are samples.
        here = replace(layout, columns=(), drop=()) if layout.transpose else layout
        mine = ((), None) if layout.transpose else (used, known)
        table = Table(*frames.read_columns(path, here, *mine))
        table.values = matrices.check_matrix(source, table.values)
        if not layout.transpose:
            return _tell_repeated(table, source)
    else:
        table = _read_whole(source, known, layout)
        table.values = _without_missing(table.values, layout.missing)
    if layout.transpose:
        table = _select_known(_transpose(table, source), layout, source, known)
    return _tell_repeated(_select_columns(table, layout, source, used), source)
