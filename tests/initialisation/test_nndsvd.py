"""NNDSVD against the authors' program and its own properties."""

import numpy as np
import pytest

from dsnmf.initialisation import nndsvd
from tests.conftest import relative_error


@pytest.mark.parametrize("r", [2, 3, 5])
def test_reference(reference, r):
    run, X = reference("matlab/init_X"), np.abs(reference("matlab/base")["X"])
    Z, H = nndsvd(X, r)
    assert relative_error(Z, run[f"nndsvd_r{r}_W"]) < 1e-9
    assert relative_error(H, run[f"nndsvd_r{r}_H"]) < 1e-9


def test_negative_entries_are_taken_as_zero(reference):
    X = reference("matlab/base")["X"]
    for mixed, clipped in zip(nndsvd(X, 3), nndsvd(np.maximum(X, 0), 3)):
        np.testing.assert_array_equal(mixed, clipped)


def test_fill_replaces_the_zeros_only():
    X = np.random.default_rng(0).random((8, 12))
    for factor, filled in zip(nndsvd(X, 4, fill=0), nndsvd(X, 4, fill=0.25)):
        assert (factor == 0).any()
        np.testing.assert_array_equal(filled, np.where(factor == 0, 0.25, factor))


def test_rank_one_is_exact_and_more_components_than_the_rank_work():
    X = np.outer([1.0, 2.0, 0.5], [3.0, 1.0, 0.0, 2.0])
    Z, H = nndsvd(X, 5, fill=0)
    assert (Z.shape, H.shape) == ((3, 5), (5, 4))
    np.testing.assert_allclose(Z @ H, X, atol=1e-12)
    for factor in nndsvd(np.zeros((3, 4)), 2):
        assert np.isfinite(factor).all()


def test_dtype_follows_the_data():
    X = np.random.default_rng(1).random((6, 9))
    for single, double in zip(nndsvd(X.astype("float32"), 3), nndsvd(X, 3)):
        assert (single.dtype, double.dtype) == ("float32", "float64")
        np.testing.assert_allclose(single, double, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": [1.0], "n_components": 2}, "X must be 2-d"),
        ({"X": np.eye(3), "n_components": 0}, "n_components must be >= 1"),
        ({"X": np.eye(3), "n_components": 2, "fill": -1}, "fill must be finite and >= 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        nndsvd(**arguments)
