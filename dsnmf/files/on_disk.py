"""Matrices that stay in their files, to be read some rows at a time."""

from pathlib import Path

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.damage import damage_as
from dsnmf.files.names import file_of

_HDF5 = (".h5", ".hdf5")


def _opened_hdf5(path, name):
    h5py = extra("h5py", "reading .h5 files", "blocks")
    open(path, "rb").close()  # whose errors say what is wrong with the place
    with damage_as(f"{path} is no intact HDF5 file"):
        file = h5py.File(path)
    if isinstance(file.get(name or ""), h5py.Dataset):
        return file[name]
    names = []
    file.visititems(lambda key, node: names.append(key) if hasattr(node, "dtype") else None)
    file.close()
    what = f"holds no dataset {name}" if name else "needs a dataset's name"
    example = f", as in {path}:{names[0]}" if names else ""
    raise ValueError(f"{path} {what}{example}; it holds {', '.join(names) or 'none'}")


def _opened_zarr(path):
    zarr = extra("zarr", "reading .zarr arrays", "blocks")
    path.stat()  # says so if there is nothing
    with damage_as(f"{path} is no intact zarr array"):
        return zarr.open_array(path, mode="r")


def _files(folder):
    # In the same order on every system; macOS puts hidden files with these endings beside others.
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    paths = [path for path in paths if path.suffix.lower() in (".npy", ".npz")]
    paths = [path for path in paths if not path.name.startswith(".")]
    if not paths:
        raise ValueError(f"{folder} holds no .npy files and no .npz files")
    return paths


def is_on_disk(source):
    """Whether a source is of a kind that is never read as a whole: see `open_matrix`."""
    path = Path(file_of(source)[0])
    return path.suffix.lower() in (*_HDF5, ".zarr") or path.is_dir()


def open_matrix(source):
    """What `dsnmf.data.sources.as_source` takes, from the name of what holds it; nothing is read.

    Parameters
    ----------
    source : str or path-like
        A .npy file, or a .npz file of a sparse matrix; a dataset in an HDF5 file, as
        `PATH.h5:DATASET`; a zarr array, as `PATH.zarr`; or a folder, whose .npy or .npz files
        follow each other in the order of their names.

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
        If it is damaged, of another kind, or holds no such dataset or no such files.

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
        return _opened_hdf5(path, name)
    path = Path(source)
    if path.suffix.lower() == ".zarr":
        return _opened_zarr(path)
    if path.is_dir():
        return _files(path)
    if path.suffix.lower() == ".npz":
        return [path]
    if path.suffix.lower() != ".npy":
        raise ValueError(
            f"{source} must be a .npy, .h5:DATASET or .zarr file, a .npz file of a sparse matrix, "
            "or a folder of .npy or .npz files, to be read in blocks"
        )
    with damage_as(f"{path} is no intact .npy file of numbers"):
        return np.lib.format.open_memmap(path, mode="r")
