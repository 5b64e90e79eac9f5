"""Hierarchical alternating least squares with extrapolation, for all linear models."""

from functools import reduce

import numpy as np
import pytensor.tensor as pt

from dsnmf.solvers.hals_blocks import ExtrapolatedModel
from dsnmf.solvers.inner_features import settle_inner
from dsnmf.solvers.rule import Rule
from dsnmf.solvers.sweeping import FIRST_BETA, extrapolate, hals_features, next_beta
from dsnmf.symbolic.bases import row_basis
from dsnmf.symbolic.gram import nonsingular_factor_of
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.shared import open_shared
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import (
    Cutoffs,
    Moved,
    Sums,
    components_step,
    cutoffs_of,
    explained_energy,
    features_step,
    inner_bases,
)


class HALS(Rule):
    """Exact Z, coordinate descent on H, and extrapolation of H where that lowers the cost.

    With the Z_i exact for H, an iteration sweeps H to N by `dsnmf.solvers.sweeping.hals_features`.
    The new H is Y = max(0, N + β (N - N')), with N' the N of the iteration before. If Y costs more
    than H, each with its exact Z_i, the new H is N, which never costs more. β grows up to 1 while Y
    is taken, and is halved otherwise. In a deep model with graphs the inner layers do not influence
    the last one, and are only swept: their penalties, a part of the recorded cost, may rise, as
    with the multiplicative rules.

    References
    ----------
    Gillis & Kumar 2014 (Algorithm 2) for the sweep over H with exact Z; Gillis & Glineur 2012 for
    several sweeps; Ang & Gillis, "Accelerating nonnegative matrix factorization algorithms using
    extrapolation", Neural Computation 2019, for β.
    """

    in_blocks = ExtrapolatedModel
    in_streams = True

    def __init__(self, program):
        super().__init__(program)
        m, dtype = len(program.Zs), program.Hs[-1].dtype
        # Results of the last components step.
        self._L, self._inverse = open_shared("L", "float64"), open_shared("inverse", "float64")
        self._U, self._Psis = open_shared("U", dtype), [open_shared("Psi", dtype) for _ in range(m)]
        self._last = open_shared("N", dtype)
        self._beta, self._reached = (open_shared(name, "float64", 0) for name in ("beta", "cost"))
        self._is_due = open_shared("due", "int8", 0)
        self._bases = [open_shared("basis", "float64") for _ in program.Zs[1:]]
        features = [open_shared("cutoff", "float64", 0) for _ in program.Zs]
        bases = [open_shared("cutoff", "float64", 0) for _ in program.Zs[1:]]
        self._cutoffs = Cutoffs(features, bases)
        self.variables = [self._L, self._inverse, self._U, *self._Psis, self._last]
        self.variables += [self._beta, self._reached, self._is_due]
        self.variables += [*self._bases, *features, *bases]

    def _refit(self, H):
        """The components step for features H, and the cost after it, without constant terms."""
        program = self.program
        Q = pt.dot(pt.cast(self._inverse, H.dtype), H)
        XQ, QQ = product(program.data.X, Q.T), pt.dot(Q, Q.T)
        sums = Sums(pt.cast(XQ, "float64"), pt.cast(QQ, "float64"), self._L)
        moved = components_step(program.Zs, sums, H.shape[1], H.dtype, self._bases, self._cutoffs)
        cost = -explained_energy(reduce(pt.dot, moved.Zs), sums)
        if program.affinities and program.affinities[-1] is not None:
            HW, HD = program.affinities[-1].terms(H)
            cost = cost + pt.sum(H * (HD - HW), dtype="float64")
        return moved, cost

    def _accept(self, moved):
        """(variable, new value) for all variables that an accepted components step changes."""
        pairs = [(self._L, moved.L), (self._inverse, moved.inverse), (self._U, moved.U)]
        pairs += [*zip(self._Psis, moved.Psis), *zip(self.program.Zs, moved.Zs)]
        return [(variable, pt.cast(value, variable.dtype)) for variable, value in pairs]

    def updates(self):
        program, graphs = self.program, self.program.affinities or None
        moving = program.Hs if graphs else [*[None] * (len(program.Hs) - 1), program.Hs[-1]]
        before = Moved(None, self._U, self._Psis, None, self._inverse)
        new_Hs, _, _ = features_step(program.data.X, moving, before, graphs, hals_features)
        N = new_Hs[-1]
        Y = extrapolate(N, self._last, self._beta)
        moved, cost = self._refit(Y)
        lower = pt.le(cost, self._reached)
        updates = {H: new for H, new in zip(moving[:-1], new_Hs) if H is not None}
        updates |= {program.Hs[-1]: Y, self._last: N, self._is_due: pt.cast(~lower, "int8")}
        updates |= {self._beta: next_beta(self._beta, lower)}
        pairs = [(self._reached, cost), *self._accept(moved)]
        return updates | {variable: pt.switch(lower, new, variable) for variable, new in pairs}

    def make_step(self):
        """A step to Y; if that raised the cost, another to N. Each reads X once."""
        move = super().make_step()
        retreat = compile_function([], updates=self._retreat_updates(), mode=self.program.mode)

        def step():
            for function in (retreat, move, retreat):
                if function is move or self._is_due.get_value(borrow=True):
                    function()

        return step

    def _retreat_updates(self):
        """The updates that set the features to N."""
        moved, cost = self._refit(self._last)
        new = {self.program.Hs[-1]: self._last, self._reached: cost}
        return new | dict(self._accept(moved)) | {self._is_due: pt.zeros((), "int8")}

    @staticmethod
    def values(model):
        """Values such that the first step begins with a retreat to the start's H_m."""
        (p, n), ks = model.data.start.shape, [len(H) for H in model.Hs]
        H, dtype = model.Hs[-1], model.Hs[-1].dtype
        wide = H.astype(np.float64)
        L, inverse = nonsingular_factor_of(wide @ wide.T, max(H.shape), dtype)
        small = [np.zeros((1, 1), dtype) for _ in ["U", *model.Zs]]
        cutoffs = [
            np.asarray(cutoff) for several in cutoffs_of(p, ks, n, dtype) for cutoff in several
        ]
        numbers = [np.array(FIRST_BETA), np.array(np.inf), np.array(1, "int8")]
        return [L, inverse, *small, H.copy(), *numbers, *inner_bases(model.Zs), *cutoffs]

    settle = staticmethod(settle_inner)


class GappyHALS(Rule):
    """`HALS` without extrapolation, for gaps that each iteration fills from the reconstruction.

    The squared error of the filled X is an upper bound of that over the known entries, and equal to
    it at the current factors. So a step that lowers the bound lowers the error.
    """

    takes_gaps, takes_complete = True, False

    def updates(self):
        program, graphs = self.program, self.program.affinities or None
        X, H = program.X_filled, program.Hs[-1]
        L, Q = row_basis(H)
        sums = [product(X, Q.T), pt.dot(Q, Q.T), L]
        sums = Sums(*(pt.cast(value, "float64") for value in sums))
        wide = components_step(program.Zs, sums, H.shape[1], H.dtype)
        narrow = {
            name: [pt.cast(one, H.dtype) for one in value]
            if isinstance(value, list)
            else pt.cast(value, H.dtype)
            for name, value in vars(wide).items()
        }
        moving = program.Hs if graphs else [*[None] * (len(program.Hs) - 1), H]
        new_Hs, _, _ = features_step(X, moving, Moved(**narrow), graphs, hals_features)
        updates = {H: new for H, new in zip(moving, new_Hs) if H is not None}
        return updates | dict(zip(program.Zs, narrow["Zs"]))

    settle = staticmethod(settle_inner)
