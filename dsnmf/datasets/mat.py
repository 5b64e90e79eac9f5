"""MATLAB files with samples and their classes."""

from pathlib import Path

import numpy as np
import scipy.sparse

from dsnmf.datasets.dataset import Dataset
from dsnmf.files.matlab import read_variables
from dsnmf.files.variables import as_csr
from dsnmf.validation import as_matrix


def _read_mat(path):
    """The variables fea (2-d float32) and gnd (integers) of a MATLAB file."""
    variables = read_variables(path)
    missing = [name for name in ("fea", "gnd") if name not in variables]
    if missing:
        found = sorted(variables)
        raise ValueError(f"{path} must hold fea and gnd; {missing} missing, it holds {found}")
    fea, gnd = variables["fea"], variables["gnd"]
    if scipy.sparse.issparse(fea):
        fea = as_csr(path, fea).toarray()
    fea = as_matrix(fea, f"fea of {path}")
    gnd = gnd.ravel() if 1 in gnd.shape else gnd
    if len(gnd) != len(fea):
        raise ValueError(f"{path}: fea has {len(fea)} rows but gnd has {len(gnd)}")
    if gnd.dtype.kind not in "iufb" or (gnd % 1 != 0).any():
        raise ValueError(f"gnd of {path} must hold integers")
    return fea.astype(np.float32), gnd.astype(np.int64)


def load_mat(path, images=None):
    """A MATLAB file with the variables `fea` and `gnd`, as face researchers pass around.

    Parameters
    ----------
    path : str or path-like
        fea (n_samples x n_features, may be sparse) and gnd (integers: n_samples, or n_samples x
        n_attributes).
    images : (int, int), optional
        Height and width if every row of fea is a picture in MATLAB's column order; its pixels
        are then put row by row, as NumPy has them.

    Returns
    -------
    Dataset
        With the values as they stand in the file: see `unit_norm`.

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If it is no MATLAB file, a variable is missing, their lengths differ, gnd is not integer,
        fea is not finite, or images does not fit the number of features.
    ImportError
        If it is of version 7.3 and h5py is missing.
    """
    data, target = _read_mat(path)
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
        DESCR=f"fea and gnd of {Path(path).name}.",
    )
