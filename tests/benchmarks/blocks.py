"""SemiNMF of a matrix on disk: peak memory, bytes read, an iteration against its limit.

    python tests/benchmarks/blocks.py [--gigabytes 40] [--features 1000] [--components 20]
        [--iterations 5] [--block-size N] [--folder DIR] [--out DIR]
    python tests/benchmarks/blocks.py --samples 10000,100000,1000000,10000000 --features 100
        --components 10 --block-size 10000 --figure growth.png

The matrix, float32, samples x features, is made in the folder from a seed: rank 20 plus noise.
The fit runs in a fresh process, features in the folder too. Counted are its peak of resident memory
and the bytes that it asked the system for (Linux). The limit of an iteration is timed in the same
process after it: reading all blocks as the fit does, and the bare products of all blocks (XΨ, XᵀQ,
three of H with k x k matrices), outputs preallocated. Several numbers of samples show how an
iteration grows; slope 1 in the logarithms is linear.
"""

import json
import os
import tempfile
import time
import warnings
from pathlib import Path

import measuring
import numpy as np
from memory import resident

from dsnmf.extras import extra

RANK = 20
ITERATION = "iteration, s"
CHUNK = 20_000


def make(path, samples, features):
    """The matrix as a .npy file."""
    rng = np.random.default_rng(0)
    components = rng.standard_normal((RANK, features), dtype=np.float32)
    X = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(samples, features))
    for start in range(0, samples, CHUNK):
        rows = min(CHUNK, samples - start)
        part = rng.standard_normal((rows, features), dtype=np.float32)
        X[start : start + rows] = rng.random((rows, RANK), dtype=np.float32) @ components + part
    X.flush()


def read_bytes():
    """What this process has read, through system calls or mapped pages: faults are counted once."""
    return int(Path("/proc/self/io").read_text().split("rchar: ")[1].split()[0])


class Counted:
    """Rows of an .npy file by plain reads, which the system counts."""

    def __init__(self, path):
        with open(path, "rb") as file:
            np.lib.format.read_magic(file)
            self.shape, _, self.dtype = np.lib.format.read_array_header_1_0(file)
            self._start = file.tell()
        self._path = path

    def __getitem__(self, rows):
        width = self.shape[1] * self.dtype.itemsize
        with open(self._path, "rb") as file:
            file.seek(self._start + rows.start * width)
            count = (rows.stop - rows.start) * self.shape[1]
            return np.fromfile(file, self.dtype, count).reshape(-1, self.shape[1])


def fit(path, components, iterations, block_size, store):
    from sklearn.exceptions import ConvergenceWarning

    from dsnmf import SemiNMF
    from dsnmf.data.sample_blocks import Blocks
    from dsnmf.data.sources import as_source
    from dsnmf.training.memory import freed_memory_kept

    warnings.simplefilter("ignore", ConvergenceWarning)
    seconds, marks = [], []

    def after(iteration, state):
        seconds.append(time.perf_counter())
        marks.append(read_bytes())

    small = np.random.default_rng(0).standard_normal((50, 8), dtype=np.float32)
    SemiNMF(2, max_iter=1).fit(small)
    X = Counted(path)
    size = X.shape[0] * X.shape[1] * 4
    before, start = read_bytes(), time.perf_counter()
    options = {"compress": False, "max_iter": iterations, "tol": 0, "block_size": block_size}
    model = SemiNMF(components, store=store, callback=after, **options).fit(X)
    total = time.perf_counter() - start
    passes = (read_bytes() - before) / size
    peak = resident("VmHWM")

    blocks = Blocks(as_source(X), block_size, model._scale)

    def read():
        for _ in blocks:
            pass

    with freed_memory_kept():
        reading = float(np.median(measuring.timed(read, 1 if size > 1e9 else 9)))
    rows = next(iter(blocks))[1]
    b, (p, n), k = len(rows), blocks.shape, components
    rng = np.random.default_rng(0)
    H, Psi, B = (rng.random(s, dtype=np.float32) for s in ((b, k), (p, k), (k, k)))
    bare = measuring.multiplier([(rows, Psi), (rows.T, H), (H, B), (H, B), (H, B)])
    products = np.median(measuring.timed(bare, 50)) * n / b
    iteration = float(np.median(np.diff(seconds)))
    return {
        "samples": X.shape[0],
        "GB": size / 1e9,
        "peak, GB": peak / 1e9,
        ITERATION: iteration,
        "reading, s": reading,
        "products, s": float(products),
        "/ (reading + products)": iteration / (reading + products),
        "/ the larger": iteration / max(reading, products),
        "reads": passes,
        "of these in iterations": (marks[-1] - marks[0]) / size / (len(marks) - 1),
        "fit, s": total,
        "relative error": model.reconstruction_err_ / (model._scale * float(np.sqrt(n))),
    }


def draw(rows, path):
    """Seconds of an iteration, and of reading and products alone, against samples."""
    plt = extra("matplotlib.pyplot", "the figure")
    samples, seconds = (np.array([row[name] for row in rows]) for name in ("samples", ITERATION))
    limit = [row["reading, s"] + row["products, s"] for row in rows]
    with plt.rc_context({"font.size": 8, "axes.spines.top": False, "axes.spines.right": False}):
        figure, ax = plt.subplots(figsize=(3.5, 2.6), layout="constrained", dpi=300)
        ax.loglog(samples, seconds[-1] * samples / samples[-1], ":", color="0.4", linewidth=1,
                  label="slope 1")  # fmt: skip
        ax.loglog(samples, limit, "s-", color="0.65", markersize=3, linewidth=1,
                  label="reading and products alone")  # fmt: skip
        ax.loglog(samples, seconds, "o-", color="C0", markersize=4, linewidth=1.5,
                  label="iteration")  # fmt: skip
        ax.set_xlabel("samples $n$")
        ax.set_ylabel("seconds per iteration")
        ax.grid(which="major", color="0.9", linewidth=0.6)
        ax.set_axisbelow(True)
        ax.legend(frameon=False, loc="upper left")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
        plt.close(figure)


def measured(samples, arguments):
    """One row, from a matrix and a process of its own."""
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = os.path.join(folder, "X.npy")
        make(path, samples, arguments.features)
        names = ("components", "iterations", "block_size")
        given = {name: getattr(arguments, name) for name in names}
        options = [f"--{n.replace('_', '-')}={v}" for n, v in given.items() if v is not None]
        return measuring.fresh_process(__file__, f"--path={path}", *options)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--gigabytes", type=float, default=40)
    parser.add_argument("--samples", type=measuring.sizes, help="in place of gigabytes")
    parser.add_argument("--features", type=int, default=1000)
    parser.add_argument("--components", type=int, default=20)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--block-size", type=int)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--figure", type=Path, help="draw the growth to this PNG file")
    parser.add_argument("--path", help="of a matrix that is there")
    arguments = parser.parse_args()
    if arguments.path:
        with tempfile.TemporaryDirectory(dir=Path(arguments.path).parent) as store:
            options = arguments.components, arguments.iterations, arguments.block_size
            print(json.dumps(fit(arguments.path, *options, store)))
        return
    samples = arguments.samples or [int(arguments.gigabytes * 1e9 / 4 / arguments.features)]
    rows = [measured(n, arguments) for n in samples]
    title = f"SemiNMF({arguments.components}) on disk, {arguments.features} features"
    measuring.table(title, {f"{row['samples']} samples": row for row in rows})
    if len(rows) > 1:
        growth = np.polyfit(*(np.log([row[n] for row in rows]) for n in ("samples", ITERATION)), 1)
        print(f"slope of the iteration: {growth[0]:.2f}")
    measuring.write_json(arguments, "blocks", {"rows": rows})
    if arguments.figure:
        draw(rows, arguments.figure)


if __name__ == "__main__":
    main()
