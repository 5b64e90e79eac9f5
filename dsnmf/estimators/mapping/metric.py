"""The metric of features: what the distances between them are."""

from numbers import Real

import numpy as np
import pytensor.tensor as pt
import scipy.linalg
from sklearn.utils.extmath import svd_flip

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function

#: The metric of features as they are, and the name of metric 1.
COMPONENTS, DATA = "components", "data"

#: The default, and what it mostly stands for.
AUTO, DEFAULT = "auto", 0.5

#: The methods of `transform` that have it; features of another that is named are as they are.
IN_DEFAULT = ("auto", "neighbors")

#: Directions in which reconstructions deviate less, as a share of the direction in which they
#: deviate most, are whitened as if they deviated by so much: what reconstructs next to nothing
#: counts next to nothing.
LEAST_DEVIATION = 0.01

#: Directions below this share of the largest are rounding, which products of matrices leave.
ROUNDING = 1e-10

#: In non-linear models: the share of the largest direction that features count at least, so that
#: the way back is unique where no sample shows what a feature does.
LEAST_RESPONSE = 3e-5


def as_exponent(metric, default=DEFAULT):
    """The power t in [0, 1] that a metric stands for; None for features as they are."""
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
    """What a metric adds to the names of features."""
    if isinstance(metric, str) and metric == AUTO:
        return ""
    t = as_exponent(metric)
    if t is None:
        return f"_{COMPONENTS}"
    return f"_{DATA}" if t == 1 else f"_metric{t:g}"


def _svd(Z, dtype):
    """U, σ, Vᵀ in float64 without what is rounding in this dtype, and with signs of its own."""
    U, sigma, Vt = scipy.linalg.svd(Z.astype(np.float64), full_matrices=False)
    share = max(max(Z.shape) * np.finfo(dtype).eps, ROUNDING)
    kept = max(int((sigma > share * sigma[0]).sum()), 1)
    U, Vt = svd_flip(U[:, :kept], Vt[:kept])
    return U, sigma[:kept], Vt


@compile_once
def _compiled_first_features(layers, nonlinearity, dtype, mode):
    """(Z_2, …, H) ↦ g(Z_2 g(… H))."""
    *Zs, H = (pt.matrix(dtype=dtype) for _ in range(layers))
    features = symbolic.layer_features([None, *Zs], H, 1, nonlinearity)
    return compile_function([*Zs, H], features, mode=mode)


class FirstFeatures:
    """What a layer's features come to in layer 1: h ↦ g(Z_2 g(… g(Z_j h)))."""

    def __init__(self, Zs, nonlinearity, mode):
        self._Zs, dtype = Zs, str(Zs[0].dtype)
        self._function = _compiled_first_features(len(Zs), nonlinearity, dtype, mode)

    def leading_to(self, matrix, H):
        """The matrix times what H (k x n) comes to, some samples at a time, in H's dtype."""
        Z_1, *others = self._Zs
        if not others:
            return np.asarray(matrix @ H, H.dtype)
        result = np.empty((len(matrix), H.shape[1]), H.dtype)
        for block in column_blocks(max(Z.shape[1] for Z in self._Zs), H.shape[1]):
            features = self._function(*others, H[:, block].astype(Z_1.dtype, copy=False))
            result[:, block] = matrix @ np.asarray(features)
        return result


class ComponentMetric:
    """Features as they are: how much of each component a sample has.

    Parameters
    ----------
    Zs : list of j ndarray
        Z_1, …, Z_j, that lead from a layer's features to the data.
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

    def of(self, H):
        """Features in this metric, shape (n_features, n), of a layer's features (k_j x n)."""
        return H

    def samples(self, F):
        """The reconstruction, shape (p, n), that features in this metric stand for."""
        return self._first.leading_to(self._Z_1, F)


class WhitenedMetric:
    """Features M h whose distances are those of the reconstructions, whitened to the degree 1 - t.

    The layer reconstructs A h, or in a non-linear model nearly so. With the covariance of the
    reconstructions E diag(σ²) Eᵀ the coordinates Eᵀ A h are divided by σ to the power 1 - t, or
    by that of `LEAST_DEVIATION` σ_1 where it is larger: at t = 1 the distances are those of the
    reconstructions, at t = 0 all their directions count alike, and the mean plays no part. Of all
    maps with these distances M is the one that moves the features, in units of their standard
    deviations, least (zero-phase whitening, Bell & Sejnowski 1997, by correlations, Kessy, Lewin &
    Strimmer 2018), so each feature stays with its component. What reconstructs nothing but
    rounding is dropped.

    Parameters
    ----------
    Zs, nonlinearity, mode
        See `ComponentMetric`.
    spread : Spread
        A and the covariance of the samples' features, see `dsnmf.estimators.mapping.spread`.
    t : float in [0, 1]
    scale : float > 0
        Of the fit: what is squared is divided by it.

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
        sizes = np.sqrt(np.diag(spread.covariance))  # components of any unit weigh alike
        sizes = np.where(sizes > 0, sizes, sizes.max() or 1.0)
        _, s, Vt = _svd(G * sizes, Z_1.dtype)
        inverse, unit = 1 / np.where(s > 0, s, 1), scale**t
        self._root = ((Vt.T * s) @ Vt / sizes * unit).astype(Z_1.dtype)
        self._back = (sizes[:, None] * (Vt.T * inverse) @ Vt / unit).astype(Z_1.dtype)
        self._first, self._Z_1 = FirstFeatures(Zs, nonlinearity, mode), Z_1

    def of(self, H):
        """As `ComponentMetric` has it."""
        return np.asarray(self._root @ H, H.dtype)

    def samples(self, F):
        """As `ComponentMetric` has it."""
        return self._first.leading_to(self._Z_1, np.asarray(self._back @ F, F.dtype))

    def components(self, Psi):
        """What each feature in this metric adds to a sample of a linear model, shape (p, k)."""
        return Psi @ self._back


class SpanMetric:
    """Coordinates of the reconstructions Z_1 g(Z_2 g(… g(Z_j h))) in Z_1's span.

    In the orthonormal basis of its left singular vectors, so that all layers have rank(Z_1)
    features, whose distances are those of the reconstructions.

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

    def of(self, H):
        """As `ComponentMetric` has it."""
        return self._first.leading_to(self._coordinates, H)

    def samples(self, F):
        """As `ComponentMetric` has it."""
        return np.asarray(self._basis @ F, F.dtype)


def needs_spread(t, nonlinearity):
    """Whether the metric t depends on how reconstructions vary."""
    return t is not None and (t < 1 or symbolic.is_linear(nonlinearity))


def metric_of(t, Zs, nonlinearity, mode, spread, scale=1.0):
    """The metric t (see `as_exponent`) of the layer to whose features Z_1, …, Z_j lead."""
    if t is None:
        return ComponentMetric(Zs, nonlinearity, mode)
    if needs_spread(t, nonlinearity):
        return WhitenedMetric(Zs, nonlinearity, mode, spread, t, scale)
    return SpanMetric(Zs, nonlinearity, mode)
