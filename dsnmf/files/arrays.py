"""NumPy's .npy and .npz files, and the sparse matrices that SciPy saves as .npz."""

from pathlib import Path

import numpy as np
import scipy.sparse

from dsnmf.files.damage import damage_as
from dsnmf.files.variables import as_csr, pick_array, pick_labels, pick_matrix

#: Names in the .npz files of `scipy.sparse.save_npz`; our name of the matrix in them.
_SPARSE, _MATRIX = {"format", "shape", "data"}, "matrix"


def _suffix(path):
    return Path(path).suffix.lower()


def _load(path, names=None):
    """Load the array of a .npy file, or the arrays of a .npz file: all, or the named ones."""
    suffix = _suffix(path)
    with damage_as(path, f"is no intact {suffix} file without pickle"):
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray) != (suffix == ".npy"):
            raise ValueError("it is of the other of NumPy's two kinds")
        if suffix == ".npy":
            return loaded
        with loaded:
            if set(loaded.files) >= _SPARSE:
                return {_MATRIX: scipy.sparse.load_npz(path)}
            return {name: loaded[name] for name in loaded.files if names is None or name in names}


def _as_sparse(path):
    return damage_as(path, "is no intact .npz file of a sparse matrix")


def read_sparse(path):
    """Read a matrix in any format that `scipy.sparse.save_npz` wrote, as CSR."""
    with _as_sparse(path):
        return as_csr(path, scipy.sparse.load_npz(path))


def sparse_header(path):
    """Shape, dtype and number of stored entries of a sparse matrix, without reading its values."""
    with _as_sparse(path), np.load(path, allow_pickle=False) as file:
        if not set(file.files) >= _SPARSE:
            raise ValueError(f"it holds {', '.join(file.files) or 'nothing'}")
        with file.zip.open("data.npy") as values:
            np.lib.format.read_magic(values)
            stored, _, dtype = np.lib.format.read_array_header_1_0(values)
        return tuple(file["shape"].tolist()), dtype, int(np.prod(stored))


def read_matrix(path, name=None, known=None):
    """Read samples, without names."""
    values = _load(path) if _suffix(path) == ".npy" else pick_matrix(path, _load, name)
    return values, None


def read_array(path, name=None):
    """Read an array with any number of dimensions."""
    return _load(path) if _suffix(path) == ".npy" else pick_array(path, _load, name)


def read_labels(path, name=None, n_samples=None):
    """Read labels, as they were saved."""
    return _load(path) if _suffix(path) == ".npy" else pick_labels(path, _load, name)
