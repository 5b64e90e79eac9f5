"""Features of new samples: each from itself alone, of any layer, in any container."""

import copy
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import dask.array
import dask.dataframe
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from scipy.optimize import nnls
from sklearn.base import clone

from dsnmf import DeepSemiNMF, DeepWSF, SemiNMF
from tests.conftest import relative_error
from tests.estimators.kinds import ESTIMATORS, PLAIN, near_low_rank

MODELS = {name: ESTIMATORS[name] for name in ESTIMATORS if name != "SemiNMF-bcd"} | {
    "non-negative": SemiNMF(3, transform_method="nonnegative", **PLAIN),
    "three layers": DeepSemiNMF((6, 5, 3), max_iter=100, **PLAIN),
    "tanh": DeepSemiNMF((5, 3), nonlinearity="tanh", max_iter=100, **PLAIN),
}
NOT_HOMOGENEOUS = ("DeepSemiNMF-softplus", "tanh")

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture(scope="module")
def X():
    return near_low_rank(40, 4)


@pytest.fixture(scope="module", params=list(MODELS))
def model(request, X):
    return clone(MODELS[request.param]).fit(X, np.arange(40) % 3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_samples_features_do_not_depend_on_its_neighbours(model, X, dtype):
    X = X.astype(dtype)
    tolerance = 1e-9 if dtype == "float64" else 1e-4
    for layer in range(len(model.Z_)):
        features = model.transform(X, layer=layer)
        beside_large = np.vstack([X[:5], 1e4 * X[5:9]])
        assert relative_error(model.transform(beside_large, layer=layer)[:5], features[:5]) < (
            tolerance
        )
        one_by_one = np.vstack([model.transform(x[None], layer=layer) for x in X[:5]])
        assert relative_error(one_by_one, features[:5]) < tolerance
        gap = X[:6].copy()
        gap[5, 2] = np.nan
        assert relative_error(model.transform(gap, layer=layer)[:5], features[:5]) < tolerance


def test_features_scale_with_the_sample(model, X, request):
    features = model.transform(X)
    if request.node.callspec.params["model"] in NOT_HOMOGENEOUS:
        assert relative_error(model.transform(100 * X), 100 * features) > 0.01
        return
    for factor in (1e-20, 100, 1e20):
        assert relative_error(model.transform(factor * X), factor * features) < 1e-9
    assert (model.transform(0 * X) == 0).all()


def test_found_features_reconstruct_about_as_well_as_the_learned_ones(model, X):
    found = np.linalg.norm(X - model.inverse_transform(model.transform(X)))
    assert found < 1.1 * model.reconstruction_err_


def test_sparse_samples_have_the_features_of_dense_ones(model, X):
    X = np.where(X > 0.3, X, 0)
    features = model.transform(scipy.sparse.csr_array(X))
    assert relative_error(features, model.transform(X)) < 1e-9


def test_gaps_of_new_samples(model, X):
    new = X[:6].copy()
    new[:, 3] = np.nan  # a feature that none of them has
    new[2, 5:8] = np.nan
    features = model.transform(new)
    assert relative_error(model.transform(new[2:3]), features[2:3]) < 1e-9
    masked = np.ma.masked_invalid(new)
    masked.data[masked.mask] = 1e6  # what lies under a mask is arbitrary
    np.testing.assert_array_equal(model.transform(masked), features)
    known = ~np.isnan(new)
    residual = (X[:6] - model.inverse_transform(features))[known]
    assert np.linalg.norm(residual) < 0.5 * np.linalg.norm(X[:6][known])
    new[4] = np.nan
    with pytest.raises(ValueError, match="NaN in every entry of sample 4"):
        model.transform(new)


@pytest.mark.parametrize("method", ["projection", "nonnegative"])
def test_gaps_are_fitted_by_least_squares_of_the_known_entries(X, method):
    model = SemiNMF(3, transform_method=method, **PLAIN).fit(X)
    new = np.where(np.random.default_rng(1).random((8, 12)) < 0.3, np.nan, X[:8])
    for x, h in zip(new, model.transform(new)):
        Z, known = model.Z_[0][~np.isnan(x)], x[~np.isnan(x)]
        best = np.linalg.lstsq(Z, known)[0] if method == "projection" else nnls(Z, known)[0]
        np.testing.assert_allclose(h, best, rtol=1e-6, atol=1e-9)


def test_memory_is_that_of_one_block(model, X, monkeypatch):
    features = model.transform(X)
    monkeypatch.setattr("dsnmf.estimators.search.feature_search.BLOCK", 40)  # three samples
    model._ready.clear()
    assert relative_error(model.transform(X), features) < 1e-9
    model._ready.clear()


@pytest.mark.parametrize("kind", [SemiNMF(2, max_iter=1), DeepSemiNMF((4, 2), max_iter=1)])
def test_memory_does_not_grow_with_the_samples(kind, monkeypatch):
    for module in ("data.samples", "estimators.search.feature_search"):
        monkeypatch.setattr(f"dsnmf.{module}.BLOCK", 1 << 15)
    X = np.random.default_rng(0).random((2000, 500))
    fitted = kind.fit(X[:50])
    fitted.transform(X[:2])
    tracemalloc.start()
    fitted.transform(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 8  # a copy of X as truth values


@pytest.mark.parametrize(("kind", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_frames_of_any_layer(kind, frame, X):
    model = DeepWSF((5, 3), max_iter=5, **PLAIN).set_output(transform=kind)
    features = model.fit_transform(X)
    assert isinstance(features, frame)
    assert list(features.columns) == ["deepwsf0", "deepwsf1", "deepwsf2"]
    first = model.transform(X, layer=0)
    assert list(first.columns) == [f"deepwsf_layer1_{i}" for i in range(5)]
    assert list(model.get_feature_names_out(layer=0)) == list(first.columns)


def test_frames_of_a_dask_array_are_a_dask_frame(X):
    model = DeepWSF((5, 3), max_iter=5, **PLAIN).set_output(transform="pandas").fit(X)
    lazy = dask.array.from_array(X, chunks=(7, -1))
    for layer in (0, -1):
        frame = model.transform(lazy, layer=layer)
        assert isinstance(frame, dask.dataframe.DataFrame)
        pd.testing.assert_frame_equal(frame.compute(), model.transform(X, layer=layer))
    with sklearn.config_context(transform_output="pandas"):
        frame = SemiNMF(2, max_iter=5, **PLAIN).fit_transform(lazy)
    assert frame.columns.tolist() == ["seminmf0", "seminmf1"]
    model.set_output(transform="polars")
    with pytest.raises(ValueError, match=r"transform='polars'\) is for arrays in memory"):
        model.transform(lazy)


def test_frames_keep_the_index(X):
    frame = pd.DataFrame(X, index=range(100, 140), columns=list("abcdefghijkl"))
    model = SemiNMF(2, max_iter=5, **PLAIN).set_output(transform="pandas").fit(frame)
    assert model.transform(frame.iloc[3:5]).index.tolist() == [103, 104]


def test_functions_are_made_once_and_threads_share_them(model, X):
    expected = model.transform(X)
    made = dict(model._ready)
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda i: model.transform(X[i : i + 4]), range(0, 40, 4)))
    assert relative_error(np.vstack(parts), expected) < 1e-9
    assert model._ready == made
    model.inverse_transform(expected)


def test_copies_and_pickles_go_on_alone(model, X):
    expected = model.transform(X)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.transform(X), expected)
        other.fit(2 * X[:20])
        np.testing.assert_array_equal(model.transform(X), expected)
