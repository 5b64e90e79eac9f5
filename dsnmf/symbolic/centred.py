"""Sparse matrices minus a vector in every row or column, as arrays and as variables.

They are never made dense: X = S - μ 1ᵀ with a sparse S has the products X B = S B - μ (1ᵀB) and
A X = A S - (A μ) 1ᵀ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytensor.tensor as pt


@dataclass(frozen=True, eq=False)
class CentredMatrix:
    """S minus a number for each row, or for each column.

    Attributes
    ----------
    entries : SciPy CSR or CSC matrix, shape (m, n)
        S.
    means : ndarray, shape (m,) or (n,), of S's dtype
    of_rows : bool
        Whether there is a mean for each row, otherwise for each column.
    """

    entries: Any
    means: np.ndarray
    of_rows: bool

    #: NumPy leaves products with arrays to this class.
    __array_ufunc__ = None

    @property
    def shape(self):
        return self.entries.shape

    @property
    def dtype(self):
        return self.entries.dtype

    @property
    def size(self):
        """The number of stored entries, as for sparse matrices."""
        return self.entries.size

    @property
    def T(self):
        return CentredMatrix(self.entries.T, self.means, not self.of_rows)

    def __matmul__(self, B):
        beyond = np.multiply.outer(self.means, B.sum(axis=0)) if self.of_rows else self.means @ B
        return np.asarray(self.entries @ B) - beyond

    def __rmatmul__(self, A):
        return (self.T @ A.T).T

    def __truediv__(self, number):
        entries = self.entries.copy()
        entries.data = entries.data / number  # SciPy itself makes float64 of float32
        return replace(self, entries=entries, means=self.means / number)

    def __getitem__(self, which):
        """Some columns: X[:, which]."""
        means = self.means if self.of_rows else self.means[which[1]]
        return replace(self, entries=self.entries[which], means=means)

    def astype(self, dtype, copy=True):
        means = self.means.astype(dtype, copy=copy)
        return replace(self, entries=self.entries.astype(dtype, copy=copy), means=means)

    def toarray(self):
        means = self.means[:, None] if self.of_rows else self.means
        return self.entries.toarray() - means

    def stored_entries(self):
        """S in COO format, and the values of its stored entries in X."""
        entries = self.entries.tocoo()
        own = self.means[entries.row if self.of_rows else entries.col]
        return entries, entries.data - own

    def energies(self):
        """Σ X² for each mean (row or column), float64, without a difference of sums."""
        entries, values = self.stored_entries()
        line, other = (entries.row, 1) if self.of_rows else (entries.col, 0)
        absent = self.shape[other] - np.bincount(line, minlength=len(self.means))
        stored = np.bincount(line, np.square(values), minlength=len(self.means))
        return stored + absent * np.square(self.means)

    def largest_magnitude(self):
        """The largest magnitude of X's stored entries and the means."""
        _, values = self.stored_entries()
        return float(max(np.abs(values).max(initial=0), np.abs(self.means).max()))

    def gram(self):
        """X Xᵀ, dense, shape (m, m)."""
        gram, mu = (self.entries @ self.entries.T).toarray(), self.means
        if self.of_rows:
            total = np.asarray(self.entries.sum(axis=1)).ravel()
            cross, square = np.multiply.outer(total, mu), np.multiply.outer(mu, mu)
            square *= self.shape[1]
        else:
            cross, square = np.broadcast_to((self.entries @ mu)[:, None], gram.shape), mu @ mu
        return gram - (cross + cross.T) + square


@dataclass(frozen=True, eq=False)
class CentredVariable:
    """A `CentredMatrix` of variables, for `dsnmf.symbolic.linalg.product`.

    Attributes
    ----------
    entries : sparse variable, shape (m, n)
    means : vector variable
    of_rows : bool
    """

    entries: Any
    means: Any
    of_rows: bool = True

    @property
    def type(self):
        return self.entries.type

    @property
    def dtype(self):
        return self.entries.dtype

    @property
    def shape(self):
        return self.entries.shape

    @property
    def T(self):
        return CentredVariable(self.entries.T, self.means, not self.of_rows)

    def beyond_right(self, B):
        """S B - X B, for broadcasting."""
        if self.of_rows:
            return pt.outer(self.means, B.sum(axis=0))
        return pt.dot(self.means, B)[None]

    def beyond_left(self, A):
        """A S - A X, for broadcasting."""
        return self.T.beyond_right(A.T).T
