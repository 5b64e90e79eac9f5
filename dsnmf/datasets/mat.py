"""MATLAB files with samples and their classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.datasets.dataset import Dataset
from dsnmf.files.matlab import read_variables
from dsnmf.files.variables import PAIRS, as_csr
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from dsnmf.typing import PathLike


def _pick(path, variables):
    """The pair of names in `PAIRS` that the variables have."""
    names = max(PAIRS, key=lambda names: sum(name in variables for name in names))
    missing = [name for name in names if name not in variables]
    if missing:
        known = ", or ".join(map(" and ".join, PAIRS))
        found = sorted(variables)
        raise ValueError(f"{path} must hold {known}; {missing} missing, it holds {found}")
    return names


def _read_mat(path):
    """Samples (2-d float32) and classes (integers) of a MATLAB file, and their names in it."""
    variables = read_variables(path)
    names = fea, gnd = _pick(path, variables)
    X, y = variables[fea], variables[gnd]
    if scipy.sparse.issparse(X):
        X = as_csr(path, X).toarray()
    X = as_matrix(X, f"{fea} of {path}")
    y = y.ravel() if 1 in y.shape else y
    if len(y) != len(X):
        raise ValueError(f"{path}: {fea} has {len(X)} rows but {gnd} has {len(y)}")
    if y.dtype.kind not in "iufb" or (y % 1 != 0).any():
        raise ValueError(f"{gnd} of {path} must hold integers")
    return X.astype(np.float32), y.astype(np.int64), names


def load_mat(path: PathLike, images: tuple[int, int] | None = None) -> Dataset:
    """Load a MATLAB file with `fea` and `gnd`, or `X` and `Y`, as is common for faces.

    Parameters
    ----------
    path : str or path-like
        fea or X (n_samples x n_features, may be sparse) and gnd or Y (integers: n_samples, or
        n_samples x n_attributes). In a file with both pairs, fea and gnd are read.
    images : (int, int), optional
        Height and width if every row is a picture in MATLAB's column order; its pixels are
        converted to NumPy's row order.

    Returns
    -------
    Dataset
        Not scaled; see `unit_norm`.

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If it is no MATLAB file, a variable is missing, their lengths differ, the classes are
        not integer, the samples not finite, or images does not fit the number of features.
    ImportError
        If it is of version 7.3 and h5py is missing.
    """
    data, target, variables = _read_mat(path)
    if images is not None:
        height, width = images
        if height * width != data.shape[1]:
            raise ValueError(f"images={images!r} does not fit the {data.shape[1]} features")
        data = data.reshape(-1, width, height).swapaxes(1, 2).reshape(data.shape)
        images = (height, width)
    names = np.unique(target) if target.ndim == 1 else range(1, target.shape[1] + 1)
    prefix = "" if target.ndim == 1 else "attribute "
    return Dataset(
        name=Path(path).stem,
        data=data,
        target=target,
        target_names=tuple(f"{prefix}{name}" for name in names),
        images=images,
        DESCR=f"{' and '.join(variables)} of {Path(path).name}.",
    )
