"""Criterion "clusters": how well k-means on the features agrees with itself."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

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
    normal = np.random.default_rng(seed).standard_normal((len(features), len(sigma)))
    return (normal * (sigma / np.sqrt(len(features)))) @ Vt


def agreement_beyond_shapeless(features, n_clusters, repeats, seed):
    """(a - a₀) / (1 - a₀) of each k-means, a₀ the mean agreement on some `shapeless` features.

    Features of few, or few strong, directions are cut into the same slices again and again whether
    there are clusters or not; a₀ is what that alone gives. The idea is that of the gap statistic
    (Tibshirani, Walther & Hastie 2001).

    Parameters
    ----------
    features, n_clusters, repeats, seed
        See `agreement`.

    Returns
    -------
    ndarray, shape (repeats,)
        At most 1; all 0 if the features are constant, or what is shapeless agrees fully.
    """
    features = np.asarray(features, np.float64)
    size = np.sqrt(np.square(features - features.mean(axis=0)).sum(axis=1).mean())
    if size == 0:
        return np.zeros(repeats)
    features = features / size
    by_chance = np.mean(
        [
            agreement(shapeless(features, (seed, draw)), n_clusters, max(repeats // 2, 2), seed)
            for draw in range(DRAWS)
        ]
    )
    return beyond(by_chance, agreement(features, n_clusters, repeats, seed))


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

    def _judged(self, features, n_clusters):
        scores = agreement_beyond_shapeless(features, n_clusters, self.repeats, self.seed)
        return {"score": float(scores.mean()), "standard_error": agreement_error(scores)}

    def measure(self, model, variants, X, y):
        model.fit(X, y)
        rows = []
        for i, variant in enumerate(variants):
            features = np.asarray(model.set_params(**variant).transform(X))
            for n_clusters in self.n_clusters:
                row = {"variant": i, "n_clusters": n_clusters}
                rows.append({**row, **self._judged(features, n_clusters)})
        return rows

    def baseline(self, X, n_components, row):
        features = Principal(n_components, whiten=0.5).fit_transform(X)
        judged = self._judged(features, row["n_clusters"])
        return {"method": f"half-whitened PCA of {features.shape[1]} components", **judged}

    def reason(self, rows, best):
        row = rows[best]
        score = tell_apart(row["score"], 1, 0, decimals=2)[0]
        return (
            f"On its features k-means with {row['n_clusters']} clusters, repeated on random "
            f"{SHARE:.0%} of the samples, agrees best with itself: {score}, where 0 is "
            "the agreement on data of the same spread without clusters and 1 is full."
        )
