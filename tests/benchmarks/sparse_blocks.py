"""SemiNMF of sparse .npz files in blocks beside the same matrix in memory: processor seconds.

    python tests/benchmarks/sparse_blocks.py [--samples 10000] [--features 5000] [--density 0.01]
        [--components 20] [--iterations 20] [--files 5] [--out DIR]

Medians of three fits, by turns, after one of each that is not counted.
"""

import tempfile
import time
import warnings
from pathlib import Path

import measuring
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from dsnmf import SemiNMF


def main():
    parser = measuring.parser(__doc__)
    for name, value in (("samples", 10_000), ("features", 5_000), ("components", 20)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--density", type=float, default=0.01)
    given = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    shape = given.samples, given.features
    X = scipy.sparse.random(*shape, given.density, format="csr", random_state=0)
    height = -(-given.samples // given.files)
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.npz") for i in range(given.files)]
        for i, path in enumerate(paths):
            scipy.sparse.save_npz(path, X[i * height : (i + 1) * height])

        def fit(data, **options):
            model = SemiNMF(given.components, max_iter=given.iterations, tol=0, **options)
            return lambda: model.fit(data)

        fits = {
            "in memory": fit(X),
            "files": fit(paths),
            "files, a block each": fit(paths, block_size=height),
        }
        found = measuring.interleaved(fits, rounds=3, repeats=1, clock=time.process_time)
    base = found["in memory"].ms
    rows = {name: {"s": m.ms / 1e3, "beside memory": m.ms / base} for name, m in found.items()}
    measuring.table(f"{shape[0]} x {shape[1]}, density {given.density:g}", rows)
    measuring.write_json(given, "sparse_blocks", {"shape": shape, "rows": rows})


if __name__ == "__main__":
    main()
