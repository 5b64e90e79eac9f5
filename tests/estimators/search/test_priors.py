"""What features usually are, from all samples at once or part after part."""

import numpy as np
import pytest

from dsnmf.estimators.search.priors import LEAST_VARIANCE, Priors

RNG = np.random.default_rng(0)
NORMS = np.r_[0.0, 1e-17, 3 * RNG.random(28)]
Z = RNG.standard_normal((6, 4))


def values(H, nonlinearity, parts=(slice(None),), noise=0.1):
    priors = Priors(1, nonlinearity)
    for part in parts:
        other = Priors(1, nonlinearity)
        other.add([H[:, part]], NORMS[part])
        priors += other
    (prior,) = priors.values(Z, noise)
    return prior


@pytest.mark.parametrize("offset", [0, 1e6])
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_parts_are_as_good_as_all_at_once(nonlinearity, offset):
    H = RNG.random((4, 30)) + offset
    scaled, weights = H, np.ones(30)
    if nonlinearity == "relu":  # by their energy up to the mean sample's; silence says nothing
        scaled, weights = H[:, 2:] / NORMS[2:], np.minimum(NORMS[2:] ** 2, 1)
    mean = np.average(scaled, axis=1, weights=weights)
    variance = np.average((scaled - mean[:, None]) ** 2, axis=1, weights=weights)
    parts = [slice(0, 1), slice(1, 2), slice(2, 19), slice(19, 30)]
    for prior in (values(H, nonlinearity, parts), values(H, nonlinearity)):
        np.testing.assert_allclose(prior[:3], [mean, variance, scaled.min(axis=1)], rtol=1e-8)


@pytest.mark.parametrize(
    ("H", "expected"),
    [
        (np.zeros((4, 30)), [[0] * 4, [1] * 4]),
        (np.ones((4, 30)), [[1] * 4, [LEAST_VARIANCE] * 4]),
        (
            np.vstack([np.ones((3, 30)), np.tile([-2, 2], 15)]),
            [[1, 1, 1, 0], [4 * LEAST_VARIANCE] * 3 + [4]],
        ),
    ],
)
def test_variances_are_not_too_small(H, expected):
    np.testing.assert_allclose(values(H, "tanh")[:2], expected, atol=1e-15)


def test_the_regression_is_that_of_samples_with_noise():
    H, sigma = RNG.random((4, 30)), 0.3
    offset, encoder = (prior := values(H, "tanh", noise=sigma**2))[3], prior[4:]
    # Ridge regression on centred Z h with the noise's covariance for a ridge.
    centred = H - H.mean(axis=1, keepdims=True)
    Y = Z @ centred
    slope = np.linalg.solve(Y @ Y.T / 30 + sigma**2 * np.eye(6), Y @ centred.T / 30)
    np.testing.assert_allclose(Z @ encoder, slope, atol=1e-7)
    np.testing.assert_allclose(offset, H.mean(axis=1) - (Z @ H).mean(axis=1) @ slope, atol=1e-7)


def test_linear_models_have_none():
    assert Priors(1, "identity").summarise(None, Z) == ([], [])
