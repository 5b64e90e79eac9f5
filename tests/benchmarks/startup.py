"""The time from a bare interpreter to the first finished epoch on PIE, by part.

    python tests/benchmarks/startup.py [--rounds 3] [--cold-rounds 1] [--out DIR]

Every run is a fresh process; medians. "warm": PyTensor finds its compiled functions in its folder
(base_compiledir, where its Numba cache lies too); "cold": it is given an empty one. Importing
PyTensor includes NumPy and SciPy as far as PyTensor loads them. Loading the data is not counted.
"""

import json
import os
import tempfile
import time
from statistics import median

import measuring

LAYERS = 400, 100


def parts(training):
    """Seconds of each part, in this process."""
    start = time.perf_counter()
    import pytensor  # noqa: F401

    pytensor_imported = time.perf_counter()
    from dsnmf import DSNMF

    imported = time.perf_counter()
    from dsnmf import datasets

    data = datasets.load_pie().data.astype("float32")
    loaded = time.perf_counter()
    model = DSNMF(data, LAYERS, **measuring.TRAININGS[training])
    initialised = time.perf_counter()
    model.train_fun()
    trained = time.perf_counter()
    return {
        "import pytensor": pytensor_imported - start,
        "import dsnmf": imported - pytensor_imported,
        "initialisation": initialised - loaded,
        "graph, compilation, first epoch": trained - initialised,
        "all": trained - loaded + imported - start,
    }


def with_folder(folder):
    """PYTENSOR_FLAGS that put PyTensor's compiled functions into a folder."""
    flags = [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={folder}"]
    return {"PYTENSOR_FLAGS": ",".join(filter(None, flags))}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="processes with a warm cache")
    parser.add_argument("--cold-rounds", type=int, default=1, help="processes with a cold one")
    parser.add_argument(
        "--case", choices=measuring.TRAININGS, help="measure this one here, and print it as JSON"
    )
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(parts(arguments.case)))
        return

    runs = {(name, cache): [] for name in measuring.TRAININGS for cache in ("warm", "cold")}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.cold_rounds):
            for name in measuring.TRAININGS:
                empty = with_folder(os.path.join(folder, f"{name}{number}"))
                run = measuring.fresh_process(__file__, "--case", name, environment=empty)
                runs[name, "cold"].append(run)
    for number in range(1 + arguments.rounds):
        for name in measuring.TRAININGS:
            run = measuring.fresh_process(__file__, "--case", name)
            if number:  # the first run fills the cache
                runs[name, "warm"].append(run)

    rows = {
        f"{name}, {cache} cache": {
            part: median(run[part] for run in several) for part in several[0]
        }
        for (name, cache), several in runs.items()
        if several
    }
    measuring.table(f"PIE, {LAYERS}, float32: seconds", rows)
    measuring.write_json(arguments, "startup", {"layers": LAYERS, "seconds": rows})


if __name__ == "__main__":
    main()
