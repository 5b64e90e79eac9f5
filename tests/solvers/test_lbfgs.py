"""L-BFGS with the best Z_1."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

from dsnmf import DeepSemiNMF
from dsnmf.data.dense import DenseVariables
from dsnmf.initialisation import appr_seminmf
from dsnmf.solvers.lbfgs import LBFGS, linear_start
from dsnmf.solvers.program import Program
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
    best = np.linalg.norm(X.T - X.T @ np.linalg.pinv(led[0]) @ led[0])
    assert model.reconstruction_err_ == pytest.approx(best, rel=1e-5)  # the ridge
    if nonlinearity != "identity":  # there inner layers are inferred
        for got, wanted in zip(model.H_, led):
            np.testing.assert_allclose(got, wanted, atol=1e-12)
    again = fitted(X, layers, nonlinearity=nonlinearity, max_iter=60, tol=0)
    np.testing.assert_array_equal(again.H_[-1], H)


def test_slope_is_that_of_the_least_error_for_z_2_and_h():
    rng = np.random.default_rng(0)
    X, Z_2, H = rng.standard_normal((9, 30)), rng.standard_normal((5, 3)), rng.random((3, 30))
    program = Program(LBFGS, DenseVariables, 2, "softplus", "float64", (), PLAIN["mode"])
    program.data.X.set_value(X)
    evaluate = program._move.__self__._evaluate
    cost, Z_1, by_Z, by_H, _ = evaluate(Z_2, H)
    F = np.logaddexp(0, Z_2 @ H)
    assert cost == pytest.approx(np.square(X - X @ np.linalg.pinv(F) @ F).sum())
    assert relative_error(Z_1, X @ np.linalg.pinv(F)) < 1e-8
    for which, slope in enumerate((by_Z, by_H)):
        for entry in ((0, 0), (2, 1)):
            ends = []
            for step in (1e-5, -1e-5):
                point = [Z_2.copy(), H.copy()]
                point[which][entry] += step
                ends.append(float(evaluate(*point)[0]))
            assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(slope[entry], rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_linear_start_leaves_what_the_svd_leaves(dtype):
    X = near_low_rank(60, 6).astype(dtype).T
    Z_1, H_1 = appr_seminmf(X, 6)
    Z_2, H_2 = linear_start(Z_1, H_1, (6, 4))
    F = np.maximum(Z_2 @ H_2, 0)
    left = np.linalg.norm(X - X @ np.linalg.pinv(F, rcond=1e-5) @ F)
    wanted = np.sqrt(np.square(np.linalg.svd(X, compute_uv=False)[3:]).sum())
    assert left <= wanted * (1 + 1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_worse_than_a_linear_model_where_adam_ends_early(dtype):
    X = (near_low_rank(200, 6) * np.logspace(0, 2, 12) + 1000).astype(dtype)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "DeepSemiNMF's error", ConvergenceWarning)
        with pytest.raises(ConvergenceWarning):
            DeepSemiNMF((6, 4), solver="adam", **PLAIN).fit(X)
        fitted(X, (6, 4))


def test_sparse_data_go_the_same_way_and_float32_ends_as_well():
    X = np.maximum(near_low_rank(60, 5), 0.3)
    X[X == 0.3] = 0
    dense, sparse, narrow = (
        fitted(form, max_iter=10, tol=0)
        for form in (X, scipy.sparse.csr_array(X), X.astype("float32"))
    )
    np.testing.assert_allclose(sparse.history_["cost"], dense.history_["cost"], rtol=1e-3)
    assert narrow.H_[-1].dtype == np.float32
    assert narrow.reconstruction_err_ < 1.1 * dense.reconstruction_err_


def test_rounding_at_the_start_stays_rounding():
    X = np.random.default_rng(0).standard_normal((60, 12))
    one, other = (fitted(c * X, max_iter=15, tol=0).H_[-1] for c in (1, 3e-5))
    assert relative_error(other, one) < 1e-5  # features of rank 3 in 5 rows


def test_goes_on_from_where_it_was():
    X = near_low_rank(60, 5)
    model = fitted(X, max_iter=15, tol=0, warm_start=True)
    before = model.reconstruction_err_
    assert model.fit(X).reconstruction_err_ < before


def test_gaps_and_blocks_are_refused_by_name(tmp_path):
    X = near_low_rank(60, 5)
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(ValueError, match="in memory with a nonlinearity and solver='lbfgs'"):
        fitted([tmp_path / "X.npy"], block_size=20)
    X[3, 4] = np.nan
    with pytest.raises(ValueError, match="solver='lbfgs' needs X without gaps"):
        fitted(X)
