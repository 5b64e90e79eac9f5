"""What every estimator does, whatever it factorises by."""

import os
import signal
import warnings

import numpy as np
import pytensor
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from tests.estimators.kinds import ESTIMATORS, PLAIN

MONOTONE = [name for name in ESTIMATORS if name != "DeepSemiNMF"]

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 4)) @ rng.standard_normal((4, 12))


@pytest.fixture(scope="module")
def y():
    return np.arange(40) % 3


@pytest.fixture(scope="module", params=list(ESTIMATORS))
def fitted(request, X, y):
    with pytensor.config.change_flags(mode="FAST_COMPILE"):  # what graphs have within
        return clone(ESTIMATORS[request.param]).fit(X, y)


@pytest.mark.parametrize(
    "estimator",
    [kind(max_iter=50, **PLAIN) for kind in (SemiNMF, WSF, DeepSemiNMF, DeepWSF)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_check_estimator(estimator, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    status = [result["status"] for result in results]
    with capsys.disabled():
        print(f"\ncheck_estimator({type(estimator).__name__}): {status.count('passed')} passed, "
              f"{status.count('failed')} failed, {status.count('skipped')} skipped")  # fmt: skip
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []


def test_learned_attributes_have_their_shapes(fitted, X):
    layers = [Z.shape[1] for Z in fitted.Z_]
    assert [Z.shape for Z in fitted.Z_] == list(zip([12, *layers], layers))
    assert [H.shape for H in fitted.H_] == [(k, 40) for k in layers]
    assert all(H.min() >= 0 for H in fitted.H_)
    assert fitted.components_.shape == (layers[-1], 12)
    assert fitted.n_features_in_ == 12
    assert fitted.n_iter_ >= 1
    assert {len(values) for values in fitted.history_.values()} == {len(fitted.history_["cost"])}
    for layer, k in enumerate(layers):
        features = fitted.transform(X, layer=layer)
        assert features.shape == (40, k)
        assert fitted.components_of(layer).shape == (k, 12)
        assert fitted.inverse_transform(features, layer=layer).shape == X.shape
    prefix = type(fitted).__name__.lower()
    assert fitted.get_feature_names_out().tolist() == [f"{prefix}{i}" for i in range(layers[-1])]


def test_reconstruction_error_is_that_of_the_last_layer(fitted, X):
    X_hat = fitted.inverse_transform(fitted.H_[-1].T)
    np.testing.assert_allclose(fitted.reconstruction_err_, np.linalg.norm(X - X_hat), rtol=1e-6)


@pytest.mark.parametrize("name", MONOTONE)
def test_objective_never_increases(name, X, y):
    cost = clone(ESTIMATORS[name]).set_params(tol=0, max_iter=60).fit(X, y).history_["cost"]
    assert (np.diff(cost) <= 1e-9 * cost[0]).all()
    assert cost[-1] < cost[0]


@pytest.mark.parametrize("name", ["SemiNMF", "SemiNMF-bcd", "DeepSemiNMF-multiplicative"])
def test_an_exact_factorisation_is_recovered(name):
    rng = np.random.default_rng(1)
    X = rng.random((40, 3)) @ rng.standard_normal((3, 12))
    model = clone(ESTIMATORS[name]).set_params(init="lp", tol=0, max_iter=1000).fit(X)
    assert model.reconstruction_err_ < 1e-3 * np.linalg.norm(X)


def test_fit_transform_is_fit_then_transform_and_repeats(fitted, X, y):
    again = clone(fitted)
    features = again.fit_transform(X, y)
    np.testing.assert_array_equal(features, again.transform(X))
    np.testing.assert_array_equal(features, fitted.transform(X))
    np.testing.assert_array_equal(again.H_[-1], fitted.H_[-1])


@pytest.mark.parametrize("name", ["SemiNMF", "DeepSemiNMF"])
def test_random_starts_follow_their_seed(name, X):
    def factors(seed):
        model = clone(ESTIMATORS[name]).set_params(init="random", random_state=seed, max_iter=5)
        return model.fit(X).Z_[0]

    np.testing.assert_array_equal(factors(1), factors(1))
    np.testing.assert_array_equal(
        factors(np.random.RandomState(1)), factors(np.random.RandomState(1))
    )
    assert (factors(1) != factors(2)).any()


@pytest.mark.parametrize("method", ["projection", "nonnegative"])
def test_transform_treats_samples_alike(fitted, X, method):
    model = clone(fitted).set_params(transform_method=method)
    model.__dict__.update({k: v for k, v in vars(fitted).items() if k.endswith("_") or k[0] == "_"})
    features = model.transform(X)
    np.testing.assert_array_equal(features, model.transform(X))
    scale = np.abs(features).max()
    np.testing.assert_allclose(model.transform(X[:7]), features[:7], atol=0.02 * scale)
    if method == "nonnegative":
        assert features.min() >= 0


def test_float32_stays_and_agrees_with_float64(fitted, X, y):
    single = clone(fitted).fit(X.astype(np.float32), y)
    assert {f.dtype for f in [*single.Z_, *single.H_]} == {np.dtype("float32")}
    assert single.transform(X.astype(np.float32)).dtype == "float32"
    relative = abs(single.reconstruction_err_ - fitted.reconstruction_err_)
    assert relative < 0.02 * fitted.reconstruction_err_ + 1e-3 * np.linalg.norm(X)


@pytest.mark.parametrize("form", [scipy.sparse.csr_matrix, scipy.sparse.csc_array])
def test_sparse_equals_dense(fitted, y, form):
    sparse = form(scipy.sparse.random(40, 12, 0.3, random_state=0))
    model = clone(fitted).set_params(max_iter=10, tol=0)
    features = model.fit(sparse, y).transform(sparse)
    components, error = model.components_, model.reconstruction_err_
    dense_features = model.fit(sparse.toarray(), y).transform(sparse.toarray())
    np.testing.assert_allclose(features, dense_features, atol=1e-6)
    np.testing.assert_allclose(components, model.components_, atol=1e-6)
    np.testing.assert_allclose(error, model.reconstruction_err_, rtol=1e-6)


def test_gaps_are_ignored(fitted, X, y):
    gaps = X.copy()
    hidden = np.random.default_rng(3).random(X.shape) < 0.15
    gaps[hidden] = np.nan
    model = clone(fitted).set_params(tol=0).fit(gaps, y)
    X_hat = model.inverse_transform(model.H_[-1].T)
    np.testing.assert_allclose(
        model.reconstruction_err_, np.linalg.norm((X - X_hat)[~hidden]), rtol=1e-6
    )
    assert np.isfinite(model.transform(gaps)).all()
    assert np.linalg.norm((X - X_hat)[hidden]) < np.linalg.norm(X[hidden])
    cost = model.history_["cost"]
    if type(model).__name__ != "DeepSemiNMF":
        assert (np.diff(cost) <= 1e-9 * cost[0]).all()


def test_tol_stops_and_max_iter_warns(fitted, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*training ended early")
        model = clone(fitted).set_params(tol=0.5, max_iter=300).fit(X, y)
    assert model.n_iter_ < 300
    with pytest.warns(ConvergenceWarning, match="max_iter = 2"):
        clone(fitted).set_params(max_iter=2).fit(X, y)


def test_callback_sees_the_state_and_stops(fitted, X, y):
    seen = []

    def callback(iteration, state):
        seen.append((iteration, state.cost, [Z.shape for Z in state.Z_]))
        return iteration == 4

    model = clone(fitted).set_params(callback=callback).fit(X, y)
    assert (len(seen), model.n_iter_) == (4, 4)
    assert seen[0][1] == model.history_["cost"][0]
    assert seen[3][2] == [Z.shape for Z in model.Z_]


def test_ctrl_c_keeps_what_was_reached(fitted, X, y):
    def interrupt(iteration, state):
        if iteration == 3:
            os.kill(os.getpid(), signal.SIGINT)

    model = clone(fitted).set_params(callback=interrupt)
    with pytest.warns(RuntimeWarning, match="interrupted after iteration 3"):
        model.fit(X, y)
    assert model.n_iter_ == 3
    assert np.isfinite(model.transform(X)).all()


def test_warm_start_goes_on(fitted, X, y):
    model = clone(fitted).set_params(warm_start=True, max_iter=11, tol=0).fit(X, y)
    first = model.history_["cost"]
    assert model.fit(X, y).history_["cost"][0] <= first[-1]
    with pytest.raises(ValueError, match="starting factors must have shapes"):
        model.fit(X[:, :10], y)


def test_given_factors_are_the_start(fitted, X, y):
    given = ([Z.copy() for Z in fitted.Z_], [H.copy() for H in fitted.H_])
    model = clone(fitted).set_params(init=given, max_iter=1, tol=0).fit(X, y)
    H = model.inverse_transform(fitted.H_[-1].T)
    assert model.reconstruction_err_ <= 1.5 * np.linalg.norm(X - H) + 1e-6
    with pytest.raises(ValueError, match="starting factors must have shapes"):
        model.set_params(init=(given[0][:-1], given[1])).fit(X, y)


@pytest.mark.parametrize("names", [None, list("abcdefghijkl")])
def test_saved_estimator_comes_back(fitted, X, y, tmp_path, names):
    import pandas as pd

    frame = X if names is None else pd.DataFrame(X, columns=names)
    model = clone(fitted).set_params(max_iter=5).fit(frame, y)
    model.save(tmp_path / "model")
    loaded = type(model).load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.transform(frame), model.transform(frame))
    assert repr(loaded.get_params()) == repr(model.get_params())
    assert loaded.reconstruction_err_ == model.reconstruction_err_
    assert loaded.history_["cost"].tolist() == model.history_["cost"].tolist()
    other = SemiNMF if not isinstance(model, SemiNMF) else WSF
    with pytest.raises(ValueError, match=f"holds a {type(model).__name__}, not a"):
        other.load(tmp_path / "model")


def test_unfitted_estimators_say_so(fitted, X, tmp_path):
    fresh = clone(fitted)
    for call in (
        lambda: fresh.transform(X),
        lambda: fresh.components_,
        lambda: fresh.inverse_transform(X),
        lambda: fresh.save(tmp_path / "model"),
    ):
        with pytest.raises(NotFittedError):
            call()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[0], "1D array"),
        (lambda X: np.where(X > 1, np.inf, X), "infinity"),
        (lambda X: X[:2], "at least as many samples as components"),
        (lambda X: X[:1], "1 sample"),
        (lambda X: X[:, :0], "0 feature"),
        (lambda X: np.full_like(X, "x", dtype=object), "could not convert"),
        (lambda X: X + 1j, "Complex data"),
        (lambda X: np.where(np.arange(40)[:, None] == 5, np.nan, X), "every entry of sample 5"),
        (lambda X: np.where(np.arange(12) == 7, np.nan, X), "every entry of feature 7"),
        (
            lambda X: scipy.sparse.csr_matrix(np.where(X > 1, np.nan, X)),
            "sparse X must not contain",
        ),
    ],
)
def test_bad_data_are_named(fitted, X, change, message):
    with pytest.raises(ValueError, match=message):
        clone(fitted).fit(change(X))


@pytest.mark.parametrize(
    "change",
    [
        lambda X: np.hstack([X, np.ones((40, 1)), np.zeros((40, 1))]),
        lambda X: (10 * X).astype(int),
        lambda X: X.astype(object),
        lambda X: scipy.sparse.csr_matrix(np.where(np.arange(40)[:, None] < 3, 0, X)),
        lambda X: np.zeros_like(X),
    ],
    ids=["constant columns", "integers", "objects", "empty sparse rows", "zeros"],
)
def test_odd_data_work(fitted, X, change):
    data = change(X)
    model = clone(fitted).set_params(max_iter=20)
    assert np.isfinite(model.fit_transform(data)).all()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"init": "best"}, "'init' parameter"),
        ({"tol": -1}, "'tol' parameter"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"noise_floor": 1}, "'noise_floor' parameter"),
        ({"transform_method": "both"}, "'transform_method' parameter"),
        ({"random_state": "x"}, "'random_state' parameter"),
        ({"init": (np.eye(2),)}, "pair of factors"),
    ],
)
def test_bad_parameters_are_named(fitted, X, parameters, message):
    with pytest.raises(ValueError, match=message):
        clone(fitted).set_params(**parameters).fit(X)


@pytest.mark.parametrize(
    ("estimator", "error", "message"),
    [
        (SemiNMF(0), ValueError, "'n_components' parameter"),
        (SemiNMF(2.5), ValueError, "'n_components' parameter"),
        (SemiNMF(3, solver="newton"), ValueError, "'solver' parameter"),
        (DeepSemiNMF(()), ValueError, "layers must name at least one layer"),
        (DeepSemiNMF((3, 2.5)), TypeError, r"layers\[1\] must be an integer"),
        (DeepSemiNMF(5), ValueError, "'layers' parameter"),
        (DeepSemiNMF((5, 3), nonlinearity="step"), ValueError, "'nonlinearity' parameter"),
        (DeepWSF((5, 3), alphas=(1, 2, 3)), ValueError, "alphas must be one number or 2"),
        (DeepWSF((5, 3), alphas=-1), ValueError, "'alphas' parameter|alphas must be"),
        (WSF(3, affinity="cosine"), ValueError, "'affinity' parameter"),
        (WSF(3, affinity=np.eye(5)), ValueError, "affinity must be 40 x 40"),
        (DeepSemiNMF((5, 3), whiten=0.5, compress=False), ValueError, "whiten needs compress"),
    ],
)
def test_bad_parameters_of_one_estimator_are_named(X, y, estimator, error, message):
    with pytest.raises(error, match=message):
        estimator.fit(X, y)


def test_data_near_the_end_of_a_type_are_named(X):
    with pytest.raises(FloatingPointError, match=r"X is too large for float32: .* give float64"):
        SemiNMF(3).fit((X / abs(X).max() * 3e37).astype(np.float32))


def test_within_a_callback_of_its_first_fit_a_model_is_not_fitted(X):
    model = SemiNMF(3, callback=lambda *_: model.transform(X))
    with pytest.raises(NotFittedError):
        model.fit(X)


@pytest.mark.parametrize("layer", [2, -3, 0.5, True])
def test_unknown_layers_are_named(X, layer):
    model = DeepSemiNMF((5, 3), solver="multiplicative", max_iter=2, **PLAIN).fit(X)
    for call in (model.transform, model.inverse_transform):
        with pytest.raises(ValueError, match="layer must be an integer from -2 to 1"):
            call(X, layer=layer)
