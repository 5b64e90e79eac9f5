"""Locks between processes; the system releases a lock when its process ends in any way."""

from pathlib import Path

from dsnmf.extras import extra


def lock(path):
    """Acquire the lock of a path, a hidden file beside it.

    Parameters
    ----------
    path : str or path-like
        It need not exist, but its folder must.

    Returns
    -------
    filelock.FileLock
        The caller must `release` it.

    Raises
    ------
    BlockingIOError
        If another process, or another lock of this process, has it.
    OSError, NotImplementedError
        If locks are impossible, as on some network drives.
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
