"""Sparse matrices less a vector in every row or column: what the dense ones give."""

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import pytest
import scipy.sparse

from dsnmf.symbolic.centred import CentredMatrix, CentredVariable
from dsnmf.symbolic.linalg import product

RNG = np.random.default_rng(0)
SPARSE = scipy.sparse.random(8, 11, 0.3, "csr", random_state=0)
MEANS = RNG.standard_normal(8)
X = CentredMatrix(SPARSE, MEANS, of_rows=True)
DENSE = SPARSE.toarray() - MEANS[:, None]
A, B = RNG.standard_normal((3, 8)), RNG.standard_normal((11, 4))


@pytest.mark.parametrize(("X", "dense"), [(X, DENSE), (X.T.T / 2, DENSE / 2)])
def test_numbers(X, dense):
    def same(actual, expected):
        np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-14)

    same(X.toarray(), dense)
    same(X.T.toarray(), dense.T)
    same(X @ B, dense @ B)
    same(A @ X, A @ dense)
    same(B.T @ X.T, B.T @ dense.T)
    same(X.T @ A[0], dense.T @ A[0])
    same(X.gram(), dense @ dense.T)
    same(X.T.gram(), dense.T @ dense)
    same(X.energies(), np.square(dense).sum(axis=1))
    same(X.T.energies(), X.energies())
    same(X[:, 2:5].toarray(), dense[:, 2:5])
    same(X.T[:, [1, 0]].toarray(), dense.T[:, [1, 0]])
    assert X.largest_magnitude() == pytest.approx(np.abs(dense).max())
    assert X.astype("float32").dtype == (X.astype("float32") @ B.astype("float32")).dtype


@pytest.mark.parametrize("transposed", [False, True])
def test_products_in_graphs(transposed):
    S, means = pytensor.sparse.csr_matrix("S"), pt.vector("means")
    left, right, X = pt.matrix("A"), pt.matrix("B"), CentredVariable(S, means)
    X, dense = (X.T, DENSE.T) if transposed else (X, DENSE)
    outputs = [product(left, X), product(X, right)]
    found = pytensor.function([S, means, left, right], outputs, mode="FAST_COMPILE")
    sides = (B.T, A.T) if transposed else (A, B)
    for actual, expected in zip(found(SPARSE, MEANS, *sides), (sides[0] @ dense, dense @ sides[1])):
        np.testing.assert_allclose(actual, expected, rtol=1e-13, atol=1e-14)
