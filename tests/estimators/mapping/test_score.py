"""The variance that a fitted model explains, over all known entries or those that were hidden."""

import dask.array
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from tests.estimators.kinds import PLAIN, near_low_rank

MODELS = {
    "SemiNMF": SemiNMF(3, max_iter=20, **PLAIN),
    "relu": DeepSemiNMF((5, 3), solver="adam", max_iter=20, **PLAIN),
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture(scope="module")
def X():
    return near_low_rank(60, 3)


@pytest.fixture(scope="module")
def mask(X):
    return np.random.default_rng(1).random(X.shape) < 0.2


@pytest.fixture(scope="module", params=list(MODELS))
def model(request, X):
    return clone(MODELS[request.param]).fit(X)


def explained(X, X_hat, means, entries):
    return 1 - np.square(X - X_hat)[entries].sum() / np.square(X - means)[entries].sum()


def test_score_is_the_explained_variance_of_the_reconstruction(model, X, mask):
    X_hat = model.inverse_transform(model.transform(X))
    everything = np.full(X.shape, True)
    assert model.score(X) == pytest.approx(explained(X, X_hat, X.mean(axis=0), everything))
    gaps = np.where(mask, np.nan, X)
    means = np.broadcast_to(np.nanmean(gaps, axis=0), X.shape)
    X_hat = model.inverse_transform(model.transform(gaps))
    assert model.score(gaps) == pytest.approx(explained(X, X_hat, means, ~mask))
    hidden = explained(X, X_hat, means, mask)
    assert model.score(X, held_out=mask) == pytest.approx(hidden)
    # What is unknown anyway neither helps nor counts.
    unknown = np.roll(mask, 1, axis=1) & mask
    assert model.score(np.where(unknown, np.nan, X), held_out=mask) == pytest.approx(
        explained(X, X_hat, means, mask & ~unknown)
    )


def test_every_metric_and_unit_has_the_same_score(model, X, mask):
    expected = model.score(X), model.score(X, held_out=mask)
    unit = 1e30
    other = clone(model).set_params(metric="data").fit(unit * X)
    scores = other.score(unit * X), other.score(unit * X, held_out=mask)
    assert scores == pytest.approx(expected, rel=1e-6)


def test_all_containers_have_the_same_score(model, X, mask, tmp_path, monkeypatch):
    X = np.where(X > 0, X, 0)
    expected = model.score(X), model.score(X, held_out=mask)
    np.save(tmp_path / "X.npy", X)
    monkeypatch.setattr("dsnmf.data.sample_blocks.ENTRIES", 84)  # seven samples
    monkeypatch.setattr("dsnmf.data.samples.BLOCK", 100)
    for same in (
        X,
        scipy.sparse.csr_array(X),
        dask.array.from_array(X, chunks=(25, -1)),
        [tmp_path / "X.npy"],
    ):
        scores = model.score(same), model.score(same, held_out=mask)
        assert scores == pytest.approx(expected, rel=1e-9)


def test_hidden_entries_and_the_ridge(X, mask):
    model = WSF(3, transform_method="ridge", max_iter=5, **PLAIN).fit(X, np.arange(60) % 3)
    with pytest.raises(ValueError, match=r"held_out hides entries from transform, and .*'ridge'"):
        model.score(X, held_out=mask)
    assert model.set_params(transform_method="auto").score(X, held_out=mask) < 1


def test_score_compares_with_pca(X):
    centred = X - X.mean(axis=0)
    best = PCA(3).fit(centred).explained_variance_ratio_.sum()
    model = SemiNMF(3, max_iter=100, **PLAIN).fit(centred)
    assert 0.9 * best < model.score(centred) < best
    assert model.score(X + 100) < 0  # no intercept


def test_held_out_entries_find_the_number_of_components_by_grid_search(X, mask):
    grid = {"n_components": [1, 3, 8]}
    with sklearn.config_context(enable_metadata_routing=True):
        model = SemiNMF(max_iter=50, **PLAIN).set_score_request(held_out=True)
        routed = GridSearchCV(model, grid, cv=2).fit(X, held_out=mask)
    assert routed.best_params_ == {"n_components": 3}
    # Without hidden entries more components win.
    known = GridSearchCV(SemiNMF(max_iter=50, **PLAIN), {"n_components": [3, 8]}, cv=2).fit(X)
    assert known.best_params_ == {"n_components": 8}


def test_score_of_a_pipeline_and_of_a_frame(X):
    frame = pd.DataFrame(X, columns=list("abcdefghijkl"))
    pipeline = make_pipeline(StandardScaler(), SemiNMF(3, max_iter=5, **PLAIN))
    assert pipeline.fit(frame).score(frame) > 0
    model = SemiNMF(3, max_iter=5, **PLAIN).fit(frame)
    assert model.score(frame) > 0
    with pytest.raises(ValueError, match="feature names"):
        model.score(frame[frame.columns[::-1]])


@pytest.mark.parametrize(
    ("samples", "hidden", "message"),
    [
        (slice(60), np.zeros((60, 11), bool), r"boolean array of X's shape \(60, 12\)"),
        (slice(60), np.zeros((60, 12)), "boolean array"),
        (slice(60), np.zeros((60, 12), bool), "at least one entry"),
        (slice(60), np.arange(60)[:, None] == 5, "boolean array"),
        (slice(60), np.repeat(np.arange(60)[:, None] == 5, 12, 1), "sample 5 .*no visible entry"),
        (slice(60), np.repeat([np.arange(12) == 7], 60, 0), "hides all of 7"),
        (slice(1), None, "at least two samples"),
    ],
)
def test_what_cannot_be_scored_is_said(X, samples, hidden, message):
    model = SemiNMF(3, max_iter=2, **PLAIN).fit(X)
    with pytest.raises(ValueError, match=message):
        model.score(X[samples], held_out=hidden)
    with pytest.raises(ValueError, match="11 features"):
        model.score(X[:, 1:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equal_samples_have_no_variance_although_their_mean_is_rounded(X, dtype):
    model = SemiNMF(3, max_iter=2, **PLAIN).fit(X)
    with pytest.raises(ValueError, match="not alike"):
        model.score(np.repeat(X[:1] + 0.1, 7, axis=0).astype(dtype))
