"""Products of tall matrices, whole and some rows at a time."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf.solvers import row_products
from dsnmf.solvers.row_products import rows_against, rows_times

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("multiplications", [1, 16 * 30 * 4, 10**6], ids=["whole", "cut", "one"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, scipy.sparse.csr_matrix])
def test_products_are_the_same(monkeypatch, form, dtype, multiplications):
    monkeypatch.setattr(row_products, "MULTIPLICATIONS", multiplications)
    X, M, Q = (RNG.standard_normal(shape).astype(dtype) for shape in ((50, 30), (30, 4), (50, 4)))
    out, rounding = np.empty((50, 4), dtype), 200 * np.finfo(dtype).eps
    rows_times(form(X), M, out)
    np.testing.assert_allclose(out, X @ M, rtol=0, atol=rounding)
    total = rows_against(form(X), Q)
    assert total.dtype == np.float64
    np.testing.assert_allclose(total, X.T @ Q, rtol=0, atol=rounding)
