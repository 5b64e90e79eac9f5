"""Pseudo-inverses of columns of very different size, and of ones that depend on others."""

import numpy as np
import pytest

from dsnmf.initialisation.least_squares import pseudo_inverse, regress, without_rounding
from tests.conftest import relative_error

SIZES = 10.0 ** np.linspace(-9, 9, 5)


@pytest.fixture
def A():
    return np.random.default_rng(0).standard_normal((12, 5))


@pytest.mark.parametrize("eps", [np.finfo(np.float32).eps, np.finfo(float).eps])
def test_small_columns_are_no_zeros(A, eps):
    G = pseudo_inverse(A * SIZES, eps)
    assert relative_error(SIZES[:, None] * G, np.linalg.pinv(A)) < 1e-12
    assert without_rounding(A * SIZES, eps)[1].shape == (5, 5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dependent_columns_give_the_least_norm(A, dtype):
    dependent = np.hstack([A, A.sum(axis=1, keepdims=True)])
    eps = np.finfo(dtype).eps
    G = pseudo_inverse(dependent.astype(dtype), eps)
    assert relative_error(G, np.linalg.pinv(dependent, rcond=1e-10)) < 100 * eps


def test_zero_columns_and_extremes(A):
    A[:, 2] = 0
    for unit in (1.0, 2.0**600, 2.0**-600):
        G = pseudo_inverse(A * unit)
        np.testing.assert_allclose(G * unit, np.linalg.pinv(A), atol=1e-12)
    assert pseudo_inverse(np.zeros((4, 3))).shape == (3, 4)


def test_regression_on_nearly_dependent_rows_keeps_the_rank_of_the_data():
    rng = np.random.default_rng(0)
    X = (rng.standard_normal((12, 3)) @ rng.standard_normal((3, 40))).astype(np.float32)
    H = np.ones((6, 40)) + 1e-5 * rng.random((6, 40))
    C = regress(X, H.astype(np.float32), np.finfo(np.float32).eps)
    sigma = np.linalg.svd(C, compute_uv=False)
    assert sigma[3] < 1e-9 * sigma[0] < sigma[2]
