"""The metric of features: what the distances between them are."""

from functools import cached_property, reduce
from numbers import Real

import numpy as np
import pytensor
import pytensor.tensor as pt
import scipy.linalg
from sklearn.utils.extmath import svd_flip

from dsnmf import symbolic
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.threads import for_threads
from dsnmf.training.modes import on_device

#: Metrics with a name, as powers of the components' sizes.
NAMED = {"components": 0.0, "data": 1.0}


def as_exponent(metric, nonlinearity):
    """The power t in [0, 1] that a metric stands for; ValueError if a model has no such metric."""
    t = NAMED.get(metric) if isinstance(metric, str) else metric
    if isinstance(t, bool | np.bool_) or not isinstance(t, Real) or not 0 <= t <= 1:
        raise ValueError(
            f"metric must be 'components', 'data' or a number from 0 to 1, got {metric!r}"
        )
    if 0 < t < 1 and not symbolic.is_linear(nonlinearity):
        raise ValueError(
            f"metric must be 'components' (0) or 'data' (1) in a model with a nonlinearity, "
            f"got {metric!r}: what lies between is known of linear models only"
        )
    return float(t)


def _svd(Z):
    """U, σ, Vᵀ in float64 without what is rounding in Z's dtype, and with signs of its own."""
    U, sigma, Vt = scipy.linalg.svd(Z.astype(np.float64), full_matrices=False)
    rank = int((sigma > max(Z.shape) * np.finfo(Z.dtype).eps * sigma[0]).sum())
    kept = max(rank, 1)
    U, Vt = svd_flip(U[:, :kept], Vt[:kept])
    return U, sigma[:kept], Vt


class _FirstFeatures:
    """What a layer's features come to in layer 1: h ↦ g(Z_2 g(… g(Z_j h)))."""

    def __init__(self, Zs, nonlinearity, mode):
        self._Zs, self._nonlinearity, self._mode = Zs, nonlinearity, mode

    @cached_property
    def _function(self):
        H, *Zs = (pt.matrix(dtype=Z.dtype) for Z in self._Zs)
        features = symbolic.layer_features([None, *Zs], H, 1, self._nonlinearity)
        return for_threads(pytensor.function([*Zs, H], features, mode=on_device(self._mode)))

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
        self._first = _FirstFeatures(Zs, nonlinearity, mode)

    def of(self, H):
        """Features in this metric, shape (n_features, n), of a layer's features (k_j x n)."""
        return H

    def samples(self, F):
        """The reconstruction, shape (p, n), that features in this metric stand for."""
        return self._first.leading_to(self._Z_1, F)


class PowerMetric:
    """(ΨᵀΨ)^(t/2) h of features h under X ≈ Ψ H.

    At t = 1 their distances are those of the reconstructions Ψh. Any R with Ψ = Q R and orthonormal
    Q gives the same; the symmetric root moves the features least, so that each one still belongs
    to its component, as with zero-phase whitening (Bell & Sejnowski 1997). Of a Ψ of deficient
    rank, what h has in its null space is dropped, for no sample shows it.

    Parameters
    ----------
    Psi : ndarray, shape (p, k)
        Z_1 … Z_j.
    t : float in (0, 1]

    Attributes
    ----------
    n_features : int
    """

    def __init__(self, Psi, t):
        U, sigma, Vt = _svd(Psi)
        self.n_features = Psi.shape[1]
        self._root = ((Vt.T * sigma**t) @ Vt).astype(Psi.dtype)
        self._components = ((U * sigma ** (1 - t)) @ Vt).astype(Psi.dtype)

    def of(self, H):
        """As `ComponentMetric` has it."""
        return np.asarray(self._root @ H, H.dtype)

    def samples(self, F):
        """As `ComponentMetric` has it."""
        return np.asarray(self._components @ F, F.dtype)


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
        U, sigma, Vt = _svd(Zs[0])
        self.n_features = len(sigma)
        self._basis = U.astype(Zs[0].dtype)
        self._coordinates = (sigma[:, None] * Vt).astype(Zs[0].dtype)
        self._first = _FirstFeatures(Zs, nonlinearity, mode)

    def of(self, H):
        """As `ComponentMetric` has it."""
        return self._first.leading_to(self._coordinates, H)

    def samples(self, F):
        """As `ComponentMetric` has it."""
        return np.asarray(self._basis @ F, F.dtype)


def metric_of(Zs, nonlinearity, t, mode):
    """The metric t (see `as_exponent`) of the layer to whose features Z_1, …, Z_j lead."""
    is_linear = symbolic.is_linear(nonlinearity)
    if is_linear:
        Zs = [reduce(np.matmul, Zs)]
    if t == 0:
        return ComponentMetric(Zs, nonlinearity, mode)
    return PowerMetric(Zs[0], t) if is_linear else SpanMetric(Zs, nonlinearity, mode)
