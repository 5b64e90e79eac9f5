"""Results do not depend on the unit of the data."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from tests.conftest import relative_error
from tests.estimators.kinds import ESTIMATORS, PLAIN

CASES = ESTIMATORS | {
    "NNDSVD": SemiNMF(3, init="nndsvd", **PLAIN),
    "LP": SemiNMF(3, init="lp", **PLAIN),
    "heat": WSF(3, alpha=0.5, affinity="heat", **PLAIN),
    "neighbours": WSF(3, alpha=0.5, affinity="knn", compress=False, **PLAIN),
    "lbfgs": DeepSemiNMF((5, 3), solver="lbfgs", **PLAIN),
    "whitened": DeepSemiNMF((4, 3), compress=6, whiten=0.5, **PLAIN),
}
FORMS = {
    "full": lambda X: X,
    "gaps": lambda X: np.where(np.arange(X.size).reshape(X.shape) % 7 == 0, np.nan, X),
    "sparse": lambda X: scipy.sparse.csr_matrix(np.where(X > 0.5, X, 0)),
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.random((30, 4)) @ rng.standard_normal((4, 9)) + 0.1 * rng.standard_normal((30, 9))
    return X, np.arange(30) % 3


def power_of(model, layer):
    """Features follow the data's unit by the power of their metric; as they are, not at all."""
    return model._exponent(layer) or 0.0


def learned(estimator, X, y, unit):
    model = clone(estimator).set_params(max_iter=12, tol=0).fit(X * X.dtype.type(unit), y)
    values = {
        "Z_1": model.Z_[0] / unit,
        "H_m": model.H_[-1],
        "features": model.transform(X * X.dtype.type(unit)) / unit ** power_of(model, -1),
        "layer 1": model.transform(X * X.dtype.type(unit), layer=0) / unit ** power_of(model, 0),
        "error": np.array(model.reconstruction_err_ / unit),
    }
    # Costs of a whitened fit have no unit of the data's; others may be infinite or 0.
    if not getattr(model, "whiten", 0) and 1e-150 < unit < 1e150:
        values["cost"] = model.history_["cost"] / unit**2
    return values


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-7), ("float32", 2e-2)])
@pytest.mark.parametrize("name", CASES)
def test_unit_of_the_data_does_not_matter(name, data, dtype, tolerance):
    X, y = data[0].astype(dtype), data[1]
    expected = learned(CASES[name], X, y, 1)
    for unit in (1e-30, 3e-4, 1e30):
        for part, value in learned(CASES[name], X, y, unit).items():
            assert relative_error(value, expected[part]) < tolerance, (unit, part)


@pytest.mark.parametrize("form", ["gaps", "sparse"])
@pytest.mark.parametrize("name", ["SemiNMF", "DeepSemiNMF", "lbfgs", "WSF"])
def test_unit_of_gappy_and_sparse_data_does_not_matter(name, form, data):
    X, y = FORMS[form](data[0]), data[1]
    expected = learned(CASES[name], X, y, 1)
    for unit in (1e-30, 1e30):
        for part, value in learned(CASES[name], X, y, unit).items():
            # Adam's first steps follow the signs of gradients that are rounding.
            assert relative_error(value, expected[part]) < 1e-4, (unit, part)


def test_given_factors_and_warm_starts_are_in_the_unit_of_the_data(data):
    X, _ = data
    for unit in (1, 1e-12):
        model = SemiNMF(3, max_iter=11, tol=0, **PLAIN).fit(unit * X)
        again = SemiNMF(3, init=(model.Z_, model.H_), max_iter=1, tol=0, **PLAIN).fit(unit * X)
        assert again.history_["cost"][0] == pytest.approx(model.reconstruction_err_**2 / 2)
        warm = model.set_params(warm_start=True, max_iter=1)
        error = model.reconstruction_err_
        assert warm.fit(unit * X).history_["cost"][0] == pytest.approx(error**2 / 2)


def test_samples_of_unit_norm_are_fitted_as_they_are(data):
    X = data[0] / np.linalg.norm(data[0], axis=1, keepdims=True)
    model = SemiNMF(3, max_iter=1, tol=0, **PLAIN).fit(X)
    assert model._scale == pytest.approx(1, abs=1e-15)
    assert SemiNMF(3, max_iter=1, tol=0, **PLAIN).fit(np.zeros((5, 4)))._scale == 1


@pytest.mark.parametrize("power", [600, -600, 1000])
@pytest.mark.parametrize("name", CASES)
def test_squares_may_leave_float64(name, power, data):
    X, y = data
    unit = 2.0**power
    expected = learned(CASES[name], X, y, 1)
    for part, value in learned(CASES[name], X, y, unit).items():
        assert relative_error(value, expected[part]) < 1e-12, part
