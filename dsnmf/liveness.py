"""Whether a model of rectifiers can still learn: units that are all at zero pass no gradient."""

import warnings
from functools import cached_property

import numpy as np

#: Epochs in a row without any unit above zero, after which a model counts as dead.
EPOCHS = 2

#: Relative distance of the cost to that of a model that reconstructs nothing, below which the
#: features are looked at: their products cost as much as half an epoch.
NEAR = 1e-4


class DeadModelWarning(RuntimeWarning):
    """Every hidden unit of a layer is at zero, so that no gradient flows."""


class Liveness:
    """Looks at a model after each epoch.

    Parameters
    ----------
    X : shared variable, shape (p, n)
    params : list of shared variables
        Z_1, …, Z_m, H_m.
    offset : float
        What the cost has besides the squared error of X.
    """

    def __init__(self, X, params, offset):
        self._X, self._params, self._offset = X, params, offset
        self._epochs = 0

    @property
    def is_dead(self):
        """Whether every unit of a layer was at zero in the last epochs."""
        return self._epochs >= EPOCHS

    @cached_property
    def _total(self):
        """The cost of a model that reconstructs nothing."""
        X = self._X.get_value(borrow=True)
        return float(np.vdot(X, X)) + self._offset

    def _features_of_first(self):
        *Zs, H = (param.get_value(borrow=True) for param in self._params)
        features = np.maximum(H, 0)
        for Z in reversed(Zs[1:]):
            features = np.maximum(Z @ features, 0)
        return features

    def look(self, cost, learning_rate):
        """Take note of an epoch's cost; DeadModelWarning, for the caller's caller, if dead."""
        reconstructs_nothing = (
            cost >= (1 - NEAR) * self._total and not self._features_of_first().any()
        )
        self._epochs = self._epochs + 1 if reconstructs_nothing else 0
        if self.is_dead:
            warnings.warn(
                "every hidden unit of a layer is at zero, so no gradient flows any more (cost "
                f"{cost:.6g}, the data's own energy). A learning_rate below "
                f"{learning_rate:g} avoids this",
                DeadModelWarning,
                stacklevel=3,
            )
