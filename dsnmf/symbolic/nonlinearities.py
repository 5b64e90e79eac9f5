"""Nonlinearities of the models: functions of TensorVariables, by name or user-defined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import ArrayLike
    from pytensor.tensor.variable import TensorVariable

    from dsnmf.typing import Nonlinearity, TensorLike


def relu(x: TensorVariable | ArrayLike) -> Any:
    """Rectifier 0.5 (x + abs(x)), as in the original module.

    Its derivative at exactly 0 is 0.5, and pre-trained H has exact zeros, so another form of
    the same function (maximum, switch) would train along another trajectory.

    Parameters
    ----------
    x : TensorVariable or array_like

    Returns
    -------
    TensorVariable or ndarray
        Of x's shape, and of its dtype if that is a float; >= 0. Symbolic if x is.
    """
    if not isinstance(x, Variable):
        x = np.asanyarray(x)
        return 0.5 * (x + abs(x))
    # A Python scalar may become float64 in PyTensor, and turn a float32 graph into float64.
    half = pt.constant(0.5, dtype=np.result_type(x.dtype, np.float16))
    return half * (x + abs(x))


def identity(x: TensorLike) -> TensorVariable:
    """x itself: the linear models."""
    return pt.as_tensor_variable(x)


def scaled_tanh(x: TensorLike) -> TensorVariable:
    """1.7159 tanh(2x/3), the authors' tanh (LeCun's scaling)."""
    x = pt.as_tensor_variable(x)
    scale, slope = (pt.constant(value, dtype=x.dtype) for value in (1.7159, 2 / 3))
    return scale * pt.tanh(slope * x)


#: The nonlinearities by name; the only list of them in the code.
NONLINEARITIES = {
    "identity": identity,
    "relu": relu,
    "tanh": scaled_tanh,
    "square": pt.sqr,
    "sigmoid": pt.sigmoid,
    "softplus": pt.softplus,
}

#: Nonlinearities with g(c x) = c g(x) for c > 0.
HOMOGENEOUS = (identity, relu)


def as_nonlinearity(nonlinearity: Nonlinearity) -> Callable[[Any], Any]:
    """The symbolic function of a name; a callable is returned unchanged.

    Parameters
    ----------
    nonlinearity : str or callable
        A name in `NONLINEARITIES`, or a function from a TensorVariable to a TensorVariable of the
        same shape.

    Returns
    -------
    callable

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if callable(nonlinearity):
        return nonlinearity
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(
            f"nonlinearity must be a function or one of {sorted(NONLINEARITIES)}, "
            f"got {nonlinearity!r}"
        )
    return NONLINEARITIES[nonlinearity]


def is_linear(nonlinearity: Nonlinearity) -> bool:
    """Whether the nonlinearity (name or function) is the identity."""
    return as_nonlinearity(nonlinearity) is identity


def is_homogeneous(nonlinearity: Nonlinearity) -> bool:
    """Whether g(c x) = c g(x) for c > 0, so that the features of c x are c times those of x."""
    return as_nonlinearity(nonlinearity) in HOMOGENEOUS
