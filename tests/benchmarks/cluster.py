"""SemiNMF of a matrix on disk by the workers of a Dask cluster, beside the same fit without one.

    python tests/benchmarks/cluster.py [--samples 500000] [--features 100] [--components 10]
        [--iterations 20] [--workers 1,2] [--folder DIR] [--out DIR]

The matrix, float32, is that of blocks.py. Workers are processes of this machine with one thread
each. Of an iteration: its median of seconds; what is sent with its tasks to all blocks together,
and what comes back here (bytes of the pickled function, and of the sums); what goes from worker to
worker, per block; and what the scheduler keeps of it, in tasks per block, and bytes of resident
memory per block (for which more --iterations and small blocks are better: --block-size).
"""

import os
import tempfile
import time
import warnings
from pathlib import Path

import measuring
import numpy as np
from blocks import make

from dsnmf.extras import extra


def _received(dask_worker):
    return sum(entry["total"] for entry in dask_worker.transfer_incoming_log)


def _kept(dask_scheduler):
    import psutil

    return len(dask_scheduler.tasks), psutil.Process().memory_info().rss


class Watched:
    """A callback that notes the seconds after each iteration, and what `look` sees."""

    def __init__(self, look):
        self._look, self.seconds, self.seen = look, [], []

    def __call__(self, iteration, state):
        self.seconds.append(time.perf_counter())
        self.seen.append(self._look())

    def per_iteration(self):
        """The median of seconds, and by how much all that is seen grows."""
        seen = np.array(self.seen, float)
        return np.median(np.diff(self.seconds)), (seen[-1] - seen[0]) / (len(seen) - 1)


def fit(X, arguments, look):
    from dsnmf import SemiNMF

    watched = Watched(look)
    options = {"compress": False, "tol": 0, "max_iter": arguments.iterations}
    options |= {"block_size": arguments.block_size, "callback": watched}
    SemiNMF(arguments.components, **options).fit(X)
    return watched.per_iteration()


def on_cluster(X, arguments, workers, blocks):
    import cloudpickle
    from distributed import Client, LocalCluster

    from dsnmf.data import cluster as module

    sent, came = [0], [0]
    one, result = module.Cluster.one, module.Cluster.result

    def counted_one(self, function, *values):
        sent[0] += len(cloudpickle.dumps(values))
        return one(self, function, *values)

    def counted_result(self, future):
        value = result(self, future)
        came[0] += len(cloudpickle.dumps(value))
        return value

    options = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:

        def look():
            between = sum(client.run(_received).values())
            return [sent[0], came[0], between, *client.run_on_scheduler(_kept)]

        module.Cluster.one, module.Cluster.result = counted_one, counted_result
        try:
            seconds, grown = fit(X, arguments, look)
        finally:
            module.Cluster.one, module.Cluster.result = one, result
    there, back, between, tasks, memory = grown
    return {
        "iteration, s": seconds,
        "sent, kB": there / 1e3,
        "back, kB": back / 1e3,
        "between workers, kB/block": between / 1e3 / blocks,
        "scheduler, tasks/block": tasks / blocks,
        "scheduler, kB/block": memory / 1e3 / blocks,
    }


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--samples", type=int, default=500_000)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--block-size", type=int)
    parser.add_argument("--workers", type=measuring.sizes, default=[1, 2])
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    extra("distributed", "this benchmark", "distributed")
    from dsnmf.data.lazy import lazy_matrix

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = os.path.join(folder, "X.npy")
        make(path, arguments.samples, arguments.features)
        X = lazy_matrix(path, arguments.block_size)
        arguments.block_size, blocks = X.chunks[0][0], X.numblocks[0]
        local, _ = fit(np.load(path, mmap_mode="r"), arguments, lambda: 0)
        rows = {"without a cluster": {"iteration, s": local}}
        for workers in arguments.workers:
            rows[f"{workers} workers"] = on_cluster(X, arguments, workers, blocks)
    measuring.table(f"SemiNMF({arguments.components}), {blocks} blocks", rows)
    measuring.write_json(arguments, "cluster", rows)


if __name__ == "__main__":
    main()
