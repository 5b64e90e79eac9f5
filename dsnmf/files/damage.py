"""Files that cannot be read: one kind of error for whatever their readers raise."""

import contextlib
import errno


def _is_of_the_system(error):
    """Whether a file could be read at another time or place: locks, permissions, the network, ….

    Readers that follow a damaged file to a place where none can be get EINVAL.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


@contextlib.contextmanager
def damage_as(name, fault):
    """ValueError for what goes wrong inside, unless memory or the system is what fails.

    Readers of files have many errors for damaged ones: zipfile's, zlib's, IndexError, OSError
    without a number, ….

    Parameters
    ----------
    name : str or path-like
        The file.
    fault : str
        What it is not, e.g. "is no intact .npy file"; the reader's own message follows.

    Raises
    ------
    OSError
        If the file cannot be opened or read now: there is none, it is locked, …; with its name.
    MemoryError
        If there is no room for what it holds; with its name.
    ImportError
        If its reader lacks a library.
    ValueError
        If it cannot be understood.

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
        if isinstance(error, OSError) and error.filename is not None:  # from opening it
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
    """`damage_as` of a text: if it is not UTF-8, the error says what to do."""
    try:
        with damage_as(name, fault):
            yield
    except ValueError as error:
        line = _bad_line(name) if isinstance(error.__cause__, UnicodeDecodeError) else None
        if line is None:
            raise
        raise ValueError(f"{name} is not UTF-8 (line {line}): save it as CSV UTF-8") from error
