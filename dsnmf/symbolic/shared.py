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
    """A shared variable of the array's shape, C-contiguous; takes the array over."""
    value = np.ascontiguousarray(value)
    return _ours(pytensor.shared(value, name=name, borrow=True, shape=value.shape))


def as_parameter(value, name, shape):
    """A shared variable with a copy of the value; float64 may be assigned to float32."""
    # C order: products with the transposed layout, or with a constant, are slower.
    value = np.array(value, order="C")
    return _ours(pytensor.shared(value, name=name, borrow=True, allow_downcast=True, shape=shape))


def open_shared(name, dtype, ndim=2):
    """A shared variable for arrays of any size, in C order, that are set later; 0 until then."""
    value = np.zeros((1,) * ndim, dtype)
    return _ours(pytensor.shared(value, name=name, borrow=True, shape=(None,) * ndim))


def open_sparse(name, dtype):
    """The same for CSR matrices."""
    return pytensor.shared(scipy.sparse.csr_matrix((1, 1), dtype=dtype), name=name)


def _ours(variable):
    """Marked as one that `dsnmf.training.device` may move: a client's own stays where it is."""
    variable.tag.on_device = True
    return variable


def floatX(x: Any) -> Array:
    """x as an array of `pytensor.config.floatX`."""
    return np.asarray(x, dtype=pytensor.config.floatX)
