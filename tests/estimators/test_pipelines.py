"""Estimators among scikit-learn's own."""

import signal
import warnings

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from dsnmf import DeepSemiNMF, SemiNMF, metrics
from dsnmf.selection import select
from tests.estimators.kinds import near_low_rank

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


def deep():
    return DeepSemiNMF((6, 3), solver="multiplicative", max_iter=20, tol=0, mode="PLAIN")


def k_means():
    return KMeans(3, n_init=1, random_state=0)


ROUTES = {
    "transform": (lambda X, to: make_pipeline(to).fit(X).transform(X, layer=0), lambda H: H),
    "fit_transform": (lambda X, to: make_pipeline(to).fit_transform(X, layer=0), lambda H: H),
    "union": (lambda X, to: FeatureUnion([("", to)]).fit_transform(X, layer=0), lambda H: H),
    "columns": (
        lambda X, to: make_column_transformer((to, slice(8))).fit_transform(X, layer=0),
        lambda H: H,
    ),
    "fit": (
        lambda X, to: make_pipeline(to, k_means()).fit(X, layer=0)[-1].cluster_centers_,
        lambda H: k_means().fit(H).cluster_centers_,
    ),
    "fit_predict": (
        lambda X, to: make_pipeline(to, k_means()).fit_predict(X, layer=0),
        lambda H: k_means().fit_predict(H),
    ),
}


#: Unions name the columns of a frame by `get_feature_names_out()`, which is of the last layer.
@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "default") for name in ROUTES), ("fit_transform", "pandas")]
)
def test_a_layer_is_routed_through_pipelines(name, kind):
    X = near_low_rank(40, 3)[:, :8]
    route, expected = ROUTES[name]
    first = deep().fit(X).transform(X, layer=0)
    with sklearn.config_context(enable_metadata_routing=True, transform_output=kind):
        found = route(X, deep().set_transform_request(layer=True))
    np.testing.assert_allclose(np.asarray(found), expected(first), rtol=1e-9, atol=1e-9)


def test_a_layer_is_routed_back():
    X = near_low_rank(40, 3)
    model = deep().fit(X)
    first = model.transform(X, layer=0)
    with sklearn.config_context(enable_metadata_routing=True):
        pipe = make_pipeline(model.set_inverse_transform_request(layer=True))
        found = pipe.inverse_transform(first, layer=0)
    np.testing.assert_array_equal(found, model.inverse_transform(first, layer=0))


def test_a_layer_that_is_not_there_is_said_before_the_fit():
    model = deep()
    with pytest.raises(ValueError, match="layer must be an integer from -2 to 1, got 2"):
        model.fit_transform(near_low_rank(40, 3), layer=2)
    assert not hasattr(model, "Z_")


class PressesCtrlC:
    """In the first fit, after its second iteration."""

    def __init__(self):
        self.fits = 0

    def __call__(self, iteration, state):
        self.fits += iteration == 1
        if (self.fits, iteration) == (1, 2):
            signal.raise_signal(signal.SIGINT)

    def __deepcopy__(self, memo):
        return self


SEARCHES = {
    "grid": lambda model, X: GridSearchCV(model, {"n_components": [2, 3]}, cv=2).fit(X),
    "validation": lambda model, X: cross_val_score(make_pipeline(model), X, cv=2),
    "pipeline": lambda model, X: make_pipeline(model, k_means()).fit(X),
    "joblib": lambda model, X: joblib.Parallel(1)([joblib.delayed(model.fit)(X)] * 2),
    "select": lambda model, X: select(
        model, X, {"n_components": [2, 3]}, criterion="entries", repeats=2
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.filterwarnings("ignore:interrupted:RuntimeWarning")
def test_ctrl_c_ends_all_that_fits_several(name):
    pressed = PressesCtrlC()
    model = SemiNMF(2, max_iter=5, tol=0, callback=pressed, mode="PLAIN")
    with pytest.raises(KeyboardInterrupt):
        SEARCHES[name](model, near_low_rank(40, 3))
    assert pressed.fits == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if name in ("pipeline", "joblib"):
        assert model.n_iter_ == 2  # what was reached is kept


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
