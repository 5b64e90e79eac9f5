"""Non-linear Deep Semi-NMF: the authors' backtracking scheme, for any number of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.scan.utils import until

from dsnmf.symbolic import as_nonlinearity, layer_features
from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.linalg import product
from dsnmf.updates.factors import as_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytensor.compile.sharedvalue import SharedVariable

    from dsnmf.typing import Nonlinearity, TensorLike, Updates

#: Steps that the backtracking tries in turn: .005, halved while >= 1e-5.
STEPS = tuple(0.005 / 2**j for j in range(9))

#: Entries of an H that are not positive become MATLAB's eps, in every dtype.
EPS = 2.0**-52


def _positive(H):
    return pt.switch(H > 0, H, pt.constant(EPS, dtype=H.dtype))


def _cost_and_slope(params, B, C, g):
    """½‖X - Z_1F‖² - ½‖X‖², the F of params = Z_2 … Z_m, H_m, and the gradient in F.

    With B = Z_1ᵀZ_1 and C = Z_1ᵀX, no array has X's size.
    """
    *Zs, H = params
    F = layer_features([None, *Zs], H, 1, g)  # Z_1 itself is not used
    slope = pt.dot(B, F) - C
    return pt.constant(0.5, dtype=F.dtype) * (F * (slope - C)).sum(), F, slope


def _backtrack(params, i, B, C, g):
    """params[i] after the first step down its gradient that does not raise the cost."""

    def moved(param, step, gradient):
        param = param - step * gradient
        return _positive(param) if i == len(params) - 1 else param

    def attempt(step, before, gradient, B, C, *params):
        params = list(params)
        params[i] = moved(params[i], step, gradient)
        accepted = _cost_and_slope(params, B, C, g)[0] <= before
        return pt.switch(accepted, step, pt.zeros_like(step)), until(accepted)

    before, F, slope = _cost_and_slope(params, B, C, g)
    # With a constant slope, the gradient of <F, slope> is that of the cost. Factors that have moved
    # depend on this one, but count as constant: the step uses a partial derivative.
    others = [slope, *params[:i], *params[i + 1 :]]
    gradient = pytensor.grad((F * slope).sum(), params[i], consider_constant=others)
    steps = pytensor.scan(
        attempt,
        pt.constant(np.array(STEPS, dtype=B.dtype)),
        non_sequences=[before, gradient, B, C, *params],
        return_updates=False,
    )
    step = steps[-1]
    return pt.switch(step > 0, moved(params[i], step, gradient), params[i])


def nonlinear_deep_semi_nmf(
    X: TensorLike,
    Zs: Sequence[SharedVariable],
    Hs: Sequence[SharedVariable],
    nonlinearity: Nonlinearity,
) -> Updates:
    r"""Generates update expressions for X ≈ Z_1 g(Z_2 g(… g(Z_m H_m))), which

    - move H_m, then Z_m, …, then Z_2 by one step along the negative gradient of
      ½‖X - Z_1 g(Z_2 g(… g(Z_m H_m)))‖²_F, each after the factors before it have moved. The step is
      the first of .005, .0025, … >= 1e-5 that does not raise the cost, or 0. Entries of H_m that
      are not positive become eps, before the cost is computed;
    - set H_i ← g(Z_{i+1}H_{i+1}) for i < m, where entries that are not positive become eps;
    - solve for Z_1 ← X g(Z_2 g(… g(Z_m H_m)))†.

    The cost never increases (beyond rounding). The stored H_1 … H_{m-1} are results only.

    Parameters
    ----------
    X : array, shared variable or symbolic matrix, shape (p, n)
        Features x samples. Best a C-contiguous shared variable: a constant is slower.
    Zs : list of m shared variables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    Hs : list of m shared variables, >= 0
        H_1 (k_1 x n), …, H_m. See `dsnmf.initialisation.nonlinear` for starting values.
    nonlinearity : str or callable
        g: a name in `dsnmf.symbolic.NONLINEARITIES`, or a function from a TensorVariable to a
        TensorVariable of the same shape, which `pytensor.grad` must be able to differentiate.

    Returns
    -------
    dict
        {shared variable: its new expression}: the Zs, then the Hs.

    Raises
    ------
    TypeError
        If a factor is not a shared variable, or dtypes differ.
    ValueError
        If shapes or numbers of layers do not fit, X is not finite, an H has a negative entry, or
        the nonlinearity's name is unknown.

    Notes
    -----
    Nothing of X's size is formed: costs and gradients use Z_1ᵀX and Z_1ᵀZ_1. The steps are
    absolute, so the scale of the factors matters.

    References
    ----------
    Trigeorgis et al., ICML 2014, eq. 6-14, and the authors' MATLAB code, which has two layers.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> from dsnmf.symbolic import reconstruction_cost
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((6, 20))
    >>> Zs = [pytensor.shared(rng.standard_normal(shape)) for shape in ((6, 4), (4, 2))]
    >>> Hs = [pytensor.shared(rng.random(shape)) for shape in ((4, 20), (2, 20))]
    >>> rule = updates.nonlinear_deep_semi_nmf(X, Zs, Hs, "softplus")
    >>> cost = reconstruction_cost(X, Zs, Hs[-1], "softplus")
    >>> step = pytensor.function([], cost, updates=rule)
    >>> costs = [float(step()) for _ in range(10)]
    >>> costs == sorted(costs, reverse=True)
    True
    """
    X, Zs, Hs = as_model(X, Zs, Hs)
    g = as_nonlinearity(nonlinearity)
    B, C = pt.dot(Zs[0].T, Zs[0]), product(Zs[0].T, X)
    params = [*Zs[1:], Hs[-1]]
    for i in reversed(range(len(params))):
        params[i] = _backtrack(params, i, B, C, g)
    *moved_Zs, moved_H = params
    factors = [Zs[0], *moved_Zs]
    features = [layer_features(factors, moved_H, i + 1, g) for i in range(len(Zs))]
    L, Q = row_basis(features[0])
    inverse = pseudo_inverse(L, size=pt.maximum(*features[0].shape))
    new_Zs = [pt.dot(product(X, Q.T), inverse), *moved_Zs]
    new_Hs = [*map(_positive, features[:-1]), moved_H]
    return dict(zip([*Zs, *Hs], [*new_Zs, *new_Hs]))
