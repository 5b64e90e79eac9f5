"""Expressions of the models."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf import symbolic
from dsnmf.symbolic import masks

pytestmark = pytest.mark.usefixtures("without_numba")


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


def test_relu_has_gradient_one_half_at_zero_and_takes_arrays():
    x = np.array([-1, 0, 2], dtype="float32")
    symbol = pt.vector(dtype="float32")
    gradient = pt.grad(symbolic.relu(symbol).sum(), symbol).eval({symbol: x})
    np.testing.assert_array_equal(gradient, [0, 0.5, 1])
    for given in (x, x.astype("int64"), x.tolist()):
        plain, symbolised = symbolic.relu(given), symbolic.relu(pt.as_tensor(given)).eval()
        assert isinstance(plain, np.ndarray)
        assert plain.dtype == (np.float32 if given is x else np.float64)
        for result in (plain, symbolised):
            np.testing.assert_array_equal(result, [0, 0, 2])


def test_dropout_draws_a_mask_per_call_and_the_same_ones_in_another_run():
    ones = np.ones((50, 40), dtype="float32")
    assert symbolic.dropout(ones) is ones

    def run():
        masks._mask_stream.cache_clear()  # as a new process starts
        draw = pytensor.function([], [symbolic.dropout(ones, p=0.1) for _ in range(2)])
        return np.array([*draw(), *draw()])

    drawn = run()
    assert drawn.dtype == np.float32
    np.testing.assert_allclose(np.unique(drawn), [0, 1 / 0.9], rtol=1e-6)
    np.testing.assert_allclose((drawn == 0).mean(axis=(1, 2)), 0.1, atol=0.03)
    assert len(np.unique(drawn.reshape(4, -1), axis=0)) == 4
    np.testing.assert_array_equal(run(), drawn)
    with pytest.raises(ValueError, match=r"p must be in \[0, 1\)"):
        symbolic.dropout(ones, p=1)


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
