"""Tasks for the workers of a Dask cluster: a function of one block, and sums of its terms."""

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
    """The rows of a block of a Dask array, computed by the process that reads them.

    Parameters
    ----------
    X : dask.array.Array
    number : int
        That of the block.
    block : slice
        Its samples.
    persisted : iterable of str
        Names of chunks that are in the workers' memory already.

    Attributes
    ----------
    needed : list of str
        Names of those chunks that `rows` needs as its argument.
    """

    def __init__(self, X, number, block, persisted):
        super().__init__(X[block])
        self._number, self._block, part = number, block, self._X
        keys = part.__dask_keys__()
        graph = dict(part.__dask_optimize__(part.__dask_graph__(), keys))
        needed, _ = dask.optimization.cull({**graph, **dict.fromkeys(persisted)}, keys)
        self.needed = [name for name in persisted if name in needed]
        self._graph = {name: task for name, task in graph.items() if name not in self.needed}
        self._keys, self._X, self._finish = keys, None, part.__dask_postcompute__()

    def rows(self, chunks):
        """The rows, finite and of the blocks' dtype; `chunks` are the values of `needed`."""
        start, stop = self._block.start, self._block.stop
        with damage_as(f"samples {start} to {stop - 1} of X", "cannot be read"):
            values = dask.get({**self._graph, **dict(zip(self.needed, chunks))}, self._keys)
            finish, arguments = self._finish
            rows = self._check(finish(values, *arguments), (stop - start, self.shape[1]))
        check_finite(rows, self._number, self._block)
        return rows


def same(value):
    """The value itself: a task that only sends data."""
    return value


def call_on_block(call, part, own):
    """Call a function of a block's rows; returns its lists of new rows and of terms.

    Parameters
    ----------
    call : (callable, callable)
        A function that prepares the rows, then the function to call.
    part : list
        A `Reader` and the chunks it needs, or only the rows.
    own : list
        The same rows of the pass's input arrays.
    """
    (prepared, function), (first, *chunks) = call, part
    with one_thread():  # so that bits do not depend on the machine
        rows = first.rows(chunks) if isinstance(first, Reader) else first
        return function(prepared(rows), *own)


def pick_rows(result, number, dtype):
    """The new rows of one output array from the result of `call_on_block`."""
    return np.ascontiguousarray(result[0][number], dtype)


def pick_terms(result):
    """The terms from the result of `call_on_block`."""
    return result[1]


def sum_group(group):
    """Add several lists of terms, in their order."""
    return reduce(add_terms, group[1:], deepcopy(group[0]))


def with_columns(rows, columns, values):
    """A copy of the rows with new values in some columns."""
    rows = rows.copy()
    rows[:, columns] = values
    return rows
