"""Files that models are saved in: one .npz of plain arrays with a JSON header, no pickle."""

import json

import numpy as np

from dsnmf.files.atomic import replacing
from dsnmf.files.damage import damage_as

_HEADER = "dsnmf"

#: How .npz files begin.
_ZIP = b"PK"


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
    header = json.dumps({"kind": kind, "version": version, "settings": settings})
    with replacing(path, "wb") as file:
        np.savez(file, **{_HEADER: np.array(header)}, **arrays)


def _load(path, wanted=None):
    """Arrays by name; only those that are wanted, if any are named."""
    damage = damage_as(path, "is not a dsnmf model file, or is damaged")
    try:
        with damage, np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files if wanted is None or name in wanted}
    except ValueError as error:
        with open(path, "rb") as file:
            if file.read(len(_ZIP)) == _ZIP:
                raise
        # NumPy takes any other file for a pickle, and says how to read that.
        text = f"{path} is not a dsnmf model file, which dsnmf fit or save writes"
        raise ValueError(text) from error


def _pop_header(arrays, path):
    """Kind, version and settings, taken out of the arrays."""
    try:
        header = json.loads(str(arrays.pop(_HEADER)))
        return header["kind"], header["version"], header["settings"]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} was not written by dsnmf: it has no valid header") from error


def kind_of(path):
    """What a file written by `write` holds, e.g. "DSNMF".

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
    """Kind, settings and arrays of a file written by `write`, of whichever kind; see `read`."""
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
    _, settings, arrays = read_any(path, version, kind)
    return settings, arrays
