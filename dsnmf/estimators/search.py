"""Features of samples under a fitted non-linear model: a search with all Z fixed."""

from functools import cached_property

import numpy as np
import pytensor
import pytensor.tensor as pt
import scipy.linalg

from dsnmf import symbolic
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import compile_function

#: Weights of the ridge, one after the other: what features that lie as far from the typical ones as
#: those of training samples do cost, as a share of the sample's energy. From a large one on, like
#: samples pass the rectifiers' kinks alike; below the last the error hardly falls any more, but
#: their features drift apart.
RIDGES = (0.1, 0.02, 0.004)

#: Of the descent for each ridge: most steps, remembered steps, the relative gain below which a
#: sample has arrived, and how the length of its steps grows after a gain and shrinks after a loss.
MAX_STEPS, MEMORY, GAIN, GROWTH, SHRINKAGE = 20, 3, 0.01, 4.0, 0.3

#: Singular values of Z_1 below this share of the largest are rounding.
NEGLIGIBLE = 1e-6

#: Entries of the arrays that are worked on at once, so that memory does not grow with the samples.
BLOCK = 1 << 20


def _span(Z):
    """Orthonormal columns that span those of Z."""
    U, sigma, _ = scipy.linalg.svd(Z, full_matrices=False)
    rank = int((sigma > NEGLIGIBLE * sigma[0]).sum())
    return U[:, : max(rank, 1)]


def _quasi_newton(gradient, free, pairs, inverse):
    """The L-BFGS direction of every sample (Nocedal & Wright 2006, algorithm 7.4).

    `pairs` are the steps so far and the changes of the gradient; `inverse` stands for the inverse
    Hessian before them.
    """
    direction = gradient.copy()
    weights = []
    pairs = [(free * step, free * change) for step, change in pairs]
    for step, change in reversed(pairs):
        curvature = (step * change).sum(axis=0)
        rho = np.where(curvature > 0, 1 / np.where(curvature > 0, curvature, 1), 0)
        alpha = rho * (step * direction).sum(axis=0)
        direction -= alpha * change
        weights.append((rho, alpha))
    direction = inverse @ direction
    for (step, change), (rho, alpha) in zip(pairs, reversed(weights)):
        direction += step * (alpha - rho * (change * direction).sum(axis=0))
    return direction


@compiled_once
def _compiled_errors(layers, nonlinearity, mode):
    """(H, X, known, Z_1, …) ↦ Σ (X - X̂)² per sample, and its gradient."""
    H, X, known, *Zs = (pt.matrix(dtype="float64") for _ in range(3 + layers))
    errors = pt.sqr(known * (symbolic.reconstruction(Zs, H, nonlinearity) - X)).sum(axis=0)
    outputs = [errors, pytensor.grad(errors.sum(), H)]
    function = compile_function([H, X, known, *Zs], outputs, mode=mode)
    function.trust_input = True  # all are matrices of float64: to look at them takes a fifth
    return function


class _Descent:
    """Errors of a model with fixed Zs, and their descent from the typical features.

    Everything is float64: samples in float32 would take other turns at kinks beside other
    neighbours.
    """

    def __init__(self, Zs, nonlinearity, prior, mode):
        self._mean, variance = prior[:, :, None]
        self._weights = 1 / (len(variance) * variance)
        self._Zs = [np.ascontiguousarray(Z) for Z in Zs]
        self._function = _compiled_errors(len(Zs), nonlinearity, mode)

    def _errors(self, H, X, known):
        """Σ (X - X̂)² per sample, and its gradient, as arrays that may be written to."""
        return [np.array(value) for value in self._function(H, X, known, *self._Zs)]

    def inverse_hessians(self, rows):
        """For every ridge that of Gauss and Newton at the typical features; X has so many rows."""
        at_mean, unit = np.repeat(self._mean, rows, axis=1), np.eye(rows)
        # The gradient is 2 Jᵀ(X̂ - X): its values for X = -1 and X = 0 differ by 2 Jᵀ.
        gradients = [self._errors(at_mean, X, np.ones_like(X))[1] for X in (-unit, 0 * unit)]
        Jt = (gradients[0] - gradients[1]) / 2
        diagonal = np.diag(self._weights[:, 0])
        return [scipy.linalg.pinvh(2 * (Jt @ Jt.T + ridge * diagonal)) for ridge in RIDGES]

    def features(self, X, known, inverses):
        """h >= 0, shape (k, n), for X (p x n), with 1 where an entry counts."""
        H = np.repeat(self._mean, X.shape[1], axis=1)
        state = H, *self._errors(H, X, known)
        for ridge, inverse in zip(RIDGES, inverses):
            self._descend(state, X, known, ridge * self._weights, inverse)
        return H

    def _cost(self, H, errors, gradient, weights):
        """With Σ weights (h - mean)² added, per sample, and its gradient."""
        offset = H - self._mean
        pull = weights * offset
        return errors + (pull * offset).sum(axis=0), gradient + 2 * pull

    def _descend(self, state, X, known, weights, inverse):
        """Move each column of H downhill until a step gains little; errors and gradient follow."""
        samples, pairs, length = np.arange(X.shape[1]), [], np.ones(X.shape[1])
        present = state
        cost, slope = self._cost(*present, weights)
        for _ in range(MAX_STEPS):
            H = present[0]
            free = (H > 0) | (slope < 0)
            direction = free * _quasi_newton(free * slope, free, pairs, inverse)
            moved = np.maximum(H - length * direction, 0)
            new = moved, *self._errors(moved, X, known)
            new_cost, new_slope = self._cost(*new, weights)
            # A step that raises the cost is not made, but known to the next direction.
            pairs = [*pairs[1 - MEMORY :], (moved - H, new_slope - slope)]
            lower = new_cost <= cost
            arrived = lower & (new_cost >= (1 - GAIN) * cost)
            length = np.where(lower, np.minimum(GROWTH * length, 1), SHRINKAGE * length)
            present = [np.where(lower, after, before) for after, before in zip(new, present)]
            cost, slope = np.where(lower, new_cost, cost), np.where(lower, new_slope, slope)
            for whole, part in zip(state, present):
                whole[..., samples] = part
            if arrived.all():
                break
            if arrived.any():
                on = ~arrived
                samples, length, cost, slope, X, known, *present = (
                    values[..., on] for values in (samples, length, cost, slope, X, known, *present)
                )
                pairs = [(step[:, on], change[:, on]) for step, change in pairs]


class FeatureSearch:
    """The map from samples to features h >= 0 under X ≈ Z_1 g(Z_2 g(… g(Z_j h))).

    Minimises ‖x - X̂‖² + ρ Σ_c (h_c - mean_c)² / (k variance_c), with ρ falling from .1 to .004 of
    the sample's energy: of the features with about the least error those that are most like what
    features usually are. Each sample is searched for by itself, and in its own scale where the
    model is homogeneous (relu), so that its features scale with it.

    The descent is L-BFGS within h >= 0, from the inverse Gauss-Newton matrix at the typical
    features, which all samples share. Accelerated projected gradients with restarts need many more
    steps; Newton steps on each sample's own pattern of rectifiers fewer, but a factorisation each,
    which takes longer in all.

    Parameters
    ----------
    Zs : list of j ndarray
        Z_1 (p x k_1), …, Z_j.
    nonlinearity : str or callable
        g.
    prior : ndarray, shape (2, k_j)
        Mean and variance of layer j's features, see `Priors`.
    mode : None, str or pytensor Mode
    """

    def __init__(self, Zs, nonlinearity, prior, mode):
        self._Zs = [Z.astype(np.float64) for Z in Zs]
        self._model = nonlinearity, prior, mode
        self._homogeneous = symbolic.is_homogeneous(nonlinearity)
        self._block = max(1, BLOCK // max(Z.shape[0] for Z in Zs))

    @cached_property
    def _in_span(self):
        """A basis of Z_1's span, and the descent in its coordinates: nothing else is reached."""
        basis = _span(self._Zs[0])
        return basis, _Descent([basis.T @ self._Zs[0], *self._Zs[1:]], *self._model)

    @cached_property
    def _inverses(self):
        basis, descent = self._in_span
        return descent.inverse_hessians(basis.shape[1])

    @cached_property
    def _with_gaps(self):
        return _Descent(self._Zs, *self._model)

    def of_full(self, X, norms):
        """Features of samples without gaps.

        Parameters
        ----------
        X : ndarray or SciPy sparse matrix, shape (p, n)
        norms : ndarray, shape (n,)
            The samples' l2 norms.

        Returns
        -------
        ndarray, shape (k_j, n), of X's dtype
        """
        basis, descent = self._in_span

        def of_block(X, scale):
            X = np.asarray(basis.T @ X) / scale
            return descent.features(X, np.ones_like(X), self._inverses)

        return self._by_blocks(of_block, X, norms)

    def of_gappy(self, X, norms):
        """The same of samples with gaps.

        Parameters
        ----------
        X : ndarray, shape (p, n)
            NaN marks unknown entries.
        norms
            As for `of_full`, over the known entries.
        """

        def of_block(X, scale):
            known = ~np.isnan(X)
            X = np.where(known, X, 0) / scale
            return self._with_gaps.features(X, known.astype(float), self._inverses)

        return self._by_blocks(of_block, X, norms)

    def _by_blocks(self, of_block, X, norms):
        sizes = norms if self._homogeneous else np.ones_like(norms)
        H = np.empty((self._Zs[-1].shape[1], len(norms)), X.dtype)
        for start in range(0, len(norms), self._block):
            block = slice(start, start + self._block)
            scale = np.where(sizes[block] > 0, sizes[block], 1)
            H[:, block] = sizes[block] * of_block(X[:, block], scale)
        return H
