"""What the defaults could be: the two solvers with labels, and "hals" with other tolerances.

    python tests/benchmarks/defaults.py labels|tol [--sets NAMES] [--rounds 3] [--out DIR]

"labels": WSF with all labels and with 20 % of them, by each solver: CPU seconds, iterations, twice
the last known cost, and NMI of k-means on `H_` and on `transform`, of samples without a label where
some have none. "tol": the same and the squared error of SemiNMF, by the multiplicative rule and by
"hals" with several tolerances. One thread, start included, compilation not; of k-means means over
four seeds, on PIE two.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
import warnings
from statistics import median

import field_sets
import measuring
import numpy as np
from sklearn import datasets as of_sklearn
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score

from dsnmf import WSF, SemiNMF, datasets


def of_loader(load):
    found = load()
    return np.asarray(found.data, np.float64), np.unique(found.target, return_inverse=True)[1]


def of_pictures(name, n_labels):
    found = field_sets.pictures(name, n_labels, 0)
    return found.X, found.y


def standardised(load):
    found = load()
    return field_sets.standardised(found.data), found.target


SETS = {
    "digits, 10": lambda: of_loader(datasets.load_digits),
    "digits, 20": lambda: of_loader(datasets.load_digits),
    "ORL, 40": lambda: of_loader(datasets.load_orl),
    "PIE, 100": lambda: of_loader(datasets.load_pie),
    "stick figures, 20": lambda: of_pictures("stickfigures.data", 2),
    "nrLetters, 64": lambda: of_pictures("nrLetters.data", 3),
    "wine_std, 6": lambda: standardised(of_sklearn.load_wine),
    "breast_cancer_std, 4": lambda: standardised(of_sklearn.load_breast_cancer),
    "digits_std, 20": lambda: standardised(of_sklearn.load_digits),
}


def nmi(features, y, judged, seeds):
    k = len(np.unique(y))
    found = (KMeans(k, n_init=3, random_state=seed).fit_predict(features) for seed in range(seeds))
    return np.mean([normalized_mutual_info_score(y[judged], each[judged]) for each in found])


def measured(kind, k, X, labels, judged_y, rounds, **parameters):
    seconds = []
    kind(k, **{**parameters, "max_iter": 2}).fit(X, labels)  # compiles
    for _ in range(rounds):
        start = time.process_time()
        model = kind(k, **parameters).fit(X, labels)
        seconds.append(time.process_time() - start)
    y, judged = judged_y
    seeds = 2 if X.size > 1e6 else 4
    row = {"s": median(seconds), "iterations": model.n_iter_}
    row |= {"cost": 2 * model.history_["cost"][-1], "error": model.reconstruction_err_**2}
    row |= {"NMI H": nmi(model.H_[0].T, y, judged, seeds)}
    return row | {"NMI": nmi(model.transform(X), y, judged, seeds)}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("what", choices=["labels", "tol"])
    parser.add_argument("--sets", default=";".join(SETS), help="names, with ; between them")
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    results = {}
    for name in arguments.sets.split(";"):
        (X, y), k, rows = SETS[name](), int(name.rpartition(", ")[2]), {}
        everyone = np.ones(len(y), bool)
        if arguments.what == "labels":
            few = np.where(np.random.default_rng(0).random(len(y)) < 0.2, y, -1)
            for share, labels in {"all": y, "20 %": few}.items():
                judged = y, everyone if share == "all" else few < 0
                for solver in ("multiplicative", "hals"):
                    options = {"solver": solver, "rounds": arguments.rounds}
                    rows[f"{share}, {solver}"] = measured(WSF, k, X, labels, judged, **options)
        else:
            for solver, tol in [
                ("multiplicative", 1e-4),
                *(("hals", t) for t in (1e-4, 1e-3, 3e-3)),
            ]:
                options = {"solver": solver, "tol": tol, "rounds": arguments.rounds}
                rows[f"{solver}, {tol:g}"] = measured(SemiNMF, k, X, None, (y, everyone), **options)
        measuring.table(name, rows)
        results[name] = rows
    measuring.write_json(arguments, f"defaults_{arguments.what}", results)


if __name__ == "__main__":
    main()
