"""What a graph of neighbours adds to a fit of many samples.

    python tests/benchmarks/neighbours.py [--sizes 30000,100000] [--searches knn,approximate_knn]

CPU seconds, float32, 64 features in 50 clusters, 20 components: of SemiNMF(20), and of WSF(20) with
the graph of neighbours in each form, its search within it; how many times SemiNMF's WSF takes; and
which share of 2,000 samples' nearest neighbours the search finds. pynndescent compiles at its first
use in a process, which is counted once, before ("compiling").
"""

import warnings

import measuring
import numpy as np
from measuring import cpu_seconds
from sklearn.neighbors import NearestNeighbors

from dsnmf import WSF, SemiNMF
from dsnmf.affinity import knn_affinity

FEATURES, CLUSTERS, COMPONENTS, NEIGHBORS, CHECKED = 64, 50, 20, 5, 2000


def samples(n):
    rng = np.random.default_rng(0)
    centres = 3 * rng.standard_normal((CLUSTERS, FEATURES))
    X = centres[rng.integers(0, CLUSTERS, n)] + rng.standard_normal((n, FEATURES))
    return X.astype(np.float32)


def recall(X, W):
    nearest = NearestNeighbors(n_neighbors=NEIGHBORS + 1).fit(X).kneighbors(X[:CHECKED])[1]
    found = [np.isin(nearest[i, 1:], W[i].indices).mean() for i in range(CHECKED)]
    return float(np.mean(found))


def row(n, searches):
    X = samples(n)
    alone, model = cpu_seconds(lambda: SemiNMF(COMPONENTS).fit(X))
    found = {"SemiNMF": alone, "iterations": float(model.n_iter_)}
    for affinity in searches:
        how = "approximate" if affinity == "approximate_knn" else "exact"
        graph, W = cpu_seconds(lambda: knn_affinity(X.T, NEIGHBORS, search=how))  # noqa: B023
        found |= {f"{affinity}, graph": graph, f"{affinity}, found": recall(X, W)}
        model = WSF(COMPONENTS, affinity=W, alpha=0.3 * n / (W.sum() / n))
        fit, model = cpu_seconds(lambda: model.fit(X))  # noqa: B023
        found |= {f"{affinity}, fit": fit, f"{affinity}, iterations": float(model.n_iter_)}
        found[f"{affinity}, times"] = (graph + fit) / alone
    return found


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("--sizes", type=measuring.sizes, default=(30000, 100000))
    parser.add_argument("--searches", default="knn,approximate_knn")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    searches, rows = arguments.searches.split(","), {}
    if "approximate_knn" in searches:
        compiling, _ = cpu_seconds(lambda: knn_affinity(samples(5000).T, search="approximate"))
        print(f"compiling: {compiling:.1f} s")
    for n in arguments.sizes:
        rows[f"{n} samples"] = row(n, searches)
        measuring.table("CPU seconds", {f"{n} samples": rows[f"{n} samples"]})
    measuring.write_json(arguments, "neighbours", {"rows": rows})


if __name__ == "__main__":
    main()
