"""Damaged files: one kind of error for all exceptions of their readers."""

import contextlib
import errno


def _is_of_the_system(error):
    """True if the system and not the file is at fault: locks, permissions, the network, ….

    EINVAL is the file's fault: a damaged file may send its reader to an impossible place.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


@contextlib.contextmanager
def damage_as(name, fault):
    """A context that raises ValueError for errors in it, except errors of memory or the system.

    Readers raise many errors for damaged files: zipfile's, zlib's, IndexError, OSError without a
    number, ….

    Parameters
    ----------
    name : str or path-like
        The file.
    fault : str
        The fault, e.g. "is no intact .npy file"; the reader's own message follows.

    Raises
    ------
    OSError
        If the file cannot be opened or read now: it does not exist, is locked, …; with its name.
    MemoryError
        If there is not enough memory for its content; with its name.
    ImportError
        If its reader lacks a library.
    ValueError
        If the file is damaged.

    Examples
    --------
    >>> from dsnmf.files.damage import damage_as
    >>> with damage_as("a.npy", "is no intact .npy file"):
    ...     raise BlockingIOError(11, "locked")
    Traceback (most recent call last):
    BlockingIOError: [Errno 11] locked: 'a.npy'
    """
    try:
        yield
    except ImportError:
        raise
    except MemoryError as error:
        raise MemoryError(f"{name} does not fit into memory: {error}".removesuffix(": ")) from error
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:  # from opening the file
            raise
        if _is_of_the_system(error):
            raise OSError(error.errno, error.strerror or str(error), str(name)) from error
        raise ValueError(f"{name} {fault}: {error}") from error


def _bad_line(path):
    """The number of the first line that is no UTF-8."""
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return None


@contextlib.contextmanager
def text_damage_as(name, fault):
    """`damage_as` for a text; the error about a text that is not UTF-8 gives advice."""
    try:
        with damage_as(name, fault):
            yield
    except ValueError as error:
        line = _bad_line(name) if isinstance(error.__cause__, UnicodeDecodeError) else None
        if line is None:
            raise
        raise ValueError(f"{name} is not UTF-8 (line {line}): save it as CSV UTF-8") from error
