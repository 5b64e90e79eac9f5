"""H W and H D for every form of affinity."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf.affinity import label_affinity
from dsnmf.laplacian import affinity_terms
from dsnmf.symbolic import laplacian_penalty

pytestmark = pytest.mark.usefixtures("without_numba")

LABELS = np.array([[0, 1], [0, -1], [1, 1], [2, 0], [0, 1], [1, 0], [3, 2]])


@pytest.fixture(scope="module")
def factored():
    """The sum of two binary label affinities, times 0.3."""
    return 0.3 * label_affinity(LABELS)


FORMS = {
    "factored": lambda W: W,
    "dense": lambda W: W.toarray(),
    "nearly full": lambda W: W.toarray() + 0.1,
    "csr": lambda W: scipy.sparse.csr_matrix(W.toarray()),
    "integers": lambda W: scipy.sparse.coo_array((W.toarray() > 0).astype(int)),
    "shared": lambda W: pytensor.shared(W.toarray()),
    "shared sparse": lambda W: pytensor.shared(scipy.sparse.csr_matrix(W.toarray())),
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
    np.testing.assert_allclose(HD.eval(), H * W.sum(axis=1), rtol=rtol)


def test_penalty_is_half_the_weighted_squared_distances(factored):
    H, W = np.random.default_rng(0).random((3, 7)), factored.toarray()
    distances = ((H[:, :, None] - H[:, None, :]) ** 2).sum(axis=0)
    expected = 0.25 * (W * distances).sum()
    for affinity in (factored, W):
        np.testing.assert_allclose(laplacian_penalty(pt.constant(H), affinity).eval(), expected)


@pytest.mark.parametrize(
    ("affinity", "error", "message"),
    [
        (np.ones((7, 6)), ValueError, r"affinity must be 7 x 7 .* got shape \(7, 6\)"),
        (label_affinity([0, 1, 0]), ValueError, r"affinity must be 7 x 7 .* got shape \(3, 3\)"),
        (np.full((7, 7), np.inf), ValueError, "affinity must be finite"),
        (-scipy.sparse.eye(7), ValueError, "affinity must be finite and >= 0"),
        (scipy.sparse.eye(7, k=1), ValueError, "affinity must be symmetric"),
        (np.full((7, 7), "a"), TypeError, "affinity must hold real numbers"),
    ],
)
def test_unusable_affinities_are_named(affinity, error, message):
    with pytest.raises(error, match=message):
        affinity_terms(pt.constant(np.ones((3, 7))), affinity)
