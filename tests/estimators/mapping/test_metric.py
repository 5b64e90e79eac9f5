"""Features in a metric: their distances, their names, and the way back."""

import copy
import pickle
from functools import partial

import dask.array
import numpy as np
import pytest
import scipy.sparse
from scipy.spatial.distance import pdist
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

from dsnmf import DeepSemiNMF, DeepWSF, SemiNMF
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN, near_low_rank

LINEAR = {
    "SemiNMF": SemiNMF(3, max_iter=20, **PLAIN),
    "more components than features": SemiNMF(14, max_iter=20, **PLAIN),
    "DeepWSF": DeepWSF((5, 3), max_iter=20, **PLAIN),
}
MODELS = LINEAR | {"relu": DeepSemiNMF((14, 3), solver="adam", max_iter=20, **PLAIN)}
FORMS = {
    "full": lambda X: X,
    "gaps": lambda X: np.where(np.arange(X.size).reshape(X.shape) % 11 == 0, np.nan, X),
    "sparse": lambda X: scipy.sparse.csr_array(np.where(X > 0.3, X, 0)),
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture(scope="module")
def X():
    return near_low_rank(40, 4)


@pytest.fixture(scope="module", params=list(MODELS))
def fitted(request, X):
    return clone(MODELS[request.param]).fit(X, np.arange(40) % 3)


def in_metric(model, metric, **parameters):
    return copy.copy(model).set_params(metric=metric, **parameters)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ["projection", "nonnegative"])
def test_distances_are_of_what_the_metric_says(fitted, X, form, method):
    samples, as_method = FORMS[form](X[:9]), partial(in_metric, fitted, transform_method=method)
    for layer in range(len(fitted.Z_)):
        model = as_method("components")
        H = model.transform(samples, layer=layer)
        X_hat = model.inverse_transform(H, layer=layer)
        data = as_method("data")
        F = data.transform(samples, layer=layer)
        assert relative_error(pdist(F), pdist(X_hat)) < 1e-9
        assert relative_error(data.inverse_transform(F, layer=layer), X_hat) < 1e-9
        assert data.get_feature_names_out(layer=layer).shape == F.shape[1:]
        np.testing.assert_array_equal(as_method(1).transform(samples, layer=layer), F)
        if fitted._nonlinearity == "relu":
            assert F.shape[1] == 12  # Z_1's rank
        for t in (0, 0.5):
            between = as_method(t)
            F = between.transform(samples, layer=layer)
            assert F.shape == H.shape
            assert relative_error(pdist(F), pdist(whitened(model, X, H, layer, t))) < 1e-5
            assert relative_error(between.inverse_transform(F, layer=layer), X_hat) < 1e-9


def whitened(model, X, H, layer, t):
    """Coordinates of what features reconstruct, nearly in relu models, whitened to 1 - t."""
    if model._nonlinearity == "relu":
        trained = copy.copy(model).set_params(transform_method="auto").transform(X, layer=layer)
        X_hat = model.inverse_transform(trained, layer=layer)
        centred = [values - values.mean(axis=0) for values in (trained, X_hat)]
        A = np.linalg.lstsq(*centred)[0]
        shown = trained @ A if layer else X @ np.linalg.pinv(A) @ A
    else:
        A = model.inverse_transform(np.eye(H.shape[1]), layer=layer)
        shown = X @ np.linalg.pinv(A) @ A
    covariance = np.cov(shown.T, bias=True)
    if isinstance(model, DeepWSF) and layer == 0:  # which has the graph of neighbours
        covariance += 0.5 * model.H_[0].var(axis=1).mean() * A.T @ A
    variances, E = np.linalg.eigh(covariance)
    sigma = np.sqrt(np.maximum(variances, 0))
    return H @ A @ E * np.maximum(sigma, 0.01 * sigma[-1]) ** (t - 1)


def test_what_reconstructs_next_to_nothing_counts_next_to_nothing():
    """Z's last direction is only there to make H >= 0, and has most of the features' variance."""
    X = StandardScaler().fit_transform(load_wine().data)
    model = SemiNMF(6, max_iter=300, tol=0, **PLAIN).fit(X)
    least = np.linalg.svd(model.Z_[0])[2][-1]
    shares = []
    for metric in ("components", 0.5):
        H = model.set_params(metric=metric).transform(X)
        axis = np.linalg.svd(model.components_.T)[2][-1] if metric == 0.5 else least
        shares.append((H @ axis).var() / H.var(axis=0).sum())
    assert shares[0] > 0.9 > 0.2 > shares[1]


@pytest.mark.parametrize(("metric", "power"), [(0.25, 0.25), ("data", 1)])
def test_features_follow_the_unit_of_the_data_by_the_power_of_the_metric(X, metric, power):
    model = SemiNMF(3, max_iter=20, metric=metric, **PLAIN)
    features = model.fit_transform(X)
    for unit in (1e-30, 1e30):
        assert relative_error(model.fit_transform(unit * X) / unit**power, features) < 1e-7
        single = model.fit_transform((unit * X).astype(np.float32))
        assert single.dtype == np.float32
        assert relative_error(single / unit**power, features) < 1e-3


@pytest.mark.parametrize(
    ("metric", "layer", "names"),
    [
        ("components", -1, "deepwsf_components0 deepwsf_components1 deepwsf_components2"),
        ("data", -1, "deepwsf_data0 deepwsf_data1 deepwsf_data2"),
        ("auto", -1, "deepwsf0 deepwsf1 deepwsf2"),
        (0.25, -1, "deepwsf_metric0.25_0 deepwsf_metric0.25_1 deepwsf_metric0.25_2"),
        ("data", 0, " ".join(f"deepwsf_layer1_data{i}" for i in range(5))),
        ("auto", 0, " ".join(f"deepwsf_layer1_{i}" for i in range(5))),
        (0.5, 0, " ".join(f"deepwsf_layer1_metric0.5_{i}" for i in range(5))),
    ],
)
def test_names_say_the_metric(X, metric, layer, names):
    model = DeepWSF((5, 3), max_iter=2, metric=metric, **PLAIN).set_output(transform="pandas")
    assert list(model.fit(X).transform(X, layer=layer).columns) == names.split()


@pytest.mark.parametrize("metric", [0.5, "data"])
def test_blocks_dask_and_saved_models_go_through_the_metric(
    fitted, X, metric, tmp_path, monkeypatch
):
    model = in_metric(fitted, metric)
    expected = model.transform(X)
    lazy = model.transform(dask.array.from_array(X, chunks=(7, -1)))
    assert lazy.shape == expected.shape
    model.save(tmp_path / "model")
    loaded = type(model).load(tmp_path / "model")
    np.save(tmp_path / "X.npy", X)
    monkeypatch.setattr("dsnmf.data.sample_blocks.ENTRIES", 84)  # seven samples
    blocks = model.transform([tmp_path / "X.npy"])
    for features in (lazy.compute(), blocks, loaded.transform(X)):
        assert relative_error(features, expected) < 1e-9


def test_a_model_that_learned_nothing_has_features():
    zeros = np.zeros((10, 5))
    for model in (SemiNMF(3, **PLAIN), DeepSemiNMF((4, 3), max_iter=3, **PLAIN)):
        model.set_params(metric="data").fit(zeros)
        assert (model.inverse_transform(model.transform(zeros)) == 0).all()


@pytest.mark.parametrize("metric", ["distance", -0.1, 1.5, np.nan, True, None, [1]])
def test_unknown_metrics_are_named(fitted, X, metric):
    model = in_metric(fitted, metric)
    with pytest.raises(ValueError, match="metric"):
        model.transform(X)
    with pytest.raises(ValueError, match="metric"):
        clone(model).fit(X)


def test_the_default_is_half_way_but_for_maps_by_name(fitted, X):
    assert "metric" not in str(clone(fitted).set_params(metric="auto"))
    half = 0.5 if fitted._exponent() == 0.5 else "components"  # all samples have labels
    for method, metric in (
        ("auto", half),
        ("projection", "components"),
        ("nonnegative", "components"),
    ):
        expected = in_metric(fitted, metric, transform_method=method).transform(X)
        found = in_metric(fitted, "auto", transform_method=method).transform(X)
        np.testing.assert_array_equal(found, expected)


def test_learned_features_are_taken_as_they_are(fitted):
    expected = in_metric(fitted, "components").inverse_transform(fitted.H_[-1].T.copy())
    np.testing.assert_array_equal(fitted.inverse_transform(fitted.H_[-1].T), expected)
    np.testing.assert_array_equal(fitted.inverse_transform(fitted.H_[-1].T[3:5]), expected[3:5])


def test_when_spreads_are_measured_changes_nothing(X, tmp_path):
    model = DeepSemiNMF((6, 3), max_iter=20, **PLAIN).fit(X)
    assert all(covariance is None for covariance in model._covariances)  # the fit did no search
    by_other_map = clone(model).fit(X).set_params(transform_method="projection", metric=0.5)
    by_other_map.transform(X)
    pickled = pickle.dumps(model)
    model.save(tmp_path / "model")
    models = [by_other_map, pickle.loads(pickled), DeepSemiNMF.load(tmp_path / "model")]
    for layer in range(2):
        wanted = model.transform(X, layer=layer)
        for other in models:
            other.set_params(transform_method="auto", metric="auto")
            np.testing.assert_array_equal(other.transform(X, layer=layer), wanted)
