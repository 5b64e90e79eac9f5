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
