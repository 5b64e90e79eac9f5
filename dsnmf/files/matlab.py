"""MATLAB's .mat files."""

import numpy as np
import scipy.io

from dsnmf.files import mat_hdf5
from dsnmf.files.damage import damage_as
from dsnmf.files.mat_elements import check_elements
from dsnmf.files.variables import PAIRS, pick_array, pick_labels, pick_matrix

#: Places and values of the version and the byte order in the header.
_VERSION, _ORDER = slice(124, 126), slice(126, 128)
_HDF5, _ORDERS = (b"\x00\x02", b"\x02\x00"), {b"IM": "<", b"MI": ">"}


def _contents(cells):
    """The contents of cells of one text or number each, None if empty; others stay cells."""
    if any(cell.size > 1 or cell.dtype.kind not in "Ufiub" for cell in cells.flat):
        return cells
    contents = [cell.item() if cell.size else None for cell in cells.flat]
    return np.array(contents, dtype=object).reshape(cells.shape)


def _plain(value):
    if value.dtype.kind == "U":
        return np.char.rstrip(value)  # rows of MATLAB's texts have the same length
    return _contents(value) if value.dtype.kind == "O" else value


def _fields(name, value):
    """(name, value) of a variable, or of each field of a structure as `structure.field`."""
    is_structure = value.dtype.names and not isinstance(value, scipy.io.matlab.MatlabOpaque)
    if is_structure and value.size == 1:
        for field in value.dtype.names:
            yield from _fields(f"{name}.{field}", value[field].item())
    else:
        yield name, value


def _read(file, names):
    """(name, value) of the variables of a file of version 7 or older."""
    order = _ORDERS.get(file.read(128)[_ORDER])
    if order:
        check_elements(file, order)
    file.seek(0)
    variables = scipy.io.loadmat(file, appendmat=False, spmatrix=False, variable_names=names)
    for name, value in variables.items():
        if not name.startswith("__"):
            yield from _fields(name, value)


def read_variables(path, names=None):
    """Read variables of a MATLAB file.

    Parameters
    ----------
    path : str or path-like
        Used as given, no suffix is added.
    names : set of str, optional
        Only these are read, if they exist. A field of a structure is `structure.field`.

    Returns
    -------
    dict of str to ndarray or SciPy sparse array
        Numbers are at least 2-d; text has one entry per row. Cells of single texts and numbers are
        an array of objects, None for empty cells.

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ImportError
        If it is of version 7.3 and h5py is missing.
    ValueError
        If it is no MATLAB file, or is damaged.
    """
    names = names and {name.partition(".")[0] for name in names}
    with open(path, "rb") as file:
        is_hdf5 = file.read(128)[_VERSION] in _HDF5
        file.seek(0)
        if is_hdf5:
            variables = mat_hdf5.read_variables(path, names)
        else:
            with damage_as(path, "is no intact MATLAB file"):
                variables = dict(_read(file, names))
    return {name: _plain(value) for name, value in variables.items()}


def read_matrix(path, name=None, known=None):
    """Read samples, without names."""
    return pick_matrix(path, read_variables, name, PAIRS), None


def read_array(path, name=None):
    """Read an array with any number of dimensions."""
    return pick_array(path, read_variables, name)


def read_labels(path, name=None, n_samples=None):
    """Read labels as numbers, texts or cells."""
    return pick_labels(path, read_variables, name, PAIRS)
