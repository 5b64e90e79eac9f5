"""Scores of k-means on features against known classes, over several seeds."""

from dataclasses import dataclass, replace

import numpy as np

from dsnmf import datasets, metrics
from dsnmf.extras import extra
from dsnmf.training.threads import threads_for
from dsnmf.validation import as_matrix, as_size

#: Starts of k-means per seed; the best by its own criterion is used.
N_INIT = 10


@dataclass(frozen=True)
class Scores:
    """Clustering scores, one per k-means seed, each in [0, 1].

    Attributes
    ----------
    nmi : tuple of float
        Normalised mutual information (geometric).
    accuracy : tuple of float
        AC, the share of samples in the cluster of their class.
    """

    nmi: tuple
    accuracy: tuple

    def __str__(self):
        pairs = [
            (100 * np.mean(values), 100 * np.std(values)) for values in (self.nmi, self.accuracy)
        ]
        return "  ".join(f"{mean:5.1f} ± {sd:4.1f}" for mean, sd in pairs)


def load_classes(path):
    """Read a user's .mat file with one class per sample; samples are scaled to unit norm.

    Parameters
    ----------
    path : str or path-like
        See `dsnmf.datasets.load_mat`.

    Returns
    -------
    Dataset

    Raises
    ------
    OSError, ImportError
        See `dsnmf.datasets.load_mat`.
    ValueError
        If the file is not as described there, or has several labels per sample.
    """
    dataset = datasets.load_mat(path)
    if dataset.target.ndim != 1:
        raise ValueError(f"{path} has {dataset.target.shape[1]} labels per sample, not one")
    return replace(dataset, data=datasets.unit_norm(dataset.data))


def k_means_score(features, target, seed):
    """(NMI, AC) of k-means with one seed, with as many clusters as classes.

    Parameters
    ----------
    features : array_like, shape (n_samples, k)
    target : array_like, shape (n_samples,)
        The known classes.
    seed : int >= 0

    Returns
    -------
    nmi, accuracy : float in [0, 1]

    Raises
    ------
    ImportError
        If scikit-learn is missing.
    """
    k_means = extra("sklearn.cluster", "clustering").KMeans
    n_clusters = len(np.unique(target))
    with threads_for(*np.shape(features), n_clusters):
        clusters = k_means(n_clusters, n_init=N_INIT, random_state=seed).fit_predict(features)
    return metrics.nmi(target, clusters), metrics.clustering_accuracy(target, clusters)


def k_means_scores(features, target, n_seeds=10):
    """Scores of k-means with as many clusters as classes.

    Parameters
    ----------
    features : array_like, shape (n_samples, k)
    target : array_like, shape (n_samples,)
        The known classes.
    n_seeds : int >= 1
        The seeds are 0, 1, …, n_seeds - 1, each with ten starts.

    Returns
    -------
    Scores

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If scikit-learn is missing.

    Examples
    --------
    >>> from dsnmf.experiments.clustering import k_means_scores
    >>> k_means_scores([[0.0], [0.1], [1.0], [1.1]], ["a", "a", "b", "b"], n_seeds=2)
    Scores(nmi=(1.0, 1.0), accuracy=(1.0, 1.0))
    """
    features = as_matrix(features, "features")
    seeds = range(as_size(n_seeds, "n_seeds"))
    scores = [k_means_score(features, target, seed) for seed in seeds]
    return Scores(*zip(*scores))
