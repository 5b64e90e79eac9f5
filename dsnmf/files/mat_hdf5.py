"""MATLAB files of version 7.3, which are HDF5 files."""

import numpy as np
import scipy.sparse

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as


def _sparse(group):
    """Read a sparse matrix by columns; MATLAB omits empty parts."""
    columns = group["jc"][()]
    values = _numbers(group["data"]) if "data" in group else np.zeros(0)
    rows = group["ir"][()] if "ir" in group else np.zeros(0, np.int64)
    shape = (int(group.attrs["MATLAB_sparse"]), len(columns) - 1)
    return scipy.sparse.csc_array((values, rows.astype(np.int64), columns.astype(np.int64)), shape)


def _numbers(dataset):
    values = dataset[()]
    if values.dtype.names == ("real", "imag"):
        values = values["real"] + 1j * values["imag"]
    return values.T  # MATLAB has the reverse order of dimensions


def _text(dataset):
    """Read one text per row."""
    rows = np.atleast_2d(dataset[()].T).astype("<u2")
    return np.array([row.tobytes().decode("utf-16-le") for row in rows])


def _array(file, dataset):
    if "MATLAB_empty" in dataset.attrs:
        return np.zeros(tuple(map(int, dataset[()])))
    if "MATLAB_object_decode" in dataset.attrs:
        return np.zeros((), "V1")
    if dataset.attrs.get("MATLAB_class") == b"char":
        return _text(dataset)
    values = _numbers(dataset)
    if values.dtype.kind != "O":
        return values
    cells = np.empty(values.shape, object)
    for index, reference in np.ndenumerate(values):
        target = file[reference]
        cells[index] = _array(file, target) if hasattr(target, "dtype") else np.zeros((), "V1")
    return cells


def _variables(file, group, prefix=""):
    """(name, array) of a group's variables, and of the fields of its structures."""
    for name, node in group.items():
        if name.startswith("#"):  # the targets of cells
            continue
        if "MATLAB_sparse" in node.attrs:
            yield prefix + name, _sparse(node)
        elif hasattr(node, "dtype"):
            yield prefix + name, _array(file, node)
        else:
            yield from _variables(file, node, f"{prefix}{name}.")


def read_variables(path, names=None):
    """Like `dsnmf.files.matlab.read_variables`, for files of version 7.3."""
    h5py = extra("h5py", "reading MATLAB files of version 7.3 (or save with -v7)", "files")
    with damage_as(path, "is no intact MATLAB file of version 7.3"), h5py.File(path) as file:
        top = file if names is None else {name: file[name] for name in names if name in file}
        return dict(_variables(file, top))
