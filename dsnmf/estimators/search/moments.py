"""Means and variances of what comes part after part."""

import numpy as np


def _or_1(count):
    return np.where(count > 0, count, 1)


class Moments:
    """Of each row: the weight of the values that are known, their mean, Σ weight (value - mean)².

    Attributes
    ----------
    count, mean, squares : ndarray, shape (k,), or 0 before the first part
        The count is a number of values where each weighs 1.
    """

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    @classmethod
    def of(cls, values, weights=1):
        """Those of values (k x b), of which NaN are unknown; weights have shape (b,)."""
        moments, known = cls(), ~np.isnan(values)
        moments.count = (known * weights).sum(axis=1)
        total = np.where(known, values * weights, 0).sum(axis=1)
        moments.mean = total / _or_1(moments.count)
        moments.squares = np.nansum(weights * np.square(values - moments.mean[:, None]), axis=1)
        return moments

    def __iadd__(self, other):
        """By the formula of Chan, Golub & LeVeque 1983, which is stable."""
        count = self.count + other.count
        step, weight = other.mean - self.mean, other.count / _or_1(count)
        self.squares = self.squares + other.squares + step**2 * (self.count * weight)
        self.mean, self.count = self.mean + weight * step, count
        return self
