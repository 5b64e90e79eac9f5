"""HALS of data in blocks: an iteration reads them once, and again if it raised the cost."""

from functools import partial

import numpy as np
import pytensor.tensor as pt

from dsnmf.data.recognition import variables_of
from dsnmf.solvers.class_graph import block_terms, class_sums
from dsnmf.solvers.components_step import MovedComponents, run_components_step
from dsnmf.solvers.sums import SumsModel, _sum_terms
from dsnmf.solvers.sweeping import CUT, FIRST_BETA, GROWTH, extrapolate, hals_features
from dsnmf.symbolic.laplacian import AffinityTerms
from dsnmf.symbolic.linalg import product
from dsnmf.training import loop
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import as_terms
from dsnmf.updates.one_read import Moved, Sums, explained_energy, features_step


class _Majorised(AffinityTerms):
    """Given (H (W + S))ᵀ and D + S, variables of shapes (b, k) and (b,)."""

    def __init__(self, linear, extra):
        self._given = linear, extra

    def majorise(self, H):
        return self._given


@compile_once
def _compile_step(data, count, has_graphs, dtype, mode):
    """(Xᵀ, Hᵀs, N'ᵀ, U, L⁻¹, UᵀΨs, β, (H(W + S))ᵀs, D + S) ↦ new Hᵀs, Nᵀ, Q Xᵀ, Q Qᵀ; for a block.

    Hᵀs, Ψs and graph terms are those of the last `count` layers.
    """
    data = data(dtype, in_rows=True)
    matrices = [pt.matrix(dtype=dtype) for _ in range(2 * count + 3)]
    features, (last, U, inverse, *Psis) = matrices[:count], matrices[count:]
    beta = pt.dscalar()
    linears, extras = ([make(dtype=dtype) for _ in range(count)] for make in (pt.matrix, pt.vector))
    graphs = [_Majorised(*given) for given in zip(linears, extras)] if has_graphs else None
    moved = Moved(None, U, Psis, None, inverse)
    *inner, N = features_step(data.rows, features, moved, graphs, hals_features, in_rows=True)[0]
    Y = extrapolate(N, last, beta)
    Q = pt.dot(Y, inverse.T)
    inputs = [*data.variables, *matrices, beta, *([*linears, *extras] if has_graphs else [])]
    outputs = [*inner, Y, N, product(Q.T, data.rows), pt.dot(Q.T, Q)]
    return compile_function(inputs, outputs, mode=mode)


# These functions run on a block of samples, in this process or on another machine. C are the
# block's class indicators.


def _graph_terms(H, C, by_class):
    """Σ (d + own) h² and Σ h over each class; `_graph_penalty` subtracts each class's w ‖Σ h‖²."""
    both = C @ by_class.sum(axis=1)
    squares = np.square(H.astype(np.float64, copy=False)).sum(axis=1)
    return [float(both @ squares), class_sums(H, C)]


def _step_block(rows, *arrays, given, beta, graphs, mode):
    """New features and N; terms of Q Xᵀ, Q Qᵀ and of each graph (`_graph_terms`).

    Parameters
    ----------
    *arrays : arrays
        Features of each layer, N', and class indicators of each layer.
    given : list of ndarray
        U, L⁻¹, and UᵀΨ of each layer.
    graphs : list of (ndarray, ndarray)
        `ClassGraph.given` of each layer.
    """
    count = len(graphs) or 1
    before, indicators = arrays[: count + 1], arrays[count + 1 :]
    dtype, linears, extras = given[0].dtype, [], []
    for H, C, (by_class, weighted) in zip(before, indicators, graphs):
        HW, degrees = block_terms(H, C, by_class, weighted)
        shift = C @ np.maximum(by_class[:, 0], -by_class[:, 1])
        linears.append(np.asarray(HW + H * shift[:, None], dtype))
        extras.append(np.asarray(np.maximum(degrees.ravel() + shift, 0), dtype))
    kind = variables_of(rows)
    step = _compile_step(kind, count, bool(graphs), str(dtype), mode)
    *new, QX, QQ = step(rows, *before, *given, beta, *linears, *extras)
    new = [np.asarray(H) for H in new]
    of_graphs = [_graph_terms(H, C, graph[0]) for H, C, graph in zip(new, indicators, graphs)]
    return new, [*as_terms([QX, QQ]), *(term for terms in of_graphs for term in terms)]


def _retreat_block(rows, last, *indicators, inverse, graphs):
    """N as new features; terms as of `_step_block`."""
    of_graph = _graph_terms(last, indicators[-1], graphs[-1][0]) if graphs else []
    return [last], [*_sum_terms(rows, last, inverse)[1], *of_graph]


def _copy_block(rows):
    return [rows], []


class ExtrapolatedModel(SumsModel):
    """See `dsnmf.solvers.hals.HALS`."""

    def __init__(self, blocks, *others, **options):
        super().__init__(blocks, *others, **options)
        self._last, self._beta = self.new_array(self.H.shape, self.H.dtype), FIRST_BETA
        self._moved = self._energy = None

    def large_arrays(self):
        return super().large_arrays() | {"last": self._last}

    def own_state(self):
        moved = self._moved
        bases = {f"Psi_{i}": Psi for i, Psi in enumerate(moved.Psis)}
        small = {"moved_L": moved.L, "inverse": moved.inverse, "U": moved.U, "beta": self._beta}
        costs = {"cost": self._energy, "penalties": self._penalties}
        state = super().own_state() | bases | small | costs
        return {name: np.array(value) for name, value in state.items()}

    def restore_own(self, state):
        super().restore_own(state)
        Psis = [state[f"Psi_{i}"] for i in range(len(self.Zs))]
        small = state["moved_L"], state["inverse"], state["U"]
        self._moved = MovedComponents(0.0, *small, self.Zs, Psis)
        self._beta, self._energy = float(state["beta"]), float(state["cost"])
        self._penalties = state["penalties"]

    def _refit(self, sums):
        """The components step, and ‖X - Ψ H_m‖² after it."""
        n, dtype = self.data.shape[1], str(self.data.dtype)
        whole = self.data.squared_norm + self.data.offset
        moved = run_components_step(self.Zs, sums, n, dtype, self._bases, whole, self.mode)
        Psi = np.linalg.multi_dot([*moved.Zs, np.eye(self.H.shape[1])])
        return moved, max(whole - explained_energy(Psi, sums), 0.0)

    def _graph_penalty(self, graph, term, sums):
        """tr(H (D - W) Hᵀ)."""
        return term - float(np.vdot(sums, graph.weights[:, None] * sums))

    def _take(self, moved, energy, sums):
        self.Zs, self._moved, self._energy, self._sums = moved.Zs, moved, energy, sums

    def _start(self):
        super()._start()
        self.data.in_same_blocks(self.H).run_pass(_copy_block, outputs=[self._last])
        self._penalties = np.zeros(len(self._graphs))
        for i, (graph, H) in enumerate(zip(self._graphs, self.Hs)):
            function = partial(_penalty_terms, by_class=graph.given[0])
            term, sums = self.data.in_same_blocks(H).run_pass(function, [graph.indicators])
            self._penalties[i] = self._graph_penalty(graph, term, sums)
        self._take(*self._refit(self._sums), self._sums)
        return self._moved.cost + self._penalties.sum() / 2

    def step(self):
        cost = self._start() if self._moved is None else None
        if cost is None:
            cost = (self._energy + self._penalties.sum()) / 2
        moved, given = self._moved, self.narrow(self._moved.U, self._moved.inverse)
        options = {"graphs": [graph.given for graph in self._graphs]}
        indicators = [graph.indicators for graph in self._graphs]
        Psis = self.narrow(*moved.Psis[-len(self._moving) :])
        function = partial(_step_block, given=[*given, *Psis], **options)
        function = partial(function, beta=self._beta, mode=self.mode)
        outputs = [*self._moving, self._last]
        QX, QQ, *of_graphs = self.data.run_pass(function, [*outputs, *indicators], outputs)
        reached = self._energy + self._penalties[-1:].sum()
        new, energy = self._try_features(QX, QQ, of_graphs)
        lower = energy + self._penalties[-1:].sum() <= reached
        if not lower:
            function = partial(_retreat_block, inverse=given[1], **options)
            inputs = [self._last, *indicators]
            QX, QQ, *of_last = self.data.run_pass(function, inputs, [self.H])
            new, energy = self._try_features(QX, QQ, of_last)
        self._take(new, energy, Sums(QX.T, QQ, moved.L))
        self._beta = min(GROWTH * self._beta, 1.0) if lower else CUT * self._beta
        self.iteration += 1
        return cost if (self.iteration - 1) % loop.CHECK_EVERY == 0 else None

    def _try_features(self, QX, QQ, of_graphs):
        """`_refit` for the sums of new features; of_graphs are graph terms of the last layers."""
        pairs = list(zip(of_graphs[::2], of_graphs[1::2]))
        for i in range(1, len(pairs) + 1):
            term, sums = pairs[-i]
            self._graphs[-i].take(sums)
            self._penalties[-i] = self._graph_penalty(self._graphs[-i], term, sums)
        return self._refit(Sums(QX.T, QQ, self._moved.L))


def _penalty_terms(rows, C, by_class):
    return [], _graph_terms(rows, C, by_class)
