"""Degrees, Laplacians and sums of affinities in every form."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from dsnmf.affinity import LabelAffinity, combine, degrees, label_affinity, laplacian

LABELS = [0, 0, 1, 1, 0, -1]
OTHER = [0, 1, 1, 0, 0, 0]
GRAPH = scipy.sparse.coo_array(np.diag(np.ones(5), 1) + np.diag(np.ones(5), -1))
FORMS = {
    "factored": lambda W: W,
    "csr": lambda W: W.tosparse(),
    "coo": lambda W: scipy.sparse.coo_array(W.tosparse()),
    "dense": lambda W: W.toarray(),
    "lists": lambda W: W.toarray().tolist(),
}
DENSE = ("dense", "lists")


@pytest.mark.parametrize("form", FORMS)
def test_laplacian_and_degrees(form):
    affinity = 0.5 * label_affinity(LABELS)
    W, given = affinity.toarray(), FORMS[form](affinity)
    np.testing.assert_allclose(degrees(given), W.sum(axis=1))
    L = laplacian(given)
    assert scipy.sparse.issparse(L) == (form not in DENSE)
    L = L if form in DENSE else L.toarray()
    np.testing.assert_allclose(L, np.diag(W.sum(axis=1)) - W)
    H = np.random.default_rng(0).random((2, 6))
    pairs = np.square(H[:, :, None] - H[:, None]).sum(axis=0)
    assert np.trace(H @ L @ H.T) == pytest.approx((W * pairs).sum() / 2)


@pytest.mark.parametrize("first", FORMS)
@pytest.mark.parametrize("second", FORMS)
def test_weighted_sum(first, second):
    W, V = label_affinity(LABELS), label_affinity(OTHER)
    total = combine([FORMS[first](W), FORMS[second](V)], [0.01, 0.3])
    dense = total if isinstance(total, np.ndarray) else total.toarray()
    np.testing.assert_allclose(dense, 0.01 * W.toarray() + 0.3 * V.toarray())
    assert isinstance(total, np.ndarray) == (first in DENSE or second in DENSE)
    assert isinstance(total, LabelAffinity) == (
        "factored" in (first, second) and not isinstance(total, np.ndarray)
    )


@pytest.mark.parametrize("constant", [0, 0.5, -0.01])
@pytest.mark.parametrize("dense", [False, True])
def test_sums_of_labels_graphs_and_constants(dense, constant):
    parts = [2 * label_affinity(LABELS), combine([label_affinity(OTHER)], constant=0.1), GRAPH]
    expected = [2 * label_affinity(LABELS).toarray(), label_affinity(OTHER).toarray() + 0.1]
    expected = 0.1 * expected[0] + 0.2 * expected[1] + 3 * GRAPH.toarray() + constant
    if dense:
        parts[0] = parts[0].toarray()
    total = combine(parts, [0.1, 0.2, 3], constant)
    assert isinstance(total, np.ndarray if dense else LabelAffinity)
    np.testing.assert_allclose(total if dense else total.toarray(), expected, atol=1e-15)
    np.testing.assert_allclose(degrees(total), expected.sum(axis=1))
    np.testing.assert_allclose(laplacian(total), np.diag(expected.sum(axis=1)) - expected)
    if not dense:
        np.testing.assert_allclose((0.5 * total).toarray(), 0.5 * expected, atol=1e-15)


def test_a_constant_alone_has_no_sparse_form():
    W = combine([GRAPH], constant=-0.01)
    np.testing.assert_allclose(W.toarray(), GRAPH.toarray() - 0.01)
    with pytest.raises(ValueError, match=r"a constant \(-0.01\) is dense: use toarray"):
        W.tosparse()


def test_nothing_of_size_n_x_n_is_formed():
    n = 30_000
    y = np.arange(n)
    graph = scipy.sparse.diags([1.0, 1.0], [1, -1], (n, n))
    tracemalloc.start()
    W = combine([label_affinity(y % 2), label_affinity(y % 3), graph], [1, 2, 3], -0.01)
    d = W.degrees
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert d[1] == pytest.approx((n / 2 - 1) + 2 * (n / 3 - 1) + 3 * 2 - 0.01 * n)
    assert peak < 30e6  # a class alone would take n² / 2 entries, 3600e6 bytes


def test_the_caller_s_matrix_stays_as_it_is():
    twice = scipy.sparse.csr_matrix(([1.0, 2, 4, -1], [1, 1, 0, 0], [0, 2, 4]), (2, 2))
    np.testing.assert_array_equal(combine([twice]).toarray(), [[0, 3], [3, 0]])
    assert twice.nnz == 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sum_keeps_the_dtype(dtype):
    W = label_affinity(LABELS).tosparse().astype(dtype)
    assert combine([W, W], [0.1, 0.2]).dtype == dtype
    assert laplacian(W).dtype == dtype


@pytest.mark.parametrize(
    ("affinities", "weights", "message"),
    [
        ([], None, "must not be empty and have one weight each, got 0 affinities and 0 weights"),
        ([np.eye(2)], [1, 2], "got 1 affinities and 2 weights"),
        ([np.eye(2), np.eye(3)], None, r"affinities must be of one size, got \[2, 3\] samples"),
        ([np.ones((2, 3))], None, r"affinity must be n x n .* got shape \(2, 3\)"),
        ([np.triu(np.ones((2, 2)))], None, "affinity must be symmetric, got a difference of 1"),
        ([np.full((2, 2), np.nan)], None, "affinity must be finite"),
        ([np.eye(2)], [-1], "weights must be finite and >= 0, got -1"),
    ],
)
def test_bad_sums(affinities, weights, message):
    with pytest.raises(ValueError, match=message):
        combine(affinities, weights)


@pytest.mark.parametrize(("constant", "error"), [(np.nan, ValueError), ("a", TypeError)])
def test_bad_constants(constant, error):
    with pytest.raises(error, match="constant must be"):
        combine([np.eye(2)], constant=constant)
