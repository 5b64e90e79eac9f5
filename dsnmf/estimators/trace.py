"""The record of a fit's costs, and the state that callbacks get."""

from time import perf_counter

import numpy as np


class Trace:
    """The costs of a fit, the times of their computation, and the changes between them.

    Attributes
    ----------
    cost, seconds, change : lists of float

    Parameters
    ----------
    factor : float
        Multiplies appended costs, to convert them to the recorded unit.
    """

    COLUMNS = ("cost", "seconds", "change")

    def __init__(self, factor=1.0):
        self._factor = factor
        self.cost, self.seconds, self.change = [], [], []
        self._started = perf_counter()

    def append(self, cost):
        cost = cost and self._factor * cost
        last = self.cost[-1] if self.cost else cost
        self.change.append(cost - last if cost != last else 0.0)  # infinities too
        self.cost.append(cost)
        self.seconds.append(perf_counter() - self._started)

    def arrays(self):
        """The columns by name."""
        return {name: np.array(getattr(self, name)) for name in self.COLUMNS}

    def state(self):
        """The state for `restore`: small arrays by name."""
        return self.arrays() | {"elapsed": np.array(perf_counter() - self._started)}

    def restore(self, state):
        self.cost, self.seconds, self.change = (state[name].tolist() for name in self.COLUMNS)
        self._started = perf_counter() - float(state["elapsed"])


def costs_unit(scale):
    """Two factors: from costs at the scale of the fit to compared costs, and to the data's unit.

    They are scale² and 1 if scale² is far from overflow and underflow. Else costs are compared at
    the scale of the fit, and recorded in the data's unit as infinity or 0 if need be.
    """
    energy = scale * scale
    return (energy, 1.0) if 1e-150 < energy < 1e150 else (1.0, energy)


class State:
    """The state that a callback gets.

    Attributes
    ----------
    cost, seconds, change : float
        The last cost, the time of its computation, and its difference from the one before.
    Z_, H_ : lists of ndarray
        Copies of the factors in the solver's form, Z_1 for all features.
    """

    def __init__(self, trace, model):
        self.cost, self.seconds, self.change = (
            values[-1] for values in (trace.cost, trace.seconds, trace.change)
        )
        self._model = model

    @property
    def Z_(self):
        return self._model.Z_values()

    @property
    def H_(self):
        return self._model.H_values()
