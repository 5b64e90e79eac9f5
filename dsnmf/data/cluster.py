"""Arrays in the memory of the workers of a Dask cluster, and passes over them."""

import contextlib
from bisect import bisect_right
from concurrent.futures import CancelledError

import dask
import dask.array
import distributed
import numpy as np

from dsnmf.data.cluster_tasks import (
    call_on_block,
    pick_rows,
    pick_terms,
    same,
    sum_group,
    with_columns,
)
from dsnmf.data.store import Store
from dsnmf.files.pages import release

#: Terms that are added at a time: a fixed tree, so that bits depend on the blocks' order alone.
FAN_IN = 8


class Cluster:
    """The workers of a Dask cluster.

    Names of tasks are never used again. The scheduler keeps the graph behind each result that is
    still needed, so it recomputes what a worker that dies had in memory.

    Parameters
    ----------
    client : distributed.Client

    Raises
    ------
    ConnectionError
        Everywhere, if the scheduler is lost, or data that cannot be recomputed.
    RuntimeError
        If workers die repeatedly of the same task.
    """

    def __init__(self, client):
        self._client, self._place = client, f"the Dask cluster at {client.scheduler.address}"

    @contextlib.contextmanager
    def _errors(self):
        try:
            yield
        except (CancelledError, distributed.comm.CommClosedError) as error:
            what = f"{self._place} is lost, or data in its memory"
            raise ConnectionError(f"{what}: {error}") from error
        except distributed.KilledWorker as error:
            raise RuntimeError(f"workers of {self._place} die: {error}") from error

    def each(self, function, *values, priority=0):
        """Futures of a function of the first value of each list, of the second, …."""
        # Sent values, such as a start, are part of the graph, so lost ones are recomputed.
        quiet = {"distributed.admin.large-graph-warning-threshold": "1 TB"}
        with self._errors(), dask.config.set(quiet):
            return self._client.map(function, *values, pure=False, priority=priority)

    def one(self, function, *values):
        """The future of function(*values)."""
        return self.each(function, *([value] for value in values))[0]

    def fetch(self, future):
        """Fetch the value of a future to this process."""
        with self._errors():
            return future.result()

    def compute(self, collection):
        """Start the computation of a Dask collection; returns its future."""
        with self._errors():
            return self._client.compute(collection)

    def run_pass(self, prepared, function, parts, inputs, outputs):
        """See `dsnmf.training.passes.pass_over`; `call_on_block` describes parts."""
        call, count = self.one(same, (prepared, function)), len(parts)
        own = [[array.parts[number] for array in inputs] for number in range(count)]
        results = self.each(call_on_block, [call] * count, parts, own)
        # Before further blocks, so that no results pile up.
        terms = self.each(pick_terms, results, priority=1)
        for i, array in enumerate(outputs):
            which = [i] * count, [array.dtype] * count
            array.parts = self.each(pick_rows, results, *which, priority=1)
        while len(terms) > 1:
            groups = [terms[i : i + FAN_IN] for i in range(0, len(terms), FAN_IN)]
            terms = self.each(sum_group, groups, priority=1)
        sums = self.fetch(terms[0])
        # Arrays from elsewhere may lie at odd addresses, which PyTensor refuses.
        return [
            np.require(total, requirements="A") if isinstance(total, np.ndarray) else total
            for total in sums
        ]


class ClusterArray:
    """An array with a row per sample, in blocks in the memory of workers.

    Parameters
    ----------
    cluster : Cluster
    shape : tuple
    dtype : dtype
    slices : list of slice
        The samples of the blocks.

    Attributes
    ----------
    parts : list of distributed.Future
        The blocks.
    """

    def __init__(self, cluster, shape, dtype, slices):
        self.shape, self.dtype, self.slices = shape, np.dtype(dtype), slices
        self.parts = [None for _ in slices]
        self._cluster, self._starts = cluster, [block.start for block in slices]

    def __len__(self):
        return self.shape[0]

    def __setitem__(self, where, values):
        """Set a block, or some of its columns, to an array or a Dask array."""
        block, *columns = where if isinstance(where, tuple) else (where,)
        number = self._starts.index(block.start)
        if columns:
            self.parts[number] = self._cluster.one(
                with_columns, self.parts[number], *columns, values
            )
        elif isinstance(values, np.ndarray):
            rows = np.ascontiguousarray(values, self.dtype)
            self.parts[number] = self._cluster.one(same, rows)
        else:
            self.parts[number] = self._cluster.compute(values.astype(self.dtype))

    def __getitem__(self, block):
        """Fetch some rows to this process."""
        start, stop, _ = block.indices(len(self))
        rows, number = [], bisect_right(self._starts, start) - 1
        while number < len(self.slices) and self._starts[number] < stop:
            block, first = self._cluster.fetch(self.parts[number]), self._starts[number]
            rows.append(block[max(start - first, 0) : stop - first])
            number += 1
        return np.concatenate(rows)

    @property
    def T(self):
        """The transposed array as a Dask array; its blocks stay on the workers."""
        parts = [
            dask.array.from_delayed(part, (block.stop - block.start, self.shape[1]), self.dtype)
            for part, block in zip(self.parts, self.slices)
        ]
        return dask.array.concatenate(parts).T


class ClusterStore(Store):
    """Makes arrays in the memory of workers; `keep` writes them to files if there is a folder.

    Parameters
    ----------
    folder
        See `Store`.
    new : callable
        From a shape and a dtype to a `ClusterArray`.
    """

    def __init__(self, folder, new):
        super().__init__(folder)
        self.new = self.scratch = new

    def keep(self, array, name):
        """See `Store`; blocks are fetched and written one by one."""
        if self._scratch is None:
            return array
        mapped = self._new_mapped(array.shape, array.dtype)
        for block in array.slices:
            mapped[block] = array[block]
            release(mapped)
        return super().keep(mapped, name)
