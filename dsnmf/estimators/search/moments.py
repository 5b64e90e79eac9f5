"""Means and variances of data that arrive in parts."""

import numpy as np


def _or_1(count):
    return np.where(count > 0, count, 1)


class Moments:
    """For each row: the total weight of its known values, their mean, Σ weight (value - mean)².

    Attributes
    ----------
    count, mean, squares : ndarray, shape (k,), or 0 before the first part
        With weights of 1 the count is the number of values.
    """

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    @classmethod
    def from_values(cls, values, weights=1):
        """The moments of values (k x b), NaN where unknown; weights have shape (b,)."""
        moments, known = cls(), ~np.isnan(values)
        moments.count = (known * weights).sum(axis=1)
        total = np.where(known, values * weights, 0).sum(axis=1)
        moments.mean = total / _or_1(moments.count)
        moments.squares = np.nansum(weights * np.square(values - moments.mean[:, None]), axis=1)
        return moments

    def __iadd__(self, other):
        """Add by the stable formula of Chan, Golub & LeVeque 1983."""
        count = self.count + other.count
        step, weight = other.mean - self.mean, other.count / _or_1(count)
        self.squares = self.squares + other.squares + step**2 * (self.count * weight)
        self.mean, self.count = self.mean + weight * step, count
        return self
