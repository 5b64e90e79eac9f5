"""Σ (X - X̂)² of models with a nonlinearity by L-BFGS over all Z_i and H_m >= 0."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.solvers.inner_features import settle_inner
from dsnmf.solvers.rule import Rule
from dsnmf.symbolic import is_linear, layer_features
from dsnmf.training.modes import compile_function

#: Number of remembered steps. 5 or 10 instead of 3 only cost more memory.
MEMORY = 3

#: Steps after which the initial inverse Hessian is recomputed. With the start's alone the descent
#: is slower, and differences from rounding grow many times as fast.
REFRESHED = 10

#: Share of the mean diagonal that is added to matrices before inversion, and the least relative
#: curvature of a pair that is used.
RIDGE, LEAST_CURVATURE = 0.01, 1e-12

#: A step must lower the cost by this share of its slope times its length; otherwise it is shortened
#: by this factor, at most this many times.
DECREASE, SHORTER, TRIALS = 1e-4, 0.4, 12

#: The value of tol="auto". More steps give no better features (tests/benchmarks/deep_defaults.py).
AUTO_TOL = 0.03


def _dot(A, B):
    """The inner product of two lists of arrays."""
    return sum(float(np.vdot(a, b)) for a, b in zip(A, B))


def _inverse(gram):
    """The inverse of (Gram matrix + its diagonal) / 2: between a Newton and a diagonal step."""
    gram = gram.astype(np.float64)
    diagonal = np.diag(gram) + RIDGE * (np.trace(gram) or 1) / len(gram)
    return 2 * np.linalg.inv(gram + np.diag(diagonal))


class State:
    """The state of a descent: point (Z_1, …, Z_m, H_m), cost, slope and remembered steps.

    Parameters
    ----------
    evaluate : callable
        From a point to its cost and slope.
    grams : callable
        From a point to F_i F_iᵀ for the features F_i of each layer.
    point : list of ndarray
    """

    def __init__(self, evaluate, grams, point):
        self._evaluate, self._grams = evaluate, grams
        self.point, self.pairs, self._count = point, [], 0
        self.cost, self.slope = self._cost_and_slope(point)

    def _cost_and_slope(self, point):
        cost, *slope = self._evaluate(*point)
        return float(cost), [np.asarray(part) for part in slope]

    def _refresh(self):
        """Compute the initial inverse Hessian: one block per factor, as for a linear model."""
        left, self._scales = None, []
        for Z, gram in zip(self.point, self._grams(*self.point)):
            self._scales.append((left if left is None else _inverse(left), _inverse(gram)))
            wide = Z.astype(np.float64)
            left = wide.T @ wide if left is None else wide.T @ left @ wide
        self._scales.append((_inverse(left), None))

    def _apply_inverse_hessian(self, parts):
        """Half of the initial inverse Hessian times a point or slope."""
        scaled = []
        for part, (left, right) in zip(parts, self._scales):
            moved = part if left is None else left @ part
            scaled.append((moved if right is None else moved @ right) / 2)
        return [part.astype(like.dtype) for part, like in zip(scaled, parts)]

    def _direction(self, free):
        """The L-BFGS direction (Nocedal & Wright 2006, algorithm 7.4) among the free entries."""

        def mask(parts):
            parts[-1][...] *= free
            return parts

        def curvature_of(step, change):
            H, by_H = step[-1], change[-1]
            return _dot(step[:-1], change[:-1]) + float(np.einsum("ij,ij,ij", H, by_H, free))

        direction, known = mask([part.copy() for part in self.slope]), []
        for step, change in reversed(self.pairs):
            curvature = curvature_of(step, change)
            if curvature > LEAST_CURVATURE * curvature_of(change, change):
                alpha = _dot(step, direction) / curvature
                known.append((step, change, curvature, alpha))
                for part, of_change in zip(direction, change):
                    part -= alpha * of_change
                mask(direction)
        direction = self._apply_inverse_hessian(direction)
        if known:
            _, change, curvature, _ = known[0]
            # Changes of masked entries count as 0.
            masked = mask([part.copy() for part in change])
            unit = curvature / _dot(masked, self._apply_inverse_hessian(masked))
            direction = [unit * part for part in direction]
        for step, change, curvature, alpha in reversed(known):
            beta = _dot(change, mask(direction)) / curvature
            for part, of_step in zip(direction, step):
                part += (alpha - beta) * of_step
        return [
            part.astype(like.dtype, copy=False) for part, like in zip(mask(direction), self.slope)
        ]

    def move(self):
        """Make a step; stay at the point if no step lowers the cost."""
        if self._count % REFRESHED == 0:
            self._refresh()
        self._count += 1
        H = self.point[-1]
        free = ((H > 0) | (self.slope[-1] < 0)).astype(H.dtype)
        direction = self._direction(free)
        if _dot(self.slope, direction) <= 0:
            self.pairs = []
            direction = self._direction(free)
        length = 1.0
        for _ in range(TRIALS):
            new = [(part - length * by).astype(by.dtype) for part, by in zip(self.point, direction)]
            np.maximum(new[-1], 0, out=new[-1])
            step = [after - before for after, before in zip(new, self.point)]
            cost, slope = self._cost_and_slope(new)
            if cost <= self.cost + DECREASE * _dot(self.slope, step):
                change = [after - before for after, before in zip(slope, self.slope)]
                self.pairs = [*self.pairs[-MEMORY + 1 :], (step, change)]
                self.point, self.cost, self.slope = new, cost, slope
                return
            length *= SHORTER
        self.pairs = []


class LBFGS(Rule):
    """Projected L-BFGS on Z_1, …, Z_m and H_m >= 0.

    It asks for the start of `dsnmf.initialisation.rectified`, whose error is nearly that of a
    linear model; from there, differences from rounding hardly grow. From Adam's start, or with Z_1
    solved for in each step, the rounding of data in another unit decides after some fifty steps
    which of several local minima a fit reaches.
    """

    takes_nonlinear = takes_gaps = True
    start_aim = "rectified"
    knows_cost = True
    auto_tol = AUTO_TOL

    def __init__(self, program):
        super().__init__(program)
        g = program.nonlinearity
        point = [variable.type(variable.name) for variable in (*program.Zs, program.Hs[-1])]
        Zs, H = point[:-1], point[-1]
        error, slope = program.data.error_and_gradients(Zs, H, g, point)
        features = [layer_features([None, *Zs[1:]], H, i, g) for i in range(1, len(Zs) + 1)]
        grams = [pt.dot(F, F.T) for F in features]
        mode = program.mode
        self._evaluate = compile_function(point, [program.add_offset(error), *slope], mode=mode)
        self._grams = compile_function(point, grams, mode=mode, on_unused_input="ignore")
        self._state = None

    def make_step(self):
        return self._step

    def forget(self):
        self._state = None

    def _step(self):
        """One iteration; returns the cost before it."""
        moving = [*self.program.Zs, self.program.Hs[-1]]
        if self._state is None:
            point = [np.array(variable.get_value()) for variable in moving]
            self._state = State(self._evaluate, self._grams, point)
        cost = self._state.cost
        self._state.move()
        for variable, value in zip(moving, self._state.point):
            variable.set_value(value, borrow=True)
        return cost

    @staticmethod
    def settle(model):
        """Set the features of the layers below the last, which did not move, from H_m."""
        if is_linear(model.nonlinearity):
            settle_inner(model)
        else:
            model.Hs = [np.asarray(H) for H in model.features()[1]]
