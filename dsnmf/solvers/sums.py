"""Rules whose Zs follow from sums over the samples: X is read once per iteration."""

from functools import partial, reduce

import numpy as np
import pytensor.tensor as pt

from dsnmf.data.recognition import variables_of
from dsnmf.solvers.blocks import BlockModel
from dsnmf.solvers.class_graph import (
    ClassGraph,
    GivenTerms,
    block_terms,
    class_sum_terms,
    class_sums,
)
from dsnmf.solvers.components_step import run_components_step
from dsnmf.solvers.gauge import settle_gauge
from dsnmf.solvers.inner_features import inner_features, settle_inner
from dsnmf.solvers.rule import Rule
from dsnmf.symbolic.gram import nonsingular_factor_of
from dsnmf.symbolic.shared import open_shared
from dsnmf.training import loop
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import as_terms, gram_terms
from dsnmf.updates.one_read import (
    Cutoffs,
    Moved,
    Sums,
    cutoffs_of,
    features_step,
    first_sums,
    inner_bases,
    updates_in_one_read,
)


@compile_once
def _compile_features_step(rule, data, count, has_graphs, dtype, mode):
    """(Xᵀ, Hᵀs, U, L⁻¹, UᵀΨs, (HW)ᵀs, row sums of W) ↦ new Hᵀs, Q Xᵀ, Q Qᵀ; for a block.

    Hᵀs, Ψs and graph terms are those of the last `count` layers.
    """
    data = data(dtype, in_rows=True)
    matrices = [pt.matrix(dtype=dtype) for _ in range(2 * count + 2)]
    features, (U, inverse, *Psis) = matrices[:count], matrices[count:]
    HWs, degrees = ([make(dtype=dtype) for _ in range(count)] for make in (pt.matrix, pt.col))
    graphs = None
    if has_graphs:
        graphs = [GivenTerms(HW, degree) for HW, degree in zip(HWs, degrees)]
    moved = Moved(None, U, Psis, None, inverse)
    new, QX, QQ = features_step(data.rows, features, moved, graphs, rule.features, in_rows=True)
    inputs = [*data.variables, *matrices, *([*HWs, *degrees] if has_graphs else [])]
    return compile_function(inputs, [*new, QX, QQ], mode=mode)


# These functions run on a block of samples, in this process or on another machine. C are the
# block's class indicators.


def _sum_terms(rows, features, inverse):
    """No new rows; terms of Q Xᵀ and Q Qᵀ with Q = L⁻¹ H."""
    Q = features @ inverse.T
    return [], as_terms([Q.T @ rows, Q.T @ Q])


def _move_block(rows, *arrays, rule, given, graphs, mode):
    """New features; terms of Q Xᵀ and Q Qᵀ, with graphs also of the penalty and class sums.

    Parameters
    ----------
    *arrays : arrays
        Features of each layer, then class indicators of each layer.
    given : list of ndarray
        U, L⁻¹, and UᵀΨ of each layer.
    graphs : list of (ndarray, ndarray)
        `ClassGraph.given` of each layer.
    """
    count = len(graphs) or 1
    before, indicators = arrays[:count], arrays[count:]
    dtype, terms, penalty = given[0].dtype, [], 0.0
    for H, C, graph in zip(before, indicators, graphs):
        HW, degrees = block_terms(H, C, *graph)
        penalty += float(np.vdot(H, H * degrees - HW))
        terms.append((np.asarray(HW, dtype), np.asarray(degrees, dtype)))
    of_graphs = [term for kind in zip(*terms) for term in kind]
    kind = variables_of(rows)
    step = _compile_features_step(rule, kind, count, bool(graphs), str(dtype), mode)
    *new, QX, QQ = step(rows, *before, *given, *of_graphs)
    new = [np.asarray(H) for H in new]
    sums = [class_sums(H, C) for H, C in zip(new, indicators)]
    return new, [*as_terms([QX, QQ]), *([penalty] if graphs else []), *sums]


def _end_block(rows, whole, features, *inner, Zs, inverses, mode):
    """New features of the inner layers, and the first layer's features that H_m implies.

    With graphs the inner layers have moved: then terms of their Q Xᵀ and Q Qᵀ instead.
    """
    implied = reduce(lambda F, Z: Z @ F, Zs[:0:-1], features.T)
    if inverses is None:
        narrow = [Z.astype(features.dtype) for Z in Zs]
        found = inner_features(rows.T, narrow, features.T, mode) if len(Zs) > 1 else []
        return [H.T for H in found], [implied], []
    pairs = (_sum_terms(whole, H, inverse)[1] for H, inverse in zip(inner, inverses))
    return [], [implied], [term for pair in pairs for term in pair]


class SumsModel(BlockModel):
    """A linear model of data in blocks, whose Zs follow from `Sums`.

    With graphs the H_i of each layer move, otherwise H_m alone.
    """

    def __init__(self, blocks, Zs, *others, **options):
        super().__init__(blocks, [np.asarray(Z, np.float64) for Z in Zs], *others, **options)
        self._graphs = [ClassGraph(affinity, blocks) for affinity in self.affinities]
        self._sums = self._bases = None
        self._penalty = 0.0

    @property
    def _moving(self):
        return self.Hs if self._graphs else self.Hs[-1:]

    def H_values(self):
        return [np.array(H.T) for H in self._moving]

    def large_arrays(self):
        if not self._graphs:
            return super().large_arrays()
        return {f"H_{i}": H for i, H in enumerate(self.Hs, start=1)}

    def own_state(self):
        bases = {f"basis_{i}": basis for i, basis in enumerate(self._bases)}
        classes = {f"classes_{i}": graph.weighted for i, graph in enumerate(self._graphs)}
        return vars(self._sums) | bases | classes

    def restore_own(self, state):
        self._bases = [state[f"basis_{i}"] for i in range(len(self.Zs) - 1)]
        self._sums = Sums(*(state[name] for name in ("XQ", "QQ", "L")))
        for i, graph in enumerate(self._graphs):
            graph.weighted = state[f"classes_{i}"]

    def _factor(self, H):
        """L with L Lᵀ = Hᵀ H, for H of shape (n, k), and L⁻¹ in the blocks' dtype."""
        (K,) = self.data.in_same_blocks(H).run_pass(gram_terms)
        L, inverse = nonsingular_factor_of(K, max(H.shape), str(self.data.dtype))
        return L, *self.narrow(inverse)

    def _start(self):
        for graph, H in zip(self._graphs, self.Hs):
            graph.take(*self.data.in_same_blocks(H).run_pass(class_sum_terms, [graph.indicators]))
        L, inverse = self._factor(self.H)
        QX, QQ = self.data.run_pass(partial(_sum_terms, inverse=inverse), [self.H])
        self._sums, self._bases = Sums(QX.T, QQ, L), inner_bases(self.Zs)

    def step(self):
        if self._sums is None:
            self._start()
        n, dtype = self.data.shape[1], str(self.data.dtype)
        energy = self.data.squared_norm + self.data.offset
        moved = run_components_step(self.Zs, self._sums, n, dtype, self._bases, energy, self.mode)
        given = self.narrow(moved.U, moved.inverse, *moved.Psis[-len(self._moving) :])
        graphs = [graph.given for graph in self._graphs]
        function = partial(_move_block, rule=self.rule, given=given, graphs=graphs, mode=self.mode)
        indicators = [graph.indicators for graph in self._graphs]
        inputs = [*self._moving, *indicators]
        QX, QQ, *others = self.data.run_pass(function, inputs, self._moving)
        self.Zs, self._sums = moved.Zs, Sums(QX.T, QQ, moved.L)
        if self._graphs:
            self._penalty, *sums = others
            for graph, of_classes in zip(self._graphs, sums):
                graph.take(of_classes)
        self.iteration += 1
        has_cost = (self.iteration - 1) % loop.CHECK_EVERY == 0
        return moved.cost + self._penalty / 2 if has_cost else None

    def settle_gauge(self):
        run_pass = self.data.in_same_blocks(self.H).run_pass
        self.Zs[-1] = settle_gauge(self.Zs, self.data.shape[1], run_pass, self.H)

    def at_end(self):
        inner, factors = self.Hs[:-1], []
        if self._graphs:
            factors = [self._factor(H) for H in inner]
        self._inner = [L for L, _ in factors]
        inverses = [inverse for _, inverse in factors] if self._graphs else None
        function = partial(_end_block, Zs=self.Zs, inverses=inverses, mode=self.mode)
        return (function, [self.H, *inner], []) if self._graphs else (function, [self.H], inner)

    def take_end(self, sums):
        count = 2 * len(self._inner)
        pairs = zip(sums[:count:2], sums[1:count:2], self._inner)
        self._inner = [Sums(QX.T, QQ, L) for QX, QQ, L in pairs]
        return sums[count:]

    def layer_components(self):
        """(X H_i†)ᵀ of each layer, shape (k_i, p), for the unscaled data; after `end`."""
        n, dtype = self.data.shape[1], str(self.data.dtype)
        # The components step of a model with one layer, which uses only the shape of the old Z.
        inner = [
            run_components_step([s.XQ], s, n, dtype, mode=self.mode).Zs[0] for s in self._inner
        ]
        Psi = self.data.restored(np.linalg.multi_dot([*self.Zs, np.eye(self.H.shape[1])]))
        return self.narrow(*(self.data.scale * Z.T for Z in inner), Psi.T)


class OneRead(Rule):
    """Base of rules for linear models that differ only in their H step, `features`.

    The Zs are exact, and X is read once per iteration, see `dsnmf.updates.one_read`. Data in memory
    and in blocks get the same steps.
    """

    in_blocks = SumsModel

    @staticmethod
    def features(H, A, B, affinity=None, BH=None, in_rows=False):
        """New features of some samples, each on its own; an expression.

        Parameters
        ----------
        H : variable, shape (k, b), >= 0
        A : variable, shape (k, b)
            ΨᵀX, where the model is X ≈ Ψ H.
        B : variable, shape (k, k)
            ΨᵀΨ.
        affinity, BH, in_rows
            See `dsnmf.updates.semi_nmf.multiplicative_step`. Compute M H for a small M by
            `dsnmf.symbolic.linalg.left_product(M, H, in_rows)`.
        """
        raise NotImplementedError

    def __init__(self, program):
        super().__init__(program)
        self._sums = Sums(*(open_shared(name, "float64") for name in ("XQ", "QQ", "L")))
        self._bases = [open_shared("basis", "float64") for _ in program.Zs[1:]]
        features = [open_shared("cutoff", "float64", 0) for _ in program.Zs]
        bases = [open_shared("cutoff", "float64", 0) for _ in program.Zs[1:]]
        self._cutoffs = Cutoffs(features, bases)
        self.variables = [*vars(self._sums).values(), *self._bases, *features, *bases]

    def updates(self):
        program = self.program
        kept, graphs = (self._sums, self._bases, self._cutoffs), program.affinities or None
        X, Zs, Hs = program.data.X, program.Zs, program.Hs
        return updates_in_one_read(X, Zs, Hs, *kept, graphs, self.features)

    @staticmethod
    def values(model):
        sums = first_sums(model.data.start, model.Hs[-1])
        (p, n), ks = model.data.start.shape, [len(H) for H in model.Hs]
        cutoffs = cutoffs_of(p, ks, n, model.Hs[-1].dtype)
        numbers = [np.asarray(cutoff) for several in cutoffs for cutoff in several]
        return [*vars(sums).values(), *inner_bases(model.Zs), *numbers]

    settle = staticmethod(settle_inner)
