"""Shared variables of data and factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor
import scipy.sparse

if TYPE_CHECKING:
    from typing import Any

    from dsnmf.typing import Array


def as_shared(value, name):
    """A shared variable that uses the array itself, if it is C-contiguous; of fixed shape."""
    value = np.ascontiguousarray(value)
    return _ours(pytensor.shared(value, name=name, borrow=True, shape=value.shape))


def as_parameter(value, name, shape):
    """A shared variable with a copy of the value; float32 ones accept float64 values."""
    # C order: products with the transposed layout, or with a constant, are slower.
    value = np.array(value, order="C")
    return _ours(pytensor.shared(value, name=name, borrow=True, allow_downcast=True, shape=shape))


def open_shared(name, dtype, ndim=2):
    """A shared variable for arrays of any size, in C order; 0 until a value is set."""
    value = np.zeros((1,) * ndim, dtype)
    return _ours(pytensor.shared(value, name=name, borrow=True, shape=(None,) * ndim))


def open_sparse(name, dtype):
    """A shared variable for CSR matrices of any size; 0 until a value is set."""
    return pytensor.shared(scipy.sparse.csr_matrix((1, 1), dtype=dtype), name=name)


def _ours(variable):
    """Mark a variable as ours: `dsnmf.training.device` may move it, but not a client's."""
    variable.tag.on_device = True
    return variable


def floatX(x: Any) -> Array:
    """x as an array of `pytensor.config.floatX`."""
    return np.asarray(x, dtype=pytensor.config.floatX)
