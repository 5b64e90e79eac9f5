"""DSNMF's training: Σ (X - X̂)² by Adam, all Z_i and the raw H_m free, relu around H_m."""

import numpy as np

from dsnmf.solvers.rule import Rule
from dsnmf.symbolic.shared import open_shared
from dsnmf.updates import adam


class Adam(Rule):
    """See `dsnmf.updates.adam`."""

    raw_features = True

    def __init__(self, program):
        super().__init__(program)
        learning_rate = open_shared("learning_rate", "float64", 0)
        params = [*program.Zs, program.Hs[-1]]
        error, gradients = program.data.error_and_gradients(
            program.Zs, program.H, program.nonlinearity, params
        )
        self.cost = program.completed(error)
        self._updates = adam(gradients, params, learning_rate)
        own = [variable for variable in self._updates if variable not in params]
        self.variables = [learning_rate, *own]

    def updates(self):
        return self._updates

    @staticmethod
    def values(model):
        params = [*model.Zs, model.Hs[-1]]
        moments = [np.zeros_like(param) for param in params for _ in "mv"]
        return [np.array(model.learning_rate), np.array(0), *moments]
