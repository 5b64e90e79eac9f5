"""WSF and Deep WSF while they are fitted to data in blocks, with graphs of classes."""

from functools import partial
from itertools import accumulate

import numpy as np
import pytensor.tensor as pt

from dsnmf.estimators.block_model import BlockModel, led_to, multiplicative_terms, sum_terms
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import FLOOR, Sums, small_step
from dsnmf.updates.semi_nmf import scaled


@compiled_once
def _compiled_layer_step(floor, dtype, mode):
    """(Xᵀ, Hᵀ, Ψ, ΨᵀΨ, (HW)ᵀ, W's row sums) of some samples ↦ new Hᵀ, tr(H (D - W) Hᵀ)."""
    rows, features, Psi, B, HW = matrices = [pt.matrix(dtype=dtype) for _ in range(5)]
    degrees = pt.col(dtype=dtype)
    HD = features * degrees
    numerator, denominator = multiplicative_terms(rows, features, Psi, B)
    # Parts of W may be negative, and rounding leaves -1e-17 where a sample is alone in its class.
    numerator = pt.maximum(numerator + HW, 0)
    new = scaled(features, numerator, denominator + HD, floor)
    penalty = (features * (HD - HW)).sum()
    return compile_function([*matrices, degrees], [new, penalty], mode=mode)


def _compiled_components(n, dtype, mode):
    """(XQ, QQ, L) of features H ↦ X H†: the step of Z, had the model but one layer."""
    sums = Sums(*(pt.dmatrix() for _ in range(3)))
    (components,) = small_step([sums.XQ], sums, n, dtype).Zs  # of an old Z only the shape counts
    return compile_function([*vars(sums).values()], components, mode=mode)


# What follows is called of some samples, here or on another machine: C are their indicators.


def _class_sums(features, C):
    return C.T @ features.astype(np.float64, copy=False)


def _all_class_sums(features, C):
    return [], [_class_sums(features, C)]


def _moved_layer(data, before, C, given, by_class, weighted, floor, mode):
    """New features of a layer, and the penalty of the old ones.

    Parameters
    ----------
    given : list of ndarray
        Ψ and ΨᵀΨ.
    by_class, weighted : ndarray
        See `ClassGraph`.
    """
    own, degrees = (C @ by_class).T
    HW = C @ weighted - before * own[:, None]
    of_graph = [np.asarray(part, data.dtype) for part in (HW, degrees[:, None])]
    step = _compiled_layer_step(floor, str(data.dtype), mode)
    return step(data, before, *given, *of_graph)


def _moved(rows, *arrays, U, layers, inverse, floor, mode):
    """New features of all layers; terms of (X Qᵀ)ᵀ, Q Qᵀ, the penalty and the class sums.

    Parameters
    ----------
    *arrays : 2 m arrays
        Features, then indicators, layer by layer.
    layers : list of m tuple
        What else `_moved_layer` is given.
    """
    several = len(layers) > 1
    data = rows @ U.T if several else rows
    Hs, penalties, sums = [], 0.0, []
    for before, C, layer in zip(arrays, arrays[len(layers) :], layers):
        H, penalty = _moved_layer(data, before, C, *layer, floor, mode)
        Hs.append(np.asarray(H))
        penalties += float(penalty)
        sums.append(_class_sums(Hs[-1], C))
    _, terms = sum_terms(rows, Hs[-1], inverse, mode)
    return Hs, [*terms, penalties, *sums]


def _at_end(rows, whole, features, *inner, Zs, inverses, mode):
    """Terms of (X Qᵀ)ᵀ and Q Qᵀ of each inner layer."""
    narrow = whole.astype(rows.dtype)
    pairs = (sum_terms(narrow, H, inverse, mode)[1] for H, inverse in zip(inner, inverses))
    return [], led_to(Zs, features.T), [term for pair in pairs for term in pair]


class ClassGraph:
    """What H W and the row sums of W need: the sums of H over each class.

    Parameters
    ----------
    affinity : LabelAffinity
        W = C diag(weights) Cᵀ without its diagonal.
    blocks : Blocks
        Where C is kept.

    Attributes
    ----------
    indicators : array, shape (n, c)
        C.
    by_class : ndarray, shape (c, 2)
        C times these are the diagonal of C diag(weights) Cᵀ, and the row sums of W.
    weighted : ndarray, shape (c, k)
        The sums, times the classes' weights.
    """

    def __init__(self, affinity, blocks):
        C = affinity.indicators.tocsr()
        sizes = np.asarray(C.sum(axis=0)).ravel()
        self._weights, self.indicators = affinity.weights, blocks.placed(C)
        self.by_class = np.column_stack([self._weights, self._weights * (sizes - 1)])

    def take(self, sums):
        """Use these sums of H over each class."""
        self.weighted = self._weights[:, None] * sums


class SupervisedBlockModel(BlockModel):
    """The factors of X ≈ Z_1 … Z_m H_m, each layer's H_i kept close within its classes.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m ndarray
        Z_1 at the scale of the fit.
    Hs : list of m ndarray or memmap, shape (n, k_i)
        H_1ᵀ, …, H_mᵀ, of the blocks' dtype; changed in place.
    affinities : list of m LabelAffinity
        Of classes alone, without graph and constant.
    mode : None, str or pytensor Mode
    """

    def __init__(self, blocks, Zs, Hs, affinities, mode=None):
        super().__init__(blocks, Zs, Hs[-1], mode)
        self.Hs = Hs
        self._graphs = [ClassGraph(affinity, blocks) for affinity in affinities]

    def H_values(self):
        """Copies of the Hs."""
        return [np.array(H.T) for H in self.Hs]

    def large_arrays(self):
        return {f"H_{i}": H for i, H in enumerate(self.Hs, start=1)}

    def _own_state(self):
        sums = {f"classes_{i}": graph.weighted for i, graph in enumerate(self._graphs)}
        return super()._own_state() | sums

    def _restore_own(self, state):
        super()._restore_own(state)
        for i, graph in enumerate(self._graphs):
            graph.weighted = state[f"classes_{i}"]

    def _first_sums(self):
        for graph, H in zip(self._graphs, self.Hs):
            graph.take(*self.samples.of(H).passed(_all_class_sums, [graph.indicators]))
        return super()._first_sums()

    def _move(self, inverse):
        m, (U, inverse) = len(self.Zs), self._narrow(self._basis, inverse)
        # Of several layers Ψ_iᵀX is made from U X, one product with X for all of them.
        factors = [self._basis @ self.Zs[0], *self.Zs[1:]] if m > 1 else self.Zs
        Psis = [self._narrow(Psi, Psi.T @ Psi) for Psi in accumulate(factors, np.matmul)]
        layers = [(Psi, graph.by_class, graph.weighted) for Psi, graph in zip(Psis, self._graphs)]
        options = {"inverse": inverse, "floor": FLOOR, "mode": self._mode}
        function = partial(_moved, U=U, layers=layers, **options)
        inputs = [*self.Hs, *(graph.indicators for graph in self._graphs)]
        rows_by_Q, Q_by_Q, self._penalty, *class_sums = self.samples.passed(
            function, inputs, self.Hs
        )
        for graph, sums in zip(self._graphs, class_sums):
            graph.take(sums)
        return rows_by_Q, Q_by_Q

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        cost = super().step()
        return None if cost is None else cost + self._penalty / 2

    def _at_end(self, inner):
        factors = [self._factor(H) for H in inner]
        self._inner = [L for L, _ in factors]
        inverses = [inverse for _, inverse in factors]
        function = partial(_at_end, Zs=self.Zs, inverses=inverses, mode=self._mode)
        return function, [self.H, *inner], []

    def _take(self, *terms):
        pairs = zip(terms[::2], terms[1::2], self._inner)
        self._inner = [Sums(rows_by_Q.T, Q_by_Q, L) for rows_by_Q, Q_by_Q, L in pairs]

    def layer_components(self):
        """After `finish`: (X H_i†)ᵀ of each layer at the data's own scale, shape (k_i, p)."""
        components = _compiled_components(
            self.samples.shape[1], str(self.samples.dtype), self._mode
        )
        inner = [components(*vars(sums).values()) for sums in self._inner]
        Psi = self.samples.restored(self.Psi)
        return self._narrow(*(self.samples.scale * Z.T for Z in inner), Psi.T)
