"""The multiplicative rules of linear models: Semi-NMF, Algorithm 1, and with graphs their WSFs."""

import numpy as np

from dsnmf.solvers.inner_features import inner_features
from dsnmf.solvers.rule import Rule
from dsnmf.symbolic.shared import open_shared
from dsnmf.updates import deep_semi_nmf, semi_nmf
from dsnmf.updates.one_read import (
    Cutoffs,
    Sums,
    cutoffs_of,
    first_sums,
    inner_bases,
    moved_in_one_read,
)


class Multiplicative(Rule):
    """One read of X per iteration, see `dsnmf.updates.one_read`."""

    def __init__(self, program):
        super().__init__(program)
        self._sums = Sums(*(open_shared(name, "float64") for name in ("XQ", "QQ", "L")))
        self._bases = [open_shared("basis", "float64") for _ in program.Zs[1:]]
        features = [open_shared("cutoff", "float64", 0) for _ in program.Zs]
        bases = [open_shared("cutoff", "float64", 0) for _ in program.Zs[1:]]
        self._cutoffs = Cutoffs(features, bases)
        self.variables = [*vars(self._sums).values(), *self._bases, *features, *bases]

    def updates(self):
        data, Zs, Hs = self.program.data, self.program.Zs, self.program.Hs
        graphs = self.program.affinities or None
        return moved_in_one_read(data.X, Zs, Hs, self._sums, self._bases, self._cutoffs, graphs)

    @staticmethod
    def values(model):
        sums = first_sums(model.samples.start, model.Hs[-1])
        (p, n), ks = model.samples.start.shape, [len(H) for H in model.Hs]
        cutoffs = cutoffs_of(p, ks, n, model.Hs[-1].dtype)
        numbers = [np.asarray(cutoff) for several in cutoffs for cutoff in several]
        return [*vars(sums).values(), *inner_bases(model.Zs), *numbers]

    @staticmethod
    def settle(model):
        """Give layers below the last, whose features the rule has not moved, those that fit."""
        if len(model.Hs) == 1 or model.affinities:
            return
        Zs, H = model.Zs, model.Hs[-1]
        model.Hs = [*inner_features(model.samples.start, Zs, H, model.mode), H]


class GappyMultiplicative(Rule):
    """The same with gaps, which every iteration fills anew from the reconstruction."""

    def updates(self):
        X, Zs, Hs = self.program.X_filled, self.program.Zs, self.program.Hs
        graphs = self.program.affinities
        if len(Zs) == 1:
            return semi_nmf(X, Zs[0], Hs[0], graphs[0] if graphs else None)
        return deep_semi_nmf(X, Zs, Hs, graphs or None)
