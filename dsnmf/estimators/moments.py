"""Means and variances of what comes part after part."""

import numpy as np


class Moments:
    """Of each row: how many values are known, their mean, and Σ (value - mean)².

    Attributes
    ----------
    count, mean, squares : ndarray, shape (k,), or 0 before the first part
    """

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    @classmethod
    def of(cls, values):
        """Those of values (k x b), of which NaN are unknown."""
        moments, known = cls(), ~np.isnan(values)
        moments.count = known.sum(axis=1)
        moments.mean = np.where(known, values, 0).sum(axis=1) / np.maximum(moments.count, 1)
        moments.squares = np.nansum(np.square(values - moments.mean[:, None]), axis=1)
        return moments

    def __iadd__(self, other):
        """By the formula of Chan, Golub & LeVeque 1983, which is stable."""
        count = self.count + other.count
        step, weight = other.mean - self.mean, other.count / np.maximum(count, 1)
        self.squares = self.squares + other.squares + step**2 * (self.count * weight)
        self.mean, self.count = self.mean + weight * step, count
        return self
