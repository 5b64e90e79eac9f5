"""What the workers of a Dask cluster do: functions of one block, and sums of what they give."""

from copy import deepcopy
from functools import reduce

import dask
import numpy as np

from dsnmf.data.block_sums import check_finite
from dsnmf.data.sources import Source
from dsnmf.files.damage import damage_as
from dsnmf.training.passes import add_terms
from dsnmf.training.threads import one_thread


class Reader(Source):
    """The rows of a block of a Dask array, computed where they are asked for.

    Parameters
    ----------
    X : dask.array.Array
    number : int
        The block's.
    samples : slice
    persisted : iterable of str
        Names of what is in the workers' memory already, of which rows are perhaps made.

    Attributes
    ----------
    needed : list of str
        Names of those that `rows` must be given.
    """

    def __init__(self, X, number, samples, persisted):
        super().__init__(X[samples])
        self._number, self._samples, part = number, samples, self._X
        keys = part.__dask_keys__()
        graph = dict(part.__dask_optimize__(part.__dask_graph__(), keys))
        needed, _ = dask.optimization.cull({**graph, **dict.fromkeys(persisted)}, keys)
        self.needed = [name for name in persisted if name in needed]
        self._graph = {name: task for name, task in graph.items() if name not in self.needed}
        self._keys, self._X, self._finish = keys, None, part.__dask_postcompute__()

    def rows(self, chunks):
        """As `Source` has them, of the blocks' dtype and finite."""
        start, stop = self._samples.start, self._samples.stop
        with damage_as(f"samples {start} to {stop - 1} of X", "cannot be read"):
            values = dask.get({**self._graph, **dict(zip(self.needed, chunks))}, self._keys)
            finish, arguments = self._finish
            rows = self._check(finish(values, *arguments), (stop - start, self.shape[1]))
        check_finite(rows, self._number, self._samples)
        return rows


def same(value):
    """The value."""
    return value


def call_on_block(call, part, own):
    """A function of some rows: lists of new rows and of terms.

    Parameters
    ----------
    call : (callable, callable)
        What prepares the rows, and the function.
    part : list
        A `Reader` and what it needs, or the rows themselves alone.
    own : list
        The same rows of other arrays.
    """
    (prepared, function), (first, *chunks) = call, part
    with one_thread():  # so that bits do not depend on the machine
        rows = first.rows(chunks) if isinstance(first, Reader) else first
        return function(prepared(rows), *own)


def pick_rows(result, number, dtype):
    """Of what `call_on_block` returns the new rows of one array."""
    return np.ascontiguousarray(result[0][number], dtype)


def pick_terms(result):
    """Of what `call_on_block` returns the terms."""
    return result[1]


def sum_group(group):
    """The sums of some terms, in their order."""
    return reduce(add_terms, group[1:], deepcopy(group[0]))


def with_columns(rows, columns, values):
    """A copy of the rows with other values in some columns."""
    rows = rows.copy()
    rows[:, columns] = values
    return rows
