"""Means and variances of features, from all samples at once or part after part."""

import numpy as np
import pytest

from dsnmf.estimators.priors import LEAST_VARIANCE, Priors, priors

RNG = np.random.default_rng(0)
NORMS = np.r_[0.0, 1 + RNG.random(29)]


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_parts_are_as_good_as_all_at_once(nonlinearity, offset):
    H = RNG.random((4, 30)) + offset
    scaled = H[:, 1:] / NORMS[1:] if nonlinearity == "relu" else H
    parts = Priors(1, nonlinearity)
    for part in (slice(0, 1), slice(1, 2), slice(2, 19), slice(19, 30)):
        parts.add([H[:, part]], NORMS[part])
    for (prior,) in (parts.values(), priors([H], NORMS, nonlinearity)):
        np.testing.assert_allclose(prior, [scaled.mean(axis=1), scaled.var(axis=1)], rtol=1e-8)


@pytest.mark.parametrize(
    ("H", "expected"),
    [
        (np.zeros((2, 30)), [[0, 0], [1, 1]]),
        (np.ones((2, 30)), [[1, 1], [LEAST_VARIANCE] * 2]),
        (np.vstack([np.ones(30), np.tile([-2, 2], 15)]), [[1, 0], [4 * LEAST_VARIANCE, 4]]),
    ],
)
def test_variances_are_not_too_small(H, expected):
    (prior,) = priors([H], NORMS, "tanh")
    np.testing.assert_allclose(prior, expected, atol=1e-15)


def test_linear_models_have_none():
    assert priors([np.ones((2, 30))], NORMS, "identity") == []
