"""WSF and Deep WSF while they are fitted to data in blocks, with graphs of classes."""

from itertools import accumulate

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.data.store import release
from dsnmf.estimators.block_model import BlockModel, GrowingSums, multiplicative_terms
from dsnmf.updates.one_read import Sums, floor_of, small_step
from dsnmf.updates.semi_nmf import scaled


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
    return pytensor.function([*matrices, degrees], [new, penalty], mode=mode)


def _compiled_components(n, dtype, mode):
    """(XQ, QQ, L) of features H ↦ X H†: the step of Z, had the model but one layer."""
    sums = Sums(*(pt.dmatrix() for _ in range(3)))
    (components,) = small_step([sums.XQ], sums, n, dtype).Zs  # of an old Z only the shape counts
    return pytensor.function([*vars(sums).values()], components, mode=mode)


class ClassGraph:
    """H W and the row sums of W, block after block of samples, from the sums of H over each class.

    Parameters
    ----------
    affinity : LabelAffinity
        W = C diag(weights) Cᵀ without its diagonal.

    Attributes
    ----------
    weighted : ndarray, shape (c, k)
        The sums in use, times the classes' weights.
    """

    def __init__(self, affinity):
        self._C, self._weights = affinity.indicators.tocsr(), affinity.weights
        self._own, self._degrees = self._C @ self._weights, affinity.degrees
        self._coming = 0.0

    def start(self, H, slices):
        """Use the sums of features Hᵀ, shape (n, k), added slice after slice."""
        for samples in slices:
            self.add(samples, H[samples])
            release(H)
        self.renew()

    def add(self, samples, features):
        """Add these samples' features to the class sums that `renew` puts in use."""
        self._coming = self._coming + self._C[samples].T @ features.astype(np.float64, copy=False)

    def renew(self):
        """Use the sums of all that was added since the last time."""
        self.weighted, self._coming = self._weights[:, None] * self._coming, 0.0

    def terms(self, samples, features):
        """(H W)ᵀ of these samples (b x k), and their row sums of W (b x 1), in float64."""
        HW = self._C[samples] @ self.weighted - features * self._own[samples, None]
        return HW, self._degrees[samples, None]


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
        self._graphs = [ClassGraph(affinity) for affinity in affinities]

    def _compiled_block_step(self, dtype, mode):
        floor = floor_of(len(self.Zs), True)
        return _compiled_layer_step(floor, dtype, mode)

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
            graph.start(H, self.samples.slices)
        return super()._first_sums()

    def _moving(self, inverse):
        self._penalty, several = 0.0, len(self.Zs) > 1
        U, inverse = self._narrow(self._basis, inverse)
        # Of several layers Ψ_iᵀX is made from U X, one product with X for all of them.
        factors = [self._basis @ self.Zs[0], *self.Zs[1:]] if several else self.Zs
        Psis = [self._narrow(Psi, Psi.T @ Psi) for Psi in accumulate(factors, np.matmul)]

        def moved(samples, rows):
            data = rows @ U.T if several else rows
            for H, graph, Psi in zip(self.Hs, self._graphs, Psis):
                before = H[samples]
                of_graph = self._narrow(*graph.terms(samples, before))
                H[samples], penalty = self._block_step(data, before, *Psi, *of_graph)
                graph.add(samples, H[samples])
                self._penalty += float(penalty)
                release(H)
            return self._sum_terms(rows, self.H[samples], inverse)

        return moved

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        cost = super().step()
        for graph in self._graphs:
            graph.renew()
        return None if cost is None else cost + self._penalty / 2

    def finish(self, inner):
        """Measure the error, and sum up for `layer_components`; see `BlockFactors`."""
        factors = [self._factor(H) for H in inner]
        self._inner = [(H, inverse, GrowingSums(L)) for H, (L, inverse) in zip(inner, factors)]
        return super().finish(inner)

    def _at_end(self, samples, rows, whole):
        (narrow,) = self._narrow(whole)
        for H, inverse, sums in self._inner:
            sums.add(*self._sum_terms(narrow, H[samples], inverse))
            release(H)
        return [], self._of_first(samples)

    def layer_components(self):
        """After `finish`: (X H_i†)ᵀ of each layer at the data's own scale, shape (k_i, p)."""
        components = _compiled_components(
            self.samples.shape[1], str(self.samples.dtype), self._mode
        )
        inner = [components(*vars(sums.value()).values()) for *_, sums in self._inner]
        Psi = self.samples.restored(self.Psi)
        return self._narrow(*(self.samples.scale * Z.T for Z in inner), Psi.T)
