"""Known entries with a penalty: its formula, both containers, what is hidden, what is refused."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf import SemiNMF
from tests.conftest import relative_error

RNG = np.random.default_rng(0)
WHOLE = RNG.random((60, 3)) @ RNG.standard_normal((3, 40)) + 2 + 0.3 * RNG.standard_normal((60, 40))
KNOWN = RNG.random(WHOLE.shape) < 0.3
GAPS = np.where(KNOWN, WHOLE, np.nan)


def stored(X):
    """The known entries of an array as a sparse matrix."""
    at = np.nonzero(~np.isnan(X))
    return scipy.sparse.csr_matrix((X[at], at), shape=X.shape)


def fitted(X, n_components=3, l2=0.02, **options):
    return SemiNMF(n_components, l2=l2, absent="unknown", **options).fit(X)


@pytest.mark.parametrize("n_components", [1, 2, 4])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_stored_entries_are_what_an_array_with_gaps_knows(n_components, dtype):
    X = GAPS.astype(dtype)
    X[0, np.flatnonzero(KNOWN[0])[0]] = 0  # a known zero
    models = [fitted(data, n_components) for data in (stored(X), X)]
    for name in ("H_", "Z_"):
        np.testing.assert_array_equal(*(getattr(model, name)[0] for model in models))
    of_sparse = models[0].transform(stored(X))
    assert of_sparse.dtype == dtype
    assert relative_error(models[1].transform(X), of_sparse) < 1e-5
    held_out = np.random.default_rng(1).random(X.shape) < 0.1
    for mask in (None, held_out):
        scores = [m.score(data, held_out=mask) for m, data in zip(models, (stored(X), X))]
        assert scores[0] == pytest.approx(scores[1], abs=1e-6)


@pytest.mark.parametrize("init", ["svd", "random"])
def test_cost_is_the_formula_and_never_rises(init):
    model = fitted(stored(GAPS), init=init, tol=0, max_iter=60, random_state=0)
    cost = model.history_["cost"]
    assert (np.diff(cost) <= 0).all()
    again = fitted(stored(GAPS), init=(model.Z_[0], model.H_[0]), max_iter=1, tol=0)
    Z, H = model.Z_[0], model.H_[0]
    error = np.nansum(np.square(GAPS - (Z @ H).T))
    s = np.sqrt(np.nanmean(np.square(GAPS), axis=1).mean())
    unit = fit_unit(GAPS)
    # The fit holds Z / unit beside H: the penalty is that of these, in units of unit².
    lengths = np.square(Z / unit).sum(axis=1), np.square(H).sum(axis=0)
    known = ~np.isnan(GAPS)
    penalty = sum((lengths[0] + lengths[1][:, None])[known])
    expected = (error + 0.02 * s * unit * penalty) / 2
    assert again.history_["cost"][0] == pytest.approx(expected, rel=1e-9)


def fit_unit(X):
    """The root mean square of the samples' norms, gaps as the rest of each."""
    return np.sqrt((np.nanmean(np.square(X), axis=1) * X.shape[1]).mean())


def test_unit_and_repetition_of_samples_do_not_matter():
    options = {"tol": 0, "max_iter": 300}
    model = fitted(stored(GAPS), **options)
    expected = model.H_[0].T @ model.Z_[0].T
    in_other_unit = fitted(1e-150 * stored(GAPS), **options)
    got = 1e150 * in_other_unit.H_[0].T @ in_other_unit.Z_[0].T
    assert relative_error(got, expected) < 1e-6
    twice = fitted(scipy.sparse.vstack([stored(GAPS)] * 2), **options)
    assert relative_error(twice.H_[0].T[:60] @ twice.Z_[0].T, expected) < 1e-4


def test_a_penalty_understands_more_of_what_is_hidden():
    hidden = KNOWN & (np.random.default_rng(2).random(KNOWN.shape) < 0.1)
    X = np.where(hidden, np.nan, GAPS)
    errors = [
        np.square((model.H_[0].T @ model.Z_[0].T - WHOLE)[hidden]).mean()
        for model in (fitted(stored(X), 8, l2) for l2 in (0.02, 1e-6))
    ]
    assert errors[0] < errors[1] / 4


@pytest.mark.parametrize("method", ["projection", "nonnegative"])
def test_features_are_the_best_of_each_sample(method):
    model = fitted(stored(GAPS), transform_method=method)
    features, Z = model.transform(GAPS), model.Z_[0]
    unit = fit_unit(GAPS)
    for x, h in zip(GAPS, features):
        known = ~np.isnan(x)
        A, b = Z[known] / unit, x[known] / unit
        slope = A.T @ (A @ h - b) + 0.02 / np.sqrt(len(x)) * known.sum() * h
        if method == "nonnegative":
            assert (h >= 0).all()
            slope = np.where(h > 0, slope, np.minimum(slope, 0))
        np.testing.assert_allclose(slope, 0, atol=1e-9)
    whole = model.transform(WHOLE)  # without gaps, by another way
    assert relative_error(model.transform(stored(WHOLE)), whole) < 1e-9


def test_one_file_and_saved_models(tmp_path):
    path = tmp_path / "X.npz"
    scipy.sparse.save_npz(path, stored(GAPS))
    model = fitted([path])
    np.testing.assert_array_equal(model.H_[0], fitted(stored(GAPS)).H_[0])
    model.save(tmp_path / "model")
    features = SemiNMF.load(tmp_path / "model").transform([path])
    assert relative_error(features, model.transform(stored(GAPS))) < 1e-9


def test_without_a_penalty_known_entries_are_fitted_by_themselves():
    exact = np.where(KNOWN, RNG.random((60, 2)) @ RNG.standard_normal((2, 40)), np.nan)
    model = fitted(stored(exact), 3, l2=0, tol=0, max_iter=300)
    assert model.reconstruction_err_ < 1e-3 * np.sqrt(np.nansum(exact**2))


@pytest.mark.parametrize(
    ("options", "X", "said"),
    [
        ({"absent": "zero"}, stored(GAPS), "needs absent='unknown'"),
        ({"compress": True}, GAPS, "compress"),
        ({"init": "lp"}, stored(GAPS), "init='lp' needs a dense X"),
        ({}, scipy.sparse.vstack([stored(GAPS), [[0] * 40]]), "no entry of sample 60"),
        ({}, scipy.sparse.hstack([stored(GAPS), [[0]] * 60]), "no entry of feature 40"),
        ({"block_size": 10}, None, "needs X in memory with l2=0.02"),
        ({"block_size": 10, "l2": 0}, None, "needs X in memory with absent='unknown'"),
    ],
)
def test_what_does_not_go_is_said(options, X, said, tmp_path):
    if X is None:
        X = [tmp_path / "X.npz"]
        scipy.sparse.save_npz(X[0], stored(GAPS))
    model = SemiNMF(3, **{"l2": 0.02, "absent": "unknown"} | options)
    with pytest.raises(ValueError, match=said):
        model.fit(X)


@pytest.mark.parametrize("options", [{"l2": 0.1}, {"absent": "unknown"}])
def test_streams_are_refused(options):
    with pytest.raises(AttributeError, match="partial_fit"):
        SemiNMF(2, **options).partial_fit(WHOLE)
