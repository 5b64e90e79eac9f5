"""Variances of components, against PCA and against what leaving a component out costs."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from dsnmf import SemiNMF
from dsnmf.estimators.record import record_of_memory, variation_of
from dsnmf.inspection import component_variances
from dsnmf.inspection.variance import covariance_of

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)) @ RNG.standard_normal((3, 7)) + 5


class Factors:
    """Z and H without a fit."""

    def __init__(self, Z, H):
        self.Z_, self.H_ = [Z], [H]


def test_of_pca_both_are_its_explained_variance():
    pca = PCA(3).fit(X)
    found = component_variances(Factors(pca.components_.T, pca.transform(X).T))
    expected = pca.explained_variance_ * (len(X) - 1) / len(X)
    np.testing.assert_allclose(found["own"], expected)
    np.testing.assert_allclose(found["unique"], expected)


def test_unique_is_what_the_other_components_cannot_give():
    Z, H = RNG.standard_normal((7, 3)), RNG.random((3, 40))
    found = component_variances(Factors(Z, H))
    X_hat = (Z @ H).T - (Z @ H).T.mean(axis=0)
    for j in range(3):
        others = np.delete(H, j, axis=0)
        others = np.vstack([others, np.ones(40)]).T
        rest = X_hat - others @ np.linalg.lstsq(others, X_hat)[0]
        assert found["unique"][j] == pytest.approx(np.square(rest).sum() / 40)
        assert found["own"][j] == pytest.approx((Z[:, j] ** 2).sum() * H[j].var())


def test_dependent_and_constant_features_have_nothing_of_their_own():
    H = RNG.random((4, 40))
    H[1], H[3] = 2 * H[0] + 1, 0.5
    found = component_variances(Factors(RNG.standard_normal((7, 4)), H))
    np.testing.assert_array_equal(found["unique"] > 0, [False, False, True, False])
    assert found["own"][3] == pytest.approx(0)


def test_covariances_come_in_blocks(monkeypatch):
    monkeypatch.setattr("dsnmf.inspection.variance.BLOCK", 7)
    np.testing.assert_allclose(covariance_of(X.T), np.cov(X.T, bias=True))


def test_a_stream_keeps_no_features():
    with pytest.raises(ValueError, match="partial_fit, which keeps no features"):
        component_variances(SemiNMF(2).partial_fit(X))


@pytest.mark.parametrize("scale", [1.0, 1e155])
def test_the_variation_is_over_the_known_entries(scale, monkeypatch):
    from scipy.sparse import csr_matrix

    monkeypatch.setattr("dsnmf.estimators.record._BLOCK", 20)
    gappy = np.where(RNG.random(X.shape) < 0.2, np.nan, X)
    expected = np.nansum(np.square(gappy - np.nanmean(gappy, axis=0)))
    assert variation_of(scale * gappy, scale) == pytest.approx(expected)
    sparse = np.where(X > 5, X, 0)
    expected = np.square(sparse - sparse.mean(axis=0)).sum()
    assert variation_of(csr_matrix(scale * sparse), scale) == pytest.approx(expected)
    assert record_of_memory(gappy, None, 1.0)["unknown"] == np.isnan(gappy).sum()
