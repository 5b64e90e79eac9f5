"""The methods of the attribute experiment: from samples and some labels to features.

Each is a function fit(X, y) of training samples (n, p) and labels (n, a), -1 where unknown. It
returns a pair per layer: the features of the training samples, and the map from new samples to
theirs.
"""

from functools import partial

import numpy as np
import scipy.sparse
from sklearn.semi_supervised import LabelSpreading

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, degrees, knn_affinity, label_affinity
from dsnmf.experiments.clustering import N_INIT
from dsnmf.extras import extra
from dsnmf.initialisation import NOISE_FLOOR
from dsnmf.selection.principal import Principal

ALPHA = 0.1
#: Weight of each attribute in WSF: with .1, H's separation of nrLetters fails on new samples.
WSF_ALPHA = 10.0
JOINED_ALPHA = 10.0
#: A large weight of Deep WSF's labels, which works with the ridge regression.
LARGE_ALPHA = 10.0
NEIGHBOUR_WEIGHT = 0.1
N_NEIGHBORS = 10
TRAINING = {"max_iter": 300, "tol": 0, "metric": "components", "noise_floor": NOISE_FLOOR}


def normalise(affinity):
    """D^-1/2 W D^-1/2, D the diagonal of W's row sums; a sample without edges gets none."""
    d = degrees(affinity)
    scale = scipy.sparse.diags(np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0))
    W = affinity.tosparse() if hasattr(affinity, "tosparse") else affinity
    return (scale @ W @ scale).tocsr()


def joined_affinity(X, labels):
    """Affinity of samples (rows of X): by class if labels are known, and by neighbourhood."""
    neighbours = knn_affinity(X.T, n_neighbors=min(N_NEIGHBORS, len(X) - 1))
    graphs = [normalise(label_affinity(labels)), normalise(neighbours)]
    return combine(graphs, [1, NEIGHBOUR_WEIGHT])


def spread_labels(X, y):
    """The labels (n, a); unlabelled samples (-1) get theirs from neighbours."""
    spreading = LabelSpreading(kernel="knn", n_neighbors=min(N_NEIGHBORS, len(X)))
    return np.column_stack([spreading.fit(X, labels).transduction_ for labels in y.T])


#: Maps of Deep WSF by name, see `attributes`: parameters of the model.
MAPS = {
    "Z": {"transform_method": "projection"},
    "H": {},
    "as coded": {"transform_method": "projection"},
    "joined, H": {"alphas": JOINED_ALPHA},
    "spread, H": {},
    "ridge": {"transform_method": "ridge"},
    "ridge, completed": {"transform_method": "ridge", "complete_labels": True},
    "ridge, completed, λ = 10": {
        "transform_method": "ridge",
        "complete_labels": True,
        "alphas": LARGE_ALPHA,
    },
}


def _transforms(model):
    return [partial(model.transform, layer=i) for i in range(len(model.Z_))]


def _alike(maps, X):
    """Map training samples in the same way as new ones."""
    return [(features_of(X), features_of) for features_of in maps]


def _raw(X, y):
    return _alike([np.asarray], X)


def _pca(n_components, whiten, X, y):
    pca = Principal(n_components, whiten)
    pca.fit_transform(X)
    return _alike([pca.transform], X)


def _semi_nmf(n_components, metric, X, y):
    return _alike([SemiNMF(n_components, **TRAINING | {"metric": metric}).fit(X).transform], X)


def _deep_semi_nmf(layers, metric, X, y):
    options = TRAINING | {"metric": metric}
    model = DeepSemiNMF(layers, solver="multiplicative", **options)
    return _alike(_transforms(model.fit(X)), X)


def unsupervised(layers):
    """The methods without labels.

    Returns
    -------
    dict
        {method: fit}. The "data metric" is that of the reconstructions.
    """
    k = layers[0]
    return {
        "raw pixels": _raw,
        f"PCA {k}": partial(_pca, k, 0),
        f"PCA {k} half-whitened": partial(_pca, k, 0.5),
        f"PCA {k} whitened": partial(_pca, k, 1),
        f"Semi-NMF {k}": partial(_semi_nmf, k, "components"),
        f"Semi-NMF {k}, data metric": partial(_semi_nmf, k, "data"),
        "Deep Semi-NMF": partial(_deep_semi_nmf, layers, "components"),
        "Deep Semi-NMF, data metric": partial(_deep_semi_nmf, layers, "data"),
    }


def _nr_kmeans(X, y):
    module = extra("clustpy.alternative", "the method NrKmeans", "rivals")
    n_clusters = [len(np.unique(labels[labels != -1])) for labels in y.T]
    model = module.NrKmeans(n_clusters, n_init=N_INIT, random_state=0).fit(X.astype(np.float64))
    subspaces = range(len(n_clusters))
    maps = [partial(model.transform_subspace, subspace_index=i) for i in subspaces]
    return _alike(maps, X)


#: Methods for several clusterings at once, like those of `unsupervised`. Of the labels, they use
#: only the number of classes of each attribute. Layer i is the subspace of the i-th clustering.
RIVALS = {"NrKmeans": _nr_kmeans}


def _wsf(n_components, attributes, X, y):
    return _alike([WSF(n_components, WSF_ALPHA, **TRAINING).fit(X, y[:, attributes]).transform], X)


def _deep_wsf(layers, order, name, X, y):
    y, options = y[:, order], {"alphas": ALPHA, **TRAINING, **MAPS[name]}
    if name == "joined, H":
        options["affinity"] = [joined_affinity(X, labels) for labels in y.T]
    elif name == "spread, H":
        y = spread_labels(X, y)
    model = DeepWSF(layers, **options).fit(X, y)
    maps = _transforms(model)
    if name == "as coded":
        return [(H.T, features_of) for H, features_of in zip(model.H_, maps)]
    return _alike(maps, X)


def supervised(layers, names, maps=tuple(MAPS)):
    """The methods with labels of the attributes of these names: a dict like `unsupervised`'s.

    Parameters
    ----------
    layers : sequence of int
    names : sequence of str
    maps : sequence of str
        Maps of Deep WSF, from `MAPS`.
    """
    wsf = f"WSF {layers[0]}"
    fits = {f"{wsf}, {name}": partial(_wsf, layers[0], [a]) for a, name in enumerate(names)}
    fits[f"{wsf}, {' + '.join(names)}"] = partial(_wsf, layers[0], slice(None))
    for order in (slice(None), slice(None, None, -1)):
        title = " → ".join(names[order])
        for name in maps:
            fits[f"Deep WSF, {title}, {name}"] = partial(_deep_wsf, layers, order, name)
    return fits
