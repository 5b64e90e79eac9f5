"""Data in blocks that the workers of a Dask cluster process."""

import math
from functools import cached_property, partial
from itertools import accumulate, pairwise

import cloudpickle
from distributed import futures_of

from dsnmf.data.cluster import Cluster, ClusterArray, ClusterStore
from dsnmf.data.cluster_tasks import Reader, same
from dsnmf.data.sample_blocks import Blocks


def _check_can_be_sent(reader):
    """Raise a TypeError if not; Dask's own error has its whole log."""
    try:
        cloudpickle.dumps(reader)
    except Exception as error:
        raise TypeError(
            f"X cannot be sent to the workers of a Dask cluster: {error}; they open files "
            "themselves in dsnmf.data.lazy.lazy_matrix"
        ) from error


class _ClusterRows(Blocks):
    """Blocks whose passes a cluster runs; subclasses set `_cluster` and `_parts`."""

    is_local = False

    def _run_pass(self, prepared, function, inputs=(), outputs=(), stage=None):
        size = math.prod(self.shape) * self.dtype.itemsize
        with self.reading.count_pass(size, stage) as advance:
            sums = self._cluster.run_pass(prepared, function, self._parts, inputs, outputs)
            advance(size)
        return sums

    def in_same_blocks(self, array):
        return _ArrayRows(self, array)

    def distribute(self, array):
        placed = ClusterArray(self._cluster, array.shape, array.dtype, self.slices)
        placed.parts = self._cluster.each(same, [array[block] for block in self.slices])
        return placed

    def store(self, folder):
        new = partial(ClusterArray, self._cluster, slices=self.slices)
        return ClusterStore(folder, new)


class _ArrayRows(_ClusterRows):
    """The unscaled rows of a `ClusterArray` as blocks."""

    def __init__(self, blocks, array):
        super().__init__(array, scale=1.0)
        self.slices, self._cluster, self._array = blocks.slices, blocks._cluster, array

    @property
    def _parts(self):
        return [[part] for part in self._array.parts]


class ClusterBlocks(_ClusterRows):
    """A Dask array in blocks. The workers of a cluster read it, and hold its features.

    Parameters
    ----------
    source : DaskArray
    client : distributed.Client
    block_size : int >= 1, optional
        Samples in a block; by default a block is a chunk.
    scale, gaps
        See `Blocks`.

    Raises
    ------
    TypeError
        In the first pass, if X holds something that cannot be sent, such as an open file.
    """

    def __init__(self, source, client, block_size=None, scale=None, gaps=False):
        super().__init__(source, block_size, scale, gaps)
        if block_size is None:
            ends = accumulate(filter(None, source.array.chunks[0]), initial=0)
            self.slices = [slice(*bounds) for bounds in pairwise(ends)]
        self._X, self._cluster = source.array, Cluster(client)

    @cached_property
    def _parts(self):
        """For each block the future of its `Reader`, then those of its persisted chunks."""
        persisted = {future.key: future for future in futures_of(self._X)}
        readers = [
            Reader(self._X, number, block, persisted) for number, block in enumerate(self.slices)
        ]
        _check_can_be_sent(readers[0])
        chunks = [[persisted[name] for name in reader.needed] for reader in readers]
        sent = self._cluster.each(same, readers)
        return [[reader, *needed] for reader, needed in zip(sent, chunks)]
