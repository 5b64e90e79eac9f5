"""Views: several matrices of the same samples; some samples may lack some views."""

from typing import NamedTuple

import numpy as np
import scipy.sparse

from dsnmf.data.samples import BLOCK
from dsnmf.magnitude import largest_magnitude
from dsnmf.training.passes import pass_over


class Part(NamedTuple):
    """A matrix of some views side by side, for the samples that have them.

    Attributes
    ----------
    rows : ndarray or CSR matrix, shape (b, p); None for data in blocks
        Not scaled.
    samples : ndarray of int or None
        Numbers of the part's samples; None for all.
    group : int
        The same number for parts with the same samples.
    spans : list of (int, slice)
        Number and columns of each view, in order.
    """

    rows: object
    samples: object
    group: int
    spans: list


def _row_blocks(rows):
    """Yield slices of rows and the rows as arrays."""
    step = max(1, BLOCK // rows.shape[1])
    for start in range(0, rows.shape[0], step):
        block = slice(start, start + step)
        part = rows[block]
        yield block, (part.toarray() if scipy.sparse.issparse(part) else part)


def moments(rows, spans, units, count):
    """Σ x and Σ x² of each feature, x in the unit of its view."""
    sums, squares = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    divisors = np.concatenate([np.full(s.stop - s.start, units[v]) for v, s in spans])
    for _, block in _row_blocks(rows):
        wide = block.astype(np.float64) / divisors
        sums += wide.sum(axis=0)
        squares += np.square(wide).sum(axis=0)
    return sums, squares


class Views:
    """Samples of several views in memory, with all that a fit needs.

    Each view is divided by the root mean square of the norms of the samples that have it. The sum
    of its squares is then their number, so that neither its unit nor its number of features
    matters.

    Samples are sorted by the views that they have; `order` is the permutation.

    Parameters
    ----------
    matrices : list of V ndarray or CSR matrix, shape (n, p_v)
        Without NaN where the view is present.
    present : ndarray of bool, shape (V, n)
        Each sample has at least one view, and each view at least one sample.

    Attributes
    ----------
    order : ndarray of int or None
        Sample j of this object is sample order[j] of the matrices; None if nothing was sorted.
    patterns : list of (slice, ndarray of bool)
        Slices of samples that have the same views, and these views.
    parts : list of Part
    groups : list of ndarray of int or None
        The samples of each group of parts.
    additions : CSR matrix, shape (n, rows of all parts), or None
        1 where a row of a part belongs to the sample: the product adds up the parts. None for one
        part of all samples.
    widths : list of V int
    counts : ndarray of V int
        Number of samples that have each view.
    scales : ndarray, shape (V,)
        Divisor of each view.
    variances : ndarray, shape (V,)
        Σ (x - mean)² of each view at its scale.
    shape : (int, int)
        p, n: features of all views x samples.
    dtype : dtype
    scale : float
        1, as the factors are at the views' scales.
    """

    scale = 1.0

    def __init__(self, matrices, present):
        n, self.present = matrices[0].shape[0], present
        self.widths = [X.shape[1] for X in matrices]
        self.dtype = np.result_type(*(X.dtype for X in matrices))
        self.shape = sum(self.widths), n
        self.counts = present.sum(axis=1)
        distinct, which = np.unique(present, axis=1, return_inverse=True)
        which = which.ravel()
        self.order = None if distinct.shape[1] == 1 else np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=distinct.shape[1]))
        starts = [0, *ends[:-1]]
        self.patterns = [(slice(a, b), p) for a, b, p in zip(starts, ends, distinct.T)]
        self._make_parts(matrices, present if self.order is None else present[:, self.order])
        self.measure()

    def _make_parts(self, matrices, present):
        self.parts, self.groups, known = [], [], {}
        for v, X in enumerate(matrices):
            samples, key = None, present[v].tobytes()
            if not present[v].all():
                samples = np.flatnonzero(present[v])
                X = X[samples if self.order is None else self.order[samples]]
            elif self.order is not None:
                X = X[self.order]
            if key not in known:
                known[key] = len(self.groups)
                self.groups.append(samples)
            X = X.astype(self.dtype, copy=False)
            self.parts.append(Part(X, samples, known[key], [(v, slice(0, X.shape[1]))]))
        self.parts = _join_columns(self.parts)
        self.additions = _additions(self.parts, self.shape[1], self.dtype)

    def measure(self):
        V = len(self.widths)
        self.scales, self.variances = np.ones(V), np.zeros(V)
        for part in self.parts:
            units = {v: largest_magnitude(part.rows[:, s]) or 1.0 for v, s in part.spans}
            sums, squares = moments(part.rows, part.spans, units, part.rows.shape[0])
            for v, s in part.spans:
                self.set_scale(v, units[v], sums[s], squares[s])

    def set_scale(self, v, unit, sums, squares):
        energy, n = float(squares.sum()), self.counts[v]
        if energy == 0:
            return
        self.scales[v] = unit * np.sqrt(energy / n)
        self.variances[v] = max(n - n / energy * float(np.square(sums).sum()) / n, 0.0)

    @property
    def energies(self):
        """Squared norm of each view at its scale: its number of samples, or 0 for a zero view."""
        return np.where(self.is_zero, 0.0, self.counts)

    @property
    def is_zero(self):
        """For each view whether it is all zero."""
        return np.array(
            [not any(map(_any, self._rows_of_view(v))) for v in range(len(self.widths))]
        )

    def _rows_of_view(self, v):
        for part in self.parts:
            for number, span in part.spans:
                if number == v:
                    yield part.rows[:, span]

    def view(self, v):
        """The rows of a view at its scale, sorted; shape (b, p_v)."""
        (rows,) = self._rows_of_view(v)
        return rows / self.dtype.type(self.scales[v])

    def samples_of(self, v):
        """Numbers of the samples that have a view; None for all."""
        return next(p.samples for p in self.parts for number, _ in p.spans if number == v)

    def multipliers(self, part):
        """1 / scale for each column of a part, shape (p,), float64."""
        return np.concatenate(
            [np.full(s.stop - s.start, 1 / self.scales[v]) for v, s in part.spans]
        )

    def least_error(self, rank):
        """See `Samples`; not known, so 0."""
        return 0.0

    @property
    def step_shape(self):
        """See `Samples`."""
        return self.shape[1], max(1, int(self.counts @ self.widths) // self.shape[1])

    def run_pass(self, function, inputs=(), outputs=()):
        """Call a function of the list of the parts' rows; see `dsnmf.training.passes.pass_over`."""
        blocks = [(slice(None), [part.rows for part in self.parts])]
        return pass_over(blocks, function, inputs, outputs)

    def pick(self, numbers, fill):
        """Some samples at the views' scales, shape (some, p), float64; `fill` gives missing views.

        Parameters
        ----------
        numbers : ndarray of int
            In the sorted order.
        fill : ndarray, shape (some, p)
            Views one after the other.
        """
        result, starts = fill.astype(np.float64), np.cumsum([0, *self.widths])
        for part in self.parts:
            places, rows = np.arange(len(numbers)), numbers
            if part.samples is not None:
                rows = np.searchsorted(part.samples, numbers)
                rows = np.minimum(rows, len(part.samples) - 1)
                places = np.flatnonzero(part.samples[rows] == numbers)
                rows = rows[places]
            block = part.rows[rows]
            block = block.toarray() if scipy.sparse.issparse(block) else block
            for v, span in part.spans:
                columns = slice(starts[v], starts[v + 1])
                result[places, columns] = block[:, span] / self.scales[v]
        return result

    def in_given_order(self, H):
        """Put sorted rows into the order of the given matrices."""
        if self.order is None:
            return H
        result = np.empty_like(H)
        result[self.order] = H
        return result

    def in_own_order(self, H):
        """Put rows from the order of the given matrices into the sorted one."""
        return H if self.order is None else H[self.order]


def _additions(parts, n, dtype):
    """The matrix `Views.additions`."""
    if len(parts) == 1 and parts[0].samples is None:
        return None
    samples = np.concatenate([np.arange(n) if p.samples is None else p.samples for p in parts])
    entries = np.ones(len(samples), dtype), (samples, np.arange(len(samples)))
    return scipy.sparse.csr_matrix(entries, shape=(n, len(samples)))


def _any(rows):
    return rows.nnz and rows.data.any() if scipy.sparse.issparse(rows) else rows.any()


def _join_columns(parts):
    """Join successive parts that are adjacent columns of one array."""
    joined = []
    for part in parts:
        last = joined[-1] if joined else None
        whole = None if last is None else _neighbours(last, part)
        if whole is None:
            joined.append(part)
            continue
        width = last.rows.shape[1]
        ((v, span),) = part.spans
        spans = [*last.spans, (v, slice(width, width + span.stop))]
        joined[-1] = Part(whole, last.samples, last.group, spans)
    return joined


def _neighbours(first, second):
    """The array in which the columns of both parts are adjacent; None if there is none."""
    A, B = first.rows, second.rows
    arrays = isinstance(A, np.ndarray) and isinstance(B, np.ndarray)
    if not arrays or first.group != second.group or A.base is None or A.base is not B.base:
        return None
    follows = B.ctypes.data - A.ctypes.data == A.shape[1] * A.strides[1]
    if A.strides != B.strides or not follows or A.strides[1] != A.itemsize:
        return None
    shape = len(A), A.shape[1] + B.shape[1]
    return np.lib.stride_tricks.as_strided(A, shape, A.strides)
