"""Checkpoints of fits: a folder with all that the next iteration needs."""

import contextlib
import json
import re
import zlib
from contextvars import ContextVar
from pathlib import Path
from time import monotonic

import numpy as np

from dsnmf.files import archive
from dsnmf.files.atomic import check_place, replacing
from dsnmf.files.damage import damage_as
from dsnmf.files.pages import release

#: Seconds from one checkpoint to the next.
INTERVAL = 300

_STATE, _KIND, _VERSION = "state.npz", "checkpoint", 2

#: Files of checkpoints, including unfinished ones of a killed process.
_OWN = re.compile(r"state\.npz|\w+-\d+\.npy|\.dsnmf\..*")

#: Files that desktops write into folders that a user has opened.
_DESKTOP = re.compile(r"\.DS_Store|\._.*|desktop\.ini|thumbs\.db", re.IGNORECASE)

#: Entries of an array that are copied at once.
_ENTRIES = 1 << 22


#: The checkpoints of fits that have ended in the context of `keep_checkpoints`.
_ENDED = ContextVar("ended", default=None)


@contextlib.contextmanager
def keep_checkpoints():
    """Remove checkpoints of fits only when this context ends; after an error in it, keep them."""
    ended = []
    token = _ENDED.set(ended)
    try:
        yield
    finally:
        _ENDED.reset(token)
    for checkpoint in ended:
        checkpoint.remove()


def _slices(array):
    """Slices of the array's rows: its own blocks, or of `_ENTRIES` entries."""
    if hasattr(array, "slices"):
        return array.slices
    size = max(1, _ENTRIES // array.shape[1])
    return [slice(start, start + size) for start in range(0, len(array), size)]


def _write_rows(path, array):
    """Write a .npy file, complete or not at all; returns a checksum of the content."""
    checksum, descr = 0, np.lib.format.dtype_to_descr(array.dtype)
    header = {"descr": descr, "fortran_order": False, "shape": array.shape}
    with replacing(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for part in _slices(array):
            rows = np.ascontiguousarray(array[part])
            checksum = zlib.crc32(rows, checksum)
            file.write(rows)
            release(array)
    return checksum


def _read_rows(path, array, checksum):
    """Fill an array from its file; ValueError if the file has changed."""
    if not path.is_file():
        raise ValueError(f"{path.name} is missing")
    written = np.load(path, mmap_mode="r")
    if (written.shape, written.dtype) != (array.shape, array.dtype):
        raise ValueError(f"{path.name} holds {written.dtype} of shape {written.shape}")
    found = 0
    for part in _slices(array):
        rows = np.array(written[part], order="C")
        array[part] = rows
        found = zlib.crc32(rows, found)
        release(written)
        release(array)
    if found != checksum:
        raise ValueError(f"{path.name} has changed")


def _is_digest(value, digits):
    """Version 0.2.0 wrote 32 digits by `joblib.hash`, which goes by the version of Python."""
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


class Checkpoint:
    """The last complete state of a fit: a small file, which names those of large arrays.

    Parameters
    ----------
    folder : str or path-like
        Created if it does not exist; else it must be empty or belong to an interrupted fit.
    fit : dict
        Description of the fit, for JSON: a fit with another one must not resume from here.
    defaults : dict, optional
        Values of `fit` for the keys that a state of an earlier version lacks.

    Attributes
    ----------
    is_there : bool
        True if there is a state to resume from.

    Raises
    ------
    OSError
        If the folder cannot be made, read or written to.
    ValueError
        If the folder holds other files, a damaged checkpoint, or that of another fit.
    """

    def __init__(self, folder, fit, defaults=()):
        self._folder, self._defaults = Path(folder), dict(defaults)
        self._fit = json.loads(json.dumps(fit))
        self._folder.mkdir(parents=True, exist_ok=True)
        names = [path.name for path in self._folder.iterdir()]
        strange = [name for name in names if not (_OWN.fullmatch(name) or _DESKTOP.fullmatch(name))]
        if strange:
            raise ValueError(
                f"checkpoint must be a folder of its own, but {folder} has other files, such as "
                f"{min(strange)}"
            )
        self._path = self._folder / _STATE
        check_place(self._path)
        self.is_there = self._path.exists()
        self._settings, self._small = self._read() if self.is_there else ({"rows": {}}, {})
        self._last = monotonic()

    def _damage(self):
        return damage_as(f"the checkpoint in {self._folder}", "is damaged; remove it to start anew")

    def _read(self):
        with self._damage():
            settings, arrays = archive.read(self._path, _KIND, _VERSION)
            fit = {**self._defaults, **settings["fit"]}
        differing = [
            f"{name} was {fit.get(name)!r}, is {self._fit.get(name)!r}"
            for name in {**fit, **self._fit}
            if fit.get(name) != self._fit.get(name)
            and not (_is_digest(fit.get(name), 32) and _is_digest(self._fit.get(name), 64))
        ]
        if differing:
            raise ValueError(
                f"the checkpoint in {self._folder} belongs to another fit ({', '.join(differing)}):"
                " go on with that one, name another folder, or remove this one"
            )
        return settings, arrays

    def resume(self, parts, arrays):
        """Resume from the state, if there is one; `save` will write these parts and arrays.

        Parameters
        ----------
        parts : dict of str to object
            Each has `state()`, a dict of str to small ndarray, and `restore(state)`.
        arrays : dict of str to ndarray or memmap, shape (n, k), C-contiguous
            Large ones; filled in place.

        Returns
        -------
        int
            Iterations made so far.

        Raises
        ------
        ValueError
            If the checkpoint is damaged, or a part cannot go on from it.
        """
        self._parts, self._arrays = parts, arrays
        if not self.is_there:
            return 0
        for name, part in parts.items():
            prefix = f"{name}."
            part.restore(
                {
                    key.removeprefix(prefix): value
                    for key, value in self._small.items()
                    if key.startswith(prefix)
                }
            )
        with self._damage():
            for name, array in arrays.items():
                file, checksum = self._settings["rows"][name]
                _read_rows(self._folder / file, array, checksum)
        return self._settings["iteration"]

    def save(self, iteration, now=False):
        """Replace the state by the present one, if the last is `INTERVAL` old, or now.

        Raises
        ------
        OSError
            If the state cannot be written; the last one then stays.
        """
        if not now and monotonic() - self._last < INTERVAL:
            return
        try:
            self._settings = self._write_all(iteration)
        except OSError as error:  # no others: Ctrl-C may come when the new state is already there
            self._tidy()
            if isinstance(error, ConnectionError):  # to the cluster that has the features
                raise
            raise OSError(error.errno, error.strerror, str(self._folder)) from error
        self._tidy()
        self._last = monotonic()

    def _write_all(self, iteration):
        """Write all files, the state file last; returns its settings."""
        rows = {}
        for name, array in self._arrays.items():
            file = f"{name}-{iteration}.npy"
            rows[name] = file, _write_rows(self._folder / file, array)
        small = {
            f"{name}.{key}": value
            for name, part in self._parts.items()
            for key, value in part.state().items()
        }
        settings = {"fit": self._fit, "iteration": iteration, "rows": rows}
        archive.write(self._path, _KIND, _VERSION, settings, small)
        return settings

    def _tidy(self):
        """Remove files that the state does not name."""
        named = {_STATE, *(file for file, _ in self._settings["rows"].values())}
        for path in self._folder.iterdir():
            if path.name not in named and _OWN.fullmatch(path.name):
                with contextlib.suppress(PermissionError):  # on Windows, if it is being looked at
                    path.unlink()

    def end(self):
        """Remove the checkpoint of a fit that has ended, within `keep_checkpoints` later."""
        ended = _ENDED.get()
        if ended is None:
            self.remove()
        else:
            ended.append(self)

    def remove(self):
        """Remove the checkpoint; the folder stays."""
        self._path.unlink(missing_ok=True)
        self._settings = {"rows": {}}
        self._tidy()
