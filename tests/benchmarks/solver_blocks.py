"""A file in blocks: how long "hals" takes to the error of so many multiplicative iterations.

    python tests/benchmarks/solver_blocks.py [--samples 1000000] [--iterations 100] [--out DIR]

samples x 512 float32 of a non-negative mixture of 20 components of either sign, with noise, in a
.npy file of the system's folder for temporary files (2 GB for a million samples), read anew by
every pass (compress=False). CPU seconds of one thread from one iteration to the next, the start's
and the last pass not counted; the seconds of the start are given beside them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import tempfile
import time
import warnings
from pathlib import Path

import measuring
import numpy as np

from dsnmf import SemiNMF

FEATURES, COMPONENTS = 512, 20


def make_file(path, n):
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((COMPONENTS, FEATURES)).astype(np.float32)
    X = np.lib.format.open_memmap(path, "w+", np.float32, (n, FEATURES))
    for start in range(0, n, 10_000):
        count = min(10_000, n - start)
        H = rng.standard_exponential((count, COMPONENTS), np.float32)
        H *= rng.random((count, COMPONENTS)) < 0.5
        X[start : start + count] = H @ Z + rng.standard_normal((count, FEATURES), np.float32)
    X.flush()


def fitted(path, solver, iterations, target=-np.inf):
    """Costs by iteration, every tenth one, CPU seconds after each iteration, and of the start."""
    seconds, costs, began = [], [], time.process_time()

    def after(iteration, state):
        seconds.append(time.process_time() - began)
        if iteration % 10 == 1:
            costs.append(state.cost)
            print(f"  {solver} {iteration}: {state.cost:.6g}, {seconds[-1]:.1f} s", flush=True)
        return state.cost <= target

    with tempfile.TemporaryDirectory() as store, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"max_iter": iterations, "tol": 0, "compress": False, "store": store}
        model = SemiNMF(COMPONENTS, solver=solver, callback=after, **options).fit([path])
    return model, costs, np.array(seconds)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--iterations", type=int, default=100, help="multiplicative ones")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        make_file(path, arguments.samples)
        _, costs, by_rule = fitted(path, "multiplicative", arguments.iterations + 1)
        _, found, seconds = fitted(path, "hals", arguments.iterations + 1, target=costs[-1])
        rows = {}
        for solver, known, times in (
            ("multiplicative", costs, by_rule),
            ("hals", found, seconds),
        ):
            rows[solver] = {"iterations": len(times) - 1, "cost": known[-1]}
            rows[solver] |= {"start and first, s": times[0], "s": times[-1] - times[0]}
            rows[solver]["s / iteration"] = rows[solver]["s"] / (len(times) - 1)
    title = f"{arguments.samples:,} x {FEATURES} in a file, SemiNMF({COMPONENTS})"
    measuring.table(title, rows)
    measuring.write_json(arguments, "solver_blocks", {"rows": rows})


if __name__ == "__main__":
    main()
