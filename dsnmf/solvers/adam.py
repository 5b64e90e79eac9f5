"""Adam on Σ (X - X̂)², as DSNMF trains: all Z_i and a raw H_m are free; features are relu(H_m)."""

from functools import partial

import numpy as np
import pytensor.tensor as pt

from dsnmf.data.recognition import variables_of
from dsnmf.solvers.blocks import BlockModel
from dsnmf.solvers.rule import Rule
from dsnmf.symbolic import layer_features, relu
from dsnmf.symbolic.shared import open_shared
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import as_terms
from dsnmf.training.stopping import FeatureTolerance
from dsnmf.updates.adaptive_moments import adam_step, adam_step_size


def _features_step(data, Zs, H, moments, step_size, nonlinearity):
    """Σ (X - X̂)² before a step, H_m's moments and H_m after it, and derivatives by the Zs."""
    params = [H, *Zs]
    error, (by_H, *by_Zs) = data.error_and_gradients(Zs, relu(H), nonlinearity, params)
    return error, adam_step(H, by_H, *moments, step_size), by_Zs


def _components_step(Zs, by_Zs, moments, step_size):
    """m, v and Z after a step, for one Z after the other."""
    pairs = zip(Zs, by_Zs, moments[::2], moments[1::2])
    return [new for Z, by_Z, m, v in pairs for new in adam_step(Z, by_Z, m, v, step_size)]


@compile_once
def _compile_features_step(data, depth, dtype, nonlinearity, mode):
    """(t, rate, Xᵀ, mᵀ, vᵀ, H_mᵀ, Z_1, …) ↦ error before, mᵀ, vᵀ, H_mᵀ, ∂error/∂Zs; for a block."""
    data, (t, rate) = data(dtype, in_rows=True), (pt.lscalar(), pt.dscalar())
    m, v, H, *Zs = arrays = [pt.matrix(dtype=dtype) for _ in range(3 + depth)]
    step_size = adam_step_size(t, rate)
    error, moved, by_Zs = _features_step(data, Zs, H.T, (m.T, v.T), step_size, nonlinearity)
    outputs = [error, *(new.T for new in moved), *by_Zs]
    return compile_function([t, rate, *data.variables, *arrays], outputs, mode=mode)


@compile_once
def _compile_components_step(depth, dtype, mode):
    """(t, rate, ∂error/∂Zs, m_1, v_1, m_2, …, Zs) ↦ new m_1, v_1, Z_1, m_2, …."""
    t, rate, matrices = (
        pt.lscalar(),
        pt.dscalar(),
        [pt.matrix(dtype=dtype) for _ in range(4 * depth)],
    )
    by_Zs, moments, Zs = matrices[:depth], matrices[depth:-depth], matrices[-depth:]
    moved = _components_step(Zs, by_Zs, moments, adam_step_size(t, rate))
    return compile_function([t, rate, *matrices], moved, mode=mode)


@compile_once
def _compile_features(depth, dtype, nonlinearity, mode):
    """(H_mᵀ, Z_1, …) ↦ features of all layers."""
    H, *Zs = arrays = [pt.matrix(dtype=dtype) for _ in range(1 + depth)]
    features = [layer_features(Zs, relu(H.T), layer, nonlinearity) for layer in range(1, depth + 1)]
    # No features depend on Z_1.
    return compile_function(arrays, features, mode=mode, on_unused_input="ignore")


# These functions run on a block of samples, in this process or on another machine.


def _start_block(features):
    """Zero moments, and H_m."""
    return [np.zeros_like(features), np.zeros_like(features), features], []


def _move_block(rows, *own, counted, Zs, nonlinearity, mode):
    """New moments and H_m; terms of the error and of ∂error/∂Zs."""
    dtype = str(own[0].dtype)
    step = _compile_features_step(variables_of(rows), len(Zs), dtype, nonlinearity, mode)
    error, *results = step(*counted, rows, *own, *Zs)
    return [np.asarray(array) for array in results[:3]], [float(error), *as_terms(results[3:])]


def _end_block(rows, whole, H, Zs, nonlinearity, mode):
    """Features of all layers, as new rows and as columns."""
    compiled = _compile_features(len(Zs), str(H.dtype), nonlinearity, mode)
    found = [np.asarray(features) for features in compiled(H, *Zs)]
    return [features.T for features in found], found, []


class AdamBlocks(BlockModel):
    """X ≈ Z_1 g(Z_2 g(… g(Z_m relu(H_m)))) of data in blocks, H_m of any sign.

    Steps are full-batch. In a pass, H_m and its moments move block by block, and the derivatives by
    the Zs are summed; the Zs move at its end. H_m is an array beside `Hs`. The last of `Hs` holds
    the features at the tolerance's last check, and the final features in the end.
    """

    def __init__(self, blocks, Zs, Hs, *others, **options):
        super().__init__(blocks, [np.array(Z, blocks.dtype) for Z in Zs], Hs, *others, **options)
        new = [self.new_array(Hs[-1].shape, str(blocks.dtype)) for _ in range(3)]
        self.H, *self._moments = new
        self._of_Zs = [np.zeros_like(Z) for Z in self.Zs for _ in "mv"]

    def large_arrays(self):
        moments = dict(zip("mv", self._moments))
        return super().large_arrays() | moments | {"features": self.Hs[-1]}

    def _state_names(self):
        """Names of each layer's m, v and Z in a checkpoint."""
        return [[f"moved_{3 * i + j}" for j in (1, 2, 3)] for i, _ in enumerate(self.Zs)]

    def own_state(self):
        values = zip(self._of_Zs[::2], self._of_Zs[1::2], self.Zs)
        named = [pair for layer in zip(self._state_names(), values) for pair in zip(*layer)]
        return {"moved_0": np.array(self.iteration), **dict(named)}

    def restore_own(self, state):
        layers = [[state[name] for name in names] for names in self._state_names()]
        self._take(value for layer in layers for value in layer)

    def _take(self, moved):
        """Set the Zs and moments from m_1, v_1, Z_1, m_2, …."""
        moved = [np.array(value) for value in moved]
        self.Zs = moved[2::3]
        self._of_Zs = [value for i, value in enumerate(moved) if i % 3 < 2]

    def step(self):
        """One iteration; returns the cost before it."""
        own = [*self._moments, self.H]
        if not self.iteration:  # an interrupted fit goes on from other values
            self.data.in_same_blocks(self.Hs[-1]).run_pass(_start_block, outputs=own)
        self.iteration += 1
        counted = self.iteration, self.learning_rate
        options = {"nonlinearity": self.nonlinearity, "mode": self.mode}
        function = partial(_move_block, counted=counted, Zs=self.Zs, **options)
        error, *by_Zs = self.data.run_pass(function, own, own)
        small = _compile_components_step(len(self.Zs), str(self.data.dtype), self.mode)
        self._take(small(*counted, *self.narrow(*by_Zs), *self._of_Zs, *self.Zs))
        return self.data.offset + error

    def tolerance(self, tol):
        """Stops when the last layer's features have settled."""
        return FeatureTolerance(tol, self.data.in_same_blocks(self.H).run_pass, self.Hs[-1])

    def at_end(self):
        options = {"Zs": self.Zs, "nonlinearity": self.nonlinearity, "mode": self.mode}
        return partial(_end_block, **options), [self.H], self.Hs


class Adam(Rule):
    """See `dsnmf.updates.adam`."""

    raw_features = True
    takes_gaps = takes_nonlinear = True
    auto_tol = None
    in_blocks = AdamBlocks
    start_aim = "zeros"

    def __init__(self, program):
        super().__init__(program)
        learning_rate = open_shared("learning_rate", "float64", 0)
        t = open_shared("t", "int64", 0)
        Zs, H = program.Zs, program.Hs[-1]
        moments = [open_shared(moment, H.dtype) for _ in (*Zs, H) for moment in "mv"]
        step_size = adam_step_size(t + 1, learning_rate)
        error, of_H, by_Zs = _features_step(
            program.data, Zs, H, moments[-2:], step_size, program.nonlinearity
        )
        self.cost = program.add_offset(error)
        moved = [*_components_step(Zs, by_Zs, moments[:-2], step_size), *of_H]
        self._updates = {t: t + 1}
        for i, param in enumerate([*Zs, H]):
            own = *moments[2 * i : 2 * i + 2], param
            self._updates |= dict(zip(own, moved[3 * i : 3 * i + 3]))
        self.variables = [learning_rate, t, *moments]

    def updates(self):
        return self._updates

    @staticmethod
    def values(model):
        params = [*model.Zs, model.Hs[-1]]
        moments = [np.zeros_like(param) for param in params for _ in "mv"]
        return [np.array(model.learning_rate), np.array(0), *moments]
