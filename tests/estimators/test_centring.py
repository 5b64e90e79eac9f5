"""center and scale: the fit to data that were centred by hand, in every container."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.data.known import known_entries
from dsnmf.estimators import checkpoints
from tests.conftest import relative_error
from tests.data.test_sources import as_dask, as_files, as_h5, as_memmap, as_npz
from tests.estimators.kinds import PLAIN, assert_same_fit, fitted
from tests.estimators.test_cluster import threads

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.random((40, 4)) @ RNG.standard_normal((4, 7)) + 0.2 * RNG.standard_normal((40, 7))
X = np.where(X > 0.2, X, 0) * [1, 10, 1, 1, 1, 1, 1] + [3, 0, 0, 0, 0, 0, 0]
Y = np.arange(40) % 3
GAPS = np.where(RNG.random(X.shape) < 0.15, np.nan, X)
SHORT = {"compress": False, "max_iter": 20, "tol": 0, **PLAIN}
LINEAR = {
    "SemiNMF": SemiNMF(3, **SHORT),
    "bcd": SemiNMF(3, solver="bcd", **SHORT),
    "hals": SemiNMF(3, solver="hals", **SHORT | {"max_iter": 8}),
    "two layers": DeepSemiNMF((5, 3), solver="multiplicative", **SHORT),
    "WSF": WSF(3, **SHORT),
}
MODELS = LINEAR | {
    "compressed": SemiNMF(3, **SHORT | {"compress": 5}),
    "random": SemiNMF(3, init="random", random_state=0, **SHORT),
    "neighbours": WSF(3, affinity="knn", **SHORT),
    "ridge": WSF(3, transform_method="ridge", complete_labels=True, **SHORT),
    "DeepWSF": DeepWSF((5, 3), **SHORT),
    "softplus": DeepSemiNMF(
        (5, 3), solver="multiplicative", nonlinearity="softplus", **SHORT | {"max_iter": 5}
    ),
    # Of two layers Z_1 has columns that a dead relu leaves to rounding.
    "L-BFGS": DeepSemiNMF((3,), solver="lbfgs", init="random", random_state=0, **SHORT),
    "Adam": DeepSemiNMF((5, 3), solver="adam", **SHORT | {"max_iter": 3}),
}
WAYS = [(True, False), ("median", False), (True, True), (False, True)]


def by_hand(data, center, scale):
    """The mean, the deviations, and data without them."""
    middle = {False: np.zeros_like, True: np.nanmean, "median": np.nanmedian}[center]
    mean = middle(data, axis=0) if center else 0
    deviation = np.nanstd(data, axis=0) if scale else 1
    return mean, deviation, (data - mean) / deviation


def assert_is_fit_by_hand(model, data, expected, prepared, tolerance=1e-12):
    assert_same_fit(model, expected, tolerance)
    for layer in range(len(model.Z_)):
        features = model.transform(data, layer=layer)
        assert relative_error(features, expected.transform(prepared, layer=layer)) < tolerance
    assert model.score(data) == pytest.approx(expected.score(prepared), abs=tolerance)


@pytest.mark.parametrize(("center", "scale"), WAYS)
@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize(
    ("to", "data"),
    [(np.asarray, X), (np.asarray, GAPS), (scipy.sparse.csr_matrix, X)],
    ids=["dense", "gaps", "sparse"],
)
def test_it_is_the_fit_to_centred_data(kind, center, scale, to, data):
    mean, deviation, prepared = by_hand(data, center, scale)
    expected = fitted(LINEAR[kind], prepared, Y)
    model = fitted(LINEAR[kind], to(data), Y, center=center, scale=scale)
    assert_is_fit_by_hand(model, to(data), expected, prepared, 1e-11)
    for learned, of_hand, is_used in (
        (model.mean_, mean, center),
        (model.scale_, deviation, scale),
    ):
        if is_used:
            np.testing.assert_allclose(learned, of_hand, rtol=1e-13)
        else:
            assert learned is None
    samples = expected.inverse_transform(expected.transform(prepared)) * deviation + mean
    back = model.inverse_transform(model.transform(to(data)))
    assert relative_error(back, samples) < 1e-11


@pytest.mark.parametrize("kind", sorted(MODELS.keys() - LINEAR.keys()))
def test_other_rules_starts_and_maps_too(kind):
    y = np.where(Y == 0, -1, Y) if kind == "ridge" else Y
    _, _, prepared = by_hand(X, True, True)
    expected = fitted(MODELS[kind], prepared, y)
    for to in (np.asarray, scipy.sparse.csr_matrix)[: 1 if kind == "compressed" else 2]:
        model = fitted(MODELS[kind], to(X), y, center=True, scale=True)
        assert_is_fit_by_hand(model, to(X), expected, prepared, 1e-5 if kind == "Adam" else 1e-8)
    if kind == "DeepWSF":
        error = relative_error(model.layer_components_[0], expected.layer_components_[0])
        assert error < 1e-9


@pytest.mark.parametrize("l2", [0, 0.05])
@pytest.mark.parametrize(("center", "scale"), WAYS)
def test_absent_entries_may_be_unknown(center, scale, l2):
    data = known_entries(GAPS)
    expected = fitted(LINEAR["SemiNMF"], GAPS, center=center, scale=scale, l2=0.05)
    prepared = by_hand(GAPS, center, scale)[2]
    options = {"absent": "unknown", "l2": l2}
    model = fitted(LINEAR["SemiNMF"], data, center=center, scale=scale, **options)
    of_hand = fitted(LINEAR["SemiNMF"], known_entries(prepared), **options)
    assert_is_fit_by_hand(model, data, of_hand, known_entries(prepared), 1e-10)
    if l2:
        assert relative_error(model.Z_[0], expected.Z_[0]) < 1e-10
    else:
        with pytest.raises(ValueError, match="l2 > 0 of a sparse X needs absent='unknown'"):
            fitted(LINEAR["SemiNMF"], scipy.sparse.csr_matrix(X), center=True, l2=0.1)


@pytest.mark.parametrize(("center", "scale"), [(True, True), (False, True)])
def test_sparse_rows_of_files(center, scale, tmp_path):
    sparse = scipy.sparse.random(60, 40, 0.05, "csr", random_state=0)
    sparse.data[:] = np.arange(sparse.nnz) % 7 + 1
    dense = sparse.toarray()[:, sparse.toarray().any(axis=0)]
    data, prepared = as_npz(dense, tmp_path), by_hand(dense, center, scale)[2]
    model = fitted(LINEAR["SemiNMF"], data, center=center, scale=scale, block_size=25)
    assert_is_fit_by_hand(model, data, fitted(LINEAR["SemiNMF"], prepared), prepared, 1e-10)


@pytest.mark.parametrize("as_source", [as_memmap, as_files, as_h5, as_dask, as_npz])
def test_blocks(as_source, tmp_path):
    kind, data = LINEAR["two layers"], as_source(X, tmp_path)
    _, _, prepared = by_hand(X, True, True)
    model = fitted(kind, data, center=True, scale=True, block_size=7)
    assert_is_fit_by_hand(model, data, fitted(kind, prepared), prepared, 1e-10)
    (tmp_path / "new").mkdir()
    new = as_source(X[:9], tmp_path / "new")  # of one block, which is read
    np.testing.assert_allclose(model.transform(new), model.transform(X[:9]), atol=1e-13)


def test_medians_of_blocks_are_refused(tmp_path):
    model = clone(LINEAR["SemiNMF"]).set_params(center="median")
    with pytest.raises(ValueError, match="SemiNMF needs X in memory with center='median'"):
        model.set_params(block_size=7).fit(as_files(X, tmp_path))
    whole = fitted(LINEAR["SemiNMF"], X, center="median")
    assert_same_fit(fitted(whole, as_memmap(X, tmp_path)), whole, 1e-12)


def test_cluster():
    kind, lazy = LINEAR["WSF"], as_dask(X, None)
    _, _, prepared = by_hand(X, True, True)
    with threads():
        model = clone(kind).set_params(center=True, scale=True, block_size=7).fit(lazy, Y)
        assert relative_error(model.Z_[0], fitted(kind, prepared, Y).Z_[0]) < 1e-10
        features = np.asarray(model.transform(lazy))
    assert relative_error(features, fitted(kind, prepared, Y).transform(prepared)) < 1e-10


def test_an_interrupted_fit_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    data = as_memmap(X, tmp_path)
    options = {"block_size": 7, "center": True, "scale": True, "max_iter": 6}
    expected = fitted(LINEAR["SemiNMF"], data, **options)
    monkeypatch.setattr(checkpoints, "INTERVAL", 0)

    def stop(iteration, state):
        if iteration == 3:
            raise InterruptedError

    options |= {"checkpoint": tmp_path / "state"}
    with pytest.raises(InterruptedError):
        fitted(LINEAR["SemiNMF"], data, callback=stop, **options)
    with pytest.raises(ValueError, match="center was True, is False"):
        fitted(LINEAR["SemiNMF"], data, **options | {"center": False})
    model = fitted(LINEAR["SemiNMF"], data, **options)
    for name in ("Z_", "H_"):
        np.testing.assert_array_equal(getattr(model, name)[0], getattr(expected, name)[0])


@pytest.mark.parametrize("to", [np.asarray, scipy.sparse.csr_matrix])
@pytest.mark.parametrize("scale", [False, True])
def test_a_model_of_full_rank_gives_the_samples_back(scale, to):
    model = fitted(LINEAR["SemiNMF"], to(X), n_components=8, center=True, scale=scale)
    np.testing.assert_allclose(model.inverse_transform(model.transform(to(X))), X, atol=1e-10)
    model.set_params(metric="components")
    reconstructed = model.transform(to(X)) @ model.components_
    prepared = by_hand(X, True, scale)[2]
    assert relative_error(reconstructed, prepared) < 1e-10


def test_gaps_are_filled_in_the_data_s_own_unit():
    full = 5 + RNG.random((60, 2)) @ RNG.standard_normal((2, 9)) * np.arange(1, 10)
    gaps = RNG.random(full.shape) < 0.15
    data = np.where(gaps, np.nan, full)
    model = fitted(LINEAR["SemiNMF"], data, center=True, scale=True, max_iter=300)
    filled, means = model.inverse_transform(model.H_[0].T), np.nanmean(data, axis=0)
    assert np.square(filled - full)[gaps].sum() < 0.1 * np.square(means - full)[gaps].sum()


@pytest.mark.parametrize("to", [np.asarray, scipy.sparse.csr_matrix])
def test_float32_stays(to):
    model = fitted(LINEAR["SemiNMF"], to(X.astype("float32")), center=True, scale=True)
    expected = fitted(LINEAR["SemiNMF"], X, center=True, scale=True)
    features = model.transform(to(X.astype("float32")))
    assert {model.Z_[0].dtype, features.dtype, model.inverse_transform(features).dtype} == {
        np.dtype("float32")
    }
    assert model.mean_.dtype == model.scale_.dtype == np.float64
    assert relative_error(features, expected.transform(X)) < 1e-4


def test_a_large_mean_does_not_cost_digits():
    shifted = X + 1e6
    model, expected = (fitted(LINEAR["SemiNMF"], data, center=True) for data in (shifted, X))
    assert relative_error(model.Z_[0], expected.Z_[0]) < 1e-7


@pytest.mark.parametrize("power", [600, -600])
@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("to", [np.asarray, scipy.sparse.csr_matrix])
def test_the_unit_of_the_data_does_not_matter(to, scale, power):
    unit = 2.0**power
    model, expected = (
        fitted(LINEAR["SemiNMF"], to(data), center=True, scale=scale) for data in (X * unit, X)
    )
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-12
    back = model.inverse_transform(model.transform(to(X * unit))) / unit
    assert relative_error(back, expected.inverse_transform(expected.transform(X))) < 1e-12


def test_large_sparse_data_stay_sparse(monkeypatch):
    """Beyond the sides of which Gram matrices are made."""
    data = scipy.sparse.random(1100, 1200, 0.01, "csr", random_state=0) * 3
    data = data + scipy.sparse.csr_matrix(np.outer(np.arange(1100) < 50, np.arange(1200) < 9))
    dense = data.toarray()
    monkeypatch.setattr(scipy.sparse.csr_matrix, "toarray", None)
    monkeypatch.setattr(scipy.sparse.csc_matrix, "toarray", None)
    model = fitted(LINEAR["SemiNMF"], data.tocsr(), center=True, max_iter=5)
    expected = fitted(LINEAR["SemiNMF"], dense - dense.mean(axis=0), max_iter=5)
    assert model.reconstruction_err_ == pytest.approx(expected.reconstruction_err_, rel=1e-6)


def test_files_hold_it(tmp_path):
    model = fitted(LINEAR["SemiNMF"], X, center="median", scale=True)
    model.save(tmp_path / "model")
    again = SemiNMF.load(tmp_path / "model")
    assert [again.get_params()[name] for name in ("center", "scale")] == ["median", True]
    for name in ("mean_", "scale_"):
        np.testing.assert_array_equal(getattr(again, name), getattr(model, name))
    np.testing.assert_array_equal(again.transform(X), model.transform(X))


def test_a_later_fit_without_it_forgets_it():
    model = clone(LINEAR["SemiNMF"]).set_params(center=True, scale=True).fit(X)
    model.set_params(center=False, scale=False).fit(X)
    assert (model.mean_, model.scale_) == (None, None)
    np.testing.assert_array_equal(model.transform(X), fitted(LINEAR["SemiNMF"], X).transform(X))


def test_a_failed_fit_leaves_it_as_it_was():
    model = clone(LINEAR["SemiNMF"]).set_params(center=True).fit(X)
    before = model.transform(X)
    with pytest.raises(ValueError, match="at least as many samples"):
        model.set_params(scale=True).fit(X[:2])
    np.testing.assert_array_equal(model.transform(X), before)


def test_streams_refuse_it():
    for name, value in (("center", True), ("center", "median"), ("scale", True)):
        model = clone(LINEAR["SemiNMF"]).set_params(**{name: value})
        with pytest.raises(AttributeError, match="partial_fit"):
            model.partial_fit(X)
    model = fitted(LINEAR["SemiNMF"], X, center=True).set_params(center=False)
    with pytest.raises(ValueError, match="cannot go on from a fit with center or scale"):
        model.partial_fit(X)


@pytest.mark.parametrize(("name", "value"), [("center", "mean"), ("center", 1), ("scale", "std")])
def test_other_values_are_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"'{name}' parameter of SemiNMF must be"):
        SemiNMF(**{name: value}).fit(X)
