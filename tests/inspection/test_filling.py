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


def spectra(seed=3):
    """Mixtures of four bands in three kinds of samples, centred."""
    rng, x = np.random.default_rng(seed), np.arange(60)
    amounts = 0.5 * rng.gamma(2, 1, (180, 4)) + 3 * np.eye(3, 4)[rng.integers(0, 3, 180)]
    bands = [np.exp(-0.5 * ((x - c) / w) ** 2) for c, w in ((8, 4), (22, 5), (37, 4), (50, 6))]
    X = amounts @ bands + 0.05 * rng.standard_normal((180, 60))
    return X - X.mean(axis=0)


def with_gaps(X, share):
    gaps = np.random.default_rng(1).random(X.shape) < share
    return np.where(gaps, np.nan, X), gaps


def rms(missed):
    return np.sqrt(np.mean(np.square(missed)))


def test_only_what_is_unknown_is_changed(model):
    known = ~np.isnan(GAPS)
    filled = fill(model, GAPS)
    np.testing.assert_array_equal(filled[known], GAPS[known])
    assert np.isnan(GAPS).any()
    assert not np.isnan(filled).any()
    np.testing.assert_array_equal(fill(model, FULL), FULL)
    with pytest.raises(ValueError, match="sample 1 of X has no known entry"):
        fill(model, np.where(np.arange(40)[:, None] == 1, np.nan, FULL))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["multiplicative", "hals"])
@pytest.mark.parametrize("k", [4, 10])
def test_fill_is_as_good_as_the_best_map(solver, k):
    X = spectra()
    data, gaps = with_gaps(X, 0.05)
    fitted = SemiNMF(k, solver=solver).fit(data)
    filled, test = fill(fitted, data, return_test=True)
    error = rms((filled - X)[gaps])
    ways = [fitted.H_[0].T @ fitted.Z_[0].T]
    for method in ("projection", "nonnegative"):
        fitted.set_params(transform_method=method)
        ways.append(fitted.inverse_transform(fitted.transform(data)))
    assert error < 1.05 * min(rms((X_hat - X)[gaps]) for X_hat in ways)
    assert 0.5 < test.error / error < 2
    assert test.means_error == pytest.approx(np.sqrt(np.nanmean(data**2)), rel=0.1)
    assert "hidden" in str(test)


def test_means_fill_where_the_model_says_nothing():
    X = RNG.standard_normal((400, 6)) + 5
    data, gaps = with_gaps(X, 0.1)
    filled, test = fill(SemiNMF(5, solver="bcd").fit(data), data, return_test=True)
    means = np.broadcast_to(np.nanmean(data, axis=0), X.shape)
    assert rms((filled - X)[gaps]) < 1.05 * rms((means - X)[gaps])
    assert "says little" in str(test)


def test_centred_features_are_filled_in_their_own_unit():
    unit = 10.0 ** np.arange(8)
    plain, scaled = (
        fill(SemiNMF(2, solver="bcd", center=True, scale=True).fit(X), X)
        for X in (GAPS, unit * GAPS + 3)
    )
    np.testing.assert_allclose(scaled, unit * plain + 3, rtol=1e-6)
    assert rms((plain - FULL)[np.isnan(GAPS)]) < 0.1 * FULL.std()


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
