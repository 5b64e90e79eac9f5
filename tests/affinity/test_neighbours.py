"""Nearest-neighbour affinities against the authors' constructW and their definition."""

import sys
import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from dsnmf import WSF
from dsnmf.affinity import knn_affinity, neighbours
from tests.textbook import in_parts


@pytest.mark.parametrize(
    ("data", "n_neighbors", "kind", "expected"),
    [
        ("X", 5, "binary", "W_knn5_bin_X"),
        ("Xp", 5, "binary", "W_knn5_bin_Xp"),
        ("X", 3, "binary", "W_knn3_bin_X"),
        ("X", 5, "heat", "W_knn5_heat_X"),
        ("X", 5, "cosine", "W_knn5_cos_X"),
    ],
)
def test_reference(reference, data, n_neighbors, kind, expected):
    W = knn_affinity(reference("matlab/base")[data], n_neighbors, kind)
    assert isinstance(W, scipy.sparse.csr_matrix)
    expected = reference("matlab/constructW")[expected]
    np.testing.assert_allclose(W.toarray(), expected, rtol=1e-12, atol=1e-14)


def direct(X, n_neighbors, kind, t=1.0):
    """The definition, dense."""
    squares = np.square(X[:, :, None] - X[:, None]).sum(axis=0)
    order = np.argsort(squares + np.diag(np.full(X.shape[1], np.inf)), axis=1)[:, :n_neighbors]
    joined = np.zeros_like(squares)
    np.put_along_axis(joined, order, 1, axis=1)
    norms = np.linalg.norm(X, axis=0)
    weights = {
        "binary": 1.0,
        "heat": np.exp(-squares / (2 * t**2)),
        "cosine": np.maximum(X.T @ X / np.outer(norms, norms), 0),
    }[kind]
    return np.maximum(joined, joined.T) * weights


@pytest.mark.parametrize("kind", ["binary", "heat", "cosine"])
@pytest.mark.parametrize("seed", range(3))
def test_definition_on_data_of_any_scale(kind, seed):
    X = np.random.default_rng(seed).normal(size=(3, 30)) * (1 + np.arange(30) % 4)
    expected = direct(X, 4, kind, t=2.0)
    W = knn_affinity(X, 4, kind, t=2.0)
    np.testing.assert_allclose(W.toarray(), expected, rtol=1e-10, atol=1e-12)
    for sparse in (scipy.sparse.csc_matrix(X), in_parts(scipy.sparse.csr_matrix(X))):
        W = knn_affinity(sparse, 4, kind, t=2.0)
        np.testing.assert_allclose(W.toarray(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["binary", "heat", "cosine"])
def test_equal_and_zero_samples(kind):
    X = np.array([[1.0, 1.0, 1.0, 0.0]])
    W = knn_affinity(X, 1, kind).toarray()
    assert np.isfinite(W).all()
    assert not np.diag(W).any()
    assert W[:3, :3].sum() >= 3
    np.testing.assert_array_equal(W, W.T)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["binary", "heat", "cosine"])
def test_dtype_follows_the_data(dtype, kind):
    X = np.random.default_rng(0).random((20, 9)).astype(dtype)
    W = knn_affinity(X, 2, kind)
    assert W.dtype == dtype
    np.testing.assert_allclose(W.toarray(), direct(X.astype(float), 2, kind), atol=1e-5)


def test_found_in_steps_and_shown(monkeypatch, capsys):
    X = np.random.default_rng(0).random((30, 50)).astype(np.float32)
    X[:, 10:20] = X[:, :1]  # more equal samples than neighbours
    expected = knn_affinity(X, 3).toarray()
    monkeypatch.setattr(neighbours, "STEP", 7)
    assert capsys.readouterr().err == ""
    W = knn_affinity(X, 3, verbose=1).toarray()
    np.testing.assert_array_equal(W, expected)
    assert not np.diag(W).any()
    assert "neighbours: 100%" in capsys.readouterr().err


def test_float32_samples_stay_so(monkeypatch):
    seen = []
    monkeypatch.setitem(neighbours.SEARCHES, "exact", lambda rows, q, _: seen.append(rows))
    with pytest.raises(TypeError):
        knn_affinity(np.ones((2, 9), np.float32))
    assert seen[0].dtype == np.float32


def test_approximate_search_finds_nearly_the_same():
    pytest.importorskip("pynndescent")
    X = np.random.default_rng(0).random((8, 400)).astype(np.float32)
    exact, near = (knn_affinity(X, 4, search=search) for search in ("exact", "approximate"))
    assert near.dtype == np.float32
    assert not near.diagonal().any()
    assert (abs(near - near.T)).nnz == 0
    assert near.multiply(exact).sum() > 0.95 * exact.sum()
    model = WSF(3, affinity="approximate_knn", max_iter=20, tol=0).fit(X.T)
    assert model._map_name(-1) == "neighbors"


def test_without_pynndescent(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynndescent", None)
    with pytest.raises(ImportError, match=r'approximate.*pip install "dsnmf\[neighbors\]"'):
        knn_affinity(np.ones((2, 9)), search="approximate")


def test_many_samples_stay_sparse():
    n = 50_000
    X = np.random.default_rng(0).random((3, n))
    tracemalloc.start()
    W = knn_affinity(X, 5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert W.shape == (n, n)
    assert 5 * n <= W.nnz <= 10 * n
    assert peak < 100e6  # a dense n x n matrix of single bytes would take 2500e6


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"X": np.ones(4)}, ValueError, "X must be 2-d"),
        ({"X": np.full((2, 9), np.nan)}, ValueError, "X must be finite"),
        ({"X": scipy.sparse.csr_matrix([[np.inf, 1.0]])}, ValueError, "X must be finite"),
        ({"X": np.ones((2, 5))}, ValueError, "n_neighbors must be less than the 5 samples, got 5"),
        ({"X": np.ones((2, 9)), "n_neighbors": 0}, ValueError, "n_neighbors must be >= 1"),
        ({"X": np.ones((2, 9)), "n_neighbors": 2.0}, TypeError, "n_neighbors must be an integer"),
        ({"X": np.ones((2, 9)), "kind": "rbf"}, ValueError, "kind must be 'binary', 'heat' or"),
        ({"X": np.ones((2, 9)), "t": -1}, ValueError, "t must be finite and > 0"),
        ({"X": np.ones((2, 9)), "search": "tree"}, ValueError, "search must be one of .'exact'"),
    ],
)
def test_bad_input(arguments, error, message):
    with pytest.raises(error, match=message):
        knn_affinity(**arguments)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.neighbors", None)
    with pytest.raises(ImportError, match=r'pip install "dsnmf\[experiments\]"'):
        knn_affinity(np.ones((2, 9)))


@pytest.mark.parametrize("kind", ["binary", "heat", "cosine"])
@pytest.mark.parametrize("features", [15, 30])
def test_a_shift_of_all_samples_changes_no_neighbour(features, kind):
    near = np.round(1024 * np.random.default_rng(0).normal(size=(features, 60))) / 1024
    expected, W = (knn_affinity(X, 5, kind).toarray() for X in (near, near + 1e8))
    if kind == "cosine":
        expected, W = knn_affinity(near, 5).toarray(), W.round(6)
    np.testing.assert_allclose(W, expected, rtol=1e-12)


def test_neighbours_within_clusters_that_are_far_apart():
    near = np.random.default_rng(0).normal(size=(20, 40))
    far = near + 1e9 * (np.arange(40) % 2)
    edges = knn_affinity(far, 3).toarray()
    for start in (0, 1):
        np.testing.assert_array_equal(
            edges[start::2, start::2], knn_affinity(far[:, start::2] - 1e9 * start, 3).toarray()
        )


@pytest.mark.parametrize("unit", [2.0**600, 2.0**-600])
@pytest.mark.parametrize("kind", ["binary", "cosine"])
def test_squares_may_leave_float64(kind, unit):
    X = np.random.default_rng(0).normal(size=(20, 40))
    np.testing.assert_array_equal(
        knn_affinity(X * unit, 3, kind).toarray(), knn_affinity(X, 3, kind).toarray()
    )
