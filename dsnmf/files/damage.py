"""Files that cannot be read: one kind of error for whatever their readers raise."""

import contextlib


@contextlib.contextmanager
def damage_as(message):
    """ValueError for everything that goes wrong inside, except for opening the file.

    Readers of files have many errors for damaged ones: zipfile's, zlib's, IndexError, OSError
    without the file's name, ….

    Parameters
    ----------
    message : str
        What the file should have been, with its name; the reader's own message follows.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it cannot be understood.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:  # from opening it
            raise
        raise ValueError(f"{message}: {error}") from error
