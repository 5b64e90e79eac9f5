"""Criterion "clusters": the agreement of repeated k-means on the features."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import kneighbors_graph

from dsnmf.estimators.deep import DeepSemiNMF
from dsnmf.estimators.shallow import WSF
from dsnmf.estimators.supervised import SupervisedFactorisation
from dsnmf.files.output import tell_apart
from dsnmf.selection.criterion import (
    SHARE,
    Criterion,
    agreement_error,
    beyond,
    mean_agreements,
    random_samples,
)
from dsnmf.selection.principal import Principal
from dsnmf.training.threads import threads_for

#: Starts of each k-means: with fewer, its minimum is random, and so is the choice.
N_INIT = 10

#: Number of sets of shapeless features.
DRAWS = 2

#: Number of sets of shapeless samples, for methods with a graph.
GRAPH_DRAWS = 4

#: Neighbours in the graph of spectral clustering.
NEIGHBORS = 5

#: Name of spectral clustering among the simple methods.
SPECTRAL = "spectral clustering"


def agreement(features, n_clusters, repeats, seed):
    """Adjusted Rand indices between k-means on random 80 % of the samples.

    Parameters
    ----------
    features : ndarray, shape (n_samples, k)
    n_clusters : int >= 2
    repeats : int >= 2
        Number of k-means clusterings.
    seed : int >= 0

    Returns
    -------
    ndarray, shape (repeats,)
        Mean agreement of each clustering with the others, on the samples that both have.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.clusters import agreement
    >>> agreement(np.repeat([[0.0], [1.0]], 10, axis=0), 2, repeats=3, seed=0)
    array([1., 1., 1.])
    """
    rng = np.random.default_rng(seed)
    clusters = np.full((repeats, len(features)), -1)
    for r in range(repeats):
        samples = random_samples(len(features), rng)
        k_means = KMeans(n_clusters, n_init=N_INIT, random_state=int(rng.integers(2**31)))
        with threads_for(*features.shape, n_clusters):
            clusters[r, samples] = k_means.fit_predict(features[samples])

    def index(a, b):
        both = (clusters[a] >= 0) & (clusters[b] >= 0)
        return adjusted_rand_score(clusters[a, both], clusters[b, both])

    return mean_agreements(repeats, index)


def shapeless(features, seed):
    """Normal samples with the covariance of the features, and so without clusters."""
    centred = features - features.mean(axis=0)
    _, sigma, Vt = np.linalg.svd(centred, full_matrices=False)
    sigma = sigma[sigma > 0]
    normal = np.random.default_rng(seed).standard_normal((len(features), len(sigma)))
    return (normal * (sigma / np.sqrt(len(features)))) @ Vt[: len(sigma)]


def _scale_to_unit_size(features):
    """The features at a root mean square distance of 1 from their mean; None if they are equal."""
    features = np.asarray(features, np.float64)
    size = np.sqrt(np.square(features - features.mean(axis=0)).sum(axis=1).mean())
    return features / size if size > 0 else None


def agreement_beyond_shapeless(features, n_clusters, repeats, seed, made=()):
    """(a - a₀) / (1 - a₀) of each k-means, a₀ the mean agreement on some `shapeless` features.

    k-means cuts features with few, or few strong, directions into the same slices every time, even
    without clusters. a₀ is the agreement from this effect alone, as in the gap statistic
    (Tibshirani, Walther & Hastie 2001).

    A graph of neighbours contracts any samples into clumps, which k-means finds every time. So for
    features from a graph, a₀ is at least the highest agreement on the same method's features of
    several shapeless samples: a method that agrees on any data then scores 0. (The highest, because
    it differs much between draws.)

    Parameters
    ----------
    features, n_clusters, repeats, seed
        See `agreement`.
    made : sequence of ndarray, shape (n_samples, k)
        The same method's features of shapeless samples.

    Returns
    -------
    ndarray, shape (repeats,)
        At most 1; all 0 if the features are constant, or shapeless features agree fully.
    """
    features = _scale_to_unit_size(features)
    if features is None:
        return np.zeros(repeats)

    def mean_agreement(sets):
        fewer = max(repeats // 2, 2)
        return np.mean([agreement(each, n_clusters, fewer, seed) for each in sets])

    by_chance = mean_agreement(shapeless(features, (seed, draw)) for draw in range(DRAWS))
    made = [each for each in map(_scale_to_unit_size, made) if each is not None]
    chance = max([by_chance, *(mean_agreement([each]) for each in made)])
    return beyond(chance, agreement(features, n_clusters, repeats, seed))


def _is_plain(X):
    """True if X is an array without gaps."""
    return not scipy.sparse.issparse(X) and bool(np.isfinite(X).all())


def _has_graph(model, y):
    """True if a fit of the model has a graph of its samples' neighbours and no labels."""
    is_supervised = isinstance(model, SupervisedFactorisation)
    return is_supervised and y is None and isinstance(model.affinity, str)


def spectral_features(X, n_clusters):
    """The features of spectral clustering (Ng, Jordan & Weiss 2001), rows of unit norm.

    The graph is scikit-learn's: a sample is its own neighbour, and an edge counts twice if each of
    the two is a neighbour of the other.
    """
    directed = kneighbors_graph(X, min(NEIGHBORS, len(X) - 1), include_self=True)
    W = (directed + directed.T) / 2
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Graph is not fully connected")
        rows = spectral_embedding(W, n_components=n_clusters, drop_first=False, random_state=0)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norms > 0, norms, 1)


@dataclass(frozen=True)
class ClusterAgreement(Criterion):
    """The agreement of repeated k-means, beyond that on data without clusters.

    Ben-Hur, Elisseeff & Guyon 2002, with subsamples of 80 %. Several numbers of clusters are
    judged one by one.
    """

    n_clusters: tuple = ()

    label = "agreement of k-means beyond chance"
    needs_n_clusters = True

    @property
    def most_clusters(self):
        return max(self.n_clusters)

    def check(self, X, models):
        seen = int(SHARE * X.shape[0])
        if self.most_clusters > seen:
            raise ValueError(
                f"n_clusters must be at most {seen}, {SHARE:.0%} of the {X.shape[0]} samples of X, "
                f"got {self.most_clusters}"
            )

    def estimators(self, X, y):
        graph = [WSF()] if y is None and _is_plain(X) else []
        return [*super().estimators(X, y), *graph, DeepSemiNMF()]

    def _score(self, features, n_clusters, made=()):
        scores = agreement_beyond_shapeless(features, n_clusters, self.repeats, self.seed, made)
        return {"score": float(scores.mean()), "standard_error": agreement_error(scores)}

    def measure(self, model, variants, X, y):
        draws = self._shapeless_samples(X) if _has_graph(model, y) and _is_plain(X) else []
        fits = [(clone(model).fit(samples), samples) for samples in draws]
        fits.append((model.fit(X, y), X))
        rows = []
        for i, variant in enumerate(variants):
            *made, features = (
                np.asarray(each.set_params(**variant).transform(samples)) for each, samples in fits
            )
            for n_clusters in self.n_clusters:
                row = {"variant": i, "n_clusters": n_clusters}
                rows.append({**row, **self._score(features, n_clusters, made)})
        return rows

    def _shapeless_samples(self, X):
        """Sets of normal samples with the mean and the covariance of X."""
        mean = X.mean(axis=0)
        draws = (shapeless(X, (self.seed, draw)) for draw in range(GRAPH_DRAWS))
        return [(draw + mean).astype(X.dtype) for draw in draws]

    def baselines(self, X, n_components, row):
        n_clusters, plain = row["n_clusters"], _is_plain(X)
        simple = {"the samples as they are": X} if plain else {}
        for name, whiten in {"PCA": 0.0, "half-whitened PCA": 0.5, "whitened PCA": 1.0}.items():
            features = Principal(n_components, whiten=whiten).fit_transform(X)
            simple[f"{name} of {features.shape[1]} components"] = features
        found = [{"method": m, **self._score(F, n_clusters)} for m, F in simple.items()]
        if plain:
            made = [spectral_features(draw, n_clusters) for draw in self._shapeless_samples(X)]
            features = simple[SPECTRAL] = spectral_features(X, n_clusters)
            found.append({"method": SPECTRAL, **self._score(features, n_clusters, made)})
        return found, list(simple.values())

    def reason(self, rows, best):
        row = rows[best]
        score = tell_apart(row["score"], 1, 0, decimals=2)[0]
        how = "best with" if len(rows) > 1 else "with"
        return (
            f"On its features k-means with {row['n_clusters']} clusters, repeated on random "
            f"{SHARE:.0%} of the samples, agrees {how} itself: {score}, where 0 is "
            "the agreement on data of the same spread without clusters and 1 is full."
        )
