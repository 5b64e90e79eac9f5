"""SemiNMF by Dask workers on hosts of their own: slow wires, a host that is cut off for a while.

    python tests/benchmarks/cluster_hosts.py [--samples 50000] [--features 1000] [--components 10]
        [--iterations 30] [--hosts 3] [--rate 10] [--short 5] [--long 60] [--folder DIR] [--out DIR]

Linux, with iproute2 and util-linux. Each host is a network namespace with one worker of one thread
and a nanny, which are started again where they end; a bridge joins them to this process, which is
caller and scheduler. No privilege is needed where users may make namespaces: all is made within
one, and gone with this process. The matrix, float32, is that of blocks.py, in a file that all hosts
see. Wires carry --rate MB/s each way. A host is cut off as by a switch: packets vanish, no side is
told. Its wire is back after --short or --long seconds; Dask gives up connections after half a
minute, and the worker ends. Of each fit: its seconds, what its slowest iteration took, and whether
its factors are to the bit those of a cluster in this process.
"""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import measuring
import numpy as np
from blocks import make

from dsnmf.extras import extra

CALLER, INSIDE = "10.77.0.1", "DSNMF_HOSTS_INSIDE"


def enter():
    """Runs this script again in a network namespace of its own, as its root."""
    if INSIDE not in os.environ:
        command = ["unshare", "--map-root-user", "--net", sys.executable, *sys.argv]
        os.execvpe(command[0], command, os.environ | {INSIDE: "yes"})


def ip(words, where=()):
    subprocess.run([*where, *words.split()], check=True)


class Host:
    """A host with a worker, on the bridge."""

    def __init__(self, number, scheduler, folder):
        self.port = f"port{number}"
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler]
        worker += ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)]
        ready = f"until ip -brief address show wire | grep -q {CALLER[:-1]}; do sleep .1; done"
        shell = ["sh", "-c", f'{ready}; while :; do "$@"; sleep 1; done', "sh", *worker]
        with open(folder / f"{self.port}.log", "w") as log:
            self.process = subprocess.Popen(
                ["unshare", "--net", *shell], stdout=log, stderr=log, start_new_session=True
            )
        time.sleep(0.5)  # until its namespace is there
        self._inside = ["nsenter", "--net", "--target", str(self.process.pid)]
        ip(f"ip link add {self.port} type veth peer name wire netns {self.process.pid}")
        ip(f"ip link set {self.port} master bridge up")
        ip("ip link set lo up", self._inside)
        ip("ip link set wire up", self._inside)
        ip(f"ip address add {CALLER[:-1]}{number + 2}/24 dev wire", self._inside)

    def throttle(self, rate):
        """Let so many MB/s pass each way."""
        limit = f"root tbf rate {8 * rate}mbit burst 64kb latency 400ms"
        ip(f"tc qdisc replace dev {self.port} {limit}")
        ip(f"tc qdisc replace dev wire {limit}", self._inside)

    def cut(self):
        ip(f"ip link set {self.port} nomaster")

    def join(self):
        ip(f"ip link set {self.port} master bridge")


@contextlib.contextmanager
def hosts(count, folder):
    """A client of a cluster of hosts, and they."""
    from distributed import Client, LocalCluster

    ip("ip link set lo up")
    ip("ip link add bridge type bridge")
    ip(f"ip address add {CALLER}/24 dev bridge")
    ip("ip link set bridge up")
    options = {"n_workers": 0, "host": CALLER, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        found = [Host(number, cluster.scheduler_address, folder) for number in range(count)]
        try:
            yield client, found
        finally:
            for host in found:
                os.killpg(host.process.pid, signal.SIGTERM)


def fit(X, arguments, after=None):
    """The factors of a fit, its seconds and those of its slowest iteration."""
    from dsnmf import SemiNMF

    marks = []

    def callback(iteration, state):
        marks.append(time.perf_counter())
        if after is not None and iteration == 3:
            after()

    options = {"compress": False, "tol": 0, "max_iter": arguments.iterations}
    start = time.perf_counter()
    model = SemiNMF(arguments.components, callback=callback, **options).fit(X)
    seconds = time.perf_counter() - start
    factors = [np.asarray(factor) for factor in model.Z_ + model.H_]
    return factors, {"fit, s": seconds, "slowest iteration, s": max(np.diff(marks))}


def cut_off(host, seconds):
    """Cuts a host off, and lets it come back after so many seconds."""
    host.cut()
    threading.Timer(seconds, host.join).start()


def measure(path, arguments, folder):
    from distributed import Client, LocalCluster

    from dsnmf.data.lazy import lazy_matrix

    X = lazy_matrix(path, arguments.block_size)
    options = {"processes": False, "dashboard_address": None, "n_workers": 1}
    with LocalCluster(**options) as cluster, Client(cluster):
        expected, _ = fit(X, arguments)
    rows = {}

    def note(name, after=None):
        factors, rows[name] = fit(X, arguments, after)
        same = all(map(np.array_equal, factors, expected))
        rows[name] |= {"bits": "same" if same else "DIFFERENT"}

    with hosts(arguments.hosts, folder) as (client, found):
        client.wait_for_workers(arguments.hosts)
        fit(X, arguments)  # the workers import and compile
        note("wires as they are")
        for host in found:
            host.throttle(arguments.rate)
        note(f"{arguments.rate} MB/s")
        for seconds in (arguments.short, arguments.long):
            client.wait_for_workers(arguments.hosts)
            note(f"one host cut off for {seconds} s", functools.partial(cut_off, found[0], seconds))
        client.wait_for_workers(arguments.hosts)
    return rows


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=1000)
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--block-size", type=int)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--rate", type=int, default=10)
    parser.add_argument("--short", type=int, default=5)
    parser.add_argument("--long", type=int, default=60)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    extra("distributed", "this benchmark", "distributed")
    enter()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(dir=arguments.folder, ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "X.npy")
        make(path, arguments.samples, arguments.features)
        rows = measure(path, arguments, Path(folder))
    measuring.table(f"SemiNMF({arguments.components}), {arguments.hosts} hosts", rows)
    measuring.write_json(arguments, "cluster_hosts", rows)
    if any(row["bits"] != "same" for row in rows.values()):
        sys.exit("the bits differ")


if __name__ == "__main__":
    main()
