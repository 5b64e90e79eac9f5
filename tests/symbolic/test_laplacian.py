"""H W and H D for every form of affinity."""

import tracemalloc

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf.affinity import combine, label_affinity
from dsnmf.symbolic import laplacian_penalty
from dsnmf.symbolic.laplacian import affinity_terms, may_be_negative
from tests.textbook import in_parts

pytestmark = pytest.mark.usefixtures("without_numba")

LABELS = np.array([[0, 1], [0, -1], [1, 1], [2, 0], [0, 1], [1, 0], [3, 2]])


@pytest.fixture(scope="module")
def factored():
    """The sum of two binary label affinities, times 0.3."""
    return 0.3 * label_affinity(LABELS)


def int64(W):
    W = W.tosparse()
    W.indices, W.indptr = W.indices.astype(np.int64), W.indptr.astype(np.int64)
    return W


RING = scipy.sparse.csr_matrix(np.roll(np.eye(7), 1, axis=0) + np.roll(np.eye(7), -1, axis=0))
FORMS = {
    "factored": lambda W: W,
    "two weights": lambda W: combine([W, label_affinity(LABELS[:, 1])], [1, 0.5]),
    "with neighbours": lambda W: combine([W, RING], [1, 0.1]),
    "less a constant": lambda W: combine([W, RING], [1, 0.1], constant=-0.02),
    "neighbours less a constant": lambda W: combine([RING], constant=-0.02),
    "nothing known": lambda W: label_affinity([-1] * 7),
    "dense": lambda W: W.toarray(),
    "nearly full": lambda W: W.toarray() + 0.1,
    "signed": lambda W: W.toarray() - 0.1,
    "csr": lambda W: W.tosparse(),
    "csc array": lambda W: scipy.sparse.csc_array(W.tosparse()),
    "csr in parts": lambda W: in_parts(W.tosparse()),
    "signed csr": lambda W: W.tosparse() - RING,
    "int64 indices": int64,
    "integers": lambda W: scipy.sparse.coo_array((W.toarray() > 0).astype(int)),
    "shared": lambda W: pytensor.shared(W.toarray()),
    "shared sparse": lambda W: pytensor.shared(W.tosparse()),
    "shared csr in parts": lambda W: pytensor.shared(in_parts(W.tosparse())),
    "shared csc": lambda W: pytensor.shared(W.tosparse().tocsc()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_form_gives_the_same_terms(factored, form, dtype):
    affinity = FORMS[form](factored)
    value = affinity.get_value() if hasattr(affinity, "get_value") else affinity
    W = value.toarray() if hasattr(value, "toarray") else value
    H = np.random.default_rng(0).random((3, 7)).astype(dtype)
    if form.startswith("shared") and dtype == "float32":
        affinity = pytensor.shared(value.astype("float32"))
    HW, HD = affinity_terms(pt.constant(H), affinity)
    assert HW.dtype == HD.dtype == dtype
    rtol = 1e-6 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(HW.eval(), H @ W, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(HD.eval(), H * W.sum(axis=1), rtol=rtol, atol=rtol)
    assert may_be_negative(affinity) == (form.startswith("shared") or bool(W.min() < 0))


@pytest.mark.parametrize("constant", [0, -0.3])
def test_penalty_is_half_the_weighted_squared_distances(factored, constant):
    affinity = combine([factored, RING], [1, 0.2], constant)
    H, W = np.random.default_rng(0).random((3, 7)), affinity.toarray()
    distances = ((H[:, :, None] - H[:, None, :]) ** 2).sum(axis=0)
    expected = 0.25 * (W * distances).sum()
    assert (expected < 0) == (constant < 0)
    for form in (affinity, W):
        np.testing.assert_allclose(laplacian_penalty(pt.constant(H), form).eval(), expected)


def test_factored_terms_form_nothing_of_size_n_x_n():
    n, weights = 30_000, (0.5, 2.0)
    y, H = np.arange(n), np.random.default_rng(0).random((2, n))
    ring = scipy.sparse.diags([1.0, 1.0], [1, -1], (n, n))
    tracemalloc.start()
    W = combine([label_affinity(y % 2), label_affinity(y % 3), ring], [*weights, 3], -0.01)
    HW = affinity_terms(pt.constant(H), W)[0].eval()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    expected = 3 * (np.pad(H, ((0, 0), (1, 1)))[:, :-2] + np.pad(H, ((0, 0), (1, 1)))[:, 2:])
    expected -= 0.01 * H.sum(axis=1, keepdims=True)
    for weight, c in zip(weights, (2, 3)):
        sums = np.stack([H[:, y % c == j].sum(axis=1) for j in range(c)], axis=1)
        expected += weight * (sums[:, y % c] - H)
    np.testing.assert_allclose(HW, expected, rtol=1e-9)
    assert peak < 50e6  # a class alone would take n² / 2 entries, 3600e6 bytes


def test_rounding_never_makes_a_product_negative():
    # Each sample is alone in its class, with weights whose sum is not exact: HW is 0.
    weights = [0.1, 0.7, 1 / 3, 0.9, 1.1, 0.3, 0.05]
    W = combine([label_affinity(np.arange(50))] * len(weights), weights)
    HW = affinity_terms(pt.constant(np.random.default_rng(0).random((3, 50))), W)[0].eval()
    assert HW.min() >= 0
    assert HW.max() < 1e-15


@pytest.mark.parametrize(
    ("affinity", "error", "message"),
    [
        (np.ones((7, 6)), ValueError, r"affinity must be 7 x 7 .* got shape \(7, 6\)"),
        (label_affinity([0, 1, 0]), ValueError, r"affinity must be 7 x 7 .* got shape \(3, 3\)"),
        (np.full((7, 7), np.inf), ValueError, "affinity must be finite"),
        (scipy.sparse.eye(7, k=1), ValueError, "affinity must be symmetric"),
        (-np.triu(np.ones((7, 7))), ValueError, "affinity must be symmetric, .* 1"),
        (np.full((7, 7), "a"), TypeError, "affinity must hold real numbers"),
    ],
)
def test_unusable_affinities_are_named(affinity, error, message):
    with pytest.raises(error, match=message):
        affinity_terms(pt.constant(np.ones((3, 7))), affinity)
