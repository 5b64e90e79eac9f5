"""Units for numbers whose squares leave their dtype: powers of two, which round nothing."""

import math

import numpy as np
import scipy.sparse

#: Numbers within this power of a dtype's range have squares, and products of two squares, in range.
SAFE = 0.25


def largest_magnitude(X):
    """The largest magnitude of the known entries of an array or sparse matrix; 0 without any.

    Other matrices have a method `largest_magnitude`.
    """
    if hasattr(X, "largest_magnitude"):
        return X.largest_magnitude()
    values = X.data if scipy.sparse.issparse(X) else np.asarray(X)
    top, bottom = (f.reduce(values, axis=None, initial=0) for f in (np.fmax, np.fmin))
    return max(float(top), -float(bottom))


def power_of_two(magnitude):
    """The power of two at or below a magnitude; 1 for 0."""
    return 2.0 ** (math.frexp(magnitude)[1] - 1) if magnitude else 1.0


def safe_unit(X):
    """A power of two by which to divide X before squaring in its dtype; 1 if not needed."""
    limits, largest = np.finfo(X.dtype), largest_magnitude(X)
    if not largest or float(limits.tiny) ** SAFE < largest < float(limits.max) ** SAFE:
        return 1.0
    return power_of_two(largest)
