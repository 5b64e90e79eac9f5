"""Models that learn from one mini-batch after the other."""

import copy
import pickle

import dask.array
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimators_partial_fit_n_features,
    check_n_features_in_after_fitting,
)

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.estimators.stream_sums import Stream
from tests.conftest import relative_error

pytestmark = pytest.mark.usefixtures("without_numba")

PLAIN = {"mode": "FAST_COMPILE", "transform_method": "nonnegative"}
STREAMS = {
    "SemiNMF": SemiNMF(4, **PLAIN),
    "DeepSemiNMF": DeepSemiNMF((6, 4), solver="multiplicative", **PLAIN),
    "HALS": SemiNMF(4, solver="hals", **PLAIN),
}


def batches(count, seed=0, size=40):
    """Samples of one model, 12 features of either sign, with a little noise."""
    W = np.random.default_rng(seed).standard_normal((4, 12))
    rng = np.random.default_rng(1)
    H = np.maximum(rng.standard_normal((count, size, 4)), 0)
    return H @ W + 0.01 * rng.standard_normal((count, size, 12))


def error(model, X):
    return relative_error(model.inverse_transform(model.transform(X)), X)


def streamed(model, batches):
    for X in batches:
        model.partial_fit(X)
    return model


@pytest.fixture(params=list(STREAMS))
def model(request):
    return clone(STREAMS[request.param])


def test_new_samples_are_reproduced_about_as_well_as_by_a_fit(model):
    *seen, new = batches(41)
    first = error(streamed(model, seen[:1]), new)
    last = error(streamed(model, seen[1:]), new)
    assert last < 0.9 * first
    fitted = clone(model).set_params(tol=1e-6).fit(np.vstack(seen))
    assert last < 1.2 * error(fitted, new) + 0.01


def test_the_model_is_complete_after_each_batch(model):
    model.partial_fit(batches(2)[0])
    assert (model.n_steps_, model.n_samples_seen_) == (1, 40)
    streamed(model, batches(2)[1:])
    layers = [Z.shape[1] for Z in model.Z_]
    assert [Z.shape for Z in model.Z_] == list(zip([12, *layers], layers))
    assert model.components_.shape == (4, 12)
    assert (model.n_features_in_, model.n_steps_, model.n_samples_seen_) == (12, 2, 80)
    assert model.transform(batches(1)[0], layer=0).shape == (40, layers[0])
    assert len(model.get_feature_names_out()) == 4


def test_weights_fall_with_the_samples_and_not_with_the_batches():
    rng = np.random.default_rng(0)
    X, H = rng.standard_normal((3, 20)), rng.random((2, 20))
    old = Stream(rng.standard_normal((3, 2)), np.eye(2), 10, 10, 1)
    nothing = np.zeros((3, 20)), np.zeros((2, 20))
    whole = old.add_batch(*nothing, 0.5)
    halves = old.add_batch(*(part[:, :10] for part in nothing), 0.5)
    halves = halves.add_batch(*(part[:, 10:] for part in nothing), 0.5)
    for stream in (whole, halves):
        np.testing.assert_allclose(stream.XH, old.XH / 4)
        np.testing.assert_allclose(stream.HH, old.HH / 4)
    new = old.add_batch(X, H, 0.5)
    np.testing.assert_allclose(new.XH, old.XH / 4 + X @ H.T)
    np.testing.assert_allclose(new.HH, old.HH / 4 + H @ H.T)
    assert (new.n_samples, new.n_steps) == (30, 2)


def test_a_changed_stream_is_followed_by_what_forgets(model):
    before, (*after, new) = batches(10, seed=2), batches(11, seed=3)

    def last_error(forget_factor):
        of_one = clone(model).set_params(forget_factor=forget_factor)
        return error(streamed(of_one, [*before, *after]), new)

    assert last_error(0.5) < 0.5 * last_error(1.0)


@pytest.mark.parametrize("name", list(STREAMS))
def test_components_stay_where_samples_say_nothing_of_them(name):
    model = streamed(clone(STREAMS[name]).set_params(forget_factor=0.1), batches(5))
    components = model.components_
    streamed(model, np.zeros((400, 40, 12)))  # 0.1^400 is zero
    assert relative_error(model.components_, components) < 0.01


SILENCE, PATTERN = np.zeros((40, 12)), np.outer(np.arange(40), np.arange(12) - 5) / 50
POOR = {
    "silence": [SILENCE],
    "one pattern": [PATTERN],
    "silence and a pattern": [SILENCE, PATTERN, SILENCE, PATTERN],
    "silence and single samples": [SILENCE, *batches(1)[0][:, None]],
    "silence and another unit": [SILENCE, 1e-15 * batches(1)[0]],
    "two patterns": [PATTERN + np.outer(np.arange(40) % 2, np.arange(12) ** 2) / 50],
}


@pytest.mark.parametrize("poor", POOR)
@pytest.mark.parametrize("form", [np.float32, np.float64, scipy.sparse.csr_array])
def test_what_says_little_at_first_leaves_no_component_dead(model, poor, form):
    *usual, new = batches(31)
    usual = [form(X) for X in usual]
    late = streamed(clone(model), map(form, POOR[poor]))
    assert np.isfinite(late.transform(new)).all()
    before = late.n_samples_seen_
    streamed(late, usual)
    dtype = np.float32 if form is np.float32 else np.float64
    assert (late.n_samples_seen_, late.Z_[0].dtype) == (before + 30 * 40, dtype)
    # Beside 0.3 where a component stays dead; the poor batches still have some weight.
    assert error(late, new) < 1.2 * error(streamed(model, usual), new) + 0.03


def test_samples_that_stand_for_those_before_have_their_gram_matrix():
    rng = np.random.default_rng(0)
    Zs, H = [rng.standard_normal((7, 4)), rng.standard_normal((4, 3))], rng.random((3, 20))
    stream = Stream.after_fit(Zs, H, 20)
    X, few = Zs[0] @ Zs[1] @ H, stream.make_samples(Zs, 5)
    assert few.shape == (7, 5)
    assert relative_error(few @ few.T, X @ X.T) < 1e-9
    others = rng.random((6, 3))
    changed = stream.change_components(others)
    np.testing.assert_allclose(changed.HH, others @ H @ (others @ H).T)
    np.testing.assert_allclose(changed.XH, X @ (others @ H).T)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_component_that_no_sample_has_stays(dtype):
    Psi = np.random.default_rng(0).standard_normal((40, 30))
    HH = np.ones((30, 30)) + np.eye(30)
    HH[-1] = HH[:, -1] = 0
    stream = Stream(Psi @ HH, HH, 100, 10_000, 100)
    (Z,) = stream.solve_components([Psi], dtype, "FAST_COMPILE")
    np.testing.assert_allclose(Z, Psi, rtol=1e-6)


def test_a_fit_is_gone_on_from(model):
    X = batches(10)
    model.set_params(tol=1e-6, max_iter=3000).fit(np.vstack(X))
    of_fit, n_samples = error(model, X[0]), 10 * 40
    model.partial_fit(X[0])
    assert (model.n_steps_, model.n_samples_seen_) == (1, n_samples + 40)
    assert not any(
        hasattr(model, name) for name in ("H_", "history_", "n_iter_", "reconstruction_err_")
    )
    assert error(model, X[0]) < 1.05 * of_fit


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_starts_anew(model, warm_start):
    X = batches(2)
    model.set_params(warm_start=warm_start, max_iter=5)
    fresh = clone(model).fit(X[1])
    streamed(model, X).fit(X[1])
    np.testing.assert_array_equal(model.H_[-1], fresh.H_[-1])
    assert not hasattr(model, "n_steps_")
    np.testing.assert_array_equal(model.partial_fit(X[0]).Z_[0], fresh.partial_fit(X[0]).Z_[0])


def saved(model):
    model.save("model")
    return type(model).load("model")


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model)), saved]
)
def test_copies_go_on_to_the_same_model(model, copied, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    *X, last = batches(3)
    other = copied(streamed(model, X))
    np.testing.assert_array_equal(other.transform(last), model.transform(last))
    for again in (model, other):
        again.partial_fit(last)
    for Z, same in zip(model.Z_, other.Z_):
        np.testing.assert_array_equal(Z, same)
    assert (other.n_steps_, other.n_samples_seen_) == (3, 120)


def test_what_holds_the_samples_does_not_matter(model):
    X = batches(4)
    components = streamed(clone(model), X).components_
    sparse = streamed(clone(model), map(scipy.sparse.csr_matrix, X)).components_
    assert relative_error(sparse, components) < 1e-6
    single = streamed(clone(model), X.astype(np.float32)).components_
    assert single.dtype == np.float32
    assert relative_error(single, components) < 1e-3
    for unit in (1e-30, 1e30):
        scaled = streamed(clone(model), unit * X).components_
        assert relative_error(scaled / unit, components) < 1e-6


def test_a_given_start_is_started_from():
    X = batches(1)[0]
    Z, H = np.random.default_rng(0).standard_normal((12, 4)), np.ones((4, 40))
    started = SemiNMF(4, init=(Z, H), **PLAIN).partial_fit(X).components_
    assert relative_error(started, SemiNMF(4, **PLAIN).partial_fit(X).components_) > 0.1


BATCH = batches(1)[0]
WITH_GAP, WITH_INFINITY = BATCH.copy(), BATCH.copy()
WITH_GAP[3, 2], WITH_INFINITY[3, 2] = np.nan, np.inf


@pytest.mark.parametrize("seen", [0, 2])
@pytest.mark.parametrize(
    ("X", "kind", "message"),
    [
        (WITH_GAP, ValueError, "without gaps, got NaN"),
        (dask.array.from_array(np.ma.masked_invalid(WITH_GAP)), ValueError, "without gaps, got"),
        (WITH_INFINITY, ValueError, "infinity"),
        (BATCH[:0], ValueError, "0 sample"),
        (BATCH[0], ValueError, "2D array"),
        (BATCH * 1j, ValueError, "Complex"),
    ],
)
def test_bad_batches_are_refused_and_change_nothing(model, seen, X, kind, message):
    streamed(model, batches(2)[:seen])
    before = dict(vars(model))
    with pytest.raises(kind, match=message):
        model.partial_fit(X)
    assert vars(model) == before


def test_batches_that_do_not_fit_what_was_learned_are_refused(model):
    with pytest.raises(ValueError, match="got n_samples = 3 and layers"):
        model.partial_fit(BATCH[:3])
    assert not hasattr(model, "n_features_in_")
    names = [f"x{i}" for i in range(12)]
    model.partial_fit(pd.DataFrame(BATCH, columns=names))
    model.partial_fit(pd.DataFrame(BATCH[:1], columns=names))  # later ones may be as small
    before = dict(vars(model))
    with (
        pytest.warns(UserWarning, match="feature names"),
        pytest.raises(ValueError, match="X has 11 features, but"),
    ):
        model.partial_fit(BATCH[:, 1:])
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(pd.DataFrame(BATCH, columns=names[::-1]))
    with pytest.raises(FloatingPointError, match="too large for the scale of the first"):
        model.partial_fit(pd.DataFrame(1e200 * BATCH, columns=names))
    assert vars(model) == before


@pytest.mark.parametrize("forget_factor", [0, 1.1, "no"])
def test_a_bad_forget_factor_is_named(forget_factor):
    with pytest.raises(ValueError, match="'forget_factor' parameter of SemiNMF"):
        SemiNMF(2, forget_factor=forget_factor).partial_fit(BATCH)


def test_other_layers_than_those_learned_are_refused():
    model = SemiNMF(4, **PLAIN).partial_fit(BATCH)
    with pytest.raises(ValueError, match=r"has learned layers of \(4,\) .* layers of \(3,\)"):
        model.set_params(n_components=3).partial_fit(BATCH)
    relu = DeepSemiNMF((6, 4), max_iter=1, tol=0, **PLAIN).fit(BATCH)
    with pytest.raises(ValueError, match="nonlinearity='relu'"):
        relu.set_params(solver="multiplicative").partial_fit(BATCH)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (SemiNMF(2, solver="bcd"), "needs solver='multiplicative', got 'bcd'"),
        (DeepSemiNMF(), "needs solver='multiplicative', got 'adam'"),
        (DeepSemiNMF(solver="multiplicative", nonlinearity="tanh"), "identity', got 'tanh'"),
        (DeepSemiNMF(solver="multiplicative", whiten=0.5), "needs whiten=0, got 0.5"),
        (WSF(), None),
        (DeepWSF(), None),
    ],
)
def test_others_have_no_partial_fit_and_say_why(other, why):
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as caught:
        other.partial_fit(BATCH)
    if why:
        assert why in str(caught.value.__cause__)


@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_estimators_partial_fit_n_features,
        check_n_features_in_after_fitting,
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_knows_the_streams_of_deep_models(check):
    model = DeepSemiNMF(solver="multiplicative", max_iter=5, mode="FAST_COMPILE")
    check(type(model).__name__, model)
