"""The random start."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf.initialisation import random

X = np.random.default_rng(0).normal(size=(5, 12))


def test_Z_is_the_least_squares_fit_to_a_seeded_H():
    Z, H = random(X, 3, random_state=4)
    assert H.min() >= 0
    np.testing.assert_allclose((X - Z @ H) @ H.T, 0, atol=1e-12)
    for again in (
        random(X, 3, random_state=4),
        random(X, 3, random_state=np.random.default_rng(4)),
    ):
        np.testing.assert_array_equal(again[1], H)
    assert not np.array_equal(random(X, 3, random_state=5)[1], H)


def test_without_a_seed_restarts_differ_and_numpys_seed_repeats_them():
    np.random.seed(4)
    first, second = random(X, 3)[1], random(X, 3)[1]
    assert not np.array_equal(first, second)
    np.random.seed(4)
    np.testing.assert_array_equal(random(X, 3)[1], first)


def test_sparse_equals_dense():
    for sparse, dense in zip(
        *(random(A, 3, random_state=0) for A in (scipy.sparse.csr_matrix(X), X))
    ):
        assert isinstance(sparse, np.ndarray)
        np.testing.assert_allclose(sparse, dense, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_follows_the_data(dtype):
    Z, H = random(X.astype(dtype), 3)
    assert Z.dtype == H.dtype == dtype


def test_more_components_than_samples():
    Z, H = random(X, 20)
    np.testing.assert_allclose(Z @ H, X, atol=1e-10)


def test_bad_arguments():
    with pytest.raises(ValueError, match="n_components must be >= 1"):
        random(X, 0)
    with pytest.raises(ValueError, match="random_state must be >= 0"):
        random(X, 2, random_state=-1)
