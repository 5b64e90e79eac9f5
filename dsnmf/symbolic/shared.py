"""Shared variables of data and factors."""

import numpy as np
import pytensor


def as_shared(value, name):
    """A shared variable of the array's shape, C-contiguous; takes the array over."""
    value = np.ascontiguousarray(value)
    return pytensor.shared(value, name=name, borrow=True, shape=value.shape)
