"""Semi-NMF of known entries by alternating ridge regressions, Z free and H >= 0."""

import numpy as np

from dsnmf.solvers.rule import Rule
from dsnmf.symbolic.known_entries import alternating_ridge, known_penalty
from dsnmf.symbolic.shared import open_shared


def ridge_at_scale(l2, n_features):
    """λ of the penalty λ (‖z_i‖² + ‖h_j‖²) of a known entry, at the scale of the fit.

    There samples have norms whose root mean square is 1, and entries one of 1 / √n_features.
    """
    return l2 / np.sqrt(n_features)


class AlternatingRidge(Rule):
    """See `dsnmf.symbolic.known_entries.alternating_ridge`."""

    def __init__(self, program):
        super().__init__(program)
        self._ridge = open_shared("ridge", program.Hs[0].dtype, 0)
        self.variables = [self._ridge]
        data, (Z,), (H,) = program.data, program.Zs, program.Hs
        self._given = data.X, data.X_by_sample
        half = np.asarray(0.5, H.dtype)
        error = data.squared_error(program.Zs, H, "identity")
        self.cost = half * (error + self._ridge * known_penalty(*self._given, Z, H))

    def updates(self):
        (Z,), (H,) = self.program.Zs, self.program.Hs
        return dict(zip((Z, H), alternating_ridge(*self._given, self._ridge, Z, H)))

    @staticmethod
    def values(model):
        p = model.samples.given.shape[0]
        return [np.asarray(ridge_at_scale(model.l2, p), model.samples.given.dtype)]
