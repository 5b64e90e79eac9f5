"""Criterion "clusters": how well k-means on the features agrees with itself."""

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

#: Starts of each k-means: with fewer, whether it ends in the same minimum is a matter of luck, and
#: so is the choice.
N_INIT = 10

#: Sets of shapeless features.
DRAWS = 2

#: Sets of shapeless samples for methods with a graph.
GRAPH_DRAWS = 4

#: Of the graph for spectral clustering.
NEIGHBORS = 5

#: Its name among the simple methods.
SPECTRAL = "spectral clustering"


def agreement(features, n_clusters, repeats, seed):
    """Adjusted Rand indices between k-means on random 80 % of the samples.

    Parameters
    ----------
    features : ndarray, shape (n_samples, k)
    n_clusters : int >= 2
    repeats : int >= 2
        So many times k-means.
    seed : int >= 0

    Returns
    -------
    ndarray, shape (repeats,)
        How each clustering agrees with the others on the samples that both saw, on average.

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
    """Normal samples with the covariance of the features: as spread, without clusters."""
    centred = features - features.mean(axis=0)
    _, sigma, Vt = np.linalg.svd(centred, full_matrices=False)
    sigma = sigma[sigma > 0]
    normal = np.random.default_rng(seed).standard_normal((len(features), len(sigma)))
    return (normal * (sigma / np.sqrt(len(features)))) @ Vt[: len(sigma)]


def _of_unit_size(features):
    """The features at a root mean square distance of 1 from their mean; None if they are equal."""
    features = np.asarray(features, np.float64)
    size = np.sqrt(np.square(features - features.mean(axis=0)).sum(axis=1).mean())
    return features / size if size > 0 else None


def agreement_beyond_shapeless(features, n_clusters, repeats, seed, made=()):
    """(a - a₀) / (1 - a₀) of each k-means, a₀ the mean agreement on some `shapeless` features.

    Features of few, or few strong, directions are cut into the same slices again and again whether
    there are clusters or not; a₀ is what that alone gives. The idea is that of the gap statistic
    (Tibshirani, Walther & Hastie 2001).

    A graph of neighbours draws any samples together into clumps that k-means finds each time. So
    where a graph made the features, a₀ is no less than the highest agreement on those that the same
    method made of several shapeless samples: a method that agrees with itself on anything has
    nothing left to win. (The highest, as it differs much from draw to draw.)

    Parameters
    ----------
    features, n_clusters, repeats, seed
        See `agreement`.
    made : sequence of ndarray, shape (n_samples, k)
        Features that the same method made of shapeless samples.

    Returns
    -------
    ndarray, shape (repeats,)
        At most 1; all 0 if the features are constant, or what is shapeless agrees fully.
    """
    features = _of_unit_size(features)
    if features is None:
        return np.zeros(repeats)

    def mean_agreement(sets):
        fewer = max(repeats // 2, 2)
        return np.mean([agreement(each, n_clusters, fewer, seed) for each in sets])

    by_chance = mean_agreement(shapeless(features, (seed, draw)) for draw in range(DRAWS))
    made = [each for each in map(_of_unit_size, made) if each is not None]
    chance = max([by_chance, *(mean_agreement([each]) for each in made)])
    return beyond(chance, agreement(features, n_clusters, repeats, seed))


def _is_plain(X):
    """Whether X is an array without gaps."""
    return not scipy.sparse.issparse(X) and bool(np.isfinite(X).all())


def _has_graph(model, y):
    """Whether a fit of the model has no labels, but a graph of its samples' neighbours."""
    is_supervised = isinstance(model, SupervisedFactorisation)
    return is_supervised and y is None and isinstance(model.affinity, str)


def spectral_features(X, n_clusters):
    """What spectral clustering runs k-means on (Ng, Jordan & Weiss 2001), rows of unit norm.

    With scikit-learn's graph, in which a sample is its own neighbour, and two that are each other's
    weigh twice as much as others.
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
    """How well k-means agrees with itself, beyond what data without clusters would have it.

    Ben-Hur, Elisseeff & Guyon 2002, with subsamples of 80 %; of several numbers of clusters each is
    judged by itself.
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

    def _judged(self, features, n_clusters, made=()):
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
                rows.append({**row, **self._judged(features, n_clusters, made)})
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
        found = [{"method": m, **self._judged(F, n_clusters)} for m, F in simple.items()]
        if plain:
            made = [spectral_features(draw, n_clusters) for draw in self._shapeless_samples(X)]
            features = simple[SPECTRAL] = spectral_features(X, n_clusters)
            found.append({"method": SPECTRAL, **self._judged(features, n_clusters, made)})
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
