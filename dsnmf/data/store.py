"""Arrays with a row per sample: in memory, or in files of a folder."""

import os
import shutil
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np

from dsnmf.extras import is_installed

_PREFIX = ".scratch-"


def _reserve(path, size):
    """Have the disk keep room, where it can: writing into a mapped file that finds none kills."""
    with open(path, "r+b") as file, suppress(AttributeError):
        os.posix_fallocate(file.fileno(), 0, size)


def _locked(folder):
    """A descriptor by which this process alone holds a folder until it is closed, or else None.

    The system closes those of a process that was killed. Where it has no such locks, nothing is
    held.
    """
    if not is_installed("fcntl"):
        return None
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_abandoned(folder):
    """Remove what fits that were killed have left in a store."""
    for scratch in folder.glob(f"{_PREFIX}*"):
        descriptor = _locked(scratch)
        if descriptor is not None:
            shutil.rmtree(scratch)
            os.close(descriptor)


class Store:
    """Makes arrays; of those in files only what is kept is left when the context ends.

    What the contexts of killed processes have left in the folder is removed first.

    Parameters
    ----------
    folder : str or path-like, optional
        Made if it is not there; without one, arrays are in memory.

    Raises
    ------
    OSError
        If the folder cannot be made or written to, or the disk is full.

    Examples
    --------
    >>> import os, tempfile
    >>> from dsnmf.data.store import Store
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(folder) as store:
    ...         H, scratch = store.new((4, 2), "float32"), store.new((4, 2), "float64")
    ...         H[:] = 1
    ...         H = store.kept(H, "H_1")
    ...     print(os.listdir(folder), H.sum())
    ['H_1.npy'] 8.0
    """

    def __init__(self, folder=None):
        self._folder = None if folder is None else Path(folder)
        self._scratch = self._elsewhere = None
        self._numbers = count()

    def __enter__(self):
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self._folder)
            self._scratch = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=self._folder)
            self._lock = _locked(self._scratch.name)
        return self

    def __exit__(self, *exception):
        if self._elsewhere is not None:
            self._elsewhere.cleanup()
        if self._scratch is not None:
            self._scratch.cleanup()
            if self._lock is not None:
                os.close(self._lock)

    def new(self, shape, dtype):
        """An array of this shape with any content; mapped to a file if there is a folder."""
        return np.empty(shape, dtype) if self._scratch is None else self._mapped(shape, dtype)

    def scratch(self, shape, dtype):
        """The same for what may be nearly as large as the data, and is not kept.

        Never in memory: without a folder in one of the system for temporary files.
        """
        if self._scratch is None and self._elsewhere is None:
            self._elsewhere = tempfile.TemporaryDirectory(prefix="dsnmf-")
        return self._mapped(shape, dtype)

    def _mapped(self, shape, dtype):
        folder = self._scratch or self._elsewhere
        path = os.path.join(folder.name, f"{next(self._numbers)}.npy")
        array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        _reserve(path, os.path.getsize(path))
        return array

    def kept(self, array, name):
        """The array to be used from now on: itself, or its file, for reading, as NAME.npy."""
        if self._scratch is None:
            return array
        array.flush()
        path = self._folder / f"{name}.npy"
        os.replace(array.filename, path)
        return np.load(path, mmap_mode="r")
