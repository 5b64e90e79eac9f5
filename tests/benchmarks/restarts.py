"""Restarts as one stack: what an iteration of so many starts would take beside one after the other.

    python tests/benchmarks/restarts.py [--starts 10] [--rounds 7] [--out DIR]

The stack is written in NumPy: H of all starts side by side, so that both products with X are wide,
and the small ones one batch. Beside it the same iteration of one start in NumPy, and that of
`SemiNMF`, whose `n_init` makes one start after the other. Milliseconds of CPU time per iteration
and start, one thread, medians of rounds that alternate.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import warnings
from statistics import median

import measuring
import numpy as np
from measuring import cpu_seconds

from dsnmf import SemiNMF, datasets

#: Iterations of a round by the data's name.
ITERATIONS = {"300 x 30, k 5": 100, "digits, k 20": 40, "20,000 x 200, k 20": 6}


def data(name):
    rng = np.random.default_rng(0)
    if name.startswith("digits"):
        return datasets.load_digits().data, 20
    n, p, k = (300, 30, 5) if name.startswith("300 ") else (20_000, 200, 20)
    return rng.standard_normal((n, p)), k


def iterate(X, H, iterations):
    """Multiplicative iterations of a stack H, shape (starts, n, k), with exact Zs."""
    H, (starts, n, k) = H.copy(), H.shape
    for _ in range(iterations):
        XH = X.T @ H.transpose(1, 0, 2).reshape(n, starts * k)
        HH = np.matmul(H.transpose(0, 2, 1), H)
        Z = np.linalg.solve(HH, XH.reshape(-1, starts, k).transpose(1, 2, 0))  # (starts, k, p)
        A = X @ Z.transpose(2, 0, 1).reshape(-1, starts * k)
        A, B = A.reshape(n, starts, k).transpose(1, 0, 2), np.matmul(Z, Z.transpose(0, 2, 1))
        up = np.maximum(A, 0) + np.matmul(H, np.maximum(-B, 0))
        down = np.maximum(-A, 0) + np.matmul(H, np.maximum(B, 0))
        H *= np.sqrt(up / np.maximum(down, 1e-35))
    return H


def measured(name, starts, rounds):
    X, k = data(name)
    count, rng = ITERATIONS[name], np.random.default_rng(1)
    H = rng.random((starts, len(X), k)) + 0.1

    def fit(iterations):
        options = {"init": "random", "random_state": 0, "tol": 0, "compress": False}
        return SemiNMF(k, max_iter=iterations, **options).fit(X)

    fit(2)  # compiles
    found = {"SemiNMF": [], "NumPy, one": [], "NumPy, stack": []}
    for _ in range(rounds):
        found["SemiNMF"].append(
            cpu_seconds(lambda: fit(2 * count))[0] - cpu_seconds(lambda: fit(count))[0]
        )
        one, singly = cpu_seconds(lambda: [iterate(X, each[None], count)[0] for each in H])
        stack, together = cpu_seconds(lambda: iterate(X, H, count))
        np.testing.assert_allclose(singly, together, rtol=1e-5, atol=1e-8)
        found["NumPy, one"].append(one / starts)
        found["NumPy, stack"].append(stack / starts)
    return {name: 1000 * median(each) / count for name, each in found.items()}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = {name: measured(name, arguments.starts, arguments.rounds) for name in ITERATIONS}
    measuring.table(f"ms per iteration and start, {arguments.starts} starts", rows)
    measuring.write_json(arguments, "restarts", {"rows": rows})


if __name__ == "__main__":
    main()
