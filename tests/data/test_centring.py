"""Means, medians and deviations of features, whatever holds them, and what is made of them."""

from functools import reduce

import numpy as np
import pytest
import scipy.sparse
from sklearn.preprocessing import RobustScaler, StandardScaler

from dsnmf.data.centring import Centring, Deviations, deviation_terms
from dsnmf.data.known import known_entries, with_gaps
from dsnmf.symbolic.centred import CentredMatrix
from dsnmf.training.passes import add_terms
from tests.conftest import relative_error

RNG = np.random.default_rng(0)
DENSE = 5 + 2 * RNG.standard_normal((50, 6))
DENSE[:, 2] = 0.1  # sums of which are rounded
GAPS = np.where(RNG.random(DENSE.shape) < 0.3, np.nan, DENSE)
MOSTLY_ZERO = np.where(RNG.random(DENSE.shape) < 0.3, DENSE - 5, 0)
KNOWN = np.where(RNG.random(DENSE.shape) < 0.4, DENSE - 5, np.nan)
KNOWN[0] = 0  # stored zeros are known
MOSTLY_ZERO[:, 1], MOSTLY_ZERO[:, 2], MOSTLY_ZERO[:, 3] = 0, -3, np.abs(DENSE[:, 3])
UNKNOWN = known_entries(KNOWN)
FORMS = {
    "full": (DENSE, DENSE),
    "gaps": (GAPS, GAPS),
    "sparse": (scipy.sparse.csr_matrix(MOSTLY_ZERO), MOSTLY_ZERO),
}


def by_blocks(X, size):
    parts = [deviation_terms(X[start : start + size]) for start in range(0, X.shape[0], size)]
    return reduce(add_terms, (terms for _, terms in parts), None)[0]


@pytest.mark.parametrize("form", FORMS)
def test_means_and_deviations_are_those_of_scikit_learn(form):
    X, dense = FORMS[form]
    found, expected = Centring.from_matrix(X, True, True), StandardScaler().fit(dense)
    np.testing.assert_allclose(found.mean, expected.mean_, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(found.scale, expected.scale_, rtol=1e-13)
    median = Centring.from_matrix(X, "median", True)
    np.testing.assert_array_equal(median.mean, RobustScaler().fit(dense).center_)
    np.testing.assert_array_equal(median.scale, found.scale)


@pytest.mark.parametrize(("center", "scale"), [(True, True), ("median", False), (False, True)])
def test_absent_entries_may_be_unknown(center, scale):
    found = Centring.from_matrix(UNKNOWN, center, scale, "unknown")
    expected = Centring.from_matrix(KNOWN, center, scale)
    for ours, theirs in zip(vars(found).values(), vars(expected).values()):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-13)
    centred = found.apply(UNKNOWN, "unknown")
    assert centred.nnz == UNKNOWN.nnz
    np.testing.assert_allclose(with_gaps(centred), expected.apply(KNOWN), atol=1e-13)


@pytest.mark.parametrize("size", [1, 7, 49])
@pytest.mark.parametrize("X", [GAPS, MOSTLY_ZERO, scipy.sparse.csr_matrix(MOSTLY_ZERO)])
def test_blocks_add_up(X, size):
    dense = X.toarray() if scipy.sparse.issparse(X) else X
    whole, parts = Deviations.from_rows(dense), by_blocks(X, size)
    np.testing.assert_array_equal(parts.count, whole.count)
    np.testing.assert_allclose(parts.mean, whole.mean, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(parts.norm, whole.norm, rtol=1e-13, atol=0)


@pytest.mark.parametrize("power", [600, -600, 1000, -990])
@pytest.mark.parametrize("form", FORMS)
def test_squares_may_leave_float64(form, power):
    """To the bit, as all is done in units that are powers of two."""
    X, _ = FORMS[form]
    found, expected = (Centring.from_matrix(X * unit, True, True) for unit in (2.0**power, 1.0))
    np.testing.assert_array_equal(found.mean, expected.mean * 2.0**power)
    varies = expected.scale != 1
    np.testing.assert_array_equal(found.scale[varies], expected.scale[varies] * 2.0**power)
    if form != "sparse":
        parts = by_blocks(X * 2.0**power, 7)
        np.testing.assert_allclose(parts.norm, Deviations.from_rows(X).norm * 2.0**power, 1e-13)


def test_a_constant_feature_becomes_zero_and_has_scale_1():
    for X in (np.full((1000, 2), 0.1), np.full((1000, 2), 1e300)):
        for data in (X, scipy.sparse.csr_matrix(X)):
            centring = Centring.from_matrix(data, True, True)
            np.testing.assert_array_equal(centring.mean, X[0])
            np.testing.assert_array_equal(centring.scale, 1)
        assert not centring.apply(X).any()
    off_by_rounding = np.full((1000, 1), 0.1) * (1 + 2.0**-52 * (np.arange(1000)[:, None] % 2))
    assert Centring.from_matrix(off_by_rounding, True, True).scale[0] == 1


def test_a_feature_without_known_entries_stays_one():
    X = np.array([[1.0, np.nan], [3.0, np.nan]])
    for center in (True, "median"):
        centred = Centring.from_matrix(X, center, True).apply(X)
        np.testing.assert_array_equal(centred, [[-1, np.nan], [1, np.nan]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("center", [True, "median", False])
@pytest.mark.parametrize("form", FORMS)
def test_what_is_subtracted_is_added_again(form, center, dtype):
    X, dense = (data.astype(dtype) for data in FORMS[form])
    centring = Centring.from_matrix(X, center, True)
    centred = centring.apply(X)
    assert centred.dtype == dtype
    assert isinstance(centred, CentredMatrix) == (form == "sparse" and center is not False)
    values = centred.toarray() if form == "sparse" else centred
    assert relative_error(np.nan_to_num(values), np.nan_to_num(centring.apply(dense))) < 1e-6
    np.testing.assert_allclose(centring.undo(values), dense, rtol=1e-5, atol=1e-6)


def test_nothing_is_done_by_default():
    centring = Centring.from_matrix(DENSE, False, False)
    assert centring.apply(DENSE) is DENSE
    assert centring.undo(DENSE) is DENSE


@pytest.mark.parametrize("to", [np.asarray, scipy.sparse.csr_matrix])
def test_what_leaves_the_range_is_refused(to):
    X = to(np.array([[1.7e308, 1], [-1.7e308, 2], [-1.7e308, 3], [-1.7e308, 0]]))
    with pytest.raises(ValueError, match="center leaves the range of float64"):
        Centring(np.array([-8.5e307, 1.5])).apply(X)
