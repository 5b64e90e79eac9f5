"""The non-linear model against the authors' MATLAB runs, and its properties."""

from itertools import chain

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf import updates
from dsnmf.initialisation import appr_seminmf
from dsnmf.initialisation.nonlinear import nonlinear_start
from dsnmf.symbolic import reconstruction_cost, residual_norm
from dsnmf.updates.nonlinear_semi_nmf import EPS, STEPS
from tests import textbook
from tests.conftest import relative_error
from tests.updates.running import layers_of, shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 20: 1e-7}


def bump(x):
    """A nonlinearity of a user's own: neither named nor monotone."""
    return pt.exp(-pt.sqr(x - 1))


@pytest.mark.parametrize("nonlinearity", [pytest.param("tanh", marks=pytest.mark.numba), "square"])
def test_two_layers_follow_matlab(reference, nonlinearity):
    X, run = reference("matlab/base")["X"], reference(f"matlab/nonlinear_{nonlinearity}")
    Zs, Hs = (shared(*layers_of(run, f"{symbol}0", 2)) for symbol in "ZH")
    rule = updates.nonlinear_deep_semi_nmf(X, Zs, Hs, nonlinearity)
    norm = residual_norm(X, Zs, Hs[-1], nonlinearity)
    norms, factors = trajectory(
        pytensor.function([], norm, updates=rule), 20, (*Zs, *Hs), at=TOLERANCES
    )
    for iteration, tolerance in TOLERANCES.items():
        expected = [layers_of(run, f"{symbol}_it{iteration}", 2) for symbol in "ZH"]
        for actual, value in zip(factors[iteration], chain(*expected)):
            assert relative_error(actual, value) < tolerance
    # The first cost stands in the reference with eight digits only.
    assert abs(norms[0] - run["cost0"].item()) < 1e-7 * norms[0]
    assert relative_error(norms[1:], run["costs"].ravel()) < 1e-10


def scheme_with_numeric_gradients(X, Zs, Hs, g):
    """Factors after one iteration, derivatives by central differences, and the steps taken."""
    params, steps = [*Zs[1:], Hs[-1]], []

    def cost(params):
        F = params[-1]
        for Z in reversed(params[:-1]):
            F = g(Z @ F)
        return np.sum((X - Zs[0] @ F) ** 2) / 2

    def changed(i, value):
        return [*params[:i], value, *params[i + 1 :]]

    for i in reversed(range(len(params))):
        gradient = np.empty_like(params[i])
        for index in np.ndindex(*gradient.shape):
            shift = np.zeros_like(gradient)
            shift[index] = 1e-6
            ends = [cost(changed(i, params[i] + sign * shift)) for sign in (1, -1)]
            gradient[index] = (ends[0] - ends[1]) / 2e-6
        for step in STEPS:
            trial = params[i] - step * gradient
            if i == len(params) - 1:
                trial = np.where(trial > 0, trial, EPS)
            if cost(changed(i, trial)) <= cost(params):
                params[i] = trial
                steps.append(step)
                break
    features = [params[-1]]
    for Z in reversed(params[:-1]):
        features.insert(0, g(Z @ features[0]))
    new_Hs = [np.where(F > 0, F, EPS) for F in features[:-1]] + [params[-1]]
    return ([X @ textbook.pinv(features[0]), *params[:-1]], new_Hs), steps


@pytest.mark.parametrize(
    ("scale", "expected_steps"),
    [
        (1, [STEPS[0]] * 3),
        (60, [STEPS[0], STEPS[8], STEPS[3]]),
        (100, [STEPS[0], STEPS[5]]),  # every step of one factor raises the cost: it stays
    ],
)
def test_three_layers_and_every_kind_of_step_follow_the_scheme(scale, expected_steps):
    rng = np.random.default_rng(0)
    X = scale * rng.standard_normal((6, 9))
    Zs = [scale * rng.standard_normal((6, 4)), *map(rng.standard_normal, ((4, 3), (3, 2)))]
    Hs = [rng.random((k, 9)) for k in (4, 3, 2)]
    expected, steps = scheme_with_numeric_gradients(X, Zs, Hs, lambda x: np.exp(-((x - 1) ** 2)))
    assert steps == expected_steps
    variables = [shared(*Zs), shared(*Hs)]
    rule = updates.nonlinear_deep_semi_nmf(shared(X)[0], *variables, bump)
    pytensor.function([], updates=rule)()
    pairs = list(zip(chain(*variables), chain(*expected)))
    if np.linalg.cond(expected[1][0]) > 1e10:
        del pairs[0]  # Z_1 is not determined
    for actual, value in pairs:
        assert relative_error(actual.get_value(), value) < 1e-6


@pytest.mark.parametrize("nonlinearity", ["sigmoid", "softplus", "tanh", "square", bump])
def test_from_its_start_every_nonlinearity_descends_below_the_linear_optimum(
    reference, nonlinearity
):
    X = reference("matlab/base")["X"]
    Zs, Hs = nonlinear_start(X, (12, 5), nonlinearity, appr_seminmf)
    assert min(H.min() for H in Hs) >= 0
    Zs, Hs = shared(*Zs), shared(*Hs)
    rule = updates.nonlinear_deep_semi_nmf(X, Zs, Hs, nonlinearity)
    cost = reconstruction_cost(X, Zs, Hs[-1], nonlinearity)
    costs, _ = trajectory(pytensor.function([], cost, updates=rule), 100, ())
    assert (np.diff(costs) <= 1e-12 * np.sum(X**2)).all()
    assert costs[0] < 0.5 * np.sum(X**2)
    best_linear = np.sum(np.linalg.svd(X, compute_uv=False)[5:] ** 2) / 2
    assert costs[-1] < best_linear
    assert Hs[-1].get_value().min() > 0


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, 25)).astype("float32")
    Zs, Hs = nonlinear_start(X, (4, 3), "softplus", appr_seminmf)
    assert {factor.dtype for factor in (*Zs, *Hs)} == {np.dtype("float32")}
    products = []
    for dtype in ("float32", "float64"):
        Z_shared, H_shared = shared(*Zs, dtype=dtype), shared(*Hs, dtype=dtype)
        rule = updates.nonlinear_deep_semi_nmf(X, Z_shared, H_shared, "softplus")
        trajectory(pytensor.function([], updates=rule), 4, ())
        products.append(Z_shared[0].get_value() @ H_shared[0].get_value())
    assert relative_error(*products) < 1e-3


def test_a_nonlinearity_that_never_rises_has_no_start():
    X = np.eye(4, 6)
    with pytest.raises(ValueError, match="nonlinearity must rise to positive values"):
        nonlinear_start(X, (3, 2), lambda x: -pt.exp(x), appr_seminmf)
    with pytest.raises(ValueError, match="nonlinearity must be a function or one of"):
        updates.nonlinear_deep_semi_nmf(X, shared(np.ones((4, 2))), shared(np.ones((2, 6))), "step")
