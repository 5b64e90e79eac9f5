"""L-BFGS of models with a nonlinearity, and the start that it asks for."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from dsnmf import DeepSemiNMF
from dsnmf.initialisation import appr_seminmf
from dsnmf.initialisation.rectified import rectified_start
from dsnmf.metrics import nmi
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN, near_low_rank

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


def fitted(X, layers=(5, 3), **parameters):
    return DeepSemiNMF(layers, solver="lbfgs", **{**PLAIN, **parameters}).fit(X)


@pytest.mark.parametrize("nonlinearity", ["auto", "softplus", "identity"])
@pytest.mark.parametrize("layers", [(4,), (5, 3), (6, 4, 3)])
def test_steps_never_raise_the_cost_and_layers_follow_from_the_last(layers, nonlinearity):
    X = near_low_rank(60, 5)
    model = fitted(X, layers, nonlinearity=nonlinearity, max_iter=60, tol=0)
    cost, H = model.history_["cost"], model.H_[-1]
    assert (np.diff(cost) <= 1e-12 * cost[0]).all()
    assert cost[-1] < 0.9 * cost[0]
    assert (H >= 0).all()
    g = {
        "auto": lambda A: np.maximum(A, 0),
        "softplus": lambda A: np.logaddexp(0, A),
        "identity": lambda A: A,
    }[nonlinearity]
    led = [H]
    for Z in reversed(model.Z_[1:]):
        led.insert(0, g(Z @ led[0]))
    left = np.linalg.norm(X.T - model.Z_[0] @ led[0])
    assert model.reconstruction_err_ == pytest.approx(left, rel=1e-9)
    if nonlinearity != "identity":  # there inner layers are inferred
        for got, wanted in zip(model.H_, led):
            np.testing.assert_allclose(got, wanted, atol=1e-12)
    again = fitted(X, layers, nonlinearity=nonlinearity, max_iter=60, tol=0)
    np.testing.assert_array_equal(again.H_[-1], H)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layers", [(6, 4), (9, 4), (4, 6), (8, 5, 4), (4, 4), (4,), (3, 1)])
def test_start_hands_the_svd_down_and_its_features_have_a_rank_beyond(layers, dtype):
    X = near_low_rank(60, 6).astype(dtype).T
    Zs, Hs = rectified_start(X, layers, appr_seminmf)
    assert [Z.shape for Z in Zs] == list(zip((12, *layers), layers))
    for Z, below, above in zip(Zs[1:], Hs, Hs[1:]):
        np.testing.assert_allclose(below, np.maximum(Z @ above, 0), atol=1e-5)
    least = min(layers)
    left = np.linalg.norm(X - X @ np.linalg.pinv(Hs[0], rcond=1e-5) @ Hs[0])
    if least > 1:
        assert np.linalg.matrix_rank(Hs[0], tol=1e-3) == layers[0]
        assert left <= np.linalg.norm(np.linalg.svd(X)[1][least - 1 :]) * (1 + 1e-4)
    for H in Hs:
        np.testing.assert_allclose(np.square(H).mean(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_worse_than_a_linear_model_where_adam_ends_early(dtype):
    X = (near_low_rank(200, 6) * np.logspace(0, 2, 12) + 1000).astype(dtype)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "DeepSemiNMF's error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning):
            DeepSemiNMF((6, 4), solver="adam", **PLAIN).fit(X)
        fitted(X, (6, 4))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 2e-2)])
def test_rounding_stays_rounding_to_the_end(dtype, tolerance):
    """The features of data in another unit, or as a sparse matrix, where tol ends the fit."""
    X = load_digits().data[:600].astype(dtype)
    one, *others = (
        fitted(form, (40, 20)) for form in (X, X * X.dtype.type(3e-5), scipy.sparse.csr_array(X))
    )
    assert one.n_iter_ > 20
    for other in others:
        assert other.n_iter_ == one.n_iter_
        assert relative_error(other.H_[-1], one.H_[-1]) < tolerance


def test_ends_at_a_lower_cost_than_adam_with_features_as_good():
    """It fails where the search ends elsewhere by much: digits, errors and NMI as of this build."""
    X, y = load_digits(return_X_y=True)
    model = fitted(X, (40, 20))
    assert model.reconstruction_err_**2 / np.square(X).sum() < 0.025  # Adam: .0375
    features = model.transform(X)
    found = [KMeans(10, n_init=4, random_state=i).fit_predict(features) for i in range(4)]
    assert np.mean([nmi(y, each) for each in found]) > 0.74  # Adam: .753


def test_gaps_are_fitted_as_little_as_they_are_known():
    X = near_low_rank(60, 5)
    holes = np.random.default_rng(1).random(X.shape) < 0.1
    model = fitted(np.where(holes, np.nan, X), (6, 4), max_iter=60, tol=0)
    assert (np.diff(model.history_["cost"]) <= 0).all()
    left = (X - model.inverse_transform(model.transform(np.where(holes, np.nan, X))))[~holes]
    assert np.square(left).sum() < 0.1 * np.square(X[~holes]).sum()


def test_goes_on_from_where_it_was():
    X = near_low_rank(60, 5)
    model = fitted(X, max_iter=15, tol=0, warm_start=True)
    before = model.reconstruction_err_
    assert model.fit(X).reconstruction_err_ < before


def test_blocks_are_refused_by_name(tmp_path):
    np.save(tmp_path / "X.npy", near_low_rank(60, 5))
    with pytest.raises(ValueError, match="in memory with a nonlinearity and solver='lbfgs'"):
        fitted([tmp_path / "X.npy"], block_size=20)


ODD = {
    "mean": lambda X, s: X + s,
    "one sample": lambda X, s: np.vstack([s * X[:1], X[1:]]),
    "few samples": lambda X, s: np.vstack([X, s * X[:4]]),
    "nearly equal": lambda X, s: 1 + X / s,
    "one feature": lambda X, s: X * np.r_[s, np.ones(X.shape[1] - 1)],
}


@pytest.mark.parametrize("size", [1e2, 1e5])
@pytest.mark.parametrize("kind", ODD)
def test_odd_data_end_no_higher_than_linear_models_of_one_component_less(kind, size):
    """Those have as many free directions: one more component makes H >= 0."""
    X = ODD[kind](near_low_rank(120, 6), size)
    least = np.linalg.norm(np.linalg.svd(X, compute_uv=False)[4:])
    assert fitted(X, (10, 5)).reconstruction_err_ < 1.0001 * least
