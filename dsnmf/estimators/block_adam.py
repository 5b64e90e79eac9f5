"""The model of DSNMF while Adam fits it to data in blocks: every iteration reads the data once."""

from functools import partial

import numpy as np
import pytensor.tensor as pt

from dsnmf import symbolic
from dsnmf.estimators.block_factors import BlockFactors
from dsnmf.estimators.priors import Priors
from dsnmf.estimators.probes import Probes, draws
from dsnmf.symbolic.residual import squared_error_and_gradients
from dsnmf.symbolic.shared import as_shared
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import compile_function
from dsnmf.training.stopping import FeatureTolerance
from dsnmf.updates.adam import adam, adam_moved, adam_step_size


@compiled_once
def _compiled_block_step(depth, dtype, nonlinearity, learning_rate, mode):
    """(t, X, m, v, H_m, Z_1, …) of some samples, which are rows; m and v are the moments of H_m.

    ↦ Σ (X - X̂)² before step t, m, v and H_m after it, the error's derivatives by the Zs.
    """
    t = pt.lscalar()
    X, m, v, H, *Zs = arrays = [pt.matrix(dtype=dtype) for _ in range(4 + depth)]
    features = symbolic.relu(H.T)
    error, (by_H, *by_Zs) = squared_error_and_gradients(X.T, Zs, features, nonlinearity, [H, *Zs])
    moved = adam_moved(H, by_H, m, v, adam_step_size(t, learning_rate))
    return compile_function([t, *arrays], [error, *moved, *by_Zs], mode=mode)


@compiled_once
def _compiled_features(depth, dtype, nonlinearity, mode):
    """(H_m, Z_1, …) of some samples, which are rows, ↦ all layers' features."""
    H, *Zs = arrays = [pt.matrix(dtype=dtype) for _ in range(1 + depth)]
    features = [
        symbolic.layer_features(Zs, symbolic.relu(H.T), layer, nonlinearity)
        for layer in range(1, depth + 1)
    ]
    # Z_1 leads to none of them.
    return compile_function(arrays, features, mode=mode, on_unused_input="ignore")


def _compiled_move(Zs, learning_rate, mode):
    """Moves the Zs, given the derivatives by them; and all the variables that it moves."""
    gradients = [Z.type() for Z in Zs]
    rule = adam(gradients, Zs, learning_rate)
    return compile_function(gradients, updates=rule, mode=mode), list(rule)


# What follows is called of some samples, here or on another machine.


def _started(features):
    """Moments of zeros, and H_m."""
    return [np.zeros_like(features), np.zeros_like(features), features], []


def _moved(rows, *own, iteration, Zs, settings):
    """New moments and H_m; terms of the error and of its derivatives by the Zs."""
    step = _compiled_block_step(len(Zs), str(rows.dtype), *settings)
    error, *results = step(iteration, rows, *own, *Zs)
    after = [np.asarray(array) for array in results[:3]]
    return after, [float(error), *(np.array(part, np.float64) for part in results[3:])]


def _at_end(rows, whole, H, drawn, Zs, Z_1, nonlinearity, mode):
    """Features of all layers; their `Priors`, and `Probes`; Z_1 is that of the whole rows."""
    compiled = _compiled_features(len(Zs), str(rows.dtype), nonlinearity, mode)
    found = [np.asarray(features) for features in compiled(H, *Zs)]
    priors, X = Priors(len(Zs), nonlinearity), whole.astype(np.float64).T
    norms = np.linalg.norm(X, axis=0)
    priors.add(found, norms)
    probes = Probes(drawn, norms, X, Z_1, found[0].astype(np.float64))
    return [features.T for features in found], found[0], [priors, probes]


class AdamBlockModel(BlockFactors):
    """The factors of X ≈ Z_1 g(Z_2 g(… g(Z_m relu(H_m)))), H_m of any sign.

    The Zs' derivatives are summed over the blocks, and the Zs move at the end of an iteration; the
    samples' H_m and its moments move as they pass by: the full-batch steps of `updates.adam`.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m ndarray
        Z_1 for these blocks.
    features : array, shape (n, k_m)
        H_mᵀ at the start, of the blocks' dtype. `finish` fills it with relu(H_m)ᵀ; until then the
        tolerance has it.
    new_array : callable
        From a shape and a dtype to an array for H_m and its moments.
    nonlinearity : str or callable
        g; a function must treat each sample by itself.
    learning_rate : float
    mode : None, str or pytensor Mode
    """

    def __init__(self, blocks, Zs, features, new_array, *, nonlinearity, learning_rate, mode=None):
        shape, dtype = features.shape, str(blocks.dtype)
        H, *self._moments = (new_array(shape, dtype) for _ in range(3))
        super().__init__(blocks, H, mode)
        self._features = features
        self._Zs = [as_shared(np.array(Z, dtype), f"Z_{i}") for i, Z in enumerate(Zs, start=1)]
        self._move_Zs, self._moved = _compiled_move(self._Zs, learning_rate, mode)
        self._nonlinearity, self._learning_rate = nonlinearity, learning_rate

    @property
    def Zs(self):
        return [np.array(Z.get_value(borrow=True)) for Z in self._Zs]

    @Zs.setter
    def Zs(self, values):
        for Z, value in zip(self._Zs, values):
            Z.set_value(value)

    def large_arrays(self):
        moments = dict(zip("mv", self._moments))
        return super().large_arrays() | moments | {"features": self._features}

    def _own_state(self):
        return {f"moved_{i}": np.asarray(v.get_value()) for i, v in enumerate(self._moved)}

    def _restore_own(self, state):
        for i, variable in enumerate(self._moved):
            variable.set_value(state[f"moved_{i}"])

    def step(self):
        """One iteration; returns the cost before it."""
        own = [*self._moments, self.H]
        if not self._iteration:  # an interrupted fit goes on from other values
            self.samples.of(self._features).passed(_started, outputs=own)
        self._iteration += 1
        settings = self._nonlinearity, self._learning_rate, self._mode
        options = {"iteration": self._iteration, "Zs": self.Zs, "settings": settings}
        error, *gradients = self.samples.passed(partial(_moved, **options), own, own)
        self._move_Zs(*self._narrow(*gradients))
        return self.samples.offset + error

    def tolerance(self, tol):
        """When the last layer's features have settled."""
        return FeatureTolerance(tol, self.samples.of(self.H).passed, self._features)

    def _at_end(self, inner):
        options = {"Zs": self.Zs, "nonlinearity": self._nonlinearity, "mode": self._mode}
        drawn = self.samples.placed(draws(self.samples.shape[1]))
        function = partial(_at_end, Z_1=self._wide_Z_1(), **options)
        return function, [self.H, drawn], [*inner, self._features]

    def _take(self, *priors_and_probes):
        self._at_end_found = priors_and_probes

    def priors(self):
        priors, probes = self._at_end_found
        return priors.learned(probes, self._wide_Z_1())
