"""The methods of the attribute experiment: from samples and some labels to maps to features."""

from functools import partial

import numpy as np
import scipy.sparse
from sklearn.decomposition import PCA
from sklearn.semi_supervised import LabelSpreading

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, degrees, knn_affinity, label_affinity
from dsnmf.experiments.clustering import N_INIT
from dsnmf.extras import extra

ALPHA = 0.1
#: Of WSF, each attribute: with .1, what H learns of nrLetters does not carry over to new samples.
WSF_ALPHA = 10.0
JOINED_ALPHA = 10.0
NEIGHBOUR_WEIGHT = 0.1
N_NEIGHBORS = 10
TRAINING = {"max_iter": 300, "tol": 0}


def normalised(affinity):
    """D^-1/2 W D^-1/2, D the diagonal of W's row sums; a sample without edges stays without."""
    d = degrees(affinity)
    scale = scipy.sparse.diags(np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0))
    W = affinity.tosparse() if hasattr(affinity, "tosparse") else affinity
    return (scale @ W @ scale).tocsr()


def joined_affinity(X, labels):
    """Samples (rows of X) joined by class where labels are known, and by neighbourhood."""
    neighbours = knn_affinity(X.T, n_neighbors=min(N_NEIGHBORS, len(X) - 1))
    graphs = [normalised(label_affinity(labels)), normalised(neighbours)]
    return combine(graphs, [1, NEIGHBOUR_WEIGHT])


def spread_labels(X, y):
    """The labels (n, a), with those of the unlabelled samples (-1) taken from neighbours."""
    spreading = LabelSpreading(kernel="knn", n_neighbors=min(N_NEIGHBORS, len(X)))
    return np.column_stack([spreading.fit(X, labels).transduction_ for labels in y.T])


def _projections(model):
    return [partial(model.transform, layer=i) for i in range(len(model.Z_))]


def _raw(X, y):
    return [np.asarray]


def _pca(n_components, X, y):
    return [PCA(min(n_components, *X.shape), random_state=0).fit(X).transform]


def _semi_nmf(n_components, X, y):
    return [SemiNMF(n_components, **TRAINING).fit(X).transform]


def _deep_semi_nmf(layers, X, y):
    return _projections(DeepSemiNMF(layers, solver="multiplicative", **TRAINING).fit(X))


def unsupervised(layers):
    """The methods that see no labels.

    Returns
    -------
    dict
        {method: fit}; fit(X, y) returns one map from samples to features per layer. y (n, a) holds
        the labels, -1 where unknown.
    """
    return {
        "raw pixels": _raw,
        f"PCA {layers[0]}": partial(_pca, layers[0]),
        f"Semi-NMF {layers[0]}": partial(_semi_nmf, layers[0]),
        "Deep Semi-NMF": partial(_deep_semi_nmf, layers),
    }


def _nr_kmeans(X, y):
    module = extra("clustpy.alternative", "the method NrKmeans", "rivals")
    n_clusters = [len(np.unique(labels[labels != -1])) for labels in y.T]
    model = module.NrKmeans(n_clusters, n_init=N_INIT, random_state=0).fit(X.astype(np.float64))
    subspaces = range(len(n_clusters))
    return [partial(model.transform_subspace, subspace_index=i) for i in subspaces]


#: Methods that look for several clusterings at once, as `unsupervised`'s: of the labels they use
#: the number of classes of each attribute alone. Layer i is the subspace of the i-th clustering.
RIVALS = {"NrKmeans": _nr_kmeans}


def _wsf(n_components, attributes, X, y):
    return [WSF(n_components, WSF_ALPHA, **TRAINING).fit(X, y[:, attributes]).transform]


def _deep_wsf(layers, order, kind, X, y):
    y, options = y[:, order], {"alphas": ALPHA, **TRAINING}
    if kind == "Z":
        options["transform_method"] = "projection"
    elif kind == "joined, H":
        graphs = [joined_affinity(X, labels) for labels in y.T]
        options |= {"alphas": JOINED_ALPHA, "affinity": graphs}
    elif kind == "spread, H":
        y = spread_labels(X, y)
    return _projections(DeepWSF(layers, **options).fit(X, y))


def supervised(layers, names):
    """The methods that see labels of the attributes of these names: a dict as `unsupervised`'s."""
    wsf = f"WSF {layers[0]}"
    fits = {f"{wsf}, {name}": partial(_wsf, layers[0], [a]) for a, name in enumerate(names)}
    fits[f"{wsf}, {' + '.join(names)}"] = partial(_wsf, layers[0], slice(None))
    for order in (slice(None), slice(None, None, -1)):
        title = " → ".join(names[order])
        for kind in ("Z", "H", "joined, H", "spread, H"):
            fits[f"Deep WSF, {title}, {kind}"] = partial(_deep_wsf, layers, order, kind)
    return fits
