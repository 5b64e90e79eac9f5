"""Files of saved models: one .npz of plain arrays with a JSON header, no pickle."""

import json

import numpy as np

from dsnmf.files.atomic import replacing
from dsnmf.files.damage import damage_as

_HEADER = "dsnmf"

#: First bytes of .npz files.
_ZIP = b"PK"


def write(path, kind, version, settings, arrays):
    """Write a model file; the path has either its old content or all of the new one.

    Parameters
    ----------
    path : str or path-like
        Used as given, no suffix is added.
    kind : str
        Kind of the content, e.g. "DSNMF".
    version : int
        Version of the kind's layout.
    settings : dict
        Any values for JSON.
    arrays : dict of str to ndarray

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    header = json.dumps({"kind": kind, "version": version, "settings": settings})
    with replacing(path, "wb") as file:
        np.savez(file, **{_HEADER: np.array(header)}, **arrays)


def _load(path, wanted=None):
    """Load arrays by name: those that are named, or all."""
    damage = damage_as(path, "is not a dsnmf model file, or is damaged")
    try:
        with damage, np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files if wanted is None or name in wanted}
    except ValueError as error:
        with open(path, "rb") as file:
            if file.read(len(_ZIP)) == _ZIP:
                raise
        # NumPy treats any other file as a pickle, and its message is about pickles.
        text = f"{path} is not a dsnmf model file, which dsnmf fit or save writes"
        raise ValueError(text) from error


def _pop_header(arrays, path):
    """Remove kind, version and settings from the arrays, and return them."""
    try:
        header = json.loads(str(arrays.pop(_HEADER)))
        return header["kind"], header["version"], header["settings"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} was not written by dsnmf: it has no valid header") from error


def kind_of(path):
    """The kind of a file written by `write`, e.g. "DSNMF".

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    str

    Raises
    ------
    OSError
        If the file cannot be read (FileNotFoundError if there is none).
    ValueError
        If it was not written by `write`.
    """
    kind, _, _ = _pop_header(_load(path, {_HEADER}), path)
    return kind


def read_any(path, version, wanted=None):
    """Read kind, settings and arrays of a file of any kind; see `read`."""
    arrays = _load(path)
    kind, found_version, settings = _pop_header(arrays, path)
    if wanted not in (None, kind):
        raise ValueError(f"{path} holds a {kind}, not a {wanted}")
    if found_version > version:
        raise ValueError(
            f"{path} has layout version {found_version}; this dsnmf reads up to {version}"
        )
    return kind, settings, arrays


def read(path, kind, version):
    """Read settings and arrays of a file written by `write`.

    Parameters
    ----------
    path : str or path-like
    kind : str
        The kind that the file must have.
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
        If it is damaged, was not written by `write`, or has another kind or a newer version.
    """
    _, settings, arrays = read_any(path, version, kind)
    return settings, arrays
