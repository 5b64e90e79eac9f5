"""Beside other work: fits as they are, with as many threads of BLAS as before, and with one.

    python tests/benchmarks/busy.py [CASE…] [--rounds 3] [--loops 4] [--out DIR]
    python tests/benchmarks/busy.py --sweep [--rounds 3] [--loops 4] [--out DIR]

Seconds of fits and clusterings, alone and beside so many processes that count to no end. "default"
is what a user gets, "all threads" the same without `dsnmf.training.threads`, "one thread" the
default under OMP_NUM_THREADS=1 and its like. Every measurement is a process of its own, in which a
first call is not counted; they take turns; medians. The case "demo" is `dsnmf demo` (minutes; only
if named).

--sweep is what the limits of `dsnmf.training.threads` were read from: milliseconds of an iteration
and of decompositions of several sizes with one thread and with all, by turns in one process, the
least of many when alone and the median beside other work.
"""

import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

import measuring

THREADS = [f"{name}_NUM_THREADS" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")]
SETTINGS = ("default", "all threads", "one thread")

#: Sizes of the sweep: samples, features, layers; and orders of symmetric matrices.
STEPS = [
    (1797, 64, (20, 10)),
    (1797, 64, (80, 20)),
    (1797, 64, (160, 40)),
    (3600, 64, (160, 40)),
    (2000, 200, (100, 20)),
    (2856, 81, (400, 100)),
]
ORDERS = (50, 100, 200, 400, 700)


def _fit(make):
    def prepare():
        from dsnmf import datasets

        X = datasets.load_digits().data
        return lambda: make().fit(X)

    return prepare


def _deep(*layers):
    def make():
        from dsnmf import DeepSemiNMF

        return DeepSemiNMF(layers, max_iter=100, tol=0)

    return _fit(make)


def _semi_nmf():
    from dsnmf import SemiNMF

    return SemiNMF(20, max_iter=200, tol=0)


def _transform():
    from dsnmf import DeepSemiNMF, datasets

    X = datasets.load_digits().data
    model = DeepSemiNMF((80, 20), max_iter=100, tol=0).fit(X)
    return lambda: model.transform(X)


def _k_means():
    from dsnmf import datasets
    from dsnmf.experiments.clustering import k_means_score

    digits = datasets.load_digits()
    return lambda: k_means_score(digits.data, digits.target, 0)


def _pie(training):
    def prepare():
        from dsnmf import DSNMF, datasets

        X = datasets.load_pie().data.astype("float32")
        model = DSNMF(X, (400, 100), **measuring.TRAININGS[training])
        return lambda: model.fit(20)

    return prepare


def _demo():
    from dsnmf.experiments import demo

    def run():
        with tempfile.TemporaryDirectory() as folder:
            demo.run(out=folder)

    return run


CASES = {
    "DeepSemiNMF((80, 20))": _deep(80, 20),
    "DeepSemiNMF((160, 40))": _deep(160, 40),
    "SemiNMF(20)": _fit(_semi_nmf),
    "transform": _transform,
    "k-means": _k_means,
    "PIE, 20 compressed epochs": _pie("compressed"),
    "PIE, 20 full epochs": _pie("full"),
    "demo": _demo,
}


@contextlib.contextmanager
def beside(loops):
    """So many busy processes."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def measured(case, setting):
    """Seconds of a call, in this process."""
    import warnings

    from dsnmf.training import threads

    warnings.simplefilter("ignore")
    if setting == "all threads":
        threads.TINY = math.inf
    run = CASES[case]()
    if case != "demo":
        run()
    with contextlib.redirect_stdout(sys.stderr):
        return measuring.timed(run, 1 if case == "demo" else 3)


def in_process(case, setting):
    """`measured` in a process of its own, with the threads of a setting."""
    environment = dict.fromkeys(THREADS, "1") if setting == "one thread" else {}
    return measuring.fresh_process(__file__, "--measure", case, setting, environment=environment)


def compare(cases, rounds, loops):
    seconds = {case: {} for case in cases}
    for busy in (0, loops):
        for case in cases:
            found = {setting: [] for setting in SETTINGS}
            with beside(busy):
                for _ in range(rounds):
                    for setting in SETTINGS:
                        found[setting] += in_process(case, setting)
            where = f"beside {busy}" if busy else "alone"
            seconds[case] |= {f"{name}, {where}": median(s) for name, s in found.items()}
    measuring.table("seconds", seconds)
    return seconds


def _steps():
    """{what: function of no arguments} of an iteration or a decomposition."""
    import numpy as np

    from dsnmf import DSNMF

    rng = np.random.default_rng(0)
    for n, p, layers in STEPS:
        model = DSNMF(rng.standard_normal((n, p)), layers)
        yield f"DSNMF {n} x {p}, {layers}: {2e-6 * n * p * layers[0]:.0f} M", model.train_fun
    for order in ORDERS:
        A = rng.standard_normal((order, 2 * order))
        yield f"eigh of {order}", lambda A=A @ A.T: np.linalg.eigh(A)
        yield f"SVD of {order} x {2 * order}", lambda A=A: np.linalg.svd(A, full_matrices=False)


def sweep(rounds, loops):
    from threadpoolctl import threadpool_limits

    ms = {}
    for what, run in _steps():
        ms[what] = {}
        for busy, summary in ((0, min), (loops, median)):
            seconds = {1: [], None: []}
            with beside(busy):
                for _ in range(rounds):
                    for threads, found in seconds.items():
                        with threadpool_limits(threads):
                            run()
                            until = time.perf_counter() + 0.3
                            while time.perf_counter() < until:
                                found += measuring.timed(run, 1)
            where = f"beside {busy}" if busy else "alone"
            one, several = (1e3 * summary(found) for found in seconds.values())
            ms[what] |= {f"one, {where}": one, f"all, {where}": several}
    measuring.table("ms", ms)
    return ms


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {'; '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each setting")
    parser.add_argument("--loops", type=int, default=2 * os.cpu_count(), help="busy processes")
    parser.add_argument("--sweep", action="store_true", help="sizes, with one thread and all")
    parser.add_argument("--measure", nargs=2, metavar=("CASE", "SETTING"), help="here, as JSON")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measured(*arguments.measure)))
        return
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"CASE must be one of {'; '.join(CASES)}, got {'; '.join(sorted(unknown))}")
    for name in THREADS:
        os.environ.pop(name, None)
    if arguments.sweep:
        result = {"ms": sweep(arguments.rounds, arguments.loops)}
    else:
        cases = arguments.cases or [case for case in CASES if case != "demo"]
        result = {"seconds": compare(cases, arguments.rounds, arguments.loops)}
    measuring.write_json(arguments, "busy", {"loops": arguments.loops, **result})


if __name__ == "__main__":
    main()
