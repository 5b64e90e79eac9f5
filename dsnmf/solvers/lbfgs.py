"""Σ (X - X̂)² of models with a nonlinearity by L-BFGS within H_m >= 0, Z_1 always the best one."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.initialisation.least_squares import without_rounding
from dsnmf.initialisation.pretraining import pretrain_product
from dsnmf.initialisation.svd import appr_seminmf, raised
from dsnmf.solvers.inner_features import settle_inner
from dsnmf.solvers.rule import Rule
from dsnmf.symbolic import is_homogeneous, is_linear, layer_features
from dsnmf.symbolic.linalg import product
from dsnmf.training.modes import compile_function

#: Remembered steps. 10 in the place of 5 gained nothing.
MEMORY = 5

#: Share of the mean diagonal that is added to matrices before they are inverted.
RIDGE, LEAST_RIDGE = 0.01, 1e-12

#: The same before Z_1 is solved for, and how often what that leaves is solved for again, which
#: takes its bias from all directions that matter. Under relu features start with a lower rank than
#: they have rows: with less of it rounding is a part of Z_1, and fits of the same data in other
#: units end apart. What smooth nonlinearities add to that rank is small, but not rounding.
OF_FEATURES, AGAIN = 1e-6, 2

#: A step is made if it lowers the cost by this share of what its slope promises; if not, it is
#: shortened by this factor, so many times.
DECREASE, SHORTER, TRIALS = 1e-4, 0.4, 12

#: Iterations before which the cost is compared with that of the linear start, which takes its place
#: where the cost is this many times as high.
COMPARED = {20: 1.1, 50: 1.0}


def _dot(A, B):
    """Of two lists of arrays."""
    return sum(float(np.vdot(a, b)) for a, b in zip(A, B))


def _inverse(gram):
    """Of the mean of a Gram matrix and its diagonal: between a Newton step and one per entry."""
    gram = gram.astype(np.float64)
    diagonal = np.diag(gram) + RIDGE * (np.trace(gram) or 1) / len(gram)
    return 2 * np.linalg.inv(gram + np.diag(diagonal))


def linear_start(Z_1, H_1, layers):
    """Z_2, …, Z_m and H_m that leave as little as the SVD can, from the first layer's start.

    See `pretrain_product`: here the nonlinearity hardly matters.
    """

    R = without_rounding(Z_1, float(np.finfo(Z_1.dtype).eps))[1]
    X = R @ H_1

    def factorise(H, k):
        if H is X:
            return R, H_1
        Z, H = appr_seminmf(H, k, dtype=np.float64)
        return Z, raised(H) if k > 1 else H

    Zs, Hs = pretrain_product(X, layers, factorise)
    return [*Zs[1:], Hs[-1]]


class State:
    """Where a descent is: the point (Z_2, …, Z_m, H_m), its cost and slope, Z_1, and what it knows.

    Parameters
    ----------
    evaluate : callable
        See `LBFGS`.
    point : list of ndarray
    """

    def __init__(self, evaluate, point):
        self._evaluate = evaluate
        self.start(point)

    def start(self, point):
        """Begin at a point, with nothing remembered."""
        self.point, self.pairs = point, []
        self.cost, self.Z_1, self.slope, grams = self._evaluated(point)
        left = self.Z_1.T.astype(np.float64) @ self.Z_1
        self._scales = []
        for Z, gram in zip(point[:-1], grams):
            self._scales.append((_inverse(left), _inverse(gram)))
            left = Z.T @ left @ Z
        self._scales.append((_inverse(left), None))

    def _evaluated(self, point):
        cost, Z_1, *others = self._evaluate(*point)
        slope, grams = others[: len(point)], others[len(point) :]
        return float(cost), np.asarray(Z_1), [np.asarray(part) for part in slope], grams

    def _scaled(self, parts):
        """Half of the first inverse Hessian times something."""
        scaled = [
            left @ part if right is None else left @ part @ right
            for part, (left, right) in zip(parts, self._scales)
        ]
        return [(part / 2).astype(like.dtype) for part, like in zip(scaled, parts)]

    def _direction(self, free):
        """The L-BFGS direction (Nocedal & Wright 2006, algorithm 7.4) among the free entries."""

        def freed(parts):
            return [*parts[:-1], parts[-1] * free]

        direction, known = [part.copy() for part in freed(self.slope)], []
        for step, change in reversed(self.pairs):
            step, change = freed(step), freed(change)
            curvature = _dot(step, change)
            if curvature > LEAST_RIDGE * _dot(change, change):
                alpha = _dot(step, direction) / curvature
                known.append((step, change, curvature, alpha))
                for part, of_change in zip(direction, change):
                    part -= alpha * of_change
        direction = self._scaled(direction)
        if known:
            _, change, curvature, _ = known[0]
            unit = curvature / _dot(change, self._scaled(change))
            direction = [unit * part for part in direction]
        for step, change, curvature, alpha in reversed(known):
            beta = _dot(change, direction) / curvature
            for part, of_step in zip(direction, step):
                part += (alpha - beta) * of_step
        return [part.astype(like.dtype) for part, like in zip(freed(direction), self.slope)]

    def move(self):
        """One step, or none if no step is found that lowers the cost."""
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
            cost, Z_1, slope, _ = self._evaluated(new)
            if cost <= self.cost + DECREASE * _dot(self.slope, step):
                change = [after - before for after, before in zip(slope, self.slope)]
                self.pairs = [*self.pairs[-MEMORY + 1 :], (step, change)]
                self.point, self.cost, self.Z_1, self.slope = new, cost, Z_1, slope
                return
            length *= SHORTER
        self.pairs = []


class LBFGS(Rule):
    """Projected L-BFGS on Z_2, …, Z_m and H_m >= 0, for each of which the best Z_1 is known.

    Z_1 = X F† for the features F to which H_m leads in layer 1, so the slope of the least error
    that Z_1 can leave is the partial derivative (variable projection, Golub & Pereyra 1973). It
    starts from the layer-wise SVD, as Adam does. Where that leads to a worse place than the linear
    start, it goes on from there: no fit ends above what a linear model of as many components leaves
    without having looked.
    """

    takes_nonlinear = True
    start_aim = "zeros"
    knows_cost = True
    auto_tol = 3e-4  # it goes on to features that are no better

    def __init__(self, program):
        super().__init__(program)
        Zs, H, g = program.Zs[1:], program.Hs[-1], program.nonlinearity
        point = [variable.type(variable.name) for variable in (*Zs, H)]
        Zs, H = point[:-1], point[-1]
        features = [layer_features([None, *Zs], H, i, g) for i in range(1, len(Zs) + 2)]
        grams = [pt.dot(F, F.T) for F in features[1:]]
        wide = pt.cast(features[0], "float64")  # in float32 rounding may leave K negative
        K, eps = pt.dot(wide, wide.T), float(np.finfo(H.dtype).eps)
        # Directions of F that are its rounding are none to fit X with.
        ridge = max(OF_FEATURES if is_homogeneous(g) else LEAST_RIDGE, eps)
        damped = K + pt.eye(K.shape[0]) * (ridge * pt.diagonal(K).mean())
        FX = pt.cast(product(program.data.X, features[0].T), "float64").T
        Z_1 = pt.linalg.solve(damped, FX, assume_a="pos")
        for _ in range(AGAIN):
            Z_1 = Z_1 + pt.linalg.solve(damped, FX - pt.dot(K, Z_1), assume_a="pos")
        Z_1 = pt.cast(Z_1.T, H.dtype)
        error, slope = program.data.error_and_gradients([Z_1, *Zs], H, g, point)
        outputs = [program.completed(error), Z_1, *slope, *grams]
        self._evaluate = compile_function(point, outputs, mode=program.mode)
        self._state, self._count, self._first = None, 0, None

    def make_step(self):
        return self._step

    def forget(self):
        self._state, self._count, self._first = None, 0, None

    def _step(self):
        """One iteration; returns the cost before it."""
        Zs, Hs = self.program.Zs, self.program.Hs
        if self._state is None:
            values = [np.array(variable.get_value()) for variable in (*Zs, *Hs)]
            self._first = values[0], values[len(Zs)]
            self._state = State(self._evaluate, [*values[1 : len(Zs)], values[-1]])
        state = self._state
        self._count += 1
        if len(Zs) > 1 and self._count in COMPARED:
            self._compare(COMPARED[self._count])
        cost = state.cost
        state.move()
        for variable, value in zip((*Zs, Hs[-1]), (state.Z_1, *state.point)):
            variable.set_value(value, borrow=True)
        return cost

    def _compare(self, share):
        """Go on from the linear start if the cost is this many times that one's."""
        layers = [len(variable.get_value(borrow=True)) for variable in self.program.Hs]
        point = linear_start(*self._first, layers)
        like = self._state.point
        other = State(self._evaluate, [a.astype(b.dtype) for a, b in zip(point, like)])
        if other.cost * share < self._state.cost:
            self._state = other

    @staticmethod
    def settle(model):
        """Give the layers below the last, which have not moved, the features that H_m leads to."""
        if is_linear(model.nonlinearity):
            settle_inner(model)
        else:
            model.Hs = [np.asarray(H) for H in model.features()[1]]
