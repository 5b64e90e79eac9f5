"""Sparse X in every form of the same matrix, and how exact its error is."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf import DeepSemiNMF, SemiNMF
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN
from tests.textbook import in_parts


def backwards(A):
    A = A.copy()
    for start, stop in zip(A.indptr, A.indptr[1:]):
        A.indices[start:stop] = A.indices[start:stop][::-1]
        A.data[start:stop] = A.data[start:stop][::-1]
    A.has_sorted_indices = False
    return A


def int64(A):
    A = A.copy()
    A.indices, A.indptr = A.indices.astype(np.int64), A.indptr.astype(np.int64)
    return A


def stored_zeros(A):
    dense = A.toarray() + 1
    A = scipy.sparse.csr_matrix(dense)
    A.data -= 1
    return A


def read_only(A):
    A = A.copy()
    for part in (A.data, A.indices, A.indptr):
        part.setflags(write=False)
    return A


FORMS = {
    "duplicates": in_parts,
    "backwards": backwards,
    "int64": int64,
    "stored zeros": stored_zeros,
    "read-only": read_only,
    "csr array": scipy.sparse.csr_array,
    "csc": scipy.sparse.csc_matrix,
    "int64 csc array": lambda A: int64(scipy.sparse.csc_array(A)),
    "coo": scipy.sparse.coo_array,
}


@pytest.fixture(scope="module")
def expected():
    A = scipy.sparse.csr_matrix(scipy.sparse.random(40, 12, 0.4, random_state=0))
    model = SemiNMF(3, max_iter=10, tol=0, compress=False).fit(A.toarray())
    return A, model, model.transform(A.toarray())


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_matrix(form, expected):
    A, dense, features = expected
    X = FORMS[form](A)
    before = X.copy()
    model = SemiNMF(3, max_iter=10, tol=0).fit(X)
    assert relative_error(model.components_, dense.components_) < 1e-9
    assert relative_error(model.transform(X), features) < 1e-9
    assert model.reconstruction_err_ == pytest.approx(dense.reconstruction_err_, rel=1e-9)
    for part in ("data", "indices"):
        if hasattr(X, part):
            np.testing.assert_array_equal(getattr(X, part), getattr(before, part))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "model",
    [
        SemiNMF(3, init="random", random_state=0, max_iter=300, tol=0, **PLAIN),
        DeepSemiNMF((3,), solver="adam", max_iter=300, tol=0, noise_floor=0, **PLAIN),
    ],
    ids=["multiplicative", "adam"],
)
def test_error_of_a_near_exact_fit_is_true(model, dtype):
    rng = np.random.default_rng(0)
    exact = rng.random((50, 3)) * (rng.random((50, 3)) < 0.5) + 1e-3
    X = (exact @ (rng.standard_normal((3, 20)) * (rng.random((3, 20)) < 0.5))).astype(dtype)
    for data in (scipy.sparse.csr_matrix(X), X):
        model.fit(data)
        residual = X.astype(float) - model.H_[0].T.astype(float) @ model.Z_[0].T.astype(float)
        assert model.reconstruction_err_ == pytest.approx(np.linalg.norm(residual), rel=1e-4)
        assert (model.history_["cost"] >= 0).all()
