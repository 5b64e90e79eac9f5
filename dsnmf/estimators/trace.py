"""What is recorded of a fit, and what callbacks see of it."""

from time import perf_counter

import numpy as np


class Trace:
    """The costs of a fit, when each was computed, and how much it differs from the one before.

    Attributes
    ----------
    cost, seconds, change : lists of float

    Parameters
    ----------
    factor : float
        Takes the costs that are appended to the unit in which they are kept.
    """

    COLUMNS = ("cost", "seconds", "change")

    def __init__(self, factor=1.0):
        self._factor = factor
        self.cost, self.seconds, self.change = [], [], []
        self._started = perf_counter()

    def append(self, cost):
        cost = cost and self._factor * cost
        last = self.cost[-1] if self.cost else cost
        self.change.append(cost - last if cost != last else 0.0)  # of infinities too
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


def costs_unit(scale):
    """What takes costs of data at the scale of the fit to what is compared, and that to the data's.

    The first is scale², the second 1, where scale² is a number whose products are; the square of
    data's unit may be none, and then costs are compared at the scale of the fit, and kept as
    infinity or 0.
    """
    energy = scale * scale
    return (energy, 1.0) if 1e-150 < energy < 1e150 else (1.0, energy)


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
