"""Semi-NMF of known entries by alternating ridge regressions, Z free and H >= 0, extrapolated."""

import numpy as np
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from dsnmf.solvers.rule import Rule
from dsnmf.symbolic.known_entries import (
    balance,
    known_per_row,
    solve_rows,
    squared_error_on_known,
    sweep_rows,
)
from dsnmf.symbolic.shared import open_shared

#: H is extrapolated by this share of its last step, at first and at most. The share grows by the
#: third factor if the step lowers the cost. If not, it shrinks by the fourth, and the step is made
#: without extrapolation.
FIRST_WEIGHT, LARGEST_WEIGHT, GROWTH, SHRINKAGE = 0.5, 1.0, 1.1, 0.5


def ridge_at_scale(l2, n_features):
    """λ of a known entry's penalty λ (‖z_i‖² + ‖h_j‖²), at the scale of the fit.

    At that scale the norms of samples have a root mean square of 1, and entries of 1 / √n_features.
    """
    return l2 / np.sqrt(n_features)


class _Regressions:
    """The alternating steps for one matrix and one λ; Z is p x k, W = Hᵀ is n x k."""

    def __init__(self, X, by_sample, ridge):
        self._X, self._by_sample, self._ridge = X, by_sample, float(ridge)
        self._sizes = known_per_row(X), known_per_row(by_sample)

    def cost(self, Z, W):
        pairs = zip(self._sizes, (Z, W))
        penalty = sum(float(np.einsum("i,ik,ik->", n, F, F)) for n, F in pairs)
        return (squared_error_on_known(self._X, Z, W) + self._ridge * penalty) / 2

    def balance(self, Z, W):
        """`balance` Z and W; returns them and the divisors of W's columns."""
        if not self._ridge:
            return Z, W, np.ones(W.shape[1], W.dtype)
        return balance(Z, W, *self._sizes)

    def step(self, Z, W):
        """The best Z for W, a better W for it, and their cost."""
        Z = solve_rows(self._X, W, self._ridge, Z)
        W = sweep_rows(self._by_sample, Z, self._ridge, W)
        return Z, W, self.cost(Z, W)


class _Step(Op):
    """X, Xᵀ, λ, Z, H, last H, weight, cost ↦ new Z, H, last H, weight, cost, and the cost before.

    An infinite cost is not known yet. No gradient.
    """

    __props__ = ()

    def make_node(self, X, by_sample, ridge, *state):
        outputs = [variable.type() for variable in (*state, state[-1])]
        return Apply(self, [X, by_sample, ridge, *state], outputs)

    def perform(self, node, inputs, outputs):
        X, by_sample, ridge, Z, H, last, weight, cost = inputs
        regressions = _Regressions(X, by_sample, ridge)
        W = np.ascontiguousarray(H.T)
        before = float(cost) if np.isfinite(cost) else regressions.cost(Z, W)
        Z, W, shares = regressions.balance(Z, W)
        further = np.maximum(W + W.dtype.type(weight) * (W - last.T / shares), 0)
        new_Z, new_W, after = regressions.step(Z, further)
        if after <= before:
            weight = min(GROWTH * weight, LARGEST_WEIGHT)
        else:
            weight = SHRINKAGE * weight
            new_Z, new_W, after = regressions.step(Z, W)
        new = new_Z, new_W.T, W.T, weight, after, before
        for cell, value, variable in zip(outputs, new, node.outputs):
            cell[0] = np.ascontiguousarray(value, variable.dtype).reshape(np.shape(value))


class AlternatingRidge(Rule):
    """½ Σ (x_ij - z_i · h_j)² + ½ λ (‖z_i‖² + ‖h_j‖²) over the known entries; it never rises.

    An iteration extrapolates H along its last step, finds the best Z for that H, then moves H by
    coordinate descent. Before it, components are rescaled between Z and H, which leaves Z H as it
    is and lowers the penalty. For NMF: Ang & Gillis, "Accelerating nonnegative matrix factorization
    algorithms using extrapolation", 2019.
    """

    takes_gaps = True

    def __init__(self, program):
        super().__init__(program)
        dtype = program.Hs[0].dtype
        ridge, last = open_shared("ridge", "float64", 0), open_shared("last", dtype)
        weight, cost = (open_shared(name, "float64", 0) for name in ("weight", "cost"))
        self.variables = [ridge, last, weight, cost]
        self._state = [*program.Zs, *program.Hs, last, weight, cost]
        data = program.data
        *self._moved, self.cost = _Step()(data.X, data.X_by_sample, ridge, *self._state)

    def updates(self):
        return dict(zip(self._state, self._moved))

    @staticmethod
    def values(model):
        ridge = ridge_at_scale(model.l2, model.data.shape[0])
        return [np.asarray(ridge), model.Hs[0].copy(), np.array(FIRST_WEIGHT), np.array(np.inf)]
