"""The time from a bare interpreter to the first finished epoch or fit, by part.

    python tests/benchmarks/startup.py [CASE…] [--modes default,NUMBA] [--rounds 3] [--out DIR]

Cases: an epoch of CMU PIE in float32, full and compressed, layers 400-100; ten epochs of DSNMF and
a fit of SemiNMF on digits. Every run is a fresh process; medians. "warm": what Numba compiled is in
PyTensor's folder (base_compiledir); "cold": the folder is empty. Importing PyTensor includes NumPy
and SciPy as far as PyTensor loads them. Loading the data is not counted. Mode NUMBA compiles whole
graphs, as all modes of this package did before version 0.2.
"""

import json
import os
import tempfile
import time
from statistics import median

import measuring

LAYERS = 400, 100


def _pie(training):
    def prepare(mode):
        from dsnmf import DSNMF, datasets

        data = datasets.load_pie().data.astype("float32")
        return lambda: DSNMF(data, LAYERS, mode=mode, **measuring.TRAININGS[training]).train_fun()

    return prepare


def _digits_dsnmf(mode):
    from dsnmf import DSNMF, datasets

    data = datasets.load_digits().data
    return lambda: DSNMF(data, (100, 20), mode=mode, random_state=0).fit(10)


def _digits_semi_nmf(mode):
    from dsnmf import SemiNMF, datasets

    data = datasets.load_digits().data
    return lambda: SemiNMF(20, mode=mode, random_state=0).fit(data)


#: {case: (mode ↦ function without arguments that makes the model and trains it)}.
CASES = {
    **{f"CMU PIE, {training}": _pie(training) for training in measuring.TRAININGS},
    "digits, DSNMF": _digits_dsnmf,
    "digits, SemiNMF": _digits_semi_nmf,
}


def parts(case, mode):
    """Seconds of each part, in this process."""
    start = time.perf_counter()
    import pytensor  # noqa: F401

    pytensor_imported = time.perf_counter()
    if case == "digits, SemiNMF":
        from dsnmf import SemiNMF  # noqa: F401
    else:
        from dsnmf import DSNMF  # noqa: F401
    imported = time.perf_counter()
    train = CASES[case](None if mode == "default" else mode)
    loaded = time.perf_counter()
    train()
    trained = time.perf_counter()
    return {
        "import pytensor": pytensor_imported - start,
        "import dsnmf": imported - pytensor_imported,
        "start and training": trained - loaded,
        "all": trained - loaded + imported - start,
    }


def with_folder(folder):
    """PYTENSOR_FLAGS that put PyTensor's compiled functions into a folder."""
    flags = [os.environ.get("PYTENSOR_FLAGS", ""), f"base_compiledir={folder}"]
    return {"PYTENSOR_FLAGS": ",".join(filter(None, flags))}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {'; '.join(CASES)}; all")
    parser.add_argument("--modes", default="default", help="default, NUMBA or both, by commas")
    parser.add_argument("--rounds", type=int, default=3, help="processes with a warm cache")
    parser.add_argument("--cold-rounds", type=int, default=1, help="processes with a cold one")
    parser.add_argument("--measure", nargs=2, metavar=("CASE", "MODE"), help="here, as JSON")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(parts(*arguments.measure)))
        return
    if unknown := set(arguments.cases) - set(CASES):
        parser.error(f"CASE must be one of {'; '.join(CASES)}, got {'; '.join(sorted(unknown))}")

    chosen = [
        (case, mode) for case in arguments.cases or CASES for mode in arguments.modes.split(",")
    ]
    runs = {(*what, cache): [] for what in chosen for cache in ("cold", "warm")}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(max(arguments.cold_rounds, 1 + arguments.rounds)):
            for i, what in enumerate(chosen):
                empty = with_folder(os.path.join(folder, f"cold-{i}-{number}"))
                kept = with_folder(os.path.join(folder, f"warm-{i}"))
                for cache, environment in (("cold", empty), ("warm", kept)):
                    if cache == "cold" and number >= arguments.cold_rounds:
                        continue
                    run = measuring.fresh_process(
                        __file__, "--measure", *what, environment=environment
                    )
                    if cache == "cold" or number:  # the first run fills the cache
                        runs[*what, cache].append(run)
    rows = {
        f"{case}, mode {mode}, {cache} cache": {
            part: median(run[part] for run in several) for part in several[0]
        }
        for (case, mode, cache), several in runs.items()
        if several
    }
    measuring.table("seconds", rows)
    measuring.write_json(arguments, "startup", {"layers": LAYERS, "seconds": rows})


if __name__ == "__main__":
    main()
