"""Matrices larger than memory, samples x features, read some rows at a time."""

import contextlib
import mmap
import os
import sys
from bisect import bisect_left, bisect_right
from itertools import accumulate

import numpy as np
import scipy.sparse

from dsnmf.data.observations import values_of
from dsnmf.data.rows import Source, row_dtype
from dsnmf.files.arrays import read_sparse, sparse_header
from dsnmf.files.damage import damage_as
from dsnmf.files.pages import release

#: Attributes of arrays in memory: NumPy's, JAX's, PyTorch's, ….
IN_MEMORY = ("__array_interface__", "__dlpack__")

#: Part of the names of the files in which joblib hands arrays in memory to its workers.
OF_JOBLIB = "joblib_memmapping_folder"


def as_source(X):
    """The source to read X from, if X is not in memory.

    Parameters
    ----------
    X : object, shape (n_samples, n_features)
        One of

        - a `numpy.memmap`, or a view of one (but not an array computed from one, nor one that
          joblib has mapped for a worker: these are in memory),
        - a list of paths (str or PathLike) of .npy files, whose rows follow each other, or of .npz
          files of sparse matrices (`scipy.sparse.save_npz`), one of which is in memory at a time,
        - a `dask.array`, computed in slices of rows on the scheduler that is active; chunks of
          more rows than are read at a time are computed again for each slice of them,
        - an `h5py.Dataset`, a `zarr.Array`, or anything else with shape, NumPy dtype and slices
          of rows that does not expose memory, as xarray's arrays in memory do,

        or an AnnData object whose X is one of these. Real numbers only. Rows may come as sparse
        matrices, also from Dask or from a backed AnnData's X; they are made dense.

    Returns
    -------
    Source or None
        None for anything else: arrays, lists of numbers, frames, sparse matrices in memory.

    Raises
    ------
    OSError
        If a file of a list cannot be opened.
    TypeError
        If X, or a file, does not hold real numbers, or only a part of a list are paths.
    ValueError
        If X, or a file, is not 2-d; if X is empty, in a closed file, or a Dask array in several
        chunks of columns or of unknown size; if a file is damaged, holds Python objects, or differs
        from the first in width or in the dtype of its rows.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from dsnmf.data.sources import as_source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = [os.path.join(folder, name) for name in ("a.npy", "b.npy")]
    ...     for path in paths:
    ...         np.save(path, np.eye(2, dtype="int16"))
    ...     source = as_source(paths)
    ...     source.rows(1, 3)
    array([[0., 1.],
           [1., 0.]])
    >>> source.shape, source.dtype
    ((4, 2), dtype('float64'))
    """
    X = values_of(X)
    if isinstance(X, np.memmap):
        is_file = _mapping(X) is not None and OF_JOBLIB not in str(X.filename)
        return Mapped(X) if is_file else None
    if isinstance(X, list | tuple) and any(isinstance(part, str | os.PathLike) for part in X):
        are_sparse = all(str(part).lower().endswith(".npz") for part in X)
        return NpzFiles(X) if are_sparse else NpyFiles(X)
    dask_array = _as_dask(X)
    if dask_array is not None:
        return DaskArray(dask_array)
    return Source(X) if _is_on_disk(X) else None


def _as_dask(X):
    """X if it is a Dask array, or the one inside an xarray array; else None."""
    dask = sys.modules.get("dask.array") and sys.modules["dask"]
    if dask is None or not dask.is_dask_collection(X):
        return None
    held = X if isinstance(X, dask.array.Array) else getattr(X, "data", None)
    return held if isinstance(held, dask.array.Array) else None


def _is_on_disk(X):
    if scipy.sparse.issparse(X) or any(hasattr(X, name) for name in IN_MEMORY):
        return False
    with damage_as("X", "cannot be read, is its file closed?"):
        dtype = getattr(X, "dtype", None)
        is_sliced = hasattr(X, "shape") and hasattr(X, "__getitem__")
        return isinstance(dtype, np.dtype) and is_sliced and not _is_view(X)


def _is_view(X):
    """Whether NumPy indexes X without reading: then two slices of it share their memory."""
    if hasattr(X, "__array__"):
        with contextlib.suppress(Exception):  # errors of reading are reported when rows are read
            return np.may_share_memory(np.asarray(X[:1]), np.asarray(X[:1]))
    return False


def _mapping(X):
    """The `mmap.mmap` behind an array; None if the array has memory of its own."""
    while X is not None and not isinstance(X, mmap.mmap):
        X = getattr(X, "base", None)
    return X


class Mapped(Source):
    """A memory-mapped file."""

    to_memory = "np.array(X)"

    def __init__(self, X):
        super().__init__(X)
        self._mapping = _mapping(X)
        self._end = X.offset - X.offset % mmap.ALLOCATIONGRANULARITY + len(self._mapping)

    def _read(self, start, stop):
        if self._mapping.size() < self._end:  # reading beyond the end would kill the process
            raise ValueError(f"{self._X.filename} has become shorter")
        rows = np.array(self._X[start:stop], order="C")
        if self._X.mode != "c":  # changes in a private copy must stay
            release(self._X)
        return rows


class NpyFiles(Source):
    """Rows of several .npy files, one after the other; each is open only while it is read.

    Parameters
    ----------
    paths : list of str or PathLike
    """

    to_memory = "np.concatenate([np.load(path) for path in X])"
    density = 1.0

    def __init__(self, paths):
        for i, path in enumerate(paths):
            if not isinstance(path, str | os.PathLike):
                kind = type(path).__name__
                raise TypeError(f"a list of paths must hold nothing else, got a {kind} at X[{i}]")
        self._paths = [os.fspath(path) for path in paths]
        self._shapes, dtypes = zip(*(self._describe(path) for path in self._paths))
        self.dtype, width = dtypes[0], self._shapes[0][1]
        for path, shape, dtype in zip(self._paths, self._shapes, dtypes):
            if (shape[1], dtype) != (width, self.dtype):
                raise ValueError(
                    f"{path} gives {shape[1]} features in {dtype}, "
                    f"but {self._paths[0]} {width} in {self.dtype}"
                )
        self._ends = list(accumulate(shape[0] for shape in self._shapes))
        self.shape = (self._ends[-1], width)
        self._check_not_empty()

    def _open(self, path):
        with damage_as(path, "is no intact .npy file of numbers"):
            return np.lib.format.open_memmap(path, mode="r")

    def _describe(self, path):
        values = self._open(path)
        return values.shape, row_dtype(values.shape, values.dtype, path)

    def _read(self, start, stop):
        return np.concatenate(self._parts(start, stop))

    def _parts(self, start, stop):
        files = range(bisect_right(self._ends, start), bisect_left(self._ends, stop) + 1)
        return [self._part(i, start, stop) for i in files]

    def _part(self, i, start, stop):
        values = self._open(self._paths[i])
        if values.shape != self._shapes[i]:
            raise ValueError(f"{self._paths[i]} was replaced by one of shape {values.shape}")
        first = self._ends[i] - values.shape[0]
        return values[max(start - first, 0) : stop - first]


class NpzFiles(NpyFiles):
    """Rows of several .npz files of sparse matrices, one after the other.

    Such a file can only be read whole, so the last one read stays in memory, sparse.
    """

    to_memory = "scipy.sparse.vstack([scipy.sparse.load_npz(path) for path in X])"

    _last = None, None
    _stored = 0

    @property
    def density(self):
        return self._stored / (self.shape[0] * self.shape[1])

    @property
    def size(self):
        """Bytes of the stored entries with column numbers, or of all entries if that is less."""
        return min(super().size, self._stored * (self.dtype.itemsize + 4))

    def _describe(self, path):
        shape, dtype, stored = sparse_header(path)
        self._stored += stored
        return shape, row_dtype(shape, dtype, path)

    def _open(self, path):
        if self._last[0] != path:
            self._last = None, None  # frees its memory before the next one is read
            self._last = path, read_sparse(path)
        return self._last[1]

    def _read(self, start, stop):
        return scipy.sparse.vstack(self._parts(start, stop), format="csr")


class DaskArray(Source):
    """A Dask array in chunks of whole rows.

    Attributes
    ----------
    array : dask.array.Array
    """

    to_memory = "X.compute()"

    def __init__(self, X):
        super().__init__(X)
        self.array = X
        if any(np.isnan(size) for size in self.shape):
            raise ValueError("X has chunks of unknown size: X.compute_chunk_sizes() finds them out")
        if X.numblocks[1] > 1:
            raise ValueError(
                f"X must have one chunk of columns, got {X.numblocks[1]}: use X.rechunk({{1: -1}})"
            )

    def _read(self, start, stop):
        return self._X[start:stop].compute()

    def map_rows(self, function, width):
        """The Dask array (rows x width) of a function of each chunk's rows; nothing is computed."""
        dtype = self.dtype
        return self._X.map_blocks(
            lambda rows: function(rows) if rows.shape[0] else np.empty((0, width), dtype),
            dtype=dtype,
            chunks=(self._X.chunks[0], (width,)),
            meta=np.empty((0, 0), dtype),
        )
