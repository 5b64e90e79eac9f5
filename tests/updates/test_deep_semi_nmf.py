"""Deep Semi-NMF and Deep WSF against the authors' MATLAB runs and the textbook form."""

import numpy as np
import pytensor
import pytest
import scipy.sparse

from dsnmf import updates
from dsnmf.symbolic import printed_cost, reconstruction_cost, residual_norm
from dsnmf.training.modes import compile_function
from tests import textbook
from tests.conftest import relative_error
from tests.updates.running import layers_of, shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 50: 1e-7}


def random_model(seed, layers, p=10, n=25):
    rng = np.random.default_rng(seed)
    sides = (p, *layers)
    X = rng.standard_normal((p, n))
    Zs = [rng.standard_normal(shape) for shape in zip(sides, layers)]
    return X, Zs, [rng.random((k, n)) + 0.01 for k in layers]


def assert_factors(factors, Zs, Hs, tolerance):
    for actual, expected in zip(factors, (*Zs, *Hs), strict=True):
        assert relative_error(actual, expected) < tolerance


@pytest.mark.parametrize(
    ("name", "m"), [("5", 1), pytest.param("12_5", 2, marks=pytest.mark.numba)]
)
def test_algorithm_1_follows_matlab(reference, name, m):
    X, run = reference("matlab/base")["X"], reference(f"matlab/deep_seminmf_{name}")
    Zs, Hs = (shared(*layers_of(run, f"{symbol}0", m)) for symbol in "ZH")
    rule = updates.deep_semi_nmf(X, Zs, Hs)
    step = pytensor.function([], residual_norm(X, Zs, Hs[-1]), updates=rule)
    norms, factors = trajectory(step, 50, (*Zs, *Hs), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        expected = [layers_of(run, f"{symbol}_it{iteration}", m) for symbol in "ZH"]
        assert_factors(factors[iteration], *expected, tolerance)
    assert abs(norms[0] - run["cost0"].item()) < 1e-10 * norms[0]
    assert relative_error(norms[1:], run["costs"].ravel()) < 1e-10


@pytest.mark.parametrize(("name", "m"), [("5", 1), ("12_5", 2)])
@pytest.mark.parametrize("fixed", ["Z", "H", "LastH"])
def test_factors_held_fixed_follow_matlab(reference, name, m, fixed):
    X, run = reference("matlab/base")["X"], reference(f"matlab/deep_seminmf_{name}")
    Zs, Hs = (shared(*layers_of(run, f"{symbol}0", m)) for symbol in "ZH")
    switches = {
        "Z": {"update_Z": False},
        "H": {"update_H": False},
        "LastH": {"update_H": [True] * (m - 1) + [False]},
    }
    rule = updates.deep_semi_nmf(X, Zs, Hs, **switches[fixed])
    step = pytensor.function([], residual_norm(X, Zs, Hs[-1]), updates=rule)
    norms, factors = trajectory(step, 5, (*Zs, *Hs), at=(0, 5))
    names = [f"{symbol}_fixed{fixed}_it5_{i + 1}" for symbol in "ZH" for i in range(m)]
    moving = [variable in rule for variable in (*Zs, *Hs)]
    assert sum(moving) == {"Z": m, "H": m, "LastH": 2 * m - 1}[fixed]
    for name, moves, start, end in zip(names, moving, factors[0], factors[5]):
        expected = run[name] if moves else start
        assert relative_error(end, expected) < 1e-9
    assert abs(norms[5] - run[f"cost_fixed{fixed}_it5"].item()) < 1e-10 * norms[5]


@pytest.mark.parametrize(
    ("name", "m", "features"),
    [("12_5_sup", 2, "propagated"), ("12_8_4_mix", 3, "stored")],
)
def test_deep_wsf_follows_matlab(reference, name, m, features):
    X, run = reference("matlab/base")["X"], reference(f"matlab/ssdeep_seminmf_{name}")
    Zs, Hs = (shared(*layers_of(run, f"{symbol}0", m)) for symbol in "ZH")
    Ws = [scipy.sparse.csr_matrix(W) for W in layers_of(run, "W", m)]
    costs = [printed_cost(X, Zs, Hs, Ws), residual_norm(X, Zs, Hs[-1])]
    rule = updates.deep_semi_nmf(X, Zs, Hs, Ws, features=features)
    step = pytensor.function([], costs, updates=rule)
    costs, factors = trajectory(step, 50, (*Zs, *Hs), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        expected = [layers_of(run, f"{symbol}_it{iteration}", m) for symbol in "ZH"]
        assert_factors(factors[iteration], *expected, tolerance)
    assert relative_error(costs[1:, 0], run["costs"].ravel()) < 1e-10
    assert relative_error(costs[1:, 1], run["fro"].ravel()) < 1e-10


@pytest.fixture(scope="module")
def three_layers():
    """X, Zs, Hs and a step of Algorithm 1 for any sizes of three layers, as models compile it."""
    X, *factors = shared(*[np.zeros((1, 1))] * 7)
    rule = updates.deep_semi_nmf(X, factors[:3], factors[3:])
    cost = reconstruction_cost(X, factors[:3], factors[-1])
    return X, factors, compile_function([], cost, updates=rule)


@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ((8, 6, 3), (10, 25)),
        ((3, 6, 4), (10, 25)),
        ((4, 4, 9), (10, 25)),
        ((12, 7, 9), (6, 8)),
        ((1, 1, 1), (1, 5)),
        ((2, 3, 2), (5, 1)),
    ],
)
@pytest.mark.parametrize("deficient", [False, True])
def test_any_layer_sizes_and_ranks_agree_with_the_textbook(three_layers, layers, size, deficient):
    X_value, Zs, Hs = random_model(1, layers, *size)
    if deficient:
        Hs[-1][-1], Zs[1][:, 0] = Hs[-1][0], 0
    X, factors, step = three_layers
    for variable, value in zip((X, *factors), (X_value, *Zs, *Hs)):
        variable.set_value(value)
    trajectory(step, 2, ())
    expected = textbook.deep_semi_nmf(X_value, Zs, Hs, 3)
    # Individual Zs beyond the first inherit pinv's sensitivity; what they span does not.
    assert_factors([v.get_value() for v in factors], *expected, 1e-6)
    actual = [variable.get_value() for variable in factors]
    product = np.linalg.multi_dot([*actual[:3], actual[-1]])
    assert relative_error(product, np.linalg.multi_dot([*expected[0], expected[1][-1]])) < 1e-9


def test_float32_agrees_with_float64(three_layers):
    X_value, Zs_value, Hs_value = random_model(2, (8, 6, 3))
    products = []
    for dtype in ("float32", "float64"):
        Zs, Hs = shared(*Zs_value, dtype=dtype), shared(*Hs_value, dtype=dtype)
        rule = updates.deep_semi_nmf(X_value, Zs, Hs)
        trajectory(pytensor.function([], updates=rule), 20, ())
        products.append(np.linalg.multi_dot([v.get_value() for v in (*Zs, Hs[-1])]))
    assert products[0].dtype == "float32"
    assert relative_error(*products) < 1e-3


def test_sparse_data_give_what_dense_data_give(three_layers):
    X_value, Zs, Hs = random_model(3, (8, 6, 3))
    X_value *= X_value > 0.5
    X, factors, step = three_layers
    for variable, value in zip((X, *factors), (X_value, *Zs, *Hs)):
        variable.set_value(value)
    dense_costs, _ = trajectory(step, 4, ())
    Zs, Hs, sparse = shared(*Zs), shared(*Hs), scipy.sparse.csc_matrix(X_value)
    rule = updates.deep_semi_nmf(sparse, Zs, Hs)
    cost = reconstruction_cost(sparse, Zs, Hs[-1])
    costs, _ = trajectory(pytensor.function([], cost, updates=rule), 4, ())
    assert relative_error(costs, dense_costs) < 1e-9
    for actual, expected in zip((*Zs, *Hs), factors):
        assert relative_error(actual.get_value(), expected.get_value()) < 1e-6


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"Hs": []}, ValueError, "one factor per layer, got 2 and 0"),
        ({"affinities": [None]}, ValueError, r"one entry per layer \(2\), got 1"),
        ({"features": "kept"}, ValueError, "features must be 'propagated' or 'stored'"),
        ({"update_H": [True]}, ValueError, "update_H must be a bool or 2 bools"),
        ({"update_Z": "yes"}, ValueError, "update_Z must be a bool or 2 bools"),
    ],
)
def test_bad_input_is_named(changes, error, message):
    X, Zs, Hs = random_model(0, (4, 3))
    arguments = {"X": X, "Zs": shared(*Zs), "Hs": shared(*Hs)}
    with pytest.raises(error, match=message):
        updates.deep_semi_nmf(**{**arguments, **changes})


def test_layers_that_do_not_fit_are_named():
    X, Zs, Hs = random_model(0, (4, 3))
    with pytest.raises(ValueError, match=r"Z_2 must be 4 x any"):
        updates.deep_semi_nmf(X, shared(Zs[0], Zs[1][:3]), shared(*Hs))
    with pytest.raises(ValueError, match=r"H_2 must be 3 x 25"):
        updates.deep_semi_nmf(X, shared(*Zs), shared(Hs[0], Hs[1][:, 1:]))
