"""SemiNMF of a matrix on disk: peak memory, bytes read, an iteration against its limit.

    python tests/benchmarks/blocks.py [--gigabytes 40] [--features 1000] [--components 20]
        [--iterations 5] [--folder DIR] [--out DIR]

The matrix, float32, samples x features, is made in the folder from a seed: rank 20 plus noise.
The fit runs in a fresh process, features in the folder too. Counted are its peak of resident memory
and the bytes that it asked the system for (Linux). The limit of an iteration is timed in the same
process after it: reading all blocks as the fit does, and the bare products of all blocks (XΨ, XᵀQ,
three of H with k x k matrices), outputs preallocated.
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

RANK = 20
CHUNK = 20_000


def make(path, gigabytes, features):
    """A .npy file of about so many gigabytes."""
    samples = int(gigabytes * 1e9 / 4 / features)
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


def fit(path, components, iterations, store):
    from sklearn.exceptions import ConvergenceWarning

    from dsnmf import SemiNMF
    from dsnmf.data.blocks import Blocks
    from dsnmf.data.sources import as_source

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
    options = {"compress": False, "max_iter": iterations, "tol": 0}
    model = SemiNMF(components, store=store, callback=after, **options).fit(X)
    total = time.perf_counter() - start
    passes = (read_bytes() - before) / size
    peak = resident("VmHWM")

    blocks = Blocks(as_source(X), scale=model._scale)
    start = time.perf_counter()
    for _ in blocks:
        pass
    reading = time.perf_counter() - start
    rows = next(iter(blocks))[1]
    b, (p, n), k = len(rows), blocks.shape, components
    rng = np.random.default_rng(0)
    H, Psi, B = (rng.random(s, dtype=np.float32) for s in ((b, k), (p, k), (k, k)))
    bare = measuring.multiplier([(rows, Psi), (rows.T, H), (H, B), (H, B), (H, B)])
    products = np.median(measuring.timed(bare, 50)) * n / b
    iteration = float(np.median(np.diff(seconds)))
    return {
        "GB": size / 1e9,
        "peak, GB": peak / 1e9,
        "iteration, s": iteration,
        "reading, s": reading,
        "products, s": float(products),
        "/ (reading + products)": iteration / (reading + products),
        "/ the larger": iteration / max(reading, products),
        "reads": passes,
        "of these in iterations": (marks[-1] - marks[0]) / size / (len(marks) - 1),
        "fit, s": total,
        "relative error": model.reconstruction_err_ / (model._scale * float(np.sqrt(n))),
    }


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--gigabytes", type=float, default=40)
    parser.add_argument("--features", type=int, default=1000)
    parser.add_argument("--components", type=int, default=20)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--path", help="of a matrix that is there")
    arguments = parser.parse_args()
    if arguments.path:
        with tempfile.TemporaryDirectory(dir=Path(arguments.path).parent) as store:
            row = fit(arguments.path, arguments.components, arguments.iterations, store)
        print(json.dumps(row))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = os.path.join(folder, "X.npy")
        make(path, arguments.gigabytes, arguments.features)
        options = [f"--{name}={getattr(arguments, name)}" for name in ("components", "iterations")]
        row = measuring.fresh_process(__file__, f"--path={path}", *options)
    measuring.table(f"SemiNMF({arguments.components}) on disk", {"one fit": row})
    measuring.write_json(arguments, "blocks", {"rows": [row]})


if __name__ == "__main__":
    main()
