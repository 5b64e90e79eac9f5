"""Files that are complete or absent: written beside their path, then moved to it."""

import contextlib
import errno
import os
import tempfile
import time

#: Seconds between attempts to replace a file. Windows refuses this while any program has the file
#: open, as virus scanners do for a moment.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8) if os.name == "nt" else ()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_place(path):
    """Raise OSError, with the path's name, unless a file can be written there.

    Parameters
    ----------
    path : str or path-like
        An existing regular file or none, in an existing folder with write permission.

    Raises
    ------
    OSError
        Or its subclass for the fault, e.g. FileNotFoundError if the folder does not exist.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        number = errno.EISDIR if os.path.isdir(target) else errno.EINVAL
        raise OSError(number, f"{os.strerror(number)}, not a regular file", str(path))
    try:
        with contextlib.suppress(FileNotFoundError):
            os.lstat(target)  # raises if the name is too long
        if os.path.exists(target):
            os.close(os.open(target, os.O_WRONLY))
        tempfile.TemporaryFile(dir=os.path.dirname(target)).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _flush_folder(path):
    """Flush a folder's names to the disk, if the system can open and flush a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _take_place(temporary, target):
    """Move a file to its target; PermissionError, with the target's name, if it stays in use."""
    for pause in (*PAUSES, None):
        try:
            return os.replace(temporary, target)
        except PermissionError as error:
            if pause is None:
                hint = ": is it open in another program?" if PAUSES else ""
                raise PermissionError(error.errno, f"{error.strerror}{hint}", target) from error
            time.sleep(pause)


@contextlib.contextmanager
def replacing(path, mode="w"):
    """A context with a file to write, which replaces the path once it is complete.

    At the end of the context, content and name are on the disk, so that the order of writes also
    survives a power cut.

    Parameters
    ----------
    path : str or path-like
        Used as given, no suffix is added. For a symbolic link, its target is replaced.
    mode : {"w", "wb"}
        Text is UTF-8, with unchanged line ends.

    Yields
    ------
    file

    Raises
    ------
    OSError
        If the file cannot be written; an existing file at the path stays unchanged.
    """
    check_place(path)
    target = os.path.realpath(path)
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    # The temporary name is short, so that the target's may have the system's full length.
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".dsnmf.")
    try:
        with os.fdopen(handle, mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        _take_place(temporary, target)
        _flush_folder(os.path.dirname(target))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
