"""What the benchmarks share: clocks, page faults, the bare products of an epoch, tables, JSON.

Nothing heavy is imported before it is used: startup.py measures imports.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

#: Keywords of `DSNMF` for the two ways to train, by name.
TRAININGS = {"full": {}, "compressed": {"compress": True}}


def timed(function, repeats, clock=time.perf_counter):
    """The seconds that each of so many calls takes."""
    seconds = []
    for _ in range(repeats):
        start = clock()
        function()
        seconds.append(clock() - start)
    return seconds


def cpu_seconds(function):
    """CPU seconds of one call, and its result."""
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def faults():
    """Page faults of this process so far that needed no disk."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@dataclass(frozen=True)
class Measured:
    """Medians of one function's calls.

    Attributes
    ----------
    ms : float
        Milliseconds of a call.
    faults : float
        Page faults of a call.
    """

    ms: float
    faults: float


def interleaved(functions, rounds=5, repeats=20, clock=time.perf_counter):
    """Measures functions in blocks that alternate, so that all meet the machine in every mood.

    The first call of a block is not counted: NumPy, SciPy and PyTorch bring a BLAS each, whose
    threads go on spinning for a while, and the caches hold the previous function's data.

    Parameters
    ----------
    functions : dict
        {name: function without arguments}.
    rounds : int
        Blocks of each function.
    repeats : int
        Counted calls in a block.
    clock : callable
        Returns seconds.

    Returns
    -------
    dict
        {name: Measured}.
    """
    from dsnmf.training.memory import freed_memory_kept

    seconds = {name: [] for name in functions}
    page_faults = {name: [] for name in functions}
    with freed_memory_kept():  # as `fit` trains
        for _ in range(rounds):
            for name, function in functions.items():
                function()
                before = faults()
                seconds[name] += timed(function, repeats, clock)
                page_faults[name].append((faults() - before) / repeats)
    return {
        name: Measured(1e3 * median(seconds[name]), median(page_faults[name])) for name in functions
    }


def multiplier(pairs):
    """A function that multiplies pairs of matrices into preallocated outputs."""
    import numpy as np

    products = [(A, B, np.empty((len(A), B.shape[1]), A.dtype)) for A, B in pairs]

    def run():
        for A, B, out in products:
            np.matmul(A, B, out=out)

    return run


def epoch_pairs(X, layers):
    """The pairs of matrices that one epoch multiplies; the factors are made up.

    Of the model X ≈ Z_1 g(Z_2 … g(H_m)): every Z_i and its features, and with the error E_i of
    that product, E_i and the features' transpose (the gradient of Z_i), and Z_iᵀ and E_i.

    Parameters
    ----------
    X : ndarray, shape (p, n), C-contiguous
    layers : sequence of int
    """
    import numpy as np

    rng = np.random.default_rng(0)
    sizes = [len(X), *layers]
    Zs = [rng.random(shape, dtype=X.dtype) for shape in zip(sizes, layers)]
    features = [rng.random((size, X.shape[1]), dtype=X.dtype) for size in layers]
    errors = [X, *features[:-1]]
    forward = [(Z, F) for Z, F in zip(Zs, features)][::-1]
    backward = [pair for Z, F, E in zip(Zs, features, errors) for pair in ((E, F.T), (Z.T, E))]
    return forward + backward


def epoch_products(X, layers):
    """A function that runs one epoch's matrix products and nothing else: no implementation's limit.

    Outputs are preallocated. See `epoch_pairs`.
    """
    return multiplier(epoch_pairs(X, layers))


def fresh_process(script, *arguments, environment=None):
    """What a script prints as JSON, run with these arguments in a process of its own."""
    done = subprocess.run(
        [sys.executable, script, *map(str, arguments)],
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def parser(description):
    """An argument parser with what all benchmarks take."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the numbers to a JSON file in this folder")
    return parser


def sizes(text):
    """Layer sizes from "400,100"."""
    return tuple(int(size) for size in text.split(","))


def _cell(value):
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"


def table(title, rows):
    """Print {row's name: {column: number, text or None}}; columns in order of appearance."""
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    lines = {name: [_cell(row.get(column)) for column in columns] for name, row in rows.items()}
    widths = [max(9, *map(len, cells)) for cells in zip(columns, *lines.values())]
    first = max(map(len, [title, *rows]))
    for name, cells in [(f"\n{title:{first}}", columns), *lines.items()]:
        aligned = (f"{cell:>{width}}" for cell, width in zip(cells, widths))
        print(f"{name:{first}}", *aligned, sep="  ", flush=True)


def write_json(arguments, name, result):
    """Write a result, with what it was measured on, to NAME.json in the folder of --out, if any."""
    if arguments.out is None:
        return
    from dsnmf.files.atomic import replacing

    packages = ("numpy", "scipy", "pytensor", "numba")
    measured_on = {
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }
    arguments.out.mkdir(parents=True, exist_ok=True)
    with replacing(arguments.out / f"{name}.json") as file:
        json.dump({"measured on": measured_on, **result}, file, indent=1, ensure_ascii=False)
        file.write("\n")
