"""Statistics of each layer's features: means, variances, and their regression on samples."""

import numpy as np

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.search.moments import Moments
from dsnmf.estimators.search.probes import Probes, choose_probes, fixed_draws

#: Least variance of a component, as a share of the largest one's.
LEAST_VARIANCE = 1e-6

#: Samples whose norm is a smaller share of the root mean square are left out.
NEGLIGIBLE = float(np.finfo(np.float64).eps)

#: Regularisation of the regression, as a share of its matrix's mean diagonal.
REGULAR = 1e-9


def _prior(moments):
    """The means, and the variances with a lower limit."""
    mean, squares = moments.mean, moments.squares
    if not np.any(mean) and not np.any(squares):
        return np.vstack([mean, np.ones_like(mean)])
    variance = squares / moments.count
    least = LEAST_VARIANCE * (variance.max() or np.square(mean).mean())
    return np.vstack([mean, np.maximum(variance, least)])


class Priors:
    """Statistics of all layers' features; empty for linear models, which need no search.

    In a homogeneous model, features are divided by their sample's norm, and a sample's weight is
    its energy, at most that of a mean sample: the features of quiet samples are noise, and one huge
    sample must not outweigh all others.

    Parameters
    ----------
    layers : int
        Number m of layers.
    nonlinearity : str or callable
    """

    def __init__(self, layers, nonlinearity):
        self._homogeneous = symbolic.is_homogeneous(nonlinearity)
        searched = 0 if symbolic.is_linear(nonlinearity) else layers
        self._moments = [Moments() for _ in range(searched)]
        self._least, self._products = [np.inf] * searched, [0.0] * searched

    def add(self, layers, norms):
        """Add some of the training samples.

        Parameters
        ----------
        layers : list of m ndarray, shape (k_i, b)
            The samples' features; each layer's are computed from the next layer's.
        norms : ndarray, shape (b,)
            The samples' norms at the scale of the fit.
        """
        sizes = norms if self._homogeneous else np.ones_like(norms)
        heard = sizes > NEGLIGIBLE
        sizes = sizes[heard]
        weights = np.minimum(np.square(sizes), 1)
        wide = [H[:, heard].astype(np.float64) / sizes for H in layers[: len(self._moments)]]
        for i, values in enumerate(wide):
            self._moments[i] += Moments.from_values(values, weights)
            self._least[i] = np.minimum(self._least[i], values.min(axis=1, initial=np.inf))
            self._products[i] = self._products[i] + (weights * values) @ wide[0].T

    def __iadd__(self, other):
        for ours, theirs in zip(self._moments, other._moments):
            ours += theirs
        self._least = [np.minimum(*pair) for pair in zip(self._least, other._least)]
        self._products = [np.add(*pair) for pair in zip(self._products, other._products)]
        return self

    def values(self, Z, noise):
        """For each layer an array of shape (4 + k_1, k_i), float64, with a column per feature.

        The rows are the mean, the variance, the least value, and the coefficients of the regression
        on [1, Z_1ᵀx]. The regression has the least squared error for samples that are the
        reconstructions plus Gaussian noise.

        Parameters
        ----------
        Z : ndarray, shape (p, k_1), float64
            Z_1 at the scale of the fit.
        noise : float >= 0
            Mean square of an entry of X - X̂, at the same scale.
        """
        if not self._moments:
            return []
        mean, count = self._moments[0].mean, self._moments[0].count[0] or 1
        gram = Z.T @ Z
        system = gram @ (self._products[0] / count - np.outer(mean, mean))
        regular = noise + REGULAR * np.trace(system) / len(system)
        system += (regular or 1) * np.eye(len(system))
        values = []
        for moments, least, products in zip(self._moments, self._least, self._products):
            joint = products / count - np.outer(moments.mean, mean)
            encoder = np.linalg.solve(system.T, joint.T)
            offset = moments.mean - mean @ gram @ encoder
            values.append(np.vstack([_prior(moments), least, offset, encoder]))
        return values

    def summarise(self, probes, Z):
        """The two lists that a model keeps: `values`, and the probes' table."""
        if not self._moments:
            return [], []
        weights, energies, errors = (table := probes.table())[:3]
        noise = (weights * errors).sum() / ((weights * energies).sum() or 1) / len(Z)
        return self.values(Z, noise), [table]


def measure_priors(layers, samples, Z, nonlinearity):
    """The priors and the probes of all training samples at once.

    Parameters
    ----------
    layers : list of m ndarray, shape (k_i, n)
        See `Priors.add`.
    samples : Samples
    Z : ndarray, shape (p, k_1)
        Z_1 for the samples as they came.
    nonlinearity : str or callable

    Returns
    -------
    priors : list of ndarray
        See `Priors.values`.
    probes : list of ndarray
        See `Probes.table`.
    """
    priors, norms = Priors(len(layers), nonlinearity), samples.norms
    if symbolic.is_linear(nonlinearity):
        return [], []
    for block in column_blocks(max(map(len, layers)), len(norms)):
        priors.add([H[:, block] for H in layers], norms[block])
    drawn, Z = fixed_draws(len(norms)), Z.astype(np.float64) / samples.scale
    first = choose_probes(drawn, norms)[1]
    X, F = samples.wide(first), layers[0][:, first].astype(np.float64)
    return priors.summarise(Probes(drawn[first], norms[first], X, Z, F), Z)
