"""Arrays with a row per sample: in memory, or in files of a folder."""

import atexit
import errno
import math
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

import numpy as np

from dsnmf.files.atomic import replacing
from dsnmf.files.locks import lock

_PREFIX = ".scratch-"


def _new_file(path, shape, dtype):
    """A mapped file with its disk space reserved: writing without space would kill the process."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    can_reserve = hasattr(os, "posix_fallocate")  # not on macOS and Windows
    if not can_reserve and shutil.disk_usage(os.path.dirname(path)).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    if can_reserve:
        with open(path, "r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.path.getsize(path))
    return array


def _try_lock(scratch):
    """Lock a fit's scratch folder; None if another process holds it, or locks do not work here."""
    try:
        return lock(scratch)
    except (OSError, NotImplementedError):
        return None


def _unlock(held):
    held.release()
    with suppress(PermissionError):  # on Windows, if another process tries it
        Path(held.lock_file).unlink(missing_ok=True)


def _remove(folder):
    """Remove a folder; Windows keeps files that are mapped, which are removed when Python ends."""
    shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(folder):
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _remove_abandoned(folder):
    """Remove the scratch folders of killed fits from a store."""
    for scratch in folder.glob(f"{_PREFIX}*"):
        held = _try_lock(scratch)
        if held is not None:
            shutil.rmtree(scratch, ignore_errors=True)
            _unlock(held)


class Store:
    """Makes arrays in memory or in files; when the context ends, only files of `keep` remain.

    Files of killed processes in the folder are removed first.

    Parameters
    ----------
    folder : str or path-like, optional
        Created if it does not exist; without one, arrays are in memory.

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
    ...         H = store.keep(H, "H_1")
    ...     print(os.listdir(folder), H.sum())
    ['H_1.npy'] 8.0
    """

    def __init__(self, folder=None):
        self._folder = None if folder is None else Path(folder)
        self._scratch = self._elsewhere = self._lock = None
        self._numbers = count()

    def __enter__(self):
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self._folder)
            scratch = self._folder / f"{_PREFIX}{secrets.token_hex(8)}"
            self._lock = _try_lock(scratch)  # before others can take the folder for abandoned
            scratch.mkdir(0o700)
            self._scratch = scratch
        return self

    def __exit__(self, *exception):
        for folder in filter(None, (self._elsewhere, self._scratch)):
            _remove(folder)
        if self._lock is not None:
            _unlock(self._lock)

    def new(self, shape, dtype):
        """A new array with arbitrary content; mapped to a file if there is a folder."""
        return np.empty(shape, dtype) if self._scratch is None else self._new_mapped(shape, dtype)

    def scratch(self, shape, dtype):
        """A new array that may be nearly as large as the data, and is not kept.

        It is always in a file: without a folder, in the system's folder for temporary files.
        """
        if self._scratch is None and self._elsewhere is None:
            self._elsewhere = tempfile.mkdtemp(prefix="dsnmf-")
        return self._new_mapped(shape, dtype)

    def _new_mapped(self, shape, dtype):
        folder = self._scratch or self._elsewhere
        return _new_file(os.path.join(folder, f"{next(self._numbers)}.npy"), shape, dtype)

    def keep(self, array, name):
        """Keep an array as NAME.npy; returns the array to use from now on, mapped for reading."""
        if self._scratch is None:
            return array
        array.flush()
        path = self._folder / f"{name}.npy"
        try:
            os.replace(array.filename, path)
        except PermissionError:  # Windows moves no file that is mapped
            with open(array.filename, "rb") as written, replacing(path, "wb") as file:
                shutil.copyfileobj(written, file)
        return np.load(path, mmap_mode="r")
