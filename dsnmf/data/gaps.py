"""Arrays in which NaN marks unknown entries."""

from functools import cached_property

import numpy as np
import pytensor.tensor as pt

from dsnmf import symbolic
from dsnmf.data.samples import DataVariables, Samples
from dsnmf.symbolic.shared import open_shared


class GappyVariables(DataVariables):
    """Variables of an array with gaps; X is 0 in them.

    Attributes
    ----------
    known : shared variable
        1 where X is known, 0 in its gaps.
    """

    def __init__(self, dtype):
        super().__init__(dtype)
        self.known = open_shared("known", dtype)
        self.variables.append(self.known)

    def filled(self, Zs, H, nonlinearity):
        """See `DataVariables`.

        A rule that lowers the cost for the filled X lowers it over the known entries: expectation-
        maximisation for weighted low-rank approximation, Srebro & Jaakkola, ICML 2003.
        """
        return self.X + (1 - self.known) * symbolic.reconstruction(Zs, H, nonlinearity)

    def _squared_error(self, Z, F):
        return symbolic.squared_error(self.X, self.known * pt.dot(Z, F))


class Gappy(Samples):
    """An array with gaps: NaN marks unknown entries."""

    variables = GappyVariables
    is_complete = False

    def _block_energies(self, X):
        known = np.isfinite(X).sum(axis=0)
        return np.nansum(np.square(X), axis=0) * (len(X) / np.maximum(known, 1))

    def check_known(self, features=True, first=0):
        for axis, side in ((1, "feature"), (0, "sample"))[0 if features else 1 :]:
            empty = np.flatnonzero(np.isnan(self.given).all(axis=axis))
            if len(empty):
                number = empty[0] + (first if side == "sample" else 0)
                raise ValueError(f"X contains NaN in every entry of {side} {number}")

    @cached_property
    def start(self):
        """The samples, each gap filled with its feature's mean."""
        known, X = ~np.isnan(self.given), self.given / self._unit
        means = np.where(known, X, 0).sum(axis=1) / known.sum(axis=1)
        return np.where(known, X, means[:, None]).astype(X.dtype)

    def values(self):
        """X, 0 in its gaps, and the mask, 1 where X is known."""
        known = ~np.isnan(self.given)
        X = np.where(known, self.start, 0)
        return [np.array(value, self.given.dtype, order="C") for value in (X, known)]

    def completed(self, Z, F):
        return np.where(np.isnan(self.given), Z @ F, self.given)

    def filled_at_scale(self, numbers, Z, F):
        X = self.given[:, numbers]
        return np.where(np.isnan(X), Z @ F[:, numbers], X) / self._unit

    def _block_features(self, block, feature_map):
        """Features of a block; samples without gaps get those that they would get alone."""
        X, norms = self.given[:, block] / self._unit, self.norms[block]
        gaps = np.isnan(X).any(axis=0)
        parts = [
            (samples, of(X[:, samples], norms[samples]))
            for samples, of in ((gaps, feature_map.map_gappy), (~gaps, feature_map.map_full))
            if samples.any()
        ]
        H = np.empty((len(parts[0][1]), len(gaps)), X.dtype)
        for samples, features in parts:
            H[:, samples] = features
        return H
