"""The samples that are nearest to a component."""

import numpy as np

from dsnmf.inspection.variance import BLOCK


def nearest_samples(layer, count):
    """The samples whose reconstructions have the largest cosines with each component.

    Parameters
    ----------
    layer : Layer
    count : int >= 0

    Returns
    -------
    list of lists of (int, float)
        For each component the samples' numbers and cosines, the nearest first.
    """
    gram = layer.components.T @ layer.components
    k, n = layer.features.shape
    best = [[] for _ in range(k)]
    for start in range(0, n, BLOCK):
        H = np.asarray(layer.features[:, start : start + BLOCK], np.float64)
        products = gram @ H
        norms = np.sqrt(np.maximum((H * products).sum(axis=0), 0))
        cosines = products / layer.sizes[:, None] / np.where(norms > 0, norms, 1)
        for j, row in enumerate(cosines):
            order = np.argsort(-row, kind="stable")[:count]
            best[j] += [(start + int(i), float(row[i])) for i in order]
            best[j] = sorted(best[j], key=lambda pair: -pair[1])[:count]
    return best
