"""Features of new samples."""

import numpy as np
import pytensor
import pytest
from scipy.optimize import nnls

from dsnmf.estimators.projection import project
from tests.conftest import relative_error
from tests.textbook import pinv


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    Zs = [rng.standard_normal(shape) for shape in ((12, 6), (6, 4), (4, 3))]
    return rng.standard_normal((12, 9)), Zs


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_is_the_pseudo_inverse_of_the_product(model, layer):
    X, Zs = model
    Psi = Zs[0] if layer == 1 else np.linalg.multi_dot(Zs[:layer])
    assert relative_error(project(X, Zs, layer), pinv(Psi) @ X) < 1e-12
    shared = [pytensor.shared(Z) for Z in Zs]
    np.testing.assert_array_equal(project(X, shared, layer), project(X, Zs, layer))


def test_rank_deficient_layers_give_the_least_norm_solution(model):
    X, Zs = model
    Zs = [Zs[0], Zs[1] @ np.ones((4, 4)), Zs[2]]
    Psi = Zs[0] @ Zs[1]
    H = project(X, Zs, 2)
    assert relative_error(H, pinv(Psi) @ X) < 1e-9
    assert np.abs(H - H.mean(axis=0)).max() < 1e-9 * np.abs(H).max()


def test_non_negative_features_reach_the_least_squares_optimum(model):
    X, Zs = model
    H = project(X, Zs, nonnegative=True)
    assert H.min() >= 0
    Psi = np.linalg.multi_dot(Zs)
    best = sum(nnls(Psi, x)[1] ** 2 for x in X.T)
    assert np.sum((X - Psi @ H) ** 2) < (1 + 1e-9) * best


def test_samples_of_the_model_are_recovered(model):
    _, Zs = model
    H = np.random.default_rng(1).random((3, 20))
    X = np.linalg.multi_dot([*Zs, H])
    assert relative_error(project(X, Zs), H) < 1e-9
    assert relative_error(project(X, Zs, nonnegative=True), H) < 1e-6


def test_float32_stays_float32(model):
    X, Zs = model[0].astype("float32"), [Z.astype("float32") for Z in model[1]]
    for nonnegative in (False, True):
        H = project(X, Zs, nonnegative=nonnegative)
        assert H.dtype == "float32"
        assert relative_error(H, project(*model, nonnegative=nonnegative)) < 1e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer": 0}, "layer must be in 1 … 3, got 0"),
        ({"layer": 4}, "layer must be in 1 … 3, got 4"),
        ({"X_new": np.ones((5, 2))}, r"X_new must have 12 rows .* got shape \(5, 2\)"),
        ({"X_new": np.full((12, 2), np.nan)}, "X_new must be finite"),
        ({"Zs": [np.ones((12, 3)), np.ones((2, 2))]}, "Z_2 must have 3 rows"),
    ],
)
def test_bad_input_is_named(model, changes, message):
    arguments = {"X_new": model[0], "Zs": model[1]}
    with pytest.raises(ValueError, match=message):
        project(**{**arguments, **changes})
