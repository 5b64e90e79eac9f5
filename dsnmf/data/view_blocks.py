"""Views that are column groups of a matrix in blocks."""

from functools import partial

import numpy as np

from dsnmf.data.views import Part, Views, moments
from dsnmf.training.passes import Stacked


class ViewBlocks(Views):
    """Views that are column groups of one matrix in blocks; no view is missing.

    Parameters
    ----------
    blocks : Blocks
        At scale 1.
    columns : list of V ndarray of int
        The columns of each view.
    """

    def __init__(self, blocks, columns):
        self.blocks, n = blocks, blocks.shape[1]
        self._columns = np.concatenate(columns)
        self._is_sorted = bool((np.diff(self._columns) == 1).all())
        self.widths, self.shape, self.dtype = [len(c) for c in columns], blocks.shape, blocks.dtype
        V, starts = len(columns), np.cumsum([0, *self.widths])
        self.present, self.counts = np.ones((V, n), bool), np.full(V, n)
        self.order, self.patterns = None, [(slice(None), np.ones(V, bool))]
        spans = [(v, slice(starts[v], starts[v + 1])) for v in range(V)]
        self.parts, self.groups, self.additions = [Part(None, None, 0, spans)], [None], None
        self.measure()

    def measure(self):
        V = len(self.widths)
        self.scales, self.variances = np.ones(V), np.zeros(V)
        (largest,) = self.run_pass(partial(_largest, spans=self.parts[0].spans))
        units = {v: float(value) or 1.0 for v, value in enumerate(largest.value)}
        function = partial(_moment_terms, spans=self.parts[0].spans, units=units)
        sums, squares = self.run_pass(function)
        for v, s in self.parts[0].spans:
            self.set_scale(v, units[v], sums[s], squares[s])
        self._zero = largest.value == 0

    @property
    def is_zero(self):
        return self._zero

    @property
    def step_shape(self):
        return self.blocks.step_shape

    def run_pass(self, function, inputs=(), outputs=()):
        return self.blocks.run_pass(partial(self._call_on_columns, function), inputs, outputs)

    def _call_on_columns(self, function, rows, *inputs):
        return function([rows if self._is_sorted else rows[:, self._columns]], *inputs)

    def pick(self, numbers, fill):
        chosen = np.zeros(self.shape[1], bool)
        chosen[numbers] = True
        (stacked,) = self.run_pass(_stack_chosen, [chosen])
        return stacked.rows().astype(np.float64) * self.multipliers(self.parts[0])


class _Largest:
    def __init__(self, value):
        self.value = value

    def __iadd__(self, other):
        self.value = np.maximum(self.value, other.value)
        return self


def _largest(rows, spans):
    return [], [_Largest(np.array([np.abs(rows[0][:, s]).max() for _, s in spans], float))]


def _moment_terms(rows, spans, units):
    return [], [*moments(rows[0], spans, units, len(rows[0]))]


def _stack_chosen(rows, chosen):
    return [], [Stacked(rows[0][chosen])]
