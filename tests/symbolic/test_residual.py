"""The residual's error and gradients, in one block of columns and in several."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf.symbolic import residual
from dsnmf.training.modes import compile_function

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("block", [1, 40, 1 << 22])
@pytest.mark.parametrize("with_Z", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_error_and_gradients(monkeypatch, block, with_Z, dtype):
    monkeypatch.setattr(residual, "BLOCK", block)
    X, Z, F = (RNG.standard_normal(shape).astype(dtype) for shape in ((8, 17), (8, 3), (3, 17)))
    shared = [pytensor.shared(value) for value in (Z, F)]
    cost, gradients = residual.squared_error_and_gradients(
        pt.constant(X), shared[:1], shared[1], "identity", shared if with_Z else shared[1:]
    )
    error, *found = compile_function([], [cost, *gradients])()
    R = Z.astype(float) @ F - X
    expected = [2 * R @ F.T, 2 * Z.T @ R]
    np.testing.assert_allclose(error, np.sum(R**2), rtol=20 * np.finfo(dtype).eps)
    for gradient, value in zip(found, expected if with_Z else expected[1:], strict=True):
        np.testing.assert_allclose(gradient, value, atol=50 * np.finfo(dtype).eps)
    assert {error.dtype, *(gradient.dtype for gradient in found)} == {np.dtype(dtype)}
