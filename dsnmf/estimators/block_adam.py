"""The model of DSNMF while Adam fits it to data in blocks: every iteration reads the data once."""

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf import symbolic
from dsnmf.data.store import release
from dsnmf.estimators.block_factors import BlockFactors
from dsnmf.estimators.priors import Priors
from dsnmf.symbolic.residual import squared_error_and_gradients
from dsnmf.symbolic.shared import as_shared
from dsnmf.updates.adam import adam, adam_moved, adam_step_size


def _compiled_block_step(Zs, nonlinearity, learning_rate, mode):
    """(t, X, m, v, H_m) of some samples, which are rows; m and v are the moments of H_m.

    ↦ Σ (X - X̂)² before step t, m, v and H_m after it, the error's derivatives by the Zs.
    """
    t = pt.lscalar()
    X, m, v, H = arrays = [pt.matrix(dtype=Zs[0].dtype) for _ in range(4)]
    features = symbolic.relu(H.T)
    error, (by_H, *by_Zs) = squared_error_and_gradients(X.T, Zs, features, nonlinearity, [H, *Zs])
    moved = adam_moved(H, by_H, m, v, adam_step_size(t, learning_rate))
    return pytensor.function([t, *arrays], [error, *moved, *by_Zs], mode=mode)


def _compiled_move(Zs, learning_rate, mode):
    """Moves the Zs, given the derivatives by them; and all the variables that it moves."""
    gradients = [Z.type() for Z in Zs]
    rule = adam(gradients, Zs, learning_rate)
    return pytensor.function(gradients, updates=rule, mode=mode), list(rule)


def _compiled_features(Zs, nonlinearity, mode):
    """H_m of some samples, which are rows, ↦ all layers' features."""
    H = pt.matrix(dtype=Zs[0].dtype)
    layers = range(1, len(Zs) + 1)
    features = [
        symbolic.layer_features(Zs, symbolic.relu(H.T), layer, nonlinearity) for layer in layers
    ]
    return pytensor.function([H], features, mode=mode)


class AdamBlockModel(BlockFactors):
    """The factors of X ≈ Z_1 g(Z_2 g(… g(Z_m relu(H_m)))), H_m of any sign.

    The Zs' derivatives are summed over the blocks, and the Zs move at the end of an iteration; the
    samples' H_m and its moments move as they pass by: the full-batch steps of `updates.adam`.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m ndarray
        Z_1 for these blocks.
    features : ndarray or memmap, shape (n, k_m)
        H_mᵀ at the start, of the blocks' dtype. `finish` fills it with relu(H_m)ᵀ; until then
        `empty_features` lends it.
    new_array : callable
        From a shape and a dtype to an array for H_m and its moments.
    nonlinearity : str or callable
        g; a function must treat each sample by itself.
    learning_rate : float
    mode : None, str or pytensor Mode
    """

    def __init__(self, blocks, Zs, features, new_array, *, nonlinearity, learning_rate, mode=None):
        self.samples, self._features = blocks, features
        shape, dtype = features.shape, blocks.dtype
        self.H, *self._moments = (new_array(shape, dtype) for _ in range(3))
        for samples in blocks.slices:
            self.H[samples] = features[samples]
            for moment in self._moments:
                moment[samples] = 0
        self._Zs = [as_shared(np.array(Z, dtype), f"Z_{i}") for i, Z in enumerate(Zs, start=1)]
        self._block_step = _compiled_block_step(self._Zs, nonlinearity, learning_rate, mode)
        self._move_Zs, self._moved = _compiled_move(self._Zs, learning_rate, mode)
        self._all_features = _compiled_features(self._Zs, nonlinearity, mode)
        self._priors = Priors(len(Zs), nonlinearity)
        self._iteration = 0

    @property
    def Zs(self):
        return [Z.get_value() for Z in self._Zs]

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
        self._iteration += 1
        own = [*self._moments, self.H]
        cost, gradients = self.samples.offset, [0.0] * len(self._Zs)
        for samples, rows in self.samples:
            before = (array[samples] for array in own)
            error, *results = self._block_step(self._iteration, rows, *before)
            for array, after in zip(own, results):
                array[samples] = after
                release(array)
            cost += float(error)
            added = results[len(own) :]
            gradients = [total + part.astype(np.float64) for total, part in zip(gradients, added)]
        self._move_Zs(*self._narrow(*gradients))
        return cost

    def feature_parts(self):
        """The last layer's features, see `FeatureTolerance`."""
        for samples in self.samples.slices:
            yield samples, np.maximum(self.H[samples], 0)
            release(self.H)
            release(self._features)

    def empty_features(self):
        """An array like the last layer's features, with any content."""
        return self._features

    def _at_end(self, samples, rows, whole):
        found = [np.asarray(features) for features in self._all_features(self.H[samples])]
        self._features[samples] = found[-1].T
        release(self._features)
        self._priors.add(found, np.linalg.norm(whole.astype(np.float64), axis=1))
        return found, found[0]

    def priors(self):
        return self._priors.values()
