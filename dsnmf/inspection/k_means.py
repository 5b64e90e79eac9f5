"""Clusters of samples by the features of a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.inspection.given_samples import array_model
from dsnmf.training.threads import threads_for
from dsnmf.validation import as_size

if TYPE_CHECKING:
    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array, Data

#: Starts of k-means; the best one is used.
N_INIT = 10


def cluster(
    model: Factorisation, X: Data, n_clusters: int, *, layer: int = -1, random_state: int = 0
) -> Array:
    """Cluster samples by k-means on a layer's features, in the model's `metric`.

    Parameters
    ----------
    model : fitted estimator
    X : array-like or sparse matrix, shape (n_samples, n_features)
        See `transform`.
    n_clusters : int >= 1
        At most the number of samples.
    layer : int
        Index into `Z_` and `H_`.
    random_state : int >= 0
        Seed of the ten starts of k-means.

    Returns
    -------
    ndarray of int, shape (n_samples,)
        Numbers from 0, by the clusters' sizes, the largest first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.inspection import cluster
    >>> X = np.repeat(np.eye(2, 5), [3, 6], axis=0) + 0.01 * np.arange(45).reshape(9, 5) / 45
    >>> cluster(SemiNMF(2).fit(X), X, 2)
    array([1, 1, 1, 0, 0, 0, 0, 0, 0])
    """
    features = np.asarray(array_model(model, X).transform(X, layer=layer))
    count = as_size(n_clusters, "n_clusters")
    if count > len(features):
        raise ValueError(f"n_clusters must be at most n_samples = {len(features)}, got {count}")
    k_means = extra("sklearn.cluster", "clusters").KMeans
    with threads_for(*features.shape, count):
        found = k_means(count, n_init=N_INIT, random_state=random_state).fit_predict(features)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    return np.argsort(order)[found]
