"""Methods that are not in the ICML paper's comparison, with their authors' settings.

And one of ours, `selected_metric`. Functions as in `comparators`: samples are rows, of unit norm;
`catalogue.METHODS` names them.
"""

import dataclasses
import warnings
from functools import partial

import numpy as np
from sklearn.decomposition import FastICA, MiniBatchDictionaryLearning
from sklearn.exceptions import ConvergenceWarning
from sklearn.manifold import spectral_embedding
from sklearn.neighbors import kneighbors_graph

from dsnmf.affinity import knn_affinity
from dsnmf.experiments.comparators import (
    N_NEIGHBORS,
    as_factorisation,
    deep_semi_nmf,
    nmf_rule,
    unit_columns,
)
from dsnmf.experiments.methods import Learned, pca, train
from dsnmf.extras import extra
from dsnmf.selection.clusters import agreement_beyond_shapeless

#: GNMF of Cai, He, Han & Huang 2011: weight of the graph, iterations, random starts.
GNMF_WEIGHT, GNMF_ITERATIONS, GNMF_STARTS = 100, 100, 10

#: Options of UMAP: its documentation's advice for clustering, else its defaults. (The 30 neighbours
#: advised there are worse than the default 15 on PIE, ORL and digits.)
UMAP_PARAMETERS = {"n_neighbors": 15, "min_dist": 0.0, "n_components": 2}

#: Dictionary: weight of the codes' l1 norm (scikit-learn's 1 gives zero codes for samples of unit
#: norm), and passes over the samples.
CODE_WEIGHT, PASSES = 0.1, 20

#: Most iterations of FastICA.
ICA_ITERATIONS = 500


#: The metrics to choose from, and the number of clusterings for each.
METRICS, CLUSTERINGS = ("components", 0.5, "data"), 6


def _random_start(X, n_components, rng):
    Z, H = rng.random((len(X), n_components)), rng.random((n_components, X.shape[1]))
    return unit_columns(Z.astype(X.dtype), H.astype(X.dtype))


def gnmf(data, n_components, seed, memory):
    """GNMF on the binary graph of five neighbours; of ten random starts, the least error."""
    X, rng = data.T, np.random.default_rng(seed)
    rule = partial(nmf_rule, affinity=GNMF_WEIGHT * knn_affinity(X, N_NEIGHBORS))
    found = []
    for _ in range(GNMF_STARTS):
        Z, H = _random_start(X, n_components, rng)
        (Z,), (H,), _ = train(rule, X, [Z], [H], GNMF_ITERATIONS)
        Z, H = unit_columns(Z, H)
        found.append(as_factorisation(data, [Z], H))
    return min(found, key=lambda learned: learned.error)


def spectral(data, n_components, seed, memory):
    """The embedding of spectral clustering: graph of five neighbours, normalised cut.

    k-means on it is scikit-learn's `SpectralClustering`.
    """
    neighbours = kneighbors_graph(data, N_NEIGHBORS, include_self=True)
    graph = (neighbours + neighbours.T) / 2
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        embedding = spectral_embedding(
            graph, n_components=n_components, drop_first=False, random_state=seed
        )
    return Learned(embedding)


def fast_ica(data, n_components, seed, memory):
    """Independent components: a rotation of the whitened principal ones.

    FastICA's own whitening loses components if the first feature is constant, as in digits.
    """
    whitened = pca(data, n_components, whiten=1).features
    ica = FastICA(whiten=False, random_state=seed, max_iter=ICA_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return Learned(ica.fit_transform(whitened))


def umap(data, n_components, seed, memory):
    """UMAP to two dimensions, whatever the number of components."""
    UMAP = extra("umap", "the method UMAP", "rivals").UMAP
    return Learned(UMAP(**UMAP_PARAMETERS, random_state=seed, n_jobs=1).fit_transform(data))


def dictionary(data, n_components, seed, memory):
    """Sparse codes >= 0 by a dictionary learned online (Mairal et al. 2009)."""
    learner = MiniBatchDictionaryLearning(
        n_components,
        alpha=CODE_WEIGHT,
        transform_alpha=CODE_WEIGHT,
        fit_algorithm="cd",
        transform_algorithm="lasso_cd",
        positive_code=True,
        max_iter=PASSES,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        codes = learner.fit_transform(data)
    return as_factorisation(data, [learner.components_.T], codes.T)


def selected_metric(data, n_components, first_layer, seed, memory):
    """Algorithm 1 of the ICML paper, with features in the best metric for k-means.

    It is the metric with the best agreement of repeated k-means, with as many clusters as
    components: the criterion "clusters" of `dsnmf.selection.select`, which uses no labels.
    """
    learned = deep_semi_nmf(data, n_components, first_layer, seed, memory)
    candidates = [learned.features_in_metric(metric) for metric in METRICS]
    agreements = [
        agreement_beyond_shapeless(features, n_components, CLUSTERINGS, seed).mean()
        for features in candidates
    ]
    return dataclasses.replace(learned, features=candidates[np.argmax(agreements)])
