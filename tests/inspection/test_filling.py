"""Gaps that are filled, and clusters."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.inspection import cluster, fill

RNG = np.random.default_rng(0)
FULL = RNG.random((40, 2)) @ RNG.standard_normal((2, 8))
GAPS = np.where(RNG.random(FULL.shape) < 0.1, np.nan, FULL)


@pytest.fixture(scope="module")
def model():
    return SemiNMF(2, solver="bcd").fit(GAPS)


def test_only_what_is_unknown_is_changed(model):
    known = ~np.isnan(GAPS)
    filled = fill(model, GAPS)
    np.testing.assert_array_equal(filled[known], GAPS[known])
    expected = model.inverse_transform(model.H_[0].T)
    np.testing.assert_array_equal(filled[~known], expected[~known])  # samples of the fit
    other = fill(model, GAPS[::-1])
    features = model.transform(GAPS[::-1])
    np.testing.assert_array_equal(
        other[~known[::-1]], model.inverse_transform(features)[~known[::-1]]
    )
    np.testing.assert_array_equal(fill(model, FULL), FULL)
    assert np.isnan(GAPS).any()


def test_centred_features_are_filled_in_their_own_unit():
    scaled = SemiNMF(2, solver="bcd", center=True, scale=True).fit(GAPS)
    filled = fill(scaled, GAPS)
    expected = scaled.inverse_transform(scaled.H_[0].T)  # samples of the fit
    np.testing.assert_array_equal(filled, np.where(np.isnan(GAPS), expected, GAPS))


def test_masks_are_gaps_and_precision_stays(model):
    masked = np.ma.masked_invalid(GAPS)
    np.testing.assert_array_equal(fill(model, masked), fill(model, GAPS))
    relu = DeepSemiNMF((4, 2), solver="multiplicative", nonlinearity="relu").fit(
        FULL.astype(np.float32)
    )
    assert fill(relu, GAPS.astype(np.float32)).dtype == np.float32


def test_what_has_no_gaps_is_refused(model):
    with pytest.raises(TypeError, match="must be dense"):
        fill(model, csr_matrix(FULL))
    with pytest.raises(ValueError, match="7 features"):
        fill(model, GAPS[:, :7])


def test_clusters_are_numbered_by_size():
    X = np.repeat(np.eye(3, 5), [4, 12, 8], axis=0) + 0.01 * RNG.standard_normal((24, 5))
    found = cluster(SemiNMF(3).fit(X), X, 3)
    np.testing.assert_array_equal(found, np.repeat([2, 0, 1], [4, 12, 8]))
    with pytest.raises(ValueError, match="n_clusters must be at most n_samples = 24, got 25"):
        cluster(SemiNMF(3).fit(X), X, 25)
