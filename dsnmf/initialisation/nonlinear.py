"""Starting factors of the non-linear models."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.initialisation.least_squares import regress
from dsnmf.symbolic import as_nonlinearity
from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.validation import as_layers

#: The start uses arguments of the nonlinearity from -RANGE to RANGE: a range wide enough to be
#: non-linear, in which sigmoid and tanh do not saturate.
RANGE = 2.0

_GRID = np.linspace(-RANGE, RANGE, 4001)


@compile_once
def _numeric(nonlinearity, dtype):
    x = pt.matrix(dtype=dtype)
    return compile_function([x], as_nonlinearity(nonlinearity)(x))


def _rising_branch(g, dtype):
    """Arguments and values of g from its minimum on the grid up to the maximum after it."""
    values = np.asarray(g(_GRID[None].astype(dtype))[0], float)
    first = len(values) - 1 - values[::-1].argmin()
    last = first + values[first:].argmax()
    if not np.isfinite(values).all() or last == first or values[last] <= 0:
        raise ValueError(
            f"nonlinearity must rise to positive values between -{RANGE:g} and {RANGE:g}: "
            f"its values there go from {values.min():g} to {values.max():g}"
        )
    return _GRID[first : last + 1], np.maximum.accumulate(values[first : last + 1])


def nonlinear_start(X, layers, nonlinearity, factorise):
    """Factors with which X ≈ Z_1 g(Z_2 g(… g(Z_m H_m))) starts close to X.

    Layer by layer (Z_i, H_i) = factorise(T_{i-1}, k_i), T_0 = X and T_i = g⁻¹(H_i), the rows of
    H_i scaled so that their largest entry is g's largest value for arguments up to 2 (Z_i gets the
    inverse scale). Where H_i is below g's least value in that range, T_i is the argument of that
    value. So the inverse of g is finite everywhere, unlike that of sigmoid and softplus, which is
    -∞ at zeros of H_i. It is tabulated, for any g that rises somewhere. Then
    H_i ← g(Z_{i+1}H_{i+1}) from the last layer down, and Z_1 ← X H_1†, so that all factors agree.

    Parameters
    ----------
    X : array or SciPy sparse matrix, shape (p, n)
    layers : sequence of int >= 1
        k_1 … k_m.
    nonlinearity : str or callable
        See `dsnmf.symbolic.as_nonlinearity`.
    factorise : callable
        From a matrix (k_{i-1} x n) and the number k_i to Z_i (k_{i-1} x k_i) and H_i (k_i x n),
        >= 0: an initialiser, or a fitted factorisation of one layer.

    Returns
    -------
    Zs, Hs : lists of m ndarrays
        Of the dtype of factorise's results; every H > 0 except for zeros of H_m.

    Raises
    ------
    TypeError, ValueError
        If layers is not as described, or the nonlinearity is unknown or does not rise to
        positive values between -2 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import appr_seminmf
    >>> from dsnmf.initialisation.nonlinear import nonlinear_start
    >>> X = np.random.default_rng(0).normal(size=(10, 20))
    >>> Zs, Hs = nonlinear_start(X, (5, 2), "sigmoid", appr_seminmf)
    >>> bool(np.allclose(Hs[0], 1 / (1 + np.exp(-Zs[1] @ Hs[1]))))
    True
    """
    layers = as_layers(layers)
    Zs, Hs, target = [], [], X
    for i, k in enumerate(layers):
        Z, H = factorise(target, k)
        if i == 0:
            g = _numeric(nonlinearity, str(H.dtype))
            arguments, values = _rising_branch(g, H.dtype)
        if i < len(layers) - 1:
            peaks = H.max(axis=1, keepdims=True)
            scale = np.where(peaks > 0, values[-1] / np.where(peaks > 0, peaks, 1), 1)
            Z, H = (Z / scale.T).astype(H.dtype), (H * scale).astype(H.dtype)
            target = np.interp(H, values, arguments).astype(H.dtype)
        Zs.append(Z)
        Hs.append(H)
    for i in reversed(range(len(layers) - 1)):
        Hs[i] = np.maximum(g(Zs[i + 1] @ Hs[i + 1]), np.finfo(Hs[i].dtype).tiny)
    eps = float(np.finfo(Hs[0].dtype).eps)
    Zs[0] = regress(X, Hs[0], eps).astype(Hs[0].dtype)
    return Zs, Hs
