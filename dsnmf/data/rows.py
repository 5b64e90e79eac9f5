"""Reads rows of a matrix that is not in memory."""

from functools import cached_property

import numpy as np
import scipy.sparse

from dsnmf.data.known import with_gaps
from dsnmf.files.damage import damage_as

#: Packages whose objects return arrays for slices of rows, and the number of rows from which the
#: density of others is estimated.
GIVE_ARRAYS = ("dask", "h5py", "numpy", "zarr")
LOOKED_AT = 100


def row_dtype(shape, dtype, name):
    """The dtype of the rows: float32 for float32, float64 for all other real numbers."""
    if len(shape) != 2:
        raise ValueError(f"{name} must be 2-d, got {len(shape)}-d of shape {shape}")
    if dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold real numbers, got dtype {dtype}")
    is_single = dtype.kind == "f" and dtype.itemsize == 4  # in any byte order
    return np.dtype(np.float32 if is_single else np.float64)


class Source:
    """Rows of a matrix that is not in memory.

    Parameters
    ----------
    X : object
        Has shape and dtype, and returns arrays or sparse matrices for slices of rows.

    Attributes
    ----------
    shape : (int, int)
        Samples, features.
    dtype : dtype
        That of the rows read: float32 or float64.
    absent : {"zero", "unknown"}
        The meaning of the entries that sparse rows do not store.
    keeps_sparse : bool
        Whether sparse rows whose absent entries are zeros stay sparse.
    density : float
        Share of the entries that (the first) sparse rows store; 1 for dense rows.
    """

    absent = "zero"
    keeps_sparse = False

    def __init__(self, X):
        self._X = X
        self.shape = tuple(X.shape or ())
        self.dtype = row_dtype(self.shape, X.dtype, "X")
        self._check_not_empty()

    @cached_property
    def density(self):
        if type(self._X).__module__.partition(".")[0] in GIVE_ARRAYS:
            return 1.0  # known without a read
        if not scipy.sparse.issparse(self._X[:0]):  # of dense rows nothing is read
            return 1.0
        first = self._X[:LOOKED_AT]
        return first.nnz / np.prod(first.shape)

    @property
    def size(self):
        """Bytes of all rows."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    @property
    def to_memory(self):
        """Python code that reads X into memory, for messages."""
        is_array = isinstance(self._X[:1], np.ndarray) or scipy.sparse.issparse(self._X[:1])
        return "X[:]" if is_array else "np.asarray(X)"

    def _check_not_empty(self):
        if 0 in self.shape:
            raise ValueError(f"X must not be empty, got shape {self.shape}")

    def rows(self, start, stop):
        """The samples start to stop - 1.

        Returns
        -------
        ndarray, shape (stop - start, n_features), C-contiguous
            It may share memory with X. A canonical CSR matrix if the source `keeps_sparse`.

        Raises
        ------
        OSError
            If a file cannot be opened.
        ValueError
            If the rows cannot be read, have masked entries, or another shape or dtype than X.
        """
        return self._rows(start, stop, gaps=False)

    def rows_with_gaps(self, start, stop):
        """`rows` with NaN at masked entries."""
        return self._rows(start, stop, gaps=True)

    def _rows(self, start, stop, gaps):
        with damage_as(f"samples {start} to {stop - 1} of X", "cannot be read"):
            return self._check(self._read(start, stop), (stop - start, self.shape[1]), gaps)

    def _read(self, start, stop):
        return self._X[start:stop]

    def _in_form(self, values):
        """Convert what was read to an array or a canonical CSR matrix."""
        if not scipy.sparse.issparse(values):
            return np.asarray(values)
        if self.absent == "unknown":
            return with_gaps(values)
        if not self.keeps_sparse:
            return values.toarray()
        rows = scipy.sparse.csr_matrix(values)
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _check(self, values, shape, gaps=False):
        is_masked = np.ma.is_masked(values)
        if is_masked and not gaps:
            raise ValueError("they have masked entries; gaps need a dense array in memory")
        rows = self._in_form(values)
        if rows.shape != shape:
            kind = f"{type(values).__name__} of shape {np.shape(values)}"
            raise ValueError(f"they must be an array of shape {shape}, got a {kind}")
        if row_dtype(shape, rows.dtype, "they") != self.dtype:
            raise ValueError(f"they must be {self.dtype}, got {rows.dtype}")
        if scipy.sparse.issparse(rows):
            return rows.astype(self.dtype, copy=False)
        if is_masked:
            rows = values.astype(self.dtype).filled(np.nan)
        return np.ascontiguousarray(rows, self.dtype)
