"""GNMF, plain NMF and block coordinate descent against the authors' MATLAB runs."""

import numpy as np
import pytensor
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from dsnmf import updates
from dsnmf.affinity import combine, label_affinity
from dsnmf.symbolic import laplacian_penalty, reconstruction_cost, residual_norm
from dsnmf.training.modes import compile_function
from tests.conftest import relative_error
from tests.updates.running import shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 50: 1e-7}


@pytest.mark.parametrize("prefix", ["", "nndsvd_"])
def test_plain_nmf_follows_matlab(reference, prefix):
    X, run = reference("matlab/base")["Xp"], reference("matlab/nmf")
    names = ("Z0", "H0") if not prefix else ("nndsvd_W", "nndsvd_H")
    Z, H = shared(*(run[name] for name in names))
    step = pytensor.function([], residual_norm(X, [Z], H), updates=updates.gnmf(X, Z, H))
    norms, factors = trajectory(step, 50, (Z, H), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        for symbol, actual in zip("ZH", factors[iteration]):
            assert relative_error(actual, run[f"{prefix}{symbol}_it{iteration}"]) < tolerance
        expected = run[f"{prefix}err_it{iteration}"].item()
        assert abs(norms[iteration] - expected) < 1e-10 * expected


def test_plain_nmf_agrees_with_scikit_learn(reference):
    from sklearn.decomposition import non_negative_factorization

    X, run = reference("matlab/base")["Xp"], reference("matlab/nmf")
    Z, H = shared(run["Z0"], run["H0"])
    trajectory(pytensor.function([], updates=updates.gnmf(X, Z, H)), 4, ())
    # scikit-learn moves its left factor first, so it gets the transposed problem.
    W, C, _ = non_negative_factorization(
        X.T, W=run["H0"].T.copy(), H=run["Z0"].T.copy(), init="custom", solver="mu",
        n_components=5, max_iter=5, tol=0,
    )  # fmt: skip
    assert relative_error(Z.get_value(), C.T) < 1e-9
    assert relative_error(H.get_value(), W.T) < 1e-9


@pytest.mark.parametrize("alpha", [0, pytest.param(1, marks=pytest.mark.numba), 100])
def test_gnmf_follows_matlab(reference, alpha):
    X, run = reference("matlab/base")["Xp"], reference("matlab/gnmf")
    W = scipy.sparse.csr_matrix(alpha * run["W"])
    Z, H = shared(run["U0"], run["V0"].T)
    scale = pytensor.function([], updates=updates.unit_columns(Z, H))
    objective = reconstruction_cost(X, [Z], H) + laplacian_penalty(H, W)
    step = pytensor.function([], objective, updates=updates.gnmf(X, Z, H, W))
    scale()
    objectives, factors = trajectory(step, 50, (Z, H), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        for variable, value in zip((Z, H), factors[iteration]):
            variable.set_value(value)
        scale()
        assert relative_error(Z.get_value(), run[f"a{alpha}_U_it{iteration}"]) < tolerance
        assert relative_error(H.get_value(), run[f"a{alpha}_V_it{iteration}"]) < tolerance
    expected = run[f"a{alpha}_obj_it50"].ravel()
    assert relative_error(2 * objectives, expected) < 1e-10


@pytest.fixture(scope="module")
def bcd():
    """X, Z, H and a step of block coordinate descent for any sizes, as models compile it."""
    X, Z, H = shared(*[np.zeros((1, 1))] * 3)
    rule = updates.bcd_semi_nmf(X, Z, H)
    return X, Z, H, compile_function([], residual_norm(X, [Z], H), updates=rule)


def start(bcd, X, H):
    for variable, value in zip(bcd, (X, np.zeros((len(X), len(H))), H)):
        variable.set_value(value)


@pytest.mark.numba
def test_bcd_follows_matlab(reference):
    X, run = reference("matlab/base")["X"], reference("matlab/bcd_seminmf")
    Z, H = shared(np.zeros((len(X), 5)), run["V0"])
    rule = updates.bcd_semi_nmf(X, Z, H)
    step = pytensor.function([], residual_norm(X, [Z], H), updates=rule)
    norms, factors = trajectory(step, 50, (Z, H), at=TOLERANCES)
    for iteration, tolerance in TOLERANCES.items():
        for symbol, actual in zip("UV", factors[iteration]):
            assert relative_error(actual, run[f"{symbol}_it{iteration}"]) < tolerance
    assert relative_error(norms[1:], run["e"].ravel()) < 1e-10


@pytest.mark.parametrize("order", ["C", "F"])
def test_bcd_is_the_same_in_a_mode_without_the_kernel(reference, bcd, order):
    X, run = reference("matlab/base")["X"], reference("matlab/bcd_seminmf")
    H_value = np.where(np.arange(5)[:, None] == 2, 0, run["V0"])  # a dead component
    Z, H = shared(run["U_it1"], np.array(H_value, order=order))
    new_Z, new_H = pytensor.function(
        [], list(updates.bcd_semi_nmf(X, Z, H).values()), mode="FAST_COMPILE"
    )()
    start(bcd, X, np.array(H_value, order=order))
    bcd[-1]()
    assert relative_error(bcd[1].get_value(), new_Z) < 1e-12
    assert relative_error(bcd[2].get_value(), new_H) < 1e-12
    assert not new_H[2].any()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), p=st.integers(1, 12), n=st.integers(1, 25), k=st.integers(1, 8))
def test_bcd_never_increases_the_cost_and_keeps_H_non_negative(bcd, seed, p, n, k):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((p, n))
    start(bcd, X, rng.random((k, n)))
    norms, _ = trajectory(bcd[-1], 30, ())
    assert (np.diff(norms**2) <= 1e-12 * np.sum(X**2)).all()
    assert bcd[2].get_value().min() >= 0


def test_bcd_recovers_an_exact_factorisation_faster(reference, bcd):
    rng = np.random.default_rng(3)
    true_H = rng.random((3, 30)) * (rng.random((3, 30)) < 0.6)
    X = rng.standard_normal((10, 3)) @ true_H
    start(bcd, X, true_H + 0.05 * rng.random((3, 30)))
    trajectory(bcd[-1], 300, ())
    assert relative_error(bcd[1].get_value() @ bcd[2].get_value(), X) < 1e-6


def test_negative_data_are_refused_by_gnmf():
    Z, H = shared(np.ones((4, 2)), np.ones((2, 6)))
    with pytest.raises(ValueError, match="X must be >= 0"):
        updates.gnmf(-np.ones((4, 6)), Z, H)
    W = combine([label_affinity(np.arange(6) % 2)], constant=-0.01)
    for affinity in (W, W.toarray()):
        with pytest.raises(ValueError, match="affinity must be >= 0"):
            updates.gnmf(np.ones((4, 6)), Z, H, affinity)
    Z.set_value(-np.ones((4, 2)))
    with pytest.raises(ValueError, match="Z must be >= 0"):
        updates.gnmf(np.ones((4, 6)), Z, H)
