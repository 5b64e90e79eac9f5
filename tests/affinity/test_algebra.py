"""Degrees, Laplacians and sums of affinities in every form."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf.affinity import LabelAffinity, combine, degrees, label_affinity, laplacian

LABELS = [0, 0, 1, 1, 0, -1]
OTHER = [0, 1, 1, 0, 0, 0]
FORMS = {
    "factored": lambda W: W,
    "csr": lambda W: W.tosparse(),
    "coo": lambda W: scipy.sparse.coo_array(W.tosparse()),
    "dense": lambda W: W.toarray(),
}


@pytest.mark.parametrize("form", FORMS)
def test_laplacian_and_degrees(form):
    affinity = 0.5 * label_affinity(LABELS)
    W, given = affinity.toarray(), FORMS[form](affinity)
    np.testing.assert_allclose(degrees(given), W.sum(axis=1))
    L = laplacian(given)
    assert scipy.sparse.issparse(L) == (form != "dense")
    L = L if form == "dense" else L.toarray()
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
    assert isinstance(total, np.ndarray) == ("dense" in (first, second))


def test_sum_of_equal_weights_stays_factored():
    W, V = label_affinity(LABELS), label_affinity(OTHER)
    total = combine([2 * W, V], [0.1, 0.2])
    assert isinstance(total, LabelAffinity)
    np.testing.assert_allclose(total.toarray(), 0.2 * (W.toarray() + V.toarray()))
    np.testing.assert_allclose(total.degrees, total.toarray().sum(axis=1))
    np.testing.assert_allclose(combine([W, V]).toarray(), W.toarray() + V.toarray())


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
        ([np.ones((2, 3))], None, r"affinity must be n x n, got shape \(2, 3\)"),
        ([np.eye(2)], [-1], "weights must be finite and >= 0, got -1"),
    ],
)
def test_bad_sums(affinities, weights, message):
    with pytest.raises(ValueError, match=message):
        combine(affinities, weights)
