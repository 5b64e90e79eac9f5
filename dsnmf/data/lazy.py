"""Dask arrays of files, which each worker opens itself."""

import os

from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import NpyFiles, as_source
from dsnmf.extras import extra
from dsnmf.files.names import file_of
from dsnmf.files.on_disk import open_matrix


class _Reopened:
    """A matrix in files, which are opened anew for each slice of rows."""

    ndim = 2

    def __init__(self, source):
        opened = as_source(open_matrix(source))
        self.shape, self.dtype = opened.shape, opened.dtype
        # `NpyFiles` has read the folder, and opens its files one by one.
        self._source = opened if isinstance(opened, NpyFiles) else source

    def __getitem__(self, where):
        rows, columns = where
        start, stop, _ = rows.indices(self.shape[0])
        source = self._source
        if not isinstance(source, NpyFiles):
            source = as_source(open_matrix(source))
        return source.rows(start, stop)[:, columns]


def lazy_matrix(source, block_size=None):
    """A Dask array of a matrix on disk, for clusters whose workers see the same files.

    Workers get the names of files, neither open files nor data.

    Parameters
    ----------
    source : str or path-like
        See `dsnmf.files.on_disk.open_matrix`.
    block_size : int >= 1, optional
        Samples in a chunk; by default as many as `dsnmf.data.sample_blocks.Blocks` reads at a time.

    Returns
    -------
    dask.array.Array, shape (n_samples, n_features), float32 or float64

    Raises
    ------
    OSError, TypeError, ValueError
        See `open_matrix` and `dsnmf.data.sources.as_source`, and if block_size is not a size.
    ImportError
        If Dask, h5py or zarr is needed and missing.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from dsnmf.data.lazy import lazy_matrix
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(os.path.join(folder, "a.npy"), np.eye(3))
    ...     X = lazy_matrix(folder, block_size=2)
    ...     X.chunks, X.sum().compute().item()
    (((2, 1), (3,)), 3.0)
    """
    array = extra("dask.array", "a lazy matrix", "blocks")
    # A relative name would mean another file in a worker's own folder.
    path, name = file_of(source)
    path = os.path.abspath(path)
    matrix = _Reopened(path if name is None else f"{path}:{name}")
    size = Blocks(matrix, block_size).slices[0].stop
    return array.from_array(matrix, chunks=(size, -1), name=False, asarray=False)
