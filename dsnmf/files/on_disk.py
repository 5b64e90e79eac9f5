"""Matrices that stay in their files, and are read in blocks of rows."""

import contextlib
import re
from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as
from dsnmf.files.names import file_of

_HDF5 = (".h5", ".hdf5")

#: Files that mark a folder as a zarr array or group, whatever its name.
_ZARR = ("zarr.json", ".zarray", ".zgroup")


def _is_array(node):
    return hasattr(node, "dtype") and hasattr(node, "shape")


def _choose(path, name, node, arrays):
    """The node if it is an array; else raise an error that lists the arrays."""
    if _is_array(node):
        return node
    fault = f"holds no {name}" if node is None else "is a group"
    place = path if node is None or name is None else f"{path}:{name}"
    first = next((key for key, array in arrays.items() if len(array.shape) == 2), None)
    colon = ":" if file_of(f"{path}:{first}")[1] else "/"  # zarr's folders are names too
    example = "" if first is None else f": name one of its arrays, as in {path}{colon}{first}"
    raise ValueError(f"{place} {fault}{example}; it holds {', '.join(arrays) or 'no arrays'}")


def _arrays_of_hdf5(file):
    found = {}
    file.visititems(lambda key, node: found.update({key: node} if _is_array(node) else {}))
    return found


def _open_hdf5(path, name):
    h5py = extra("h5py", "reading .h5 files", "blocks")
    open(path, "rb").close()  # raises if the path is wrong
    with contextlib.ExitStack() as stack:
        with damage_as(path, "is no intact HDF5 file"):
            file = stack.enter_context(h5py.File(path))
            node = file if name is None else file.get(name)
            arrays = {} if _is_array(node) else _arrays_of_hdf5(file)
        dataset = _choose(path, name, node, arrays)
        stack.pop_all()  # it stays open
    return dataset


def _open_zarr(path, name):
    zarr = extra("zarr", "reading .zarr arrays", "blocks")
    path.stat()  # raises if the path does not exist
    with damage_as(path, "is no intact zarr array"):
        node = root = zarr.open(path, mode="r")
        if name is not None:
            node = None if _is_array(root) else root.get(name)
        nodes = {} if _is_array(node) or _is_array(root) else dict(root.members(max_depth=None))
    arrays = {key: nodes[key] for key in sorted(nodes) if _is_array(nodes[key])}
    return _choose(path, name, node, arrays)


def _natural_order(path):
    """A sorting key that puts numbers in names into their own order: 1, 2, 10."""
    parts = re.split(r"([0-9]+)", path.name)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], path.name


def _files(folder):
    # The same order on every system; macOS adds hidden files with these endings.
    paths = [path for path in folder.iterdir() if path.suffix.lower() in (".npy", ".npz")]
    paths = sorted((path for path in paths if not path.name.startswith(".")), key=_natural_order)
    if not paths:
        raise ValueError(f"{folder} holds no .npy files and no .npz files")
    return paths


def _is_zarr(path):
    return path.suffix.lower() == ".zarr" or any((path / name).exists() for name in _ZARR)


def is_on_disk(source):
    """True if a source is of a kind that is never read as a whole: see `open_matrix`."""
    path = Path(file_of(source)[0])
    return path.suffix.lower() in (*_HDF5, ".zarr") or path.is_dir()


def open_matrix(source):
    """Open a matrix by its name, for `dsnmf.data.sources.as_source`, without reading it.

    Parameters
    ----------
    source : str or path-like
        A .npy file, or a .npz file of a sparse matrix; a dataset in an HDF5 file, as
        `PATH.h5:DATASET`; a zarr array, as `PATH.zarr`, or one in a group, as `PATH.zarr:NAME`; or
        a folder, whose .npy or .npz files follow each other in the order of their names, with
        numbers by value: 1, 2, 10.

    Returns
    -------
    numpy.memmap, h5py.Dataset, zarr.Array or list of Path

    Raises
    ------
    OSError
        If it cannot be opened (FileNotFoundError if it is not there).
    ImportError
        If h5py or zarr is needed and missing.
    ValueError
        If it is damaged, of another kind, a group, or has no such dataset or no such files.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> from dsnmf.files.on_disk import open_matrix
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("b.npy", "a.npy"):
    ...         np.save(os.path.join(folder, name), np.eye(2))
    ...     [path.name for path in open_matrix(folder)]
    ['a.npy', 'b.npy']
    """
    path, name = file_of(source)
    if Path(path).suffix.lower() in _HDF5:
        return _open_hdf5(path, name)
    path = Path(path)
    if _is_zarr(path):
        return _open_zarr(path, name)
    path = Path(source)
    if path.is_dir():
        return _files(path)
    if path.suffix.lower() == ".npz":
        return [path]
    if path.suffix.lower() != ".npy":
        raise ValueError(
            f"{source} must be a .npy, .h5:DATASET or .zarr file, a .npz file of a sparse matrix, "
            "or a folder of .npy or .npz files, to be read in blocks"
        )
    with damage_as(path, "is no intact .npy file of numbers"):
        return np.lib.format.open_memmap(path, mode="r")
