"""Which solver, how long, to what error: linear models of pictures by every solver.

    python tests/benchmarks/solvers.py [--sets digits,letters] [--rounds 3] [--out DIR]

For each set and solver: the squared error (of models with labels: the cost) where the default `tol`
ends the fit and after `max_iter` iterations, the CPU seconds of these, those until the error that
2,000 multiplicative iterations reach, and NMI of k-means on `H_` and on what `transform` gives.
CPU time of one thread, without compilation, start included; medians of rounds that alternate.
Without labels scikit-learn's NMF(solver="cd") of as many components stands beside them where X is
non-negative: its error at its own tol=1e-4, and how long each solver takes to that error. Where
PyTorch can be imported, so do its versions of Semi-NMF (see `torch_solvers`).
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
import warnings
from dataclasses import dataclass
from statistics import median

import field_sets
import measuring
import numpy as np
import torch_solvers
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF
from sklearn.metrics import normalized_mutual_info_score

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF, datasets

#: Iterations of each solver.
ITERATIONS = {"multiplicative": 2000, "bcd": 400, "hals": 200}


@dataclass(frozen=True)
class Case:
    """An estimator of what, with the classes that k-means is to find."""

    make: object
    X: np.ndarray
    classes: np.ndarray
    labels: np.ndarray | None = None

    def fit(self, **parameters):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.make(**parameters).fit(self.X, self.labels)


def of_loader(load, make):
    found = load()
    return Case(make, np.asarray(found.data, np.float64), found.target)


def of_pictures(name, n_labels, make, with_labels=True):
    found = field_sets.pictures(name, n_labels, 0)
    return Case(make, found.X, found.y, found.y if with_labels else None)


def semi(k):
    return lambda **parameters: SemiNMF(k, **parameters)


CASES = {
    "digits, 10": lambda: of_loader(datasets.load_digits, semi(10)),
    "digits, 20": lambda: of_loader(datasets.load_digits, semi(20)),
    "ORL, 40": lambda: of_loader(datasets.load_orl, semi(40)),
    "PIE, 100": lambda: of_loader(datasets.load_pie, semi(100)),
    "stick figures, 20": lambda: of_pictures("stickfigures.data", 2, semi(20), False),
    "digits, (40, 20)": lambda: of_loader(
        datasets.load_digits, lambda **p: DeepSemiNMF((40, 20), **p)
    ),
    "stick figures, DeepWSF (40, 20)": lambda: of_pictures(
        "stickfigures.data", 2, lambda **p: DeepWSF((40, 20), **p)
    ),
    "nrLetters, WSF 64": lambda: of_pictures(
        "nrLetters.data", 3, lambda **p: WSF(64, alpha=0.1, **p)
    ),
    "stick figures, WSF 20": lambda: of_pictures(
        "stickfigures.data", 2, lambda **p: WSF(20, alpha=0.1, **p)
    ),
}


def nmi(case, features):
    found = KMeans(len(np.unique(case.classes)), n_init=5, random_state=0).fit_predict(features)
    return normalized_mutual_info_score(case.classes, found)


def run(case, solver, iterations, tol=0.0):
    start = time.process_time()
    model = case.fit(solver=solver, max_iter=iterations, tol=tol)
    return model, time.process_time() - start


def cost(case, model):
    """The squared error; with labels twice the last known cost."""
    if case.labels is not None:
        return 2 * model.history_["cost"][-1]
    return model.reconstruction_err_**2


def iterations_to(model, target):
    """The first iteration after which a known cost is at most half the target; None without."""
    reached = np.flatnonzero(2 * model.history_["cost"] <= target * (1 + 1e-12))
    return None if not len(reached) else max(1, int(reached[0]) * 10)


def seconds_to(case, solver, iterations, rounds):
    return median([run(case, solver, iterations)[1] for _ in range(rounds)])


def measured(name, rounds):
    case, rows, fits = CASES[name](), [], {}
    solvers = [
        solver for solver in ITERATIONS if solver != "bcd" or name.rpartition(", ")[2].isdigit()
    ]
    for solver in solvers:
        run(case, solver, 2)  # compiles
        fits[solver] = run(case, solver, ITERATIONS[solver])
    target = 2 * fits["multiplicative"][0].history_["cost"][-1]
    rival = None
    if case.labels is None and case.X.min() >= 0 and "(" not in name:
        rival = rival_of(case)
    for solver, (model, seconds) in fits.items():
        ended, to_end = run(case, solver, 2000, tol=1e-4)
        count = iterations_to(model, target)
        row = {"set": name, "solver": solver, "iterations": model.n_iter_}
        row |= {"error": cost(case, model), "seconds": seconds}
        row |= {"iterations at tol": ended.n_iter_, "error at tol": cost(case, ended)}
        row |= {"seconds at tol": to_end}
        row["seconds to 2,000"] = count and seconds_to(case, solver, count, rounds)
        row |= {"NMI H": nmi(case, model.H_[-1].T), "NMI": nmi(case, model.transform(case.X))}
        row["NMI H at tol"] = nmi(case, ended.H_[-1].T)
        row["NMI at tol"] = nmi(case, ended.transform(case.X))
        if rival is not None:
            count = iterations_to(model, rival["error"])
            row["seconds to cd's"] = count and seconds_to(case, solver, count, rounds)
        rows.append(row)
    if rival is not None:
        rows.append({"set": name, "solver": "NMF cd", **rival})
    if torch_solvers.is_there() and case.labels is None and "(" not in name:
        k = case.make().n_components
        for solver in torch_solvers.ITERATIONS:
            rows.append(
                {"set": name, "solver": solver, **torch_solvers.run(solver, case.X, k, target)}
            )
    return rows


def rival_of(case):
    k = case.make().n_components
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NMF(k, init="nndsvda", solver="cd", tol=1e-4, max_iter=2000)
        W = model.fit_transform(case.X)
    seconds = time.process_time() - start
    ours = {"iterations": model.n_iter_, "error": model.reconstruction_err_**2}
    return {**ours, "seconds": seconds, "NMI H": nmi(case, W)}


def shown(value):
    return "" if value is None else value if isinstance(value, str) else f"{value:.4g}"


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--sets", default=";".join(CASES), help="names, with ; between them")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.sets.split(";"):
        found = measured(name, arguments.rounds)
        for row in found:
            print(" | ".join(f"{key} {shown(value)}" for key, value in row.items()), flush=True)
        rows += found
    measuring.write_json(arguments, "solvers", {"rows": rows})


if __name__ == "__main__":
    main()
