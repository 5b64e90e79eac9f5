"""`consensus`: components and clusters that recur in fits from several starts."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.data.shares import GoverningFeatureWarning
from dsnmf.estimators.start import later_generator
from dsnmf.extras import extra
from dsnmf.selection.agreed import Consensus
from dsnmf.selection.coassociation import Tree, coassociation, dispersion, nearest, within
from dsnmf.selection.matching import match, span_cosine
from dsnmf.training.interruption import raise_interruption
from dsnmf.training.reading import tqdm_bar
from dsnmf.validation import as_number, as_size

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Data

#: Most samples in the consensus matrix, which has n² entries.
MOST_SAMPLES = 2000


def restarts(estimator, n_init):
    """Unfitted models, one per start of the estimator with this `n_init`."""
    clone = extra("sklearn.base", "dsnmf.selection").clone
    again = later_generator(estimator.random_state)
    yield clone(estimator).set_params(n_init=1)
    for _ in range(n_init - 1):
        yield clone(estimator).set_params(n_init=1, init="random", random_state=again)


def _check(estimator, X, y, n_init):
    """Raise ValueError for an estimator without comparable restarts."""
    if n_init < 2:
        raise ValueError(f"n_init must be an integer >= 2, got {n_init}")
    clone = extra("sklearn.base", "dsnmf.selection").clone
    clone(estimator).set_params(n_init=n_init)._read(X, y)  # raises unless X is in memory
    for name in ("checkpoint", "warm_start"):
        if getattr(estimator, name):
            raise ValueError(f"consensus starts anew, without {name}: got {name} of the estimator")


def _dominant(model):
    """For each sample, the component with the largest part of it; shape (n,)."""
    sizes = np.linalg.norm(model.components_of(-1), axis=1)
    return np.argmax(model.H_[-1] * sizes[:, None], axis=0)


def _fit(models, X, y, n_init, verbose):
    """Fit the models, without repeated warnings; the bar shows one step per fit."""
    category = extra("sklearn.exceptions", "dsnmf.selection").ConvergenceWarning
    bar = tqdm_bar(verbose, total=n_init, desc="restarts", unit="fit")
    with bar, raise_interruption():
        for i, model in enumerate(models):
            with warnings.catch_warnings():
                if i:
                    warnings.simplefilter("ignore", category)
                    warnings.simplefilter("ignore", GoverningFeatureWarning)
                yield model.fit(X, y)
            bar.update()


def _compare(models, X, n_clusters, seed):
    """The model with the least cost and its index; costs, components and clusters of all."""
    from dsnmf.inspection.k_means import cluster

    components, clusters, costs, best, best_index = [], [], [], None, 0
    for i, model in enumerate(models):
        components.append(model.components_of(-1))
        costs.append(float(model.history_["cost"][-1]))
        if n_clusters is None:
            clusters.append(_dominant(model))
        else:
            clusters.append(cluster(model, X, n_clusters, random_state=seed))
        if best is None or costs[-1] < costs[best_index]:
            best, best_index = model, i
    return best, best_index, np.array(costs), components, np.array(clusters)


def consensus(
    estimator: Factorisation,
    X: Data,
    y: ArrayLike | None = None,
    *,
    n_init: int = 10,
    n_clusters: int | None = None,
    threshold: float = 0.9,
    random_state: int = 0,
    verbose: int = 0,
) -> Consensus:
    """Fit from several starts, and compare their components and clusters.

    The starts are those of the estimator's own `n_init`: first the start of its parameters, then
    random ones. The components of each fit are matched with those of the best fit, which has the
    least cost, so that the sum of the cosines is largest. Components that recur from every start
    are determined by the data; others belong to one of several solutions of nearly the same cost.

    Parameters
    ----------
    estimator : SemiNMF, DeepSemiNMF, WSF or DeepWSF
        Not changed.
    X : array-like or sparse matrix, shape (n_samples, n_features)
        In memory, or of one block, which is read as by `fit`.
    y : array-like, optional
        Labels for `fit`.
    n_init : int >= 2
        Number of starts.
    n_clusters : int >= 2, optional
        Number of clusters of k-means on each fit's `transform(X)`. By default a sample's cluster is
        the component with the largest part of it, after Brunet et al.
    threshold : float in (0, 1]
        Least cosine at which a component counts as recurring.
    random_state : int >= 0
        Seed of k-means and of the samples of the consensus matrix. The starts use the estimator's
        random_state.
    verbose : int
        1 shows a progress bar (needs tqdm).

    Returns
    -------
    Consensus

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    FloatingPointError
        If a fit diverged.
    ImportError
        If an extra is missing.
    KeyboardInterrupt
        On Ctrl-C.

    References
    ----------
    Brunet et al., "Metagenes and molecular pattern discovery using matrix factorization", PNAS
    2004, for the consensus of restarts and its cophenetic correlation.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.selection import consensus
    >>> rng = np.random.default_rng(0)
    >>> X = np.repeat(3 * np.eye(3, 8), 20, axis=0) + 0.1 * rng.standard_normal((60, 8))
    >>> found = consensus(SemiNMF(3, solver="hals"), X, n_init=4, n_clusters=3)
    >>> found.dispersion_, np.bincount(found.labels_)
    (1.0, array([20, 20, 20]))
    >>> found.recurrence_.shape, found.cosines_.shape, found.matrix_.shape
    ((3,), (4, 3), (60, 60))
    """
    extra("sklearn", "dsnmf.selection")
    n_init = as_size(n_init, "n_init")
    if (threshold := as_number(threshold, "threshold", 0, exclusive=True)) > 1:
        raise ValueError(f"threshold must be a cosine of at most 1, got {threshold}")
    _check(estimator, X, y, n_init)
    if n_clusters is not None and as_size(n_clusters, "n_clusters") < 2:
        raise ValueError(f"n_clusters must be an integer >= 2, got {n_clusters}")
    models = _fit(restarts(estimator, n_init), X, y, n_init, verbose)
    best, best_index, costs, components, clusters = _compare(models, X, n_clusters, random_state)
    best_components = components[best_index]
    cosines = np.array([match(best_components, each, signed=True)[1] for each in components])
    others = np.delete(cosines, best_index, axis=0)
    spans = np.array([span_cosine(best_components, each) for each in components])
    picked, n = np.arange(clusters.shape[1]), clusters.shape[1]
    if n > MOST_SAMPLES:
        rng = np.random.default_rng(random_state)
        picked = np.sort(rng.choice(n, MOST_SAMPLES, replace=False))
    matrix = coassociation(clusters[:, picked])
    tree = Tree(matrix)
    agreed = tree.clusters(n_clusters or len(best_components))
    return Consensus(
        best_estimator_=best,
        best_index_=best_index,
        costs_=costs,
        threshold=threshold,
        cosines_=cosines,
        recurrence_=(others >= threshold).mean(axis=0),
        spans_=spans,
        clusters_=clusters,
        labels_=nearest(clusters, picked, agreed),
        samples_=picked,
        matrix_=matrix,
        order_=tree.order(agreed),
        cluster_consensus_=within(matrix, agreed),
        cophenetic_=tree.cophenetic,
        dispersion_=dispersion(matrix),
    )
