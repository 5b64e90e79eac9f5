"""Semi-NMF and WSF against the authors' MATLAB runs, and their properties."""

import numpy as np
import pytensor
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnmf import updates
from dsnmf.affinity import combine, knn_affinity, label_affinity
from dsnmf.symbolic import laplacian_penalty, printed_cost, reconstruction_cost, residual_norm
from dsnmf.training import stopping
from tests import textbook
from tests.conftest import relative_error
from tests.updates.running import shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 50: 1e-7}


def random_problem(seed, p=8, n=20, k=3):
    """X of mixed sign, positive H, and a symmetric affinity."""
    rng = np.random.default_rng(seed)
    X, H = rng.standard_normal((p, n)), rng.random((k, n)) + 0.01
    W = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.3), 1)
    return X, H, W + W.T


@pytest.fixture(scope="module")
def wsf():
    """X, Z, H, W and a step with WSF for any sizes; it returns the minimised objective.

    Compiled by Numba, as tests take tens of thousands of steps.
    """
    X, Z, H, W = shared(*[np.zeros((1, 1))] * 4)
    objective = reconstruction_cost(X, [Z], H) + laplacian_penalty(H, W)
    return X, Z, H, W, pytensor.function([], objective, updates=updates.semi_nmf(X, Z, H, W))


@pytest.fixture
def start_wsf(wsf):
    """A function that sets one problem into the compiled step; returns Z, H and the step."""

    def start(X, H, W):
        for variable, value in zip(wsf, (X, np.zeros((len(X), len(H))), H, W)):
            variable.set_value(value)
        return wsf[1], wsf[2], wsf[4]

    return start


def test_semi_nmf_follows_matlab_and_stops_with_it(reference):
    X, run = reference("matlab/base")["X"], reference("matlab/seminmf")
    Z, H = shared(run["Z0"], run["H0"])
    step = pytensor.function([], residual_norm(X, [Z], H), updates=updates.semi_nmf(X, Z, H))
    norms, factors = trajectory(step, 300, (Z, H), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        for name, actual in zip("ZH", factors[iteration]):
            assert relative_error(actual, run[f"{name}_it{iteration}"]) < tolerance
    assert relative_error(norms[1:51], run["costs"].ravel()) < 1e-10
    last = next(i for i in range(1, 301) if stopping.matlab_stops(norms[1 : i + 1]))
    assert last == run["nit_conv"]
    assert abs(norms[last] - run["dnorm_conv"].item()) < 1e-10 * norms[last]


def test_H_alone_follows_matlab(reference):
    X, run = reference("matlab/base")["X"], reference("matlab/seminmf")
    Z, H = shared(run["Z0"], run["H0"])
    rule = updates.semi_nmf(X, Z, H, update_Z=False)
    assert list(rule) == [H]
    _, factors = trajectory(pytensor.function([], updates=rule), 50, (H,), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        expected = run[f"H_fixedZ_notol_it{iteration}"]
        assert relative_error(factors[iteration][0], expected) < tolerance


@pytest.mark.parametrize(
    ("name", "as_affinity"),
    [
        ("sup_lam10", np.asarray),
        ("sup_lam1", scipy.sparse.csc_matrix),
        ("sup_lam0p01", scipy.sparse.csr_array),
        ("knn5_lam0p1", scipy.sparse.coo_matrix),
    ],
)
def test_wsf_follows_matlab(reference, name, as_affinity):
    X, run = reference("matlab/base")["X"], reference("matlab/ssnmf")
    Z, H = shared(np.zeros((len(X), len(run["H0"]))), run["H0"])
    W = as_affinity(run[f"{name}_W"])
    costs = [printed_cost(X, [Z], [H], [W]), residual_norm(X, [Z], H)]
    step = pytensor.function([], costs, updates=updates.semi_nmf(X, Z, H, W))
    costs, factors = trajectory(step, 50, (Z, H), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        for symbol, actual in zip("ZH", factors[iteration]):
            assert relative_error(actual, run[f"{name}_{symbol}_it{iteration}"]) < tolerance
    assert relative_error(costs[1:, 0], run[f"{name}_cost"].ravel()) < 1e-10
    assert relative_error(costs[1:, 1], run[f"{name}_fro"].ravel()) < 1e-10


def correlated_problem(constant):
    """X, H and W = Σ_a λ_a W_a + constant of two attributes and a neighbour graph."""
    rng = np.random.default_rng(0)
    first, second = np.arange(40) % 4, rng.integers(-1, 3, 40)
    X = rng.standard_normal((10, 4))[:, first] + 0.5 * rng.standard_normal((10, 40))
    graphs = [label_affinity(first), label_affinity(second), knn_affinity(X)]
    return X, rng.random((4, 40)) + 0.1, combine(graphs, [0.05, 0.02, 0.01], constant)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda W: W, marks=pytest.mark.numba, id="factored"),
        pytest.param(lambda W: W.toarray(), id="dense"),
        pytest.param(lambda W: scipy.sparse.coo_array(W.toarray()), id="sparse"),
        pytest.param(lambda W: pytensor.shared(W.toarray()), id="shared"),
    ],
)
def test_a_correlation_subtracted_from_the_affinity_follows_the_authors_rule(form):
    X, start, W = correlated_problem(constant=-0.003)
    dense = W.toarray()
    assert dense.min() < 0
    Z, H = shared(np.zeros((10, 4)), start)
    costs = [printed_cost(X, [Z], [H], [form(W)]), laplacian_penalty(H, form(W))]
    step = pytensor.function([], costs, updates=updates.semi_nmf(X, Z, H, form(W)))
    costs, factors = trajectory(step, 50, (Z, H), at=(1, 5, 50))
    for iterations in (1, 5, 50):
        expected_Z, expected_H = textbook.semi_nmf(X, start, iterations, dense)
        assert relative_error(factors[iterations][0], expected_Z) < 1e-9
        assert relative_error(factors[iterations][1], expected_H) < 1e-9
    penalty = np.trace(expected_H @ (np.diag(dense.sum(axis=1)) - dense) @ expected_H.T)
    norm = textbook.residual_norm(X, [expected_Z], [expected_H])
    np.testing.assert_allclose(costs[-1], [norm + penalty, penalty / 2], rtol=1e-9)


def test_a_negative_numerator_counts_as_zero():
    X, start, W = correlated_problem(constant=-0.1)
    Z, H = shared(np.zeros((10, 4)), start)
    pytensor.function([], updates=updates.semi_nmf(X, Z, H, W))()
    with np.errstate(invalid="ignore"):  # the authors' root is complex there
        expected = textbook.semi_nmf(X, start, 1, W.toarray())[1]
    assert 0 < np.isnan(expected).mean() < 1
    np.testing.assert_allclose(H.get_value(), np.nan_to_num(expected, nan=0), rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    p=st.integers(1, 12),
    n=st.integers(1, 25),
    k=st.integers(1, 8),
    weight=st.sampled_from([0, 0.01, 10]),
)
def test_objective_never_increases_and_H_stays_non_negative(wsf, seed, p, n, k, weight):
    X, H, W = random_problem(seed, p, n, k)
    for variable, value in zip(wsf, (X, np.zeros((p, k)), H, weight * W)):
        variable.set_value(value)
    objectives, _ = trajectory(wsf[4], 30, ())
    rounding = 1e-12 * (objectives[0] + np.sum(X**2))
    assert (np.diff(objectives) <= rounding).all()
    assert wsf[2].get_value().min() >= 0


def test_rank_deficient_H_is_fitted_as_by_a_pseudo_inverse(start_wsf):
    X, H, W = random_problem(0, k=5)
    H[1], H[2], W[0], W[:, 0] = H[0], 0, 0, 0
    Z_shared, H_shared, step = start_wsf(X, H, W)
    for iterations in (1, 5):
        Z, expected_H = textbook.semi_nmf(X, H, iterations, W)
        Z_shared, H_shared, step = start_wsf(X, H, W)
        trajectory(step, iterations - 1, ())
        assert relative_error(Z_shared.get_value(), Z) < 1e-9
        assert relative_error(H_shared.get_value(), expected_H) < 1e-9


def test_an_exact_factorisation_is_recovered(start_wsf):
    rng = np.random.default_rng(3)
    true_H = rng.random((3, 30)) * (rng.random((3, 30)) < 0.6)
    X = rng.standard_normal((10, 3)) @ true_H
    Z, H, step = start_wsf(X, true_H + 0.05 * rng.random((3, 30)), np.zeros((30, 30)))
    trajectory(step, 3000, ())
    assert relative_error(Z.get_value() @ H.get_value(), X) < 1e-6


@pytest.mark.parametrize("seed", [2, 4])
def test_a_fixed_point_satisfies_the_kkt_conditions(start_wsf, seed):
    # Without a graph: the penalty of WSF falls with the scale of H for ever, as Z takes it up.
    rng = np.random.default_rng(seed)
    true_H = rng.random((3, 15)) * (rng.random((3, 15)) < 0.6)
    X = rng.standard_normal((6, 3)) @ true_H + 0.1 * rng.standard_normal((6, 15))
    Z, H, step = start_wsf(X, true_H + 0.2 * rng.random((3, 15)), np.zeros((15, 15)))
    trajectory(step, 20000, ())
    Z, H = Z.get_value(), H.get_value()
    gradient = Z.T @ (Z @ H - X)
    scale = np.linalg.norm(Z.T @ X)
    assert np.abs(H * gradient).max() < 1e-6 * scale
    assert gradient[H / H.max() < 1e-8].min(initial=0) > -1e-6 * scale
    assert np.abs((Z @ H - X) @ H.T).max() < 1e-6 * scale


def test_float32_agrees_with_float64():
    results = []
    for dtype in ("float32", "float64"):
        X, H, W = (array.astype(dtype) for array in random_problem(2))
        Z, H = shared(np.zeros((8, 3)), H, dtype=dtype)
        rule = updates.semi_nmf(X, Z, H, W)
        step = pytensor.function([], reconstruction_cost(X, [Z], H), updates=rule)
        assert step.maker.fgraph.outputs[0].dtype == dtype
        trajectory(step, 20, ())
        results.append(Z.get_value() @ H.get_value())
    assert relative_error(*results) < 1e-3


def test_nothing_of_the_size_of_X_is_formed():
    # Static shapes let the compiled graph be searched for such an array.
    Z, H = (pytensor.shared(np.ones(shape), shape=shape) for shape in ((7, 2), (2, 11)))
    X = pytensor.shared(np.ones((7, 11)), shape=(7, 11))
    step = pytensor.function([], reconstruction_cost(X, [Z], H), updates=updates.semi_nmf(X, Z, H))
    shapes = {out.type.shape for node in step.maker.fgraph.apply_nodes for out in node.outputs}
    assert (2, 11) in shapes
    assert shapes.isdisjoint({(7, 11), (11, 7)})


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"X": np.ones((4, 5))}, ValueError, r"H_1 must be 2 x 5 to fit .* got shape \(2, 6\)"),
        ({"X": np.ones(4)}, ValueError, "X must be 2-d"),
        ({"X": np.full((4, 6), np.nan)}, ValueError, "X must be finite"),
        ({"X": pytensor.shared(np.ones((4, 6), "float32"))}, TypeError, "X must have the factors"),
        ({"Z": np.ones((4, 2))}, TypeError, "Z_1 must be a shared variable"),
        ({"Z": pytensor.shared(np.ones((4, 2), "float32"))}, TypeError, "one dtype"),
        ({"Z": pytensor.shared(np.ones((3, 2)))}, ValueError, "Z_1 must be 4 x any"),
        ({"H": pytensor.shared(-np.ones((2, 6)))}, ValueError, "H_1 must be >= 0"),
        ({"affinity": np.ones((5, 5))}, ValueError, r"affinity must be .*got shape \(5, 5\)"),
        ({"affinity": np.triu(np.ones((6, 6)))}, ValueError, "affinity must be symmetric"),
        ({"affinity": np.full((6, 6), np.nan)}, ValueError, "affinity must be finite"),
    ],
)
def test_bad_input_is_named(changes, error, message):
    arguments = {"X": np.ones((4, 6)), "Z": shared(np.ones((4, 2)))[0]}
    arguments["H"] = pytensor.shared(np.ones((2, 6)), shape=(2, 6))
    with pytest.raises(error, match=message):
        updates.semi_nmf(**{**arguments, **changes})
