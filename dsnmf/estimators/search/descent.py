"""The descent to features of samples, each by itself, under a model with fixed Zs."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import scipy.linalg

from dsnmf import symbolic
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function, is_jax

#: Remembered steps; factors of a sample's step length after a gain and after a loss.
MEMORY, GROWTH, SHRINKAGE = 3, 4.0, 0.3


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


@compile_once
def compile_errors(layers, nonlinearity, mode):
    """(H, X, known, Z_1, …) ↦ Σ (X - X̂)² per sample, and its gradient."""
    H, X, known, *Zs = (pt.matrix(dtype="float64") for _ in range(3 + layers))
    errors = pt.sqr(known * (symbolic.reconstruction(Zs, H, nonlinearity) - X)).sum(axis=0)
    outputs = [errors, pytensor.grad(errors.sum(), H)]
    function = compile_function([H, X, known, *Zs], outputs, mode=mode)
    function.trust_input = True  # all are float64 matrices; checks take a fifth of the time
    return function


def rectified_errors(H, X, known, *Zs):
    """The result of `compile_errors` for relu, by NumPy.

    For one sample the call of a compiled function takes longer than the products.
    """
    before, features = [], H
    for Z in reversed(Zs[1:]):
        before.append(Z @ features)
        features = np.maximum(before[-1], 0)
    rest = known * (Zs[0] @ features - X)
    gradient = 2 * (Zs[0].T @ (known * rest))
    for Z, argument in zip(Zs[1:], reversed(before)):
        gradient = Z.T @ (gradient * (0.5 + 0.5 * np.sign(argument)))
    return [np.square(rest).sum(axis=0), gradient]


class Descent:
    """Errors of a model with fixed Zs, and their descent from any features.

    Minimises Σ (x - x̂)² + ρ Σ_c (h_c - mean_c)² / (k variance_c) for each sample, by L-BFGS within
    h >= least. Everything is float64: in float32, a sample could pass kinks differently if it is
    computed together with other samples.

    Parameters
    ----------
    Zs : list of j ndarray
    nonlinearity : str or callable
    prior : ndarray, shape (2, k_j)
        Means and variances of the features.
    least : float
        0, or minus infinity.
    mode : None, str or pytensor Mode

    Attributes
    ----------
    mean : ndarray, shape (k_j, 1)
    """

    def __init__(self, Zs, nonlinearity, prior, least, mode):
        self.mean, variance = prior[:, :, None]
        self._weights, self._least = 1 / (len(variance) * variance), least
        self._Zs = [np.ascontiguousarray(Z, np.float64) for Z in Zs]
        is_relu = symbolic.as_nonlinearity(nonlinearity) is symbolic.relu
        by_numpy = is_relu and not is_jax(mode)
        self._function = (
            rectified_errors if by_numpy else compile_errors(len(Zs), nonlinearity, mode)
        )

    def _errors(self, H, X, known):
        """Σ (X - X̂)² per sample, and its gradient, as arrays that may be written to."""
        return [np.array(value) for value in self._function(H, X, known, *self._Zs)]

    def inverse_hessians(self, rows, ridges):
        """The inverse Gauss-Newton matrix at the mean for every ridge; `rows` is that of X."""
        at_mean, unit = np.repeat(self.mean, rows, axis=1), np.eye(rows)
        # The gradient is 2 Jᵀ(X̂ - X): its values for X = -1 and X = 0 differ by 2 Jᵀ.
        gradients = [self._errors(at_mean, X, np.ones_like(X))[1] for X in (-unit, 0 * unit)]
        Jt = (gradients[0] - gradients[1]) / 2
        diagonal = np.diag(self._weights[:, 0])
        return [scipy.linalg.pinvh(2 * (Jt @ Jt.T + ridge * diagonal)) for ridge in ridges]

    def features(self, H, X, known, stage, inverses):
        """Features, their errors, and their costs with the last ridge, of each sample.

        Parameters
        ----------
        H : ndarray, shape (k_j, n)
            Where to start.
        X, known : ndarray, shape (p, n)
            Samples, and 1 where an entry counts.
        stage : (list of float, int, float)
            The ridges ρ in order; the most steps for each; and the relative gain of a step at which
            a sample stops.
        inverses : list of ndarray, shape (k_j, k_j)
            See `inverse_hessians`.
        """
        (ridges, *limits), H = stage, np.maximum(H, self._least)
        state = H, *self._errors(H, X, known)
        for ridge, inverse in zip(ridges, inverses):
            weights = ridge * self._weights
            self._descend(state, X, known, weights, inverse, *limits)
        return H, state[1], self._cost(*state, weights)[0]

    def _cost(self, H, errors, gradient, weights):
        """Error plus Σ weights (h - mean)², per sample, and its gradient."""
        offset = H - self.mean
        pull = weights * offset
        return errors + (pull * offset).sum(axis=0), gradient + 2 * pull

    def _descend(self, state, X, known, weights, inverse, max_steps, gain):
        """Move each column of H downhill until a step gains little; update errors and gradient."""
        samples, pairs, length = np.arange(X.shape[1]), [], np.ones(X.shape[1])
        present = state
        cost, slope = self._cost(*present, weights)
        for _ in range(max_steps):
            H, least = present[0], self._least
            free = (least < H) | (slope < 0)
            direction = free * _quasi_newton(free * slope, free, pairs, inverse)
            moved = np.maximum(H - length * direction, least)
            new = moved, *self._errors(moved, X, known)
            new_cost, new_slope = self._cost(*new, weights)
            # A step that raises the cost is not made, but the next direction uses it.
            pairs = [*pairs[1 - MEMORY :], (moved - H, new_slope - slope)]
            lower = new_cost <= cost
            arrived = lower & (new_cost >= (1 - gain) * cost)
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
