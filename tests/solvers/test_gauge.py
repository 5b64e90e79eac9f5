"""The least arbitrary form of H_."""

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_digits

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.solvers.gauge import settle_gauge
from dsnmf.training.passes import pass_over
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture
def factors():
    """Ψ whose last direction reconstructs little, and H >= 0 that lies along it here and there."""
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((p, 4)))[0] for p in (9, 4))
    V[:, 3] = np.abs(V[:, 3])
    V = np.linalg.qr(V[:, ::-1])[0][:, ::-1]
    H = np.maximum(rng.standard_normal((4, 60)), 0.01) + rng.random(60) * np.abs(V[:, [3]])
    return U * [3, 2, 1, 0.01] @ V.T, H


def settled(Psi, H, blocks=1):
    n = H.shape[1]
    edges = np.linspace(0, n, blocks + 1).astype(int)
    H = H.copy()
    run_pass = partial(pass_over, [(slice(a, b), H.T[a:b]) for a, b in pairwise(edges)])
    return settle_gauge([Psi], n, run_pass, H.T), H


@pytest.mark.parametrize("blocks", [1, 7])
def test_variance_is_the_least_that_keeps_features_and_reconstruction(factors, blocks):
    Psi, H = factors
    Z, G = settled(Psi, H, blocks)
    assert G.min() >= 0
    assert relative_error(Z @ G, Psi @ H) < 1e-12
    v = np.linalg.svd(Psi)[2][-1]

    def variance(q):
        return np.var((v - q) @ H)

    limits = {"type": "ineq", "fun": lambda q: (H - np.outer(v, q @ H)).ravel()}
    found = minimize(variance, np.zeros(4), constraints=limits, method="SLSQP", tol=1e-14)
    assert found.success
    np.testing.assert_allclose(np.var(v @ G), found.fun, rtol=1e-4)
    assert found.fun < 0.75 * np.var(v @ H)


def test_a_basis_without_such_a_direction_stays():
    H = np.random.default_rng(0).random((3, 20))
    for Psi in (np.eye(5, 3), np.ones((5, 3)), np.ones((5, 1))):
        features = H[: Psi.shape[1]]
        Z, G = settled(Psi, features)
        np.testing.assert_array_equal(Z, Psi)
        np.testing.assert_array_equal(G, features)


@pytest.mark.parametrize(
    "rows", [[[1.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]], [[1.0], [0.0], [1 / 3]]]
)
def test_features_that_are_the_same_for_all_samples(rows):
    H, Psi = np.repeat(rows, 20, axis=1), np.diag([3.0, 2.0, 0.01])
    Z, G = settled(Psi, H)
    assert G.min() >= 0
    np.testing.assert_allclose(Z @ G, Psi @ H, rtol=1e-9)


@pytest.mark.parametrize(
    "model",
    [
        SemiNMF(8, max_iter=60, noise_floor=0, **PLAIN),
        SemiNMF(8, solver="bcd", max_iter=20, noise_floor=0, **PLAIN),
        SemiNMF(8, solver="hals", max_iter=5, noise_floor=0, **PLAIN),
        DeepSemiNMF((12, 8), solver="multiplicative", max_iter=60, noise_floor=0, **PLAIN),
    ],
    ids=["multiplicative", "bcd", "hals", "deep"],
)
def test_fits_end_in_it(model, monkeypatch):
    X = load_digits().data[:300]
    ended = model.fit(X)
    H, error = ended.H_[-1], ended.reconstruction_err_
    v = np.linalg.svd(ended.components_of(-1).T)[2][-1]
    monkeypatch.setattr(type(model), "_has_gauge", lambda self: False)
    as_moved = model.fit(X)
    assert H.min() >= 0
    assert error == pytest.approx(as_moved.reconstruction_err_, rel=1e-9)
    before = np.linalg.svd(as_moved.components_of(-1).T)[2][-1]
    assert np.var(v @ H) / H.var(axis=1).sum() < np.var(before @ as_moved.H_[-1]) / (
        as_moved.H_[-1].var(axis=1).sum()
    )
