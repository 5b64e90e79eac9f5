"""Expressions of the models."""

import numpy as np
import pytensor.tensor as pt
import pytest

from dsnmf import symbolic


@pytest.mark.parametrize("name", sorted(symbolic.NONLINEARITIES))
def test_nonlinearities_keep_float32_and_give_their_formula(name):
    formulas = {
        "identity": lambda x: x,
        "relu": lambda x: np.maximum(x, 0),
        "tanh": lambda x: 1.7159 * np.tanh(2 * x / 3),
        "square": np.square,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softplus": lambda x: np.log1p(np.exp(x)),
    }
    x = np.linspace(-3, 3, 13, dtype="float32")
    y = symbolic.as_nonlinearity(name)(pt.constant(x)).eval()
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, formulas[name](x), rtol=1e-5, atol=1e-7)


def test_reconstruction_nests_the_layers():
    rng = np.random.default_rng(0)
    Zs, H = [rng.standard_normal(shape) for shape in ((6, 4), (4, 3), (3, 2))], rng.random((2, 5))
    symbols = [pt.constant(Z) for Z in Zs]
    layers = [H, np.tanh(Zs[2] @ H)]
    layers.append(np.tanh(Zs[1] @ layers[1]))
    for layer, expected in zip((3, 2, 1), layers):
        actual = symbolic.layer_features(symbols, pt.constant(H), layer, pt.tanh).eval()
        np.testing.assert_allclose(actual, expected)
    actual = symbolic.reconstruction(symbols, pt.constant(H), pt.tanh).eval()
    np.testing.assert_allclose(actual, Zs[0] @ layers[2])


@pytest.mark.parametrize("nonlinearity", ["identity", "softplus"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_reconstruction_cost_needs_no_reconstruction(nonlinearity, dtype):
    rng = np.random.default_rng(0)
    shapes = ((6, 4), (4, 3), (3, 2), (2, 5))
    *Zs, H = (pt.constant(rng.random(shape), dtype=dtype) for shape in shapes)
    X = rng.standard_normal((6, 5))
    dense = pt.constant(X, dtype=dtype) - symbolic.reconstruction(Zs, H, nonlinearity)
    cost = symbolic.reconstruction_cost(X, Zs, H, nonlinearity)
    assert cost.dtype == dtype
    rtol = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(cost.eval(), 0.5 * (dense**2).sum().eval(), rtol=rtol)
    norm = symbolic.residual_norm(X, Zs, H, nonlinearity)
    np.testing.assert_allclose(norm.eval() ** 2 / 2, cost.eval(), rtol=rtol)
    exact = symbolic.reconstruction(Zs, H, nonlinearity).eval()
    zero = symbolic.residual_norm(exact, Zs, H, nonlinearity).eval()
    assert 0 <= zero < 10 * np.sqrt(np.finfo(dtype).eps) * np.linalg.norm(exact)


def test_unknown_names_are_named():
    with pytest.raises(ValueError, match="nonlinearity must be a function or one of"):
        symbolic.as_nonlinearity("step")
    with pytest.raises(ValueError, match="layer must be in 1 … 1, got 2"):
        symbolic.layer_features([pt.matrix()], pt.matrix(), 2)
