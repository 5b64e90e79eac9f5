"""What is recorded of a fit, and what callbacks see of it."""

from time import perf_counter

import numpy as np


class Trace:
    """The costs of a fit, when each was computed, and how much it differs from the one before.

    Attributes
    ----------
    cost, seconds, change : lists of float
    """

    COLUMNS = ("cost", "seconds", "change")

    def __init__(self):
        self.cost, self.seconds, self.change = [], [], []
        self._started = perf_counter()

    def append(self, cost):
        self.change.append(cost - self.cost[-1] if self.cost else 0.0)
        self.cost.append(cost)
        self.seconds.append(perf_counter() - self._started)

    def arrays(self):
        """The columns by name."""
        return {name: np.array(getattr(self, name)) for name in self.COLUMNS}

    def state(self):
        """What `restore` goes on from: small arrays by name."""
        return self.arrays() | {"elapsed": np.array(perf_counter() - self._started)}

    def restore(self, state):
        self.cost, self.seconds, self.change = (state[name].tolist() for name in self.COLUMNS)
        self._started = perf_counter() - float(state["elapsed"])


class State:
    """What a callback sees.

    Attributes
    ----------
    cost, seconds, change : float
        The last computed cost, when that was, and its difference to the one before.
    Z_, H_ : lists of ndarray
        Copies of the factors as the solver holds them, Z_1 for all features.
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
