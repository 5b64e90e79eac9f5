"""Warnings for training with rectifiers: steps too large, and dead units."""

import warnings
from functools import cached_property

import numpy as np
import pytensor
from pytensor.compile.mode import Mode
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

#: Epochs in a row without any unit above zero, after which a model counts as dead.
EPOCHS = 2

#: The features are computed only if the cost is this near, relatively, to that of X̂ = 0: they take
#: as long as half an epoch.
NEAR = 1e-4

#: Largest ratio of Adam's first steps, which are as long as its learning rate, to the mean size of
#: Z_1's entries. Above it the cost first exceeds that of X̂ = 0; on PIE and digits it still exceeded
#: the start's after 60 and 300 epochs.
LARGEST_STEP = 1 / 3


class DeadModelWarning(RuntimeWarning):
    """Every hidden unit of a layer is zero, so that all gradients are zero."""


def warn_of_large_steps(Z, learning_rate):
    """RuntimeWarning, for the caller's caller, if steps of this length destroy a starting Z_1.

    Parameters
    ----------
    Z : ndarray, shape (p, k)
    learning_rate : float, or scalar TensorVariable
        Of variables, only shared ones have a value to test.
    """
    if isinstance(learning_rate, SharedVariable):
        learning_rate = float(learning_rate.get_value())
    entries = np.abs(Z[Z != 0])
    if isinstance(learning_rate, Variable) or not entries.size:
        return
    size = float(entries.mean(dtype=np.float64))
    if learning_rate > LARGEST_STEP * size:
        warnings.warn(
            f"learning_rate = {learning_rate:g} is too large for the data's unit: Adam's first "
            f"steps are as long, and destroy the start, whose Z_1 has entries of mean size "
            f"{size:.2g}. Scale the samples to unit norm, or give a learning_rate well below "
            f"{LARGEST_STEP * size:.2g}",
            RuntimeWarning,
            stacklevel=3,
        )


class Liveness:
    """Finds out whether a model is dead, from the costs of its epochs.

    Parameters
    ----------
    objective : Objective or None
        That of the model. A model without one, or whose X̂ is no product Z_1 F, counts as alive.
    """

    def __init__(self, objective):
        self._objective = objective
        self._epochs = 0

    @property
    def is_dead(self):
        """Whether every unit of a layer was zero in the last epochs."""
        return self._epochs >= EPOCHS

    @cached_property
    def _total(self):
        """The cost of X̂ = 0."""
        X = self._objective.X.get_value(borrow=True)
        return float(np.vdot(X, X)) + self._objective.offset

    @cached_property
    def _compute_features(self):
        # Without rewrites, in Python: compiled at once, for the few epochs that need it.
        return pytensor.function([], self._objective.features, mode=Mode("py", None))

    def look(self, cost):
        """Take note of the cost of an epoch that has just ended; returns `is_dead`."""
        self._epochs = self._epochs + 1 if self._reconstructs_nothing(cost) else 0
        return self.is_dead

    def _reconstructs_nothing(self, cost):
        if self._objective is None or self._objective.features is None:
            return False
        return cost >= (1 - NEAR) * self._total and not np.any(self._compute_features())
