"""Files that are complete or absent: written beside their path, which they then take."""

import contextlib
import errno
import os
import tempfile
import time

#: Seconds between attempts to replace a file that is in use. Windows refuses that while any program
#: has the file open, as virus scanners do for a moment.
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8) if os.name == "nt" else ()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_place(path):
    """OSError, with the path's name, unless a file can be written there.

    Parameters
    ----------
    path : str or path-like
        There may be a regular file, or none, in a folder that exists and can be written to.

    Raises
    ------
    OSError
        Its subclass for what is wrong, e.g. FileNotFoundError if there is no such folder.
    """
    target = os.path.realpath(path)
    if os.path.lexists(target) and not os.path.isfile(target):
        number = errno.EISDIR if os.path.isdir(target) else errno.EINVAL
        raise OSError(number, f"{os.strerror(number)}, not a regular file", str(path))
    try:
        with contextlib.suppress(FileNotFoundError):
            os.lstat(target)  # says so if the name is too long
        if os.path.exists(target):
            os.close(os.open(target, os.O_WRONLY))
        tempfile.TemporaryFile(dir=os.path.dirname(target)).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _flush_folder(path):
    """Have a folder's names on the disk, where the system lets one open and flush a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _take_place(temporary, target):
    """Give a file its name; PermissionError, which names the target, if that stays in use."""
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
    """A file to write in; it takes the path's place once it is complete, and never before.

    When the context has ended, content and name are on the disk, so what is done next comes later
    for a power cut too.

    Parameters
    ----------
    path : str or path-like
        Taken as it is, no suffix is added. Behind a symbolic link, the file that it points to is
        replaced.
    mode : {"w", "wb"}
        Text is UTF-8, with its line ends as they are written.

    Yields
    ------
    file

    Raises
    ------
    OSError
        If the file cannot be written; what was at the path stays as it was.
    """
    check_place(path)
    target = os.path.realpath(path)
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    # Its own name is short, so that the target's may be as long as the system allows.
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
