"""Arrays in which NaN marks unknown entries."""

from functools import cached_property

import numpy as np
import pytensor.tensor as pt

from dsnmf import symbolic
from dsnmf.data.samples import Samples
from dsnmf.symbolic.shared import as_shared


class Gappy(Samples):
    """An array with gaps: NaN marks unknown entries.

    Attributes
    ----------
    known : shared variable
        1 where X is known, 0 in its gaps, where X is 0; in X's dtype.
    """

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
    def known(self):
        return as_shared((~np.isnan(self.given)).astype(self.given.dtype), "known")

    @cached_property
    def start(self):
        """Gaps filled with the feature's mean."""
        known, X = ~np.isnan(self.given), self.given / self._unit
        means = np.where(known, X, 0).sum(axis=1) / known.sum(axis=1)
        return np.where(known, X, means[:, None]).astype(X.dtype)

    @cached_property
    def X(self):
        return as_shared(
            np.where(np.isnan(self.given), 0, self.start).astype(self.start.dtype), "X"
        )

    def filled(self, X_hat):
        """As `Samples` has it.

        Rules applied to it never increase the cost over the known entries: expectation-
        maximisation for weighted low-rank approximation, Srebro & Jaakkola, ICML 2003.
        """
        return self.X + (1 - self.known) * X_hat

    def completed(self, Z, F):
        return np.where(np.isnan(self.given), Z @ F, self.given)

    def of_fit(self, numbers, Z, F):
        X = self.given[:, numbers]
        return np.where(np.isnan(X), Z @ F[:, numbers], X) / self._unit

    def _squared_error(self, Z, F):
        return symbolic.squared_error(self.X, self.known * pt.dot(Z, F))

    def _block_features(self, block, feature_map):
        """Samples without gaps as if they came alone."""
        X, norms = self.given[:, block] / self._unit, self.norms[block]
        gaps = np.isnan(X).any(axis=0)
        parts = [
            (samples, of(X[:, samples], norms[samples]))
            for samples, of in ((gaps, feature_map.of_gappy), (~gaps, feature_map.of_full))
            if samples.any()
        ]
        H = np.empty((len(parts[0][1]), len(gaps)), X.dtype)
        for samples, features in parts:
            H[:, samples] = features
        return H
