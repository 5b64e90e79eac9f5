"""Graphs of the samples of each view."""

import numpy as np
import scipy.sparse

from dsnmf.affinity import LabelAffinity, combine
from dsnmf.affinity.classes import as_label_codes
from dsnmf.data.recognition import as_samples
from dsnmf.estimators.graphs import attribute_affinity, per_attribute, weights


def _place(W, samples, n):
    """Extend an affinity of some of n samples to all, without edges to the others."""
    if len(samples) == n:
        return W
    P = scipy.sparse.csr_matrix(
        (np.ones(len(samples)), (samples, np.arange(len(samples)))), shape=(n, len(samples))
    )
    if isinstance(W, LabelAffinity):
        indicators = scipy.sparse.csr_matrix(P @ W.indicators)
        return LabelAffinity(indicators, W.weights, P @ W.graph @ P.T, W.constant)
    return scipy.sparse.csr_matrix(P @ scipy.sparse.csr_matrix(W) @ P.T)


def view_affinities(estimator, y, read):
    """One weighted affinity or None per view, over the samples that have the view.

    Parameters
    ----------
    estimator : MultiViewDeepSemiNMF
    y : array-like or None
    read : Read
        Views in memory.

    Returns
    -------
    list
    """
    V, n = read.present.shape
    alphas = weights(estimator.alphas, "alphas", V)
    if not any(alphas):
        return []
    kinds, result = per_attribute(estimator.affinity, V), []
    columns = [None] if y is None else as_label_codes(y, "y", n)
    for X, present, alpha, kind in zip(read.matrices, read.present, alphas, kinds):
        if not alpha:
            result.append(None)
            continue
        if not isinstance(kind, str):  # of all samples
            result.append(combine([attribute_affinity(None, kind, _Count(n), 1, 1.0)], [alpha]))
            continue
        samples = np.flatnonzero(present)
        data = as_samples(X if len(samples) == n else X[samples])
        settings = data, estimator.n_neighbors, estimator.heat_width, estimator.verbose
        graphs = [
            attribute_affinity(None if codes is None else codes[samples], kind, *settings)
            for codes in columns
        ]
        W = combine([_place(graph, samples, n) for graph in graphs], [alpha] * len(graphs))
        result.append(W)
    return result


class _Count:
    """Stands for n samples where a given graph needs only their number."""

    def __init__(self, n):
        self.shape = 0, n
