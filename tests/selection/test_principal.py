"""Principal components, whitened to a degree."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.decomposition import PCA

from dsnmf.selection.principal import Principal

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 6)) * [9, 4, 3, 1, 0, 0.1] + 5


@pytest.mark.parametrize("whiten", [0, 0.5, 1])
def test_spreads_are_those_of_pca_to_a_power(whiten):
    model = Principal(4, whiten)
    features = model.fit_transform(X)
    expected = PCA(4).fit_transform(X)
    spread = expected.std(axis=0, ddof=1)
    np.testing.assert_allclose(features, expected / spread**whiten, rtol=1e-7)
    np.testing.assert_allclose(model.transform(X[:3]), features[:3], rtol=1e-7)


def test_what_does_not_vary_stays_near_zero():
    assert abs(Principal(9, 0.5).fit_transform(X)[:, -1]).max() < 1e-6


def test_gaps_are_means():
    gappy = X.copy()
    gappy[3, 1] = np.nan
    filled = np.where(np.isnan(gappy), np.nanmean(gappy, axis=0), gappy)
    model = Principal(3, 0.5)
    found = model.fit_transform(gappy)
    np.testing.assert_allclose(found, Principal(3, 0.5).fit_transform(filled))
    np.testing.assert_allclose(model.transform(gappy[:5]), found[:5])


@pytest.mark.parametrize("k", [3, 6, 9])
def test_sparse_samples_have_the_same_components(k):
    sparse, dense = Principal(k, 0.5), Principal(k, 0.5)
    features = sparse.fit_transform(scipy.sparse.csr_array(X))
    np.testing.assert_allclose(abs(features), abs(dense.fit_transform(X)), atol=1e-6)
    np.testing.assert_allclose(sparse.transform(scipy.sparse.csr_array(X[:3])), features[:3])
