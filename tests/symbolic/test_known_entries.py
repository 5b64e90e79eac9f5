"""Least squares over known entries: each row's by the textbook, never worse by a sweep."""

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import nnls

from dsnmf.symbolic import known_entries as module


@pytest.fixture(params=["one sparse product", "a product for each row"])
def problem(request, monkeypatch):
    if request.param != "one sparse product":
        monkeypatch.setattr(module, "LARGEST_SPARSE", 0)
    monkeypatch.setattr(module, "BLOCK", 200)  # several blocks of rows
    rng = np.random.default_rng(0)
    X = scipy.sparse.random(30, 12, 0.5, format="csr", random_state=0)
    X.data -= 0.5
    X.data[:3] = 0  # known as any other
    return X, rng.standard_normal((12, 4)), rng.random((30, 4))


def known_of(X, i):
    columns = X.indices[X.indptr[i] : X.indptr[i + 1]]
    return columns, X.data[X.indptr[i] : X.indptr[i + 1]]


def objectives(X, F, ridge, W):
    values = []
    for i, w in enumerate(W):
        columns, x = known_of(X, i)
        values.append(np.square(x - F[columns] @ w).sum() + ridge * len(x) * w @ w)
    return np.array(values)


@pytest.mark.parametrize("ridge", [0.1, 0.0])
def test_rows_are_those_of_the_textbook(problem, ridge):
    X, F, W = problem
    solved = module.solve_rows(X, F, ridge, W)
    best = module.best_nonnegative_rows(X, F, ridge)
    for i in range(X.shape[0]):
        columns, x = known_of(X, i)
        A = np.vstack([F[columns], np.sqrt(ridge * len(x)) * np.eye(4)])
        b = np.r_[x, np.zeros(4)]
        np.testing.assert_allclose(best[i], nnls(A, b)[0], atol=1e-9)
        if np.linalg.matrix_rank(A) == 4:
            np.testing.assert_allclose(solved[i], np.linalg.lstsq(A, b)[0], atol=1e-9)
    assert (objectives(X, F, ridge, solved) <= objectives(X, F, ridge, W) + 1e-12).all()


def test_sweeps_descend_to_the_best_rows(problem):
    X, F, W = problem
    before = objectives(X, F, 0.1, W)
    for _ in range(100):
        W = module.sweep_rows(X, F, 0.1, W)
        after = objectives(X, F, 0.1, W)
        assert (after <= before + 1e-12).all()
        before = after
    assert (W >= 0).all()
    np.testing.assert_allclose(W, module.best_nonnegative_rows(X, F, 0.1), atol=1e-9)


def test_what_known_entries_leave_open_stays(problem):
    X, F, W = problem
    F = np.hstack([F[:, :2], F[:, :2]])  # each pair's sum alone matters
    moved = module.solve_rows(X, F, 0.0, W)
    np.testing.assert_allclose(moved[:, :2] - moved[:, 2:], W[:, :2] - W[:, 2:], atol=1e-3)


def test_balanced_components_have_the_least_penalty(problem):
    _, F, W = problem
    weights = np.arange(1.0, 13), np.arange(1.0, 31)

    def penalty(Z, H):
        return sum(float(w @ np.square(of).sum(axis=1)) for w, of in zip(weights, (Z, H)))

    Z, H, _ = module.balance(F, W, *weights)
    np.testing.assert_allclose(Z @ H.T, F @ W.T)
    for factor in (0.99, 1.01):
        assert penalty(Z, H) < penalty(Z * factor, H / factor)
    assert penalty(Z, H) <= penalty(F, W)


def test_error_is_that_over_the_known_entries(problem):
    X, F, W = problem
    known = scipy.sparse.csr_matrix((np.ones(X.nnz), X.indices, X.indptr), shape=X.shape)
    expected = np.square((X.toarray() - W @ F.T) * known.toarray()).sum()
    assert module.squared_error_on_known(X, W, F) == pytest.approx(expected, rel=1e-12)
