"""Bases and pseudo-inverses: by NumPy, by Numba's kernels, and as plain graphs, as JAX has them."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf.symbolic.bases import pseudo_inverse, row_basis
from dsnmf.symbolic.linalg import as_data, product, squared_norm
from dsnmf.training.modes import compile_function
from tests.textbook import in_parts, pinv


def matrices(dtype):
    rng = np.random.default_rng(0)
    normal = rng.standard_normal
    yield from (normal((5, 30)), normal((30, 5)), normal((6, 6)), np.ones((1, 4)))
    yield normal((5, 3)) @ normal((3, 30))
    yield normal((30, 2)) @ normal((2, 6))
    yield normal((6, 2)) @ normal((2, 6))
    yield np.zeros((3, 7))
    # Conditions that Cholesky alone would not survive, in either precision.
    yield 10.0 ** -np.arange(4 if dtype == "float32" else 10)[:, None] * normal((1, 50)) + (
        np.eye(4 if dtype == "float32" else 10, 50) * 10.0 ** (-3 if dtype == "float32" else -9)
    )
    yield np.asfortranarray(normal((7, 9)))


@pytest.mark.parametrize("mode", [None, "NUMBA", "JAX"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_bases_and_pseudo_inverses(dtype, mode):
    A = pt.matrix(dtype=dtype)
    outputs = [*row_basis(A), pseudo_inverse(A), squared_norm(A)]
    function = compile_function([A], outputs, mode=mode)
    eps = np.finfo(dtype).eps
    for value in matrices(dtype):
        value = value.astype(dtype)
        before = value.copy()
        L, Q, inverse, norm2 = function(value)
        assert {L.dtype, Q.dtype, inverse.dtype, norm2.dtype} == {np.dtype(dtype)}
        np.testing.assert_array_equal(value, before)
        assert np.abs(L @ Q - value).max() <= 50 * eps * np.abs(value).max()
        assert np.abs(Q @ Q.T - np.eye(len(Q))).max() < 50 * eps
        expected = pinv(value)
        condition = np.linalg.norm(value, 2) * np.linalg.norm(expected, 2)
        error = np.linalg.norm(inverse - expected)
        assert error <= 50 * eps * condition * np.linalg.norm(expected)
        np.testing.assert_allclose(norm2, np.linalg.norm(value) ** 2, rtol=10 * eps)


def test_the_cut_off_is_that_of_the_matrix_stood_for():
    A = np.diag([1.0, 1e-13])
    small, large = (pseudo_inverse(pt.constant(A), size=size).eval() for size in (2, 1000))
    np.testing.assert_allclose(small, np.diag([1, 1e13]))
    np.testing.assert_allclose(large, np.diag([1.0, 0]))


@pytest.mark.parametrize("mode", [None, "NUMBA"])
@pytest.mark.parametrize("stored", [lambda X: X, in_parts])
@pytest.mark.parametrize("as_variable", [lambda X: as_data(X, "float64"), pytensor.shared])
def test_sparse_data_give_what_dense_data_give(as_variable, stored, mode):
    rng = np.random.default_rng(0)
    dense, A, B = (
        rng.standard_normal((6, 8)) * (rng.random((6, 8)) < 0.3),
        rng.random((3, 6)),
        rng.random((8, 3)),
    )
    X = as_variable(stored(scipy.sparse.csr_matrix(dense)))
    outputs = [product(X, pt.constant(B)), product(pt.constant(A), X), squared_norm(X)]
    XB, AX, norm2 = compile_function([], outputs, mode=mode)()
    np.testing.assert_allclose(XB, dense @ B)
    np.testing.assert_allclose(AX, A @ dense)
    np.testing.assert_allclose(norm2, np.sum(dense**2))


def test_parts_of_an_entry_are_added_up_though_the_matrix_believes_there_are_none():
    X = scipy.sparse.csr_matrix(np.array([[3.0, 4.0, 0.0]]))
    assert X.has_canonical_format  # SciPy remembers this
    X.indices[:] = 0  # as columns are merged
    for form in (X, X.tocsc(), X.tocoo()):
        variable = as_data(form, "float32")
        np.testing.assert_array_equal(variable.data.toarray(), [[7, 0, 0]])
        assert squared_norm(variable).eval() == 49
    assert X.nnz == 2  # the caller's is as it was


def test_sparse_data_are_checked():
    with pytest.raises(ValueError, match="X must be finite"):
        as_data(scipy.sparse.csr_matrix([[np.inf, 0.0]]), "float64")
