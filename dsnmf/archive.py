"""Files that models are saved in: one .npz of plain arrays with a JSON header, no pickle."""

import contextlib
import json
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

_HEADER = "dsnmf"


def write(path, kind, version, settings, arrays):
    """Write a model file; the path holds either its old content or all of the new one.

    Parameters
    ----------
    path : str or path-like
        Taken as it is, no suffix is added.
    kind : str
        What the file holds, e.g. "DSNMF".
    version : int
        Version of the kind's layout.
    settings : dict
        Anything that JSON can hold.
    arrays : dict of str to ndarray

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    header = json.dumps({"kind": kind, "version": version, "settings": settings})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **{_HEADER: np.array(header)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def read(path, kind, version):
    """Settings and arrays of a file written by `write`.

    Parameters
    ----------
    path : str or path-like
    kind : str
        The kind that the file must hold.
    version : int
        The newest version of its layout that the caller understands.

    Returns
    -------
    settings : dict
    arrays : dict of str to ndarray

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If it is damaged, was not written by `write`, or holds another kind or a newer version.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not a dsnmf model file, or is damaged: {error}") from error
    try:
        header = json.loads(str(arrays.pop(_HEADER)))
        found, found_version, settings = header["kind"], header["version"], header["settings"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} was not written by dsnmf: it has no valid header") from error
    if found != kind:
        raise ValueError(f"{path} holds a {found}, not a {kind}")
    if found_version > version:
        raise ValueError(
            f"{path} has layout version {found_version}; this dsnmf reads up to {version}"
        )
    return settings, arrays
