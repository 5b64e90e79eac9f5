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

    def add(self, values):
        """Add values (k x b), of which NaN are unknown.

        By the formula of Chan, Golub & LeVeque 1983, which is stable.
        """
        known = ~np.isnan(values)
        added = known.sum(axis=1)
        count = self.count + added
        mean = np.where(known, values, 0).sum(axis=1) / np.maximum(added, 1)
        step, weight = mean - self.mean, added / np.maximum(count, 1)
        squares = np.nansum(np.square(values - mean[:, None]), axis=1)
        self.squares = self.squares + squares + step**2 * (self.count * weight)
        self.mean, self.count = self.mean + weight * step, count
