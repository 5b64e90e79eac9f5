"""The linear-program start against the authors' program and the best low-rank error."""

import numpy as np
import pytest

from dsnmf.initialisation import lp_seminmf
from dsnmf.initialisation.linear_program import _make_non_negative


def best_error(X, r):
    return np.linalg.norm(np.linalg.svd(X, compute_uv=False)[r:])


def with_positive_row(seed):
    """A noisy matrix, mixed in sign, whose leading right singular vectors span a positive one."""
    rng = np.random.default_rng(seed)
    rank, p, n = rng.integers(2, 7), rng.integers(8, 20), rng.integers(20, 60)
    rows = rng.normal(size=(rank, n))
    rows[0] = rng.uniform(0.05, 1, n)
    mixing = rng.normal(size=(p, rank))
    return mixing @ rows * 10.0 ** rng.uniform(-1, 1, n), int(rank)


@pytest.mark.parametrize("r", [2, 3, 5])
def test_errors_of_the_reference(reference, r):
    X = reference("matlab/base")["X"]
    Z, H = lp_seminmf(X, r)
    assert H.min() >= 0
    expected = reference("matlab/init_X")[f"lp_r{r}_err"].item()
    assert np.linalg.norm(X - Z @ H) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("r", [2, 3, 5])
def test_non_negative_rows_for_the_reference_solution(reference, r):
    run = reference("matlab/init_X")
    V, y, shift, expected = (run[f"lp_r{r}_{name}"] for name in ("V", "y", "eps", "H"))
    V = V.T * np.where(np.abs(V.min(axis=0)) > V.max(axis=0), -1, 1)[:, None]
    H = _make_non_negative(V, (V + shift.item()).T @ y.ravel())
    np.testing.assert_allclose(H, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_error_is_the_best_there_is(seed):
    X, rank = with_positive_row(seed)
    for r in (rank, rank + 2):  # exact, and with directions that X does not determine
        Z, H = lp_seminmf(X, r)
        assert H.min() >= 0
        assert np.linalg.norm(X - Z @ H) < 1e-8 * np.linalg.norm(X)
    noisy = np.abs(X) + 0.01 * np.random.default_rng(seed).normal(size=X.shape)
    Z, H = lp_seminmf(noisy, 3)
    assert np.linalg.norm(noisy - Z @ H) == pytest.approx(best_error(noisy, 3), rel=1e-8)


@pytest.mark.parametrize("r", [1, 2, 4])
def test_no_positive_vector(r):
    half = np.random.default_rng(r).normal(size=(6, 15))
    X = np.hstack([half, -half])  # every row is as much negative as positive
    Z, H = lp_seminmf(X, r)
    assert H.min() >= 0
    error = np.linalg.norm(X - Z @ H)
    assert best_error(X, r) < error < np.linalg.norm(X)


def test_zero_samples_get_zero_features():
    X, rank = with_positive_row(0)
    X[:, 3] = 0
    _, H = lp_seminmf(X, rank)
    assert not H[:, 3].any()
    assert H[:, :3].any(axis=0).all()


def test_dtype_follows_the_data():
    X, rank = with_positive_row(1)
    Z, H = lp_seminmf(X.astype("float32"), rank)
    assert Z.dtype == H.dtype == np.float32
    assert np.linalg.norm(X - Z @ H) < 1e-3 * np.linalg.norm(X)


@pytest.mark.parametrize(
    ("X", "r", "message"),
    [(np.full((2, 3), np.nan), 1, "X must be finite"), (np.eye(3), 0, "n_components must be >= 1")],
)
def test_bad_arguments(X, r, message):
    with pytest.raises(ValueError, match=message):
        lp_seminmf(X, r)
