"""Features less their means or medians, and in units of their standard deviations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from dsnmf.magnitude import power_of_two
from dsnmf.symbolic.centred import CentredMatrix

#: Entries of arrays that are processed at a time.
_BLOCK = 1 << 20


def _row_blocks(X):
    height = max(1, _BLOCK // X.shape[1])
    return (slice(start, start + height) for start in range(0, len(X), height))


def _units(sizes):
    return np.array([power_of_two(size) for size in sizes])


class Deviations:
    """Count, mean and norm ‖x - mean‖ of the known entries of each feature.

    Squares of very large or small entries leave float64's range, so the norm is stored instead of
    its square, and sums are made in a unit for each feature. The mean of equal entries is exact,
    and their norm is 0.

    Attributes
    ----------
    count, mean, norm : ndarray, shape (p,), float64
    """

    def __init__(self, count, mean, norm):
        self.count, self.mean, self.norm = count, mean, norm

    @classmethod
    def from_rows(cls, rows):
        """Deviations of an array (b x p); NaN marks unknown entries."""
        rows = rows.astype(np.float64, copy=False)
        count = len(rows) - np.isnan(rows).sum(axis=0)
        least = np.nan_to_num(np.fmin.reduce(rows, axis=0))
        above = rows - least
        units = _units(np.fmax.reduce(above, axis=0, initial=0))
        mean = least + units * (np.nansum(above / units, axis=0) / np.maximum(count, 1))
        beside = rows - mean
        units = _units(np.fmax.reduce(np.abs(beside), axis=0, initial=0))
        norm = units * np.sqrt(np.nansum(np.square(beside / units), axis=0))
        return cls(count, mean, norm)

    @classmethod
    def from_sparse(cls, X, absent="zero"):
        """Deviations of a canonical sparse matrix, whose absent entries are "zero" or "unknown"."""
        (n, p), entries = X.shape, X.tocoo()
        column, values = entries.col, entries.data.astype(np.float64)
        stored = np.bincount(column, minlength=p)
        zeros = np.zeros(p, int) if absent == "unknown" else n - stored
        count = stored + zeros
        least = np.where(zeros > 0, 0, np.inf)
        np.minimum.at(least, column, values)
        least[count == 0] = 0

        def sum_powers(of_values, of_zeros, power):
            """Sums of powers of the stored entries and the zeros: in units, and the units."""
            of_zeros = np.where(zeros > 0, of_zeros, 0)
            sizes = np.abs(of_zeros)
            np.maximum.at(sizes, column, np.abs(of_values))
            units = _units(sizes)
            of_stored = np.bincount(column, (of_values / units[column]) ** power, minlength=p)
            return of_stored + zeros * (of_zeros / units) ** power, units

        total, units = sum_powers(values - least[column], -least, 1)
        mean = least + units * (total / np.maximum(count, 1))
        squares, units = sum_powers(values - mean[column], -mean, 2)
        return cls(count, mean, units * np.sqrt(squares))

    def __iadd__(self, other):
        """Merge two sets of samples: Chan, Golub & LeVeque 1983, for norms."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        step = np.where(self.count * other.count > 0, other.mean - self.mean, 0)
        between = np.abs(step) * np.sqrt(self.count * share)
        self.norm = np.hypot(np.hypot(self.norm, other.norm), between)
        self.mean = np.where(self.count > 0, self.mean + share * step, other.mean)
        self.count = count
        return self

    def scale(self, dtype):
        """The standard deviations; 1 for features that are constant up to rounding in a dtype."""
        deviation = self.norm / np.sqrt(np.maximum(self.count, 1))
        rounding = float(np.finfo(dtype).eps) * np.abs(self.mean)
        return np.where(deviation > rounding, deviation, 1.0)


def deviation_terms(rows):
    """No new rows; their `Deviations`, for a pass over blocks."""
    return [], [
        (Deviations.from_sparse if scipy.sparse.issparse(rows) else Deviations.from_rows)(rows)
    ]


def _deviations(X, absent):
    if scipy.sparse.issparse(X):
        return Deviations.from_sparse(X, absent)
    total = None
    for block in _row_blocks(X):
        found = Deviations.from_rows(X[block])
        if total is None:
            total = found
        else:
            total += found
    return total


def _median(values, zeros):
    """The median of values and a number of zeros."""
    values, n = np.sort(values), len(values) + zeros
    below = int(np.searchsorted(values, 0))
    if n == 0:
        return 0.0

    def value_at(rank):
        if rank < below:
            return values[rank]
        return 0.0 if rank < below + zeros else values[rank - zeros]

    return 0.5 * value_at((n - 1) // 2) + 0.5 * value_at(n // 2)


def _medians(X, absent):
    """The median of each feature's known entries; 0 for a feature without any."""
    if scipy.sparse.issparse(X):
        columns, n = X.tocsc(), X.shape[0]
        parts = np.split(columns.data.astype(np.float64), columns.indptr[1:-1])
        are_known = absent == "zero"
        return np.array([_median(part, are_known * (n - len(part))) for part in parts])
    known = (column[~np.isnan(column)] for column in X.T)
    return np.array([np.median(column) if len(column) else 0.0 for column in known], np.float64)


@dataclass(frozen=True, eq=False)
class Centring:
    """Subtracts a mean from each feature, then divides by a scale; does nothing by default.

    Attributes
    ----------
    mean, scale : ndarray, shape (p,), float64, or None
    """

    mean: np.ndarray | None = None
    scale: np.ndarray | None = None

    @classmethod
    def from_matrix(cls, X, center, scale, absent="zero"):
        """Fit a centring to a matrix in memory.

        Parameters
        ----------
        X : ndarray or canonical CSR matrix, shape (n_samples, n_features)
            NaN marks unknown entries of an array.
        center : bool or "median"
        scale : bool
        absent : {"zero", "unknown"}
            The meaning of the entries that a sparse matrix does not store.
        """
        by_median = isinstance(center, str)
        if not (scale or (center and not by_median)):
            return cls(_medians(X, absent) if by_median else None)
        found = cls.from_deviations(_deviations(X, absent), center, scale, X.dtype)
        return cls(_medians(X, absent), found.scale) if by_median else found

    @classmethod
    def from_deviations(cls, deviations, center, scale, dtype):
        """Fit a centring by means, not medians, from `Deviations`."""
        return cls(deviations.mean if center else None, deviations.scale(dtype) if scale else None)

    def __bool__(self):
        return self.mean is not None or self.scale is not None

    def apply(self, X, absent="zero"):
        """(X - mean) / scale.

        Parameters
        ----------
        X : ndarray or SciPy CSR matrix, shape (b, p)
        absent : {"zero", "unknown"}
            See `from_matrix`; unknown entries stay unknown.

        Returns
        -------
        ndarray, CSR matrix or CentredMatrix, shape (b, p), of X's dtype

        Raises
        ------
        ValueError
            If the result leaves the dtype's range.
        """
        if not self:
            return X
        if not scipy.sparse.issparse(X):
            return self._apply_to_array(X)
        return self._apply_to_sparse(X) if absent == "zero" else self._apply_to_stored(X)

    def apply_at_scale(self, rows, unit):
        """`apply`, divided by a unit."""
        rows = self.apply(rows)
        # SciPy divides a sparse float32 in float64.
        return rows if unit == 1 else (rows / unit).astype(rows.dtype, copy=False)

    def _apply_to_array(self, X):
        result = np.empty(X.shape, X.dtype)
        for block in _row_blocks(X):
            with np.errstate(over="ignore"):
                rows = X[block].astype(np.float64)
                if self.mean is not None:
                    rows -= self.mean
                if self.scale is not None:
                    rows /= self.scale
                result[block] = rows
        self._check(result)
        return result

    def _apply_to_sparse(self, X):
        with np.errstate(over="ignore"):
            entries = X.astype(np.float64)
            if self.scale is not None:
                entries.data /= self.scale[entries.indices]
            entries = entries.astype(X.dtype)
            self._check(entries.data)
            if self.mean is None:
                return entries
            means = self.mean if self.scale is None else self.mean / self.scale
            centred = CentredMatrix(entries, means.astype(X.dtype), of_rows=False)
            self._check(centred.means)
            self._check(centred.stored_entries()[1])
        return centred

    def _check(self, values):
        if np.isinf(values).any():
            what = "center" if self.scale is None else "center and scale"
            raise ValueError(
                f"X with {what} leaves the range of {values.dtype}: give X in another unit"
            )

    def _apply_to_stored(self, X):
        entries = X.astype(np.float64)
        with np.errstate(over="ignore"):
            if self.mean is not None:
                entries.data -= self.mean[entries.indices]
            if self.scale is not None:
                entries.data /= self.scale[entries.indices]
            entries = entries.astype(X.dtype)
        self._check(entries.data)
        return entries

    def undo(self, X):
        """X scale + mean, the inverse of `apply`, for samples (b x p); of X's dtype."""
        if not self:
            return X
        rows = X.astype(np.float64)
        if self.scale is not None:
            rows *= self.scale
        if self.mean is not None:
            rows += self.mean
        return rows.astype(X.dtype)
