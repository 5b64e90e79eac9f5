"""`PATH:NAME`, which selects one of several matrices in a file."""

import re
from pathlib import PurePath

_NAMED = re.compile(
    r"(.*?\.(?:npz|mat|h5ad|h5mu|h5|hdf5|zarr|csv|tsv|txt|dat|parquet)):(.+)",
    re.IGNORECASE | re.DOTALL,
)


def file_of(source):
    """Split `PATH` or `PATH:NAME` into the path, and the name or None.

    Parameters
    ----------
    source : str or path-like
        A name has slashes on every system.

    Returns
    -------
    path : str
    name : str or None

    Examples
    --------
    >>> from dsnmf.files.names import file_of
    >>> file_of("faces.mat:fea"), file_of("faces.mat")
    (('faces.mat', 'fea'), ('faces.mat', None))
    """
    text = source.as_posix() if isinstance(source, PurePath) else str(source)
    named = _NAMED.fullmatch(text)
    return named.groups() if named else (text, None)
