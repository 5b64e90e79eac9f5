"""Symbolic expressions of the models: nonlinearities, reconstruction, costs, dropout.

Everything here is a pure function from PyTensor variables to PyTensor variables. X is
features x samples, as in the papers; a model is X ≈ Z_1 g(Z_2 g(… g(Z_m H_m))).
"""

import warnings
from functools import cache

import numpy as np
import pytensor.tensor as pt
from pytensor.graph.basic import Variable
from pytensor.tensor.random.utils import RandomStream

from dsnmf.laplacian import affinity_terms
from dsnmf.linalg import as_data, product, row_basis, squared_norm


def relu(x):
    """Rectifier 0.5 (x + abs(x)), in the original's form.

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
    # A Python scalar may become float64 in PyTensor and lift a float32 graph; integers are lifted.
    half = pt.constant(0.5, dtype=np.result_type(x.dtype, np.float16))
    return half * (x + abs(x))


def identity(x):
    """x itself: the linear models."""
    return pt.as_tensor_variable(x)


def scaled_tanh(x):
    """1.7159 tanh(2x/3), the authors' tanh (LeCun's scaling)."""
    x = pt.as_tensor_variable(x)
    scale, slope = (pt.constant(value, dtype=x.dtype) for value in (1.7159, 2 / 3))
    return scale * pt.tanh(slope * x)


#: The nonlinearities that may be given by name.
NONLINEARITIES = {
    "identity": identity,
    "relu": relu,
    "tanh": scaled_tanh,
    "square": pt.sqr,
    "sigmoid": pt.sigmoid,
    "softplus": pt.softplus,
}


def as_nonlinearity(nonlinearity):
    """The symbolic function that a name stands for; a callable is returned as it is.

    Parameters
    ----------
    nonlinearity : str or callable
        One of "identity", "relu", "tanh", "square", "sigmoid", "softplus", or a function from a
        TensorVariable to a TensorVariable of the same shape.

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


def is_linear(nonlinearity):
    """Whether the nonlinearity (name or function) is the identity."""
    return as_nonlinearity(nonlinearity) is identity


def is_homogeneous(nonlinearity):
    """Whether g(c x) = c g(x) for c > 0, so that the features of c x are c times those of x."""
    return as_nonlinearity(nonlinearity) in (identity, relu)


def layer_features(Zs, H, layer, nonlinearity="identity"):
    """Features of one layer: H for the last, g(Z_{i+1} · features of layer i+1) below it.

    Parameters
    ----------
    Zs : list of m TensorVariables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    H : TensorVariable, shape (k_m, n)
        Features of the last layer (already non-negative where the model asks for it).
    layer : int
        1 … m.
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    TensorVariable, shape (k_layer, n)

    Raises
    ------
    ValueError
        If layer is not in 1 … m.
    """
    if not 1 <= layer <= len(Zs):
        raise ValueError(f"layer must be in 1 … {len(Zs)}, got {layer!r}")
    g = as_nonlinearity(nonlinearity)
    features = H
    for Z in reversed(Zs[layer:]):
        features = g(pt.dot(Z, features))
    return features


def reconstruction(Zs, H, nonlinearity="identity"):
    """X̂ = Z_1 g(Z_2 g(… g(Z_m H))), [A] eq. 6-8.

    Parameters
    ----------
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    TensorVariable, shape (p, n)
    """
    return pt.dot(Zs[0], layer_features(Zs, H, 1, nonlinearity))


def squared_error(X, reconstruction):
    """Σ (X - X̂)², the cost of the Theano model (no factor ½)."""
    return pt.sqr(X - reconstruction).sum()


def _last_product(Zs, H, nonlinearity):
    """(Z, F) with X̂ = Z F, small: Z = Z_1 … Z_m in a linear model, else F = H_1's value."""
    if not is_linear(nonlinearity):
        return Zs[0], layer_features(Zs, H, 1, nonlinearity)
    Z = Zs[0]
    for factor in Zs[1:]:
        Z = pt.dot(Z, factor)
    return Z, H


def reconstruction_cost(X, Zs, H, nonlinearity="identity"):
    """½‖X - X̂‖²_F, what the papers' rules minimise, without forming X̂.

    With X̂ = Z F and F = L Q (orthonormal rows in Q), it is ½(‖X‖² - ‖X Qᵀ‖² + ‖X Qᵀ - Z L‖²).
    Rounding leaves an absolute error of about eps ‖X‖², so a model that reproduces X exactly
    shows a residual norm of √eps ‖X‖ rather than of eps ‖X‖.

    Parameters
    ----------
    X : array_like or variable, shape (p, n)
        Dense or sparse; of the factors' dtype, or an array.
    Zs : list of TensorVariables
    H : TensorVariable, shape (k_m, n)
    nonlinearity : str or callable
        See `as_nonlinearity`.

    Returns
    -------
    scalar TensorVariable, >= 0
    """
    X = as_data(X, H.dtype)
    Z, F = _last_product(Zs, H, nonlinearity)
    L, Q = row_basis(F)
    XQ = product(X, Q.T)
    outside = squared_norm(X) - pt.sqr(XQ).sum()
    inside = pt.sqr(XQ - pt.dot(Z, L)).sum()
    return pt.constant(0.5, dtype=H.dtype) * (pt.maximum(outside, 0) + inside)


def residual_norm(X, Zs, H, nonlinearity="identity"):
    """‖X - X̂‖_F, not squared: the error that the authors' code prints and stops by."""
    doubled = pt.constant(2, dtype=H.dtype) * reconstruction_cost(X, Zs, H, nonlinearity)
    return pt.sqrt(doubled)


def laplacian_penalty(H, affinity):
    """½ tr(H L Hᵀ) with L = D - W: the share of the graph in what the WSF rules minimise.

    Parameters
    ----------
    H : TensorVariable, shape (k, n)
    affinity : n x n array, SciPy sparse matrix, factored label affinity or variable
        W, already times its weight. See `dsnmf.laplacian.affinity_terms`.

    Returns
    -------
    scalar TensorVariable
        >= 0 up to rounding if W >= 0.
    """
    HW, HD = affinity_terms(H, affinity)
    return pt.constant(0.5, dtype=H.dtype) * (H * (HD - HW)).sum()


def printed_cost(X, Zs, Hs, affinities):
    """‖X - Z_1 … Z_mH_m‖_F + Σ_i tr(H_i L_i H_iᵀ), the cost that the authors' WSF code prints.

    Not what the rules minimise: that is `reconstruction_cost` + Σ_i `laplacian_penalty`, which
    has the squared norm, and ½ before both.

    Parameters
    ----------
    X : array_like or variable, shape (p, n)
    Zs, Hs : lists of m TensorVariables
    affinities : list of m affinities or None
        None for a layer without.

    Returns
    -------
    scalar TensorVariable
    """
    cost = residual_norm(X, Zs, Hs[-1])
    for H, affinity in zip(Hs, affinities):
        if affinity is not None:
            cost = cost + pt.constant(2, dtype=H.dtype) * laplacian_penalty(H, affinity)
    return cost


def l1_penalty(params, norms):
    """Σ_j norm_j Σ abs(param_j) over the first len(norms) parameters; 0 without norms above 0.

    A norm is a number or a scalar TensorVariable.
    """
    terms = [
        pt.cast(norm, param.dtype) * abs(param).sum()
        for param, norm in zip(params, norms)
        if isinstance(norm, Variable) or norm
    ]
    return sum(terms) if terms else 0


@cache
def _mask_stream():
    """The generator of all masks; every use of it gets a substream of its own."""
    return RandomStream(0)


def dropout(x, p=0):
    """Zero each entry with probability p and divide the others by 1 - p.

    Parameters
    ----------
    x : TensorVariable or array_like
    p : float in [0, 1)
        The probability of dropping an entry; 0 returns x itself.

    Returns
    -------
    TensorVariable
        Same shape and dtype as x. Every call of a compiled function draws another mask, and the
        masks of two calls of `dropout` differ; a program that runs again draws the same ones.

    Raises
    ------
    ValueError
        If p is outside [0, 1).
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must be in [0, 1), got {p!r}")
    if p == 0:
        return x
    x = pt.as_tensor_variable(x)
    with warnings.catch_warnings():
        # Deprecated, but its successor leaves the generator's update to whoever compiles, while
        # research code compiles `get_h(…, have_dropout=True)` without one.
        warnings.simplefilter("ignore")
        kept = _mask_stream().bernoulli(1 - p, size=x.shape)
    return x * pt.cast(kept, x.dtype) / pt.constant(1 - p, dtype=x.dtype)
