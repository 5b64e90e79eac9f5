"""Adam, in the form that the authors' Theano code uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.compile.sharedvalue import SharedVariable

from dsnmf.validation import as_number, as_scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytensor.graph.basic import Variable

    from dsnmf.typing import Scalar, Updates

#: Defaults: decays of the running means of g and of g², and the ε added outside the root.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def _gradients(loss, params):
    if isinstance(loss, list | tuple):
        if len(loss) != len(params):
            raise ValueError(f"loss holds {len(loss)} gradients for {len(params)} params")
        return list(loss)
    return pytensor.grad(loss, params)


def adam_step_size(t, learning_rate, beta1=BETA1, beta2=BETA2):
    """a_t of `adam` for step t >= 1; variables."""
    return learning_rate * pt.sqrt(1 - beta2**t) / (1 - beta1**t)


def adam_step(param, grad, m, v, step_size, beta1=BETA1, beta2=BETA2, epsilon=EPSILON):
    """m, v and the parameter after a step of `adam`; all of the parameter's dtype.

    Entries are independent, so a part of a parameter can be moved alone.

    Returns
    -------
    m, v, param : TensorVariables
    """
    constants = (beta1, 1 - beta1, beta2, 1 - beta2, epsilon)
    b1, c1, b2, c2, eps = (pt.constant(c, dtype=param.dtype) for c in constants)
    m = b1 * m + c1 * grad
    v = b2 * v + c2 * pt.sqr(grad)
    return m, v, param - pt.cast(step_size, param.dtype) * m / (pt.sqrt(v) + eps)


def adam(
    loss: Variable | Sequence[Variable],
    params: Sequence[SharedVariable],
    learning_rate: Scalar = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> Updates:
    r"""Generates update expressions of the form

    m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,
    param ← param - a_t m / (√v + ε)  with  a_t = learning_rate · √(1 - β₂ᵗ) / (1 - β₁ᵗ).

    Parameters
    ----------
    loss : scalar TensorVariable, or list of TensorVariables
        The loss, or its gradient for each of `params`.
    params : list of shared variables
    learning_rate : float > 0 or scalar TensorVariable
        A shared variable may be set between steps, so that the rate decays; its value is not
        checked.
    beta1, beta2 : float in [0, 1)
        Decay of the running mean of g and of g².
    epsilon : float > 0
        Added outside the square root.

    Returns
    -------
    dict
        {shared variable: its new expression}: the step counter "adam_t", then for each
        parameter P its moments "adam_m_P", "adam_v_P" and P itself.

    Raises
    ------
    TypeError
        If a parameter is not a shared variable, or the learning rate no scalar.
    ValueError
        If a number is out of its range, or there is not one gradient per parameter.

    References
    ----------
    Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015: the variant at the end
    of section 2, where ε stands outside the corrected root.

    Examples
    --------
    >>> import pytensor
    >>> from dsnmf.updates import adam
    >>> x = pytensor.shared(3.0, name="x")
    >>> step = pytensor.function([], x**2, updates=adam(x**2, [x], learning_rate=0.1))
    >>> float(step()), round(float(x.get_value()), 6)
    (9.0, 2.9)
    """
    params = list(params)
    for param in params:
        if not isinstance(param, SharedVariable):
            raise TypeError(f"params must be shared variables, got {param!r}")
    learning_rate = as_scalar(learning_rate, "learning_rate", 0, exclusive=True)
    epsilon = as_number(epsilon, "epsilon", 0, exclusive=True)
    for name, beta in (("beta1", beta1), ("beta2", beta2)):
        if as_number(beta, name, 0) >= 1:
            raise ValueError(f"{name} must be in [0, 1), got {beta!r}")

    grads = _gradients(loss, params)
    # The counter stays an integer and its scalars float64: they cost nothing, and the one cast
    # below keeps a float32 graph float32.
    t_previous = pytensor.shared(np.asarray(0, dtype="int64"), name="adam_t")
    t = t_previous + 1
    step_size = adam_step_size(t, learning_rate, beta1, beta2)
    updates = {t_previous: t}
    for param, grad in zip(params, grads):
        value = param.get_value(borrow=True)
        m_previous, v_previous = (
            pytensor.shared(
                np.zeros_like(value), name=f"adam_{moment}_{param.name}", shape=param.type.shape
            )
            for moment in "mv"
        )
        moments = m_previous, v_previous
        moved = adam_step(param, grad, *moments, step_size, beta1, beta2, epsilon)
        updates |= dict(zip((*moments, param), moved))
    return updates
