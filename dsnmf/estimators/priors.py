"""What features of each layer usually are: their means and variances."""

import numpy as np

from dsnmf import symbolic

#: Least variance of a component, as a share of the largest one's.
LEAST_VARIANCE = 1e-6


class _Moments:
    """Mean and variance of features, from samples part after part."""

    def __init__(self):
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    @classmethod
    def of(cls, H):
        """Those of features (k x b)."""
        moments, samples = cls(), H.shape[1]
        moments._count = samples
        moments._mean = H.mean(axis=1) if samples else np.zeros(len(H))
        moments._squares = np.square(H - moments._mean[:, None]).sum(axis=1)
        return moments

    def __iadd__(self, other):
        """By the formula of Chan, Golub & LeVeque 1983, which is stable."""
        count = self._count + other._count
        step, weight = other._mean - self._mean, other._count / max(count, 1)
        self._squares = self._squares + other._squares + step**2 * (self._count * weight)
        self._mean, self._count = self._mean + weight * step, count
        return self

    def prior(self):
        """Means, and variances that are not too small."""
        if not np.any(self._mean) and not np.any(self._squares):
            return np.vstack([self._mean, np.ones_like(self._mean)])
        variance = self._squares / self._count
        least = LEAST_VARIANCE * (variance.max() or np.square(self._mean).mean())
        return np.vstack([self._mean, np.maximum(variance, least)])


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
        self._moments = [_Moments() for _ in range(searched)]

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
            moments += _Moments.of(H[:, sizes > 0].astype(np.float64) / sizes[sizes > 0])

    def __iadd__(self, other):
        for ours, theirs in zip(self._moments, other._moments):
            ours += theirs
        return self

    def values(self):
        """Of each layer an array of shape (2, k_i), float64: mean and variance.

        Where the model is homogeneous, those of the samples' features scaled to unit norm.
        """
        return [moments.prior() for moments in self._moments]


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
