"""What features of each layer usually are: their means and variances."""

import numpy as np

from dsnmf import symbolic
from dsnmf.estimators.moments import Moments

#: Least variance of a component, as a share of the largest one's.
LEAST_VARIANCE = 1e-6


def _prior(moments):
    """Means, and variances that are not too small."""
    mean, squares = moments.mean, moments.squares
    if not np.any(mean) and not np.any(squares):
        return np.vstack([mean, np.ones_like(mean)])
    variance = squares / moments.count
    least = LEAST_VARIANCE * (variance.max() or np.square(mean).mean())
    return np.vstack([mean, np.maximum(variance, least)])


class Priors:
    """Means and variances of all layers' features; nothing for linear models, which need no search.

    Parameters
    ----------
    layers : int
        Their number m.
    nonlinearity : str or callable
    """

    def __init__(self, layers, nonlinearity):
        self._homogeneous = symbolic.is_homogeneous(nonlinearity)
        searched = 0 if symbolic.is_linear(nonlinearity) else layers
        self._moments = [Moments() for _ in range(searched)]

    def add(self, layers, norms):
        """Add some of the training samples.

        Parameters
        ----------
        layers : list of m ndarray, shape (k_i, b)
            Their features.
        norms : ndarray, shape (b,)
            Of the samples.
        """
        sizes = norms if self._homogeneous else np.ones_like(norms)
        for moments, H in zip(self._moments, layers):
            moments.add(H[:, sizes > 0].astype(np.float64) / sizes[sizes > 0])

    def values(self):
        """Of each layer an array of shape (2, k_i), float64: mean and variance.

        Where the model is homogeneous, those of the samples' features scaled to unit norm.
        """
        return [_prior(moments) for moments in self._moments]


def priors(layers, norms, nonlinearity):
    """The same of all training samples at once.

    Parameters
    ----------
    layers : list of m ndarray, shape (k_i, n)
    norms : ndarray, shape (n,)
    nonlinearity : str or callable

    Returns
    -------
    list of ndarray, shape (2, k_i), float64
        See `Priors`.
    """
    whole = Priors(len(layers), nonlinearity)
    whole.add(layers, norms)
    return whole.values()
