"""The metric of features: the distances between them."""

from numbers import Real

import numpy as np
import pytensor.tensor as pt
import scipy.linalg
from sklearn.utils.extmath import svd_flip

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function

#: The metric of unchanged features, and the name of metric 1.
COMPONENTS, DATA = "components", "data"

#: The default, and its usual number.
AUTO, DEFAULT = "auto", 0.5

#: The values of `transform_method` with that number; features of others stay unchanged.
IN_DEFAULT = ("auto", "neighbors")

#: Least deviation of a direction, as a share of the largest, for whitening: a direction that
#: reconstructs next to nothing counts next to nothing.
LEAST_DEVIATION = 0.01

#: Directions below this share of the largest are rounding errors of matrix products.
ROUNDING = 1e-10

#: In non-linear models: the least weight of a feature, as a share of the largest direction, so that
#: the inverse is unique if no sample shows a feature's effect.
LEAST_RESPONSE = 3e-5


def as_exponent(metric, default=DEFAULT):
    """The power t in [0, 1] of a metric; None for unchanged features."""
    if isinstance(metric, str) and metric == AUTO:
        return default
    if isinstance(metric, str) and metric == COMPONENTS:
        return None
    t = 1.0 if isinstance(metric, str) and metric == DATA else metric
    if isinstance(t, bool | np.bool_) or not isinstance(t, Real) or not 0 <= t <= 1:
        raise ValueError(
            f"metric must be 'auto', 'components', 'data' or a number from 0 to 1, got {metric!r}"
        )
    return float(t)


def suffix_of(metric):
    """The part of the features' names that tells the metric."""
    if isinstance(metric, str) and metric == AUTO:
        return ""
    t = as_exponent(metric)
    if t is None:
        return f"_{COMPONENTS}"
    return f"_{DATA}" if t == 1 else f"_metric{t:g}"


def _svd(Z, dtype):
    """U, σ, Vᵀ in float64, with fixed signs, without directions that are rounding in this dtype."""
    U, sigma, Vt = scipy.linalg.svd(Z.astype(np.float64), full_matrices=False)
    share = max(max(Z.shape) * np.finfo(dtype).eps, ROUNDING)
    kept = max(int((sigma > share * sigma[0]).sum()), 1)
    U, Vt = svd_flip(U[:, :kept], Vt[:kept])
    return U, sigma[:kept], Vt


@compile_once
def _compile_first_features(layers, nonlinearity, dtype, mode):
    """(Z_2, …, H) ↦ g(Z_2 g(… H))."""
    *Zs, H = (pt.matrix(dtype=dtype) for _ in range(layers))
    features = symbolic.layer_features([None, *Zs], H, 1, nonlinearity)
    return compile_function([*Zs, H], features, mode=mode)


class FirstFeatures:
    """The map from a layer's features to those of layer 1: h ↦ g(Z_2 g(… g(Z_j h)))."""

    def __init__(self, Zs, nonlinearity, mode):
        self._Zs, dtype = Zs, str(Zs[0].dtype)
        self._function = _compile_first_features(len(Zs), nonlinearity, dtype, mode)

    def multiply(self, matrix, H):
        """The matrix times H's features in layer 1 (H: k x n), in blocks, in H's dtype."""
        Z_1, *others = self._Zs
        if not others:
            return np.asarray(matrix @ H, H.dtype)
        result = np.empty((len(matrix), H.shape[1]), H.dtype)
        for block in column_blocks(max(Z.shape[1] for Z in self._Zs), H.shape[1]):
            features = self._function(*others, H[:, block].astype(Z_1.dtype, copy=False))
            result[:, block] = matrix @ np.asarray(features)
        return result


class ComponentMetric:
    """Unchanged features: the coefficients of the components in a sample.

    Parameters
    ----------
    Zs : list of j ndarray
        Z_1, …, Z_j, from a layer's features to the data.
    nonlinearity : str or callable
        g.
    mode : None, str or pytensor Mode

    Attributes
    ----------
    n_features : int
    """

    def __init__(self, Zs, nonlinearity, mode):
        self.n_features, self._Z_1 = Zs[-1].shape[1], Zs[0]
        self._first = FirstFeatures(Zs, nonlinearity, mode)

    def apply(self, H):
        """A layer's features (k_j x n) in this metric, shape (n_features, n)."""
        return H

    def reconstruct(self, F):
        """The reconstruction, shape (p, n), from features in this metric."""
        return self._first.multiply(self._Z_1, F)


class WhitenedMetric:
    """Features M h whose distances are those of the reconstructions, whitened to the degree 1 - t.

    The layer reconstructs A h, or in a non-linear model nearly A h. The reconstructions have the
    covariance E diag(σ²) Eᵀ. The coordinates Eᵀ A h are divided by max(σ, `LEAST_DEVIATION` σ_1) to
    the power 1 - t. At t = 1 the distances are those of the reconstructions; at t = 0 all their
    directions count alike, and the mean plays no part. Among the maps with these distances, M
    changes the features least, in units of their standard deviations (zero-phase whitening, Bell &
    Sejnowski 1997, by correlations, Kessy, Lewin & Strimmer 2018), so that each feature stays with
    its component. Directions that are rounding are dropped.

    Parameters
    ----------
    Zs, nonlinearity, mode
        See `ComponentMetric`.
    spread : Spread
        A and the covariance of the samples' features, see `dsnmf.estimators.mapping.spread`.
    t : float in [0, 1]
    scale : float > 0
        The scale of the fit, by which the data were divided.

    Attributes
    ----------
    n_features : int
    """

    def __init__(self, Zs, nonlinearity, mode, spread, t, scale=1.0):
        Z_1, self.n_features = Zs[0], Zs[-1].shape[1]
        R = np.linalg.qr(Z_1.astype(np.float64) / scale @ spread.response, mode="r")
        variances, E = np.linalg.eigh(R @ spread.covariance @ R.T)
        sigma = np.sqrt(np.maximum(variances, 0))
        weights = np.maximum(sigma, LEAST_DEVIATION * sigma[-1] or 1.0) ** (t - 1)
        G = weights[:, None] * (E.T @ R)
        if not symbolic.is_linear(nonlinearity) and len(Zs) > 1:
            least = LEAST_RESPONSE * np.linalg.norm(R, 2) * weights.max()
            G = np.vstack([G, least * np.eye(self.n_features)])
        sizes = np.sqrt(np.diag(spread.covariance))  # components in any unit have equal weight
        sizes = np.where(sizes > 0, sizes, sizes.max() or 1.0)
        _, s, Vt = _svd(G * sizes, Z_1.dtype)
        inverse, unit = 1 / np.where(s > 0, s, 1), scale**t
        self._root = ((Vt.T * s) @ Vt / sizes * unit).astype(Z_1.dtype)
        self._back = (sizes[:, None] * (Vt.T * inverse) @ Vt / unit).astype(Z_1.dtype)
        self._first, self._Z_1 = FirstFeatures(Zs, nonlinearity, mode), Z_1

    def apply(self, H):
        """See `ComponentMetric`."""
        return np.asarray(self._root @ H, H.dtype)

    def reconstruct(self, F):
        """See `ComponentMetric`."""
        return self._first.multiply(self._Z_1, np.asarray(self._back @ F, F.dtype))

    def components(self, Psi):
        """The contribution of each feature to a sample of a linear model, shape (p, k)."""
        return Psi @ self._back


class SpanMetric:
    """Coordinates of the reconstructions Z_1 g(Z_2 g(… g(Z_j h))) in Z_1's span.

    The basis is that of Z_1's left singular vectors. So all layers have rank(Z_1) features, whose
    distances are those of the reconstructions.

    Parameters
    ----------
    Zs, nonlinearity, mode
        See `ComponentMetric`.

    Attributes
    ----------
    n_features : int
    """

    def __init__(self, Zs, nonlinearity, mode):
        U, sigma, Vt = _svd(Zs[0], Zs[0].dtype)
        self.n_features = len(sigma)
        self._basis = U.astype(Zs[0].dtype)
        self._coordinates = (sigma[:, None] * Vt).astype(Zs[0].dtype)
        self._first = FirstFeatures(Zs, nonlinearity, mode)

    def apply(self, H):
        """See `ComponentMetric`."""
        return self._first.multiply(self._coordinates, H)

    def reconstruct(self, F):
        """See `ComponentMetric`."""
        return np.asarray(self._basis @ F, F.dtype)


def needs_spread(t, nonlinearity):
    """True if the metric t depends on the covariance of the reconstructions."""
    return t is not None and (t < 1 or symbolic.is_linear(nonlinearity))


def metric_of(t, Zs, nonlinearity, mode, spread, scale=1.0):
    """The metric t (see `as_exponent`) of the layer with the factors Z_1, …, Z_j."""
    if t is None:
        return ComponentMetric(Zs, nonlinearity, mode)
    if needs_spread(t, nonlinearity):
        return WhitenedMetric(Zs, nonlinearity, mode, spread, t, scale)
    return SpanMetric(Zs, nonlinearity, mode)
