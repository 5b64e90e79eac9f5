"""What a fit leaves behind when it fails, or learns nothing."""

import warnings

import dask.array
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from dsnmf import WSF, DeadModelWarning, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, knn_affinity, label_affinity
from tests.data.test_sources import as_memmap
from tests.estimators.kinds import PLAIN, near_low_rank

pytestmark = pytest.mark.usefixtures("without_numba")  # of what graphs have within, too

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((40, 8)), np.arange(40) % 3
QUICK = {"max_iter": 5, "tol": 0, **PLAIN}


@pytest.mark.parametrize(
    ("parameters", "data", "labels"),
    [
        ({"n_components": 100}, X[:, :6], None),
        ({}, X[:, :6], Y[:7]),
        ({"warm_start": True}, X[:, :6], None),
        ({"mode": "fast"}, X[:, :6], None),
        ({"affinity": np.eye(3)}, pd.DataFrame(X, columns=list("abcdefgh")), None),
    ],
    ids=["components", "labels", "warm start", "mode", "affinity"],
)
def test_a_failed_fit_leaves_the_model_as_it_was(parameters, data, labels):
    model = WSF(3, **QUICK).fit(X, Y)
    expected, before = model.transform(X), dict(vars(model))
    with pytest.raises(ValueError, match=r"\d|mode"):
        model.set_params(**parameters).fit(data, labels)
    model.set_params(n_components=3, warm_start=False, mode=PLAIN["mode"], affinity="binary")
    assert vars(model).keys() == before.keys()
    np.testing.assert_array_equal(model.transform(X), expected)


def test_a_model_that_died_is_said():
    with pytest.warns(DeadModelWarning, match="every component of layer 1 of DeepSemiNMF"):
        DeepSemiNMF((5, 3), solver="adam", learning_rate=10, max_iter=60, tol=0, **PLAIN).fit(X)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_divergence_is_said():
    neighbours, classes = knn_affinity(X.T).toarray(), label_affinity(Y).toarray()
    quick = {"alpha": 1.0, "max_iter": 25, "tol": 0, **PLAIN}
    with pytest.warns(RuntimeWarning, match="training diverged"):
        WSF(4, affinity=0.1 * neighbours - 0.5 * classes, **quick).fit(X)
    fitted = SemiNMF(4, **QUICK).fit(X)
    start = fitted.Z_[0], fitted.H_[0]
    with pytest.warns(RuntimeWarning, match="training diverged"):
        WSF(4, init=start, affinity=0.1 * neighbours - 0.5 * classes, **quick).fit(X)
    with pytest.raises(FloatingPointError, match="at iteration 11"):
        WSF(4, affinity=neighbours - 0.5 * classes, **quick).fit(X)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_bad_start_of_ones_own_is_not_divergence():
    start = [np.full((8, 5), 2.0), np.eye(5, 3)], [np.full((5, 40), 1.0), np.full((3, 40), 2.0)]
    DeepSemiNMF((5, 3), init=start, **QUICK).fit(X)


def test_the_way_of_transforming_may_change_after_the_fit():
    model = DeepWSF((4, 3), metric="components", **QUICK).fit(X, np.column_stack([Y, Y]))
    model.transform(X, layer=0)
    model.set_params(transform_method="projection")
    Psi = model.Z_[0]
    np.testing.assert_allclose(model.transform(X, layer=0), X @ np.linalg.pinv(Psi).T, atol=1e-12)


def hidden(entry=1e9):
    masked = np.ma.array(X, mask=False, copy=True)
    masked[3, 2] = entry
    masked[3, 2] = np.ma.masked
    return masked


def test_masked_rows_are_gaps_or_refused():
    gaps = np.where(hidden().mask, np.nan, X)
    expected = SemiNMF(3, **QUICK).fit(gaps)
    for form in (hidden(), list(hidden())):
        np.testing.assert_array_equal(SemiNMF(3, **QUICK).fit(form).Z_[0], expected.Z_[0])
    with pytest.raises(ValueError, match="H must not have masked entries"):
        expected.inverse_transform(np.ma.array(X[:, :3], mask=X[:, :3] > 1))
    with pytest.raises(ValueError, match="H must not have masked entries"):
        expected.inverse_transform(dask.array.from_array(hidden()[:, :3]))
    given = (np.ma.array(np.ones((8, 3)), mask=np.eye(8, 3)), RNG.random((3, 40)))
    with pytest.raises(ValueError, match="init's Z_1 must not have masked entries"):
        SemiNMF(3, init=given, **QUICK).fit(X)


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan])
def test_missing_values_in_columns_of_objects_are_gaps(missing):
    frame = pd.DataFrame(X).astype(object)
    frame.iloc[3, 2] = missing
    expected = SemiNMF(3, **QUICK).fit(np.where(hidden().mask, np.nan, X))
    np.testing.assert_array_equal(SemiNMF(3, **QUICK).fit(frame).Z_[0], expected.Z_[0])


@pytest.mark.parametrize(
    ("H", "error", "message"),
    [
        (np.ones((2, 3), complex), TypeError, "H must hold real numbers"),
        ([["a", "b", "c"]], TypeError, "H must hold real numbers"),
        (np.ones((2, 4)), ValueError, r"H must have shape \(n_samples, 3\)"),
        ([[np.nan, 1, 1]], ValueError, "H must be finite"),
    ],
)
def test_bad_features_are_named(H, error, message):
    with pytest.raises(error, match=message):
        SemiNMF(3, **QUICK).fit(X).inverse_transform(H)


def test_signed_affinities_that_empty_a_model_are_said():
    W = combine([label_affinity(Y)], [0.01], constant=-1.0)
    with pytest.warns(RuntimeWarning):  # zero everywhere, or without end
        WSF(4, alpha=1.0, affinity=W, max_iter=30, tol=0, **PLAIN).fit(X)


@pytest.mark.parametrize("options", [{}, {"block_size": 20}], ids=["memory", "blocks"])
def test_deep_fits_that_a_linear_model_surpasses_are_named(options, tmp_path):
    rng = np.random.default_rng(0)
    X = near_low_rank(60, 4)
    model = DeepSemiNMF((6, 4), solver="adam", **PLAIN, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(as_memmap(X, tmp_path) if options else X)
    far = X + 100 * rng.random(X.shape[1])
    least = np.linalg.norm(np.linalg.svd(far, compute_uv=False)[3:])
    with pytest.warns(ConvergenceWarning, match=f"can leave {least:.3g}: training") as warned:
        model.fit(as_memmap(far, tmp_path) if options else far)
    assert "center=True" in str(warned[-1].message)


def test_only_what_can_help_is_advised():
    centred = near_low_rank(60, 4) - near_low_rank(60, 4).mean(axis=0)
    with pytest.warns(ConvergenceWarning, match="stopped after max_iter = 20") as warned:
        DeepSemiNMF((6, 4), solver="adam", max_iter=20, **PLAIN).fit(centred)
    stopped, early = sorted(str(each.message) for each in warned)[:2]
    assert early.endswith("training ended early: a larger max_iter or solver='lbfgs' may help")
    assert stopped.endswith("a larger max_iter (--max-iter) or solver='lbfgs' may help")
    with pytest.warns(ConvergenceWarning, match="may help") as warned:
        WSF(3, max_iter=3, **PLAIN).fit(X, Y)
    assert str(warned[-1].message).endswith(": a larger max_iter (--max-iter) may help")
    with pytest.warns(ConvergenceWarning, match="or solver='hals' may help"):
        SemiNMF(3, max_iter=3, tol=1e-9, **PLAIN).fit(X)
