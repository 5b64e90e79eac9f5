"""Checks, fingerprint and sums of squares of a block of rows, an array or a CSR matrix."""

import math
from zlib import crc32

import numpy as np
import scipy.sparse

from dsnmf.training.passes import NeedsMemory


def check_finite(rows, number, block, gaps=False):
    """Raise a ValueError that names the first sample with an infinite or unknown entry.

    For NaN it is `NeedsMemory`, unless gaps are allowed. `number` is that of the block.
    """
    stored = rows.data if scipy.sparse.issparse(rows) else rows
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(stored.sum()):  # faster than testing each entry; it may overflow
            return
    if scipy.sparse.issparse(rows):
        rows = rows.toarray()
    fine = ~np.isinf(rows) if gaps else np.isfinite(rows)
    if not fine.all():
        row = int(np.argmin(fine.all(axis=1)))
        first, last = block.start, block.stop - 1
        place = f"sample {first + row} (block {number}, samples {first} to {last})"
        if np.isnan(rows[row]).any() and not gaps:
            raise NeedsMemory(f"X contains NaN in {place}; gaps need a dense array in memory")
        raise ValueError(f"X contains infinity in {place}")


class Fingerprint:
    """A checksum of blocks in their order, which are the digits of a number to a large base."""

    _BASE, _PRIME = 2**32 + 15, 2**61 - 1

    def __init__(self, rows):
        parts = (rows.data, rows.indices, rows.indptr) if scipy.sparse.issparse(rows) else (rows,)
        self.value, self._factor = 0, self._BASE
        for part in parts:
            self.value = crc32(np.ascontiguousarray(part), self.value)

    def __iadd__(self, other):
        self.value = (self.value * other._factor + other.value) % self._PRIME
        self._factor = self._factor * other._factor % self._PRIME
        return self


class ScaledSums:
    """The Gram matrix of the features of some rows, or only its trace.

    Squares of very large or small entries leave float64's range. So the sums are those of
    rows / unit. The unit is the power of two below the largest entry, so division rounds nothing.
    """

    def __init__(self, rows, has_gram):
        rows = rows.astype(np.float64, copy=False)
        largest = float(max(rows.max(), -rows.min()))
        self.unit = 2.0 ** (math.frexp(largest)[1] - 1) if largest else math.ulp(0.0)
        rows, is_sparse = rows / self.unit, scipy.sparse.issparse(rows)
        if has_gram:
            gram = rows.T @ rows
            self.gram = gram.toarray() if is_sparse else gram
        else:
            entries = rows.data if is_sparse else rows
            self.gram = np.array([[np.vdot(entries, entries)]])

    def __iadd__(self, other):
        unit = max(self.unit, other.unit)
        if unit > self.unit:
            self.gram *= (self.unit / unit) ** 2
        self.gram += other.gram if unit == other.unit else other.gram * (other.unit / unit) ** 2
        self.unit = unit
        return self
