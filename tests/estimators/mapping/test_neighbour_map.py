"""New samples by the model's own rule, joined to the training samples by the graph."""

import numpy as np
import pytest
from scipy.optimize import nnls
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from dsnmf import WSF, DeepWSF, SemiNMF, metrics
from dsnmf.affinity import knn_affinity
from dsnmf.estimators.mapping.neighbour_map import NeighbourMap
from tests.data.test_sources import as_dask, as_memmap
from tests.estimators.kinds import PLAIN

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]

#: Whose transform_method "auto" is "neighbors", as it has no labels.
GRAPH = WSF(6, 0.03, max_iter=40, tol=0, **PLAIN)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).standard_normal((90, 12))


@pytest.fixture(scope="module")
def fitted(X):
    return clone(GRAPH).fit(X[:70])


def least(Psi, H, weight, q, x, M=None):
    """The minimiser, from the definition; M takes features to coordinates in the metric."""
    known = ~np.isnan(x)
    apart = Psi[known] @ H - x[known, None]
    if known.all() and M is not None:
        apart = M @ (H - np.linalg.lstsq(Psi, x)[0][:, None])
    near = np.argsort(np.linalg.norm(apart, axis=0))[:q]
    root = np.sqrt(weight / q)
    A = np.vstack([Psi[known], *[root * np.eye(len(H))] * q])
    return nnls(A, np.concatenate([x[known], *(root * H[:, j] for j in near)]))[0]


def metric_matrix(Psi, H, projected):
    """That of metric .5, from the definition: of H's features half as even as they would be."""
    covariance = np.cov(projected, bias=True) + 0.5 * H.var(axis=1).mean() * np.eye(len(H))
    variances, E = np.linalg.eigh(Psi @ covariance @ Psi.T)
    sigma = np.sqrt(np.maximum(variances, 0))
    return (np.maximum(sigma, 0.01 * sigma[-1]) ** -0.5 * E).T @ Psi


@pytest.mark.parametrize("gaps", [False, True])
def test_it_minimises_what_the_model_does(fitted, X, gaps):
    new = X[70:].copy()
    if gaps:
        new[::3, 4] = np.nan
        new[1, :7] = np.nan
    weight = 0.03 * knn_affinity(X[:70].T).sum() / 70
    Psi, H = fitted.Z_[0] / fitted._scale, fitted.H_[0]
    M = metric_matrix(Psi, H, np.linalg.pinv(Psi) @ X[:70].T / fitted._scale)
    expected = [least(Psi, H, weight, 5, x, M) for x in new / fitted._scale]
    got = fitted.set_params(metric="components").transform(new)
    fitted.set_params(metric="auto")
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    assert (np.array(expected) == 0).any()


@pytest.mark.parametrize("weight", [0.0, 1e9])
def test_between_the_best_reconstruction_and_the_neighbours_mean(weight):
    rng = np.random.default_rng(1)
    Psi, H, x = rng.standard_normal((9, 4)), rng.random((4, 20)), rng.standard_normal((9, 1))
    got = NeighbourMap(Psi, H, weight, 50).map_full(x)
    expected = H.mean(axis=1) if weight else nnls(Psi, x[:, 0])[0]
    np.testing.assert_allclose(got[:, 0], expected, rtol=1e-6)


def test_each_sample_by_itself_wherever_it_lies(fitted, X, tmp_path):
    expected = fitted.transform(X)
    np.testing.assert_allclose(fitted.transform(X[80:81]), expected[80:81], rtol=1e-9, atol=1e-12)
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(WSF.load(tmp_path / "model").transform(X), expected)
    in_blocks = clone(fitted).set_params(block_size=30)
    for data in (as_memmap(X, tmp_path), as_dask(X, tmp_path)):
        got = np.asarray(fitted.transform(data))
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    labels = np.arange(90) % 3
    in_blocks.set_params(transform_method="neighbors")
    seen = clone(in_blocks).fit(as_dask(X, tmp_path), labels)
    assert np.isfinite(seen.transform(X)).all()


def test_what_the_graph_found_is_there_on_new_samples():
    X, y = load_digits(return_X_y=True)
    model = WSF(20, 100.0, affinity="knn", max_iter=200, **PLAIN).fit(X[:1000])

    def of(method):
        features = model.set_params(transform_method=method).transform(X[1000:])
        clusters = KMeans(10, n_init=10, random_state=0).fit_predict(features)
        return metrics.nmi(y[1000:], clusters)

    assert of("auto") > of("projection") + 0.04


def test_without_a_weight_or_with_labels_new_samples_are_projected(X):
    labels, labelled = np.arange(70) % 3, WSF(6, max_iter=20, tol=0, **PLAIN)
    for model, y in ((WSF(6, 0.0, max_iter=20, tol=0, **PLAIN), None), (labelled, labels)):
        got = model.fit(X[:70], y).transform(X[70:])
        model.set_params(transform_method="projection", metric=0.5 if y is None else "components")
        expected = model.transform(X[70:])
        np.testing.assert_array_equal(got, expected)


def test_layers_have_their_own_graphs(X):
    model = DeepWSF((8, 6), (3.0, 5.0), max_iter=5, tol=0, **PLAIN).fit(X[:70])
    model.set_params(transform_method="neighbors", metric="components", n_neighbors=4)
    degree = knn_affinity(X[:70].T).sum() / 70
    np.testing.assert_allclose(model._degrees[0], 3 * degree)
    Psi = model.layer_components_[0].T / model._scale
    x = X[80] / model._scale
    M = metric_matrix(Psi, model.H_[0], np.linalg.pinv(Psi) @ X[:70].T / model._scale)
    expected = least(Psi, model.H_[0], 3 * degree, 4, x, M)
    np.testing.assert_allclose(model.transform(X[80:81], 0)[0], expected, rtol=1e-9, atol=1e-12)


def test_what_has_no_graph_is_refused(fitted, X):
    with pytest.raises(ValueError, match="transform_method"):
        SemiNMF(2, transform_method="neighbors").fit(X)
    old = clone(GRAPH).fit(X)
    old._degrees = old._evened = []  # as in files of 0.2.0
    assert np.isfinite(old.transform(X)).all()
    old.set_params(transform_method="neighbors")
    with pytest.raises(ValueError, match=r"needs the weight of the graph.*fit again"):
        old.transform(X)
