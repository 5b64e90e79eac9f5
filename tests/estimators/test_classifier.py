"""Classes of new samples from labels that are partly known."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits, make_moons
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import check_estimator

from dsnmf import WSFClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def clouds():
    """Three clouds of 40 samples along directions of their own, two labels of each."""
    y = np.arange(120) % 3
    rng = np.random.default_rng(0)
    X = rng.standard_normal((3, 10))[y] + 0.4 * rng.standard_normal((120, 10))
    return X, y, np.where(np.arange(120) < 6, y, -1)


def test_check_estimator():
    results = check_estimator(WSFClassifier(max_iter=50), on_skip=None)
    assert {result["status"] for result in results} <= {"passed", "skipped"}
    assert sum(result["status"] == "skipped" for result in results) <= 1  # array API


@pytest.mark.parametrize("as_given", [np.asarray, scipy.sparse.csr_array])
def test_unlabelled_samples_help(clouds, as_given):
    X, y, few = clouds
    model = WSFClassifier().fit(as_given(X[:80]), few[:80])
    np.testing.assert_array_equal(model.transduction_[:6], y[:6])
    assert np.mean(model.transduction_ == y[:80]) == 1
    alone = RidgeClassifierCV().fit(X[:6], y[:6])
    assert model.score(as_given(X[80:]), y[80:]) > alone.score(X[80:], y[80:])


def test_features_do_not_depend_on_unit_or_names(clouds):
    X, _, few = clouds
    expected = WSFClassifier().fit(X, few).predict(X)
    names = np.where(few < 0, None, np.array(["a", "b", "c"], object)[few])
    model = WSFClassifier().fit(1e-9 * X, names)
    assert list(model.classes_) == ["a", "b", "c"]
    np.testing.assert_array_equal(model.predict(1e-9 * X), np.array(["a", "b", "c"])[expected])


@pytest.mark.parametrize(
    ("data", "predictor"),
    [
        (make_moons(200, noise=0.05, random_state=0), KNeighborsClassifier),
        (None, RidgeClassifierCV),
    ],
)
def test_the_better_predictor_is_chosen(data, predictor, clouds):
    X, y = clouds[:2] if data is None else data
    assert isinstance(WSFClassifier(max_iter=20).fit(X, y).predictor_, predictor)


def test_digits_with_few_labels():
    X, y = load_digits(return_X_y=True)
    few = np.where(np.arange(900) < 60, y[:900], -1)
    model = WSFClassifier().fit(X[:900], few)
    alone = RidgeClassifierCV(np.logspace(-3, 5, 17)).fit(X[:60], y[:60])
    assert model.score(X[900:], y[900:]) > alone.score(X[900:], y[900:]) + 0.03


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y"),
        (np.full(120, -1), "two classes or more, got 0"),
        (np.array([1, "1", 2], dtype=object)[np.arange(120) % 3], "of one kind, names or numbers"),
        (np.where(np.arange(120) < 9, 2, 2), "two classes or more, got 1"),
        (np.arange(120) % 3 + 0.5, "continuous"),
        (np.zeros((120, 2)), "1d array"),
        (np.arange(7), "one row per sample"),
    ],
)
def test_bad_labels(clouds, y, message):
    model = WSFClassifier()
    with pytest.raises(ValueError, match=message):
        model.fit(clouds[0], y)
    assert not hasattr(model, "predictor_")


def test_two_classes_may_be_called_minus_one_and_one(clouds):
    X, y, _ = clouds
    assert list(WSFClassifier(max_iter=5).fit(X, np.where(y, 1, -1)).classes_) == [-1, 1]
