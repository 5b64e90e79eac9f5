"""Locks, each held by one process; the system frees it when that dies, however it does."""

from pathlib import Path

from dsnmf.extras import extra


def lock(path):
    """The lock of a path, held, in a hidden file beside it.

    Parameters
    ----------
    path : str or path-like
        There need not be anything yet, but its folder.

    Returns
    -------
    filelock.FileLock
        To be left by its `release`.

    Raises
    ------
    BlockingIOError
        If another process, or another lock of this one, holds it.
    OSError, NotImplementedError
        If there can be no lock, as on some network drives.
    ImportError
        If filelock is missing.
    """
    filelock, path = extra("filelock", "a lock on files"), Path(path)
    held = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        raise BlockingIOError(f"another run is writing to {path}") from None
    return held
