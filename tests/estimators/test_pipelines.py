"""Estimators among scikit-learn's own."""

import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from dsnmf import DeepSemiNMF, SemiNMF, metrics

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


def test_mixed_sign_pipeline_runs_as_it_stands(digits):
    X, y = digits
    pipeline = make_pipeline(
        StandardScaler(), DeepSemiNMF((40, 10)), KMeans(10, n_init=10, random_state=0)
    )
    clusters = pipeline.fit_predict(X)
    # Little: Semi-NMF of the scaled digits separates them badly, whatever the solver.
    assert metrics.nmi(y, clusters) > 0.15


def test_grid_search_over_layers_in_parallel(digits):
    X, y = (values[:300] for values in digits)
    model = DeepSemiNMF(solver="multiplicative", max_iter=50, mode="FAST_COMPILE")
    pipeline = make_pipeline(StandardScaler(), model, LinearSVC())
    grid = {"deepseminmf__layers": [(20, 10), (30, 15)]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = GridSearchCV(pipeline, grid, cv=2, n_jobs=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.7


@pytest.mark.usefixtures("without_numba")
def test_pandas_output_has_the_features_names(digits):
    X, _ = digits
    frame = SemiNMF(3, max_iter=5).set_output(transform="pandas").fit_transform(X)
    assert frame.columns.tolist() == ["seminmf0", "seminmf1", "seminmf2"]


@pytest.mark.parametrize(
    ("model", "bound"),
    [
        # The best that any linear model of rank 10 reaches on these gaps is 0.57.
        (SemiNMF(10, max_iter=200), 0.65),
        (DeepSemiNMF((20, 10), solver="multiplicative", max_iter=200), 0.65),
        (DeepSemiNMF((200, 12)), 0.5),
    ],
    ids=["SemiNMF", "multiplicative", "adam"],
)
def test_removed_entries_are_predicted_better_than_by_means(digits, model, bound):
    X, _ = digits
    hidden = np.random.default_rng(0).random(X.shape) < 0.3
    gaps = np.where(hidden, np.nan, X)
    means = np.broadcast_to(np.nanmean(gaps, axis=0), X.shape)
    model.fit(gaps)
    X_hat = model.inverse_transform(model.H_[-1].T)
    ratio = np.square(X - X_hat)[hidden].sum() / np.square(X - means)[hidden].sum()
    print(f"squared error on removed entries: {ratio:.3f} of mean filling's")
    assert ratio <= bound
