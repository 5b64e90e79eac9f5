"""Matrices in files for other programs, with the names of samples and features."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.io

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.files.dialect import POINT, SEPARATORS, Dialect
from dsnmf.files.variables import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.typing import Array, PathLike

#: Suffixes of files that can be written.
WRITTEN = (".npy", ".npz", ".csv", ".mat", ".tsv", ".parquet")

#: Names of features and samples beside a matrix in .npz and .mat files.
FEATURE_NAMES, SAMPLE_NAMES = "feature_names", "sample_names"


def _write_text(file, matrix, features, samples, dialect):
    writer = csv.writer(file, delimiter=dialect.separator, lineterminator="\n")
    beside = [""] if samples is not None else []
    if features is not None:
        writer.writerow([*beside, *features])
    for i, row in enumerate(matrix):
        # The shortest text that is this number, and never read as an integer.
        cells = map(str, row)
        if dialect.decimal != POINT:
            cells = (cell.replace(POINT, dialect.decimal) for cell in cells)
        writer.writerow(cells if samples is None else [samples[i], *cells])


def _write_parquet(file, matrix, features, samples):
    pandas = extra("pandas", "writing .parquet files", "files")
    extra("pyarrow", "writing .parquet files", "files")
    columns = [*map(str, range(matrix.shape[1]))] if features is None else [*features]
    pandas.DataFrame(matrix, columns=columns, index=samples).to_parquet(file, engine="pyarrow")


def write_matrix(
    path: PathLike,
    matrix: Array,
    *,
    features: Sequence[str] | None = None,
    samples: Sequence[str] | None = None,
    dialect: Dialect | None = None,
) -> None:
    """Write a matrix to a file; the path has either its old content or all of the new one.

    Parameters
    ----------
    path : str or path-like
        Ending in .npy, .npz, .csv, .tsv, .mat or .parquet.
    matrix : ndarray, shape (n_samples, n_features)
        Its name is `fea` in a .npz or .mat file. All digits of its numbers are written.
    features, samples : sequence of str, optional
        Names: a header and a first column without a name in .csv and .tsv files, `feature_names`
        and `sample_names` (cells) in .npz and .mat files, columns and index in .parquet files. A
        .npy file has none.
    dialect : dsnmf.files.dialect.Dialect, optional
        Dialect of a .csv or .tsv file; by default the separator of its ending, and decimal points.

    Raises
    ------
    OSError
        If the file cannot be written.
    ImportError
        If it is a .parquet file and pandas or pyarrow is missing.
    ValueError
        If the suffix is unknown, or the numbers of names are wrong.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from dsnmf.files.matrices import read_matrix, write_matrix
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_matrix(f"{folder}/features.csv", np.array([[0.1, 2.0]]), features=["a", "b"])
    ...     read_matrix(f"{folder}/features.csv")
    array([[0.1, 2. ]])
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITTEN:
        raise ValueError(f"{path} must end in one of {', '.join(WRITTEN)}")
    for what, names, count in (("samples", samples, 0), ("features", features, 1)):
        if names is not None and len(names) != matrix.shape[count]:
            raise ValueError(f"{what} must be {matrix.shape[count]} names, got {len(names)}")
    if suffix in SEPARATORS:
        with replacing(path) as file:
            dialect = dialect or Dialect(SEPARATORS[suffix])
            _write_text(file, matrix, features, samples, dialect)
        return
    named = {SAMPLES: matrix}
    kind = object if suffix == ".mat" else str
    if features is not None:
        named[FEATURE_NAMES] = np.array(features, dtype=kind)
    if samples is not None:
        named[SAMPLE_NAMES] = np.array(samples, dtype=kind)
    with replacing(path, "wb") as file:
        if suffix == ".npy":
            np.save(file, matrix, allow_pickle=False)
        elif suffix == ".npz":
            np.savez(file, **named)  # type: ignore[arg-type]
        elif suffix == ".mat":
            scipy.io.savemat(file, named)
        else:
            _write_parquet(file, matrix, features, samples)
