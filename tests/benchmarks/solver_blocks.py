"""A file in blocks: how long "hals" takes to the error of so many multiplicative iterations.

    python tests/benchmarks/solver_blocks.py [--samples 1000000] [--learn 50000] [--out DIR]

samples x 512 float32 of a non-negative mixture of 20 components of either sign, with noise, in a
.npy file of the system's folder for temporary files (2 GB for a million samples), read anew by
every pass (compress=False).

2,000 multiplicative iterations on such a file take an hour, so both solvers run on as many samples
as --learn says: --iterations multiplicative ones, then "hals" until their error. That says how many
iterations of "hals" they are worth. Then both make --timed iterations on the whole file. Time to
target: so many iterations times the CPU seconds of one, of one thread, start and last pass not
counted (the start's are given beside them). With --learn as large as --samples nothing is
extrapolated.
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


def learned(path, iterations):
    """How many iterations each solver needs to the error of so many multiplicative ones."""
    _, costs, by_rule = fitted(path, "multiplicative", iterations + 1)
    _, found, seconds = fitted(path, "hals", iterations + 1, target=costs[-1])
    times = {"multiplicative": by_rule, "hals": seconds}
    known = {"multiplicative": costs, "hals": found}
    return {
        solver: {"iterations": len(each) - 1, "cost": known[solver][-1]} | per_iteration(each)
        for solver, each in times.items()
    }


def per_iteration(seconds):
    spent = seconds[-1] - seconds[0]
    return {"start and first, s": seconds[0], "s / iteration": spent / (len(seconds) - 1)}


def table(title, rows):
    for row in rows.values():
        row["s to target"] = row["iterations"] * row["s / iteration"]
    measuring.table(title, rows)


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--learn", type=int, default=50_000, metavar="SAMPLES")
    parser.add_argument("--iterations", type=int, default=2000, help="multiplicative ones")
    parser.add_argument("--timed", type=int, default=20, help="iterations on the whole file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "X.npy"
        make_file(path, arguments.learn)
        results = {"learned": learned(path, arguments.iterations)}
        about = f"x {FEATURES} in a file, SemiNMF({COMPONENTS})"
        table(f"{arguments.learn:,} {about}", results["learned"])
        if arguments.samples > arguments.learn:
            make_file(path, arguments.samples)
            rows = {}
            for solver, row in results["learned"].items():
                _, _, seconds = fitted(path, solver, arguments.timed + 1)
                rows[solver] = {"iterations": row["iterations"]} | per_iteration(seconds)
            results["whole"] = rows
            table(f"{arguments.samples:,} {about}", rows)
    measuring.write_json(arguments, "solver_blocks", results)


if __name__ == "__main__":
    main()
