"""Fits to data that are read in blocks: what memory gives, from files of every kind."""

import os

import dask.array
import joblib
import numpy as np
import pytest

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.data import sample_blocks as blocks_module
from dsnmf.data import sources
from dsnmf.data.sources import Source
from dsnmf.initialisation.spectrum import eigen_of
from tests.conftest import relative_error
from tests.data.test_sources import (
    as_dask,
    as_files,
    as_h5,
    as_memmap,
    as_npz,
    as_sparse_dask,
    as_view,
    as_zarr,
)
from tests.estimators.kinds import PLAIN, assert_same_fit, fitted

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]

RNG = np.random.default_rng(0)
X = RNG.random((11, 3)) @ RNG.standard_normal((3, 6)) + 0.3 * RNG.standard_normal((11, 6))
X = np.vstack([X, 2 * X + 0.1 * RNG.standard_normal(X.shape)])  # of 22 samples x 6 features
WHOLE = {"compress": False, "max_iter": 50, "tol": 0, **PLAIN}
LINEAR = {
    "SemiNMF": SemiNMF(3, **WHOLE),
    "bcd": SemiNMF(3, solver="bcd", **WHOLE),
    "two layers": DeepSemiNMF((4, 2), solver="multiplicative", **WHOLE),
    "three layers": DeepSemiNMF((5, 6, 3), solver="multiplicative", **WHOLE),
}
SOURCES = [as_memmap, as_view, as_files, as_h5, as_zarr, as_dask, as_npz, as_sparse_dask]


@pytest.fixture(scope="module")
def memmap(tmp_path_factory):
    return as_memmap(X, tmp_path_factory.mktemp("data"))


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of four samples, as larger data have them by default."""
    monkeypatch.setattr(blocks_module, "ENTRIES", 4 * X.shape[1])


@pytest.mark.parametrize("as_source", SOURCES)
def test_every_source_gives_what_memory_gives(as_source, tmp_path):
    kind, data = LINEAR["two layers"], as_source(X, tmp_path)
    model = fitted(kind, data, block_size=5)
    assert_same_fit(model, fitted(kind, X), 1e-9)
    assert {type(H) for H in model.H_} == {np.ndarray}
    features = model.transform(data, layer=0)
    np.testing.assert_allclose(features, model.transform(X, layer=0), atol=1e-12)


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("iterations", [1, 5, 50])
@pytest.mark.parametrize("block_size", [1, 7, 100])
def test_blocks_of_any_size_give_the_same_trajectory(kind, iterations, block_size, memmap):
    expected = fitted(LINEAR[kind], X, max_iter=iterations)
    actual = fitted(LINEAR[kind], memmap, max_iter=iterations, block_size=block_size)
    assert_same_fit(actual, expected, 1e-9)


@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_any_unit_and_float32(unit, tmp_path):
    data, kind = (X * unit).astype("float32"), LINEAR["two layers"]
    model = fitted(kind, as_memmap(data, tmp_path), block_size=8, max_iter=20)
    assert_same_fit(model, fitted(kind, data, max_iter=20), 1e-4)


def test_fits_end_where_those_in_memory_do(memmap):
    kind = LINEAR["SemiNMF"]
    options = {"tol": 1e-3, "max_iter": 500}
    expected = fitted(kind, X, **options)
    assert 10 < expected.n_iter_ < 500
    assert_same_fit(fitted(kind, memmap, block_size=7, **options), expected, 1e-9)


@pytest.mark.parametrize("kind", ["SemiNMF", "two layers"])
def test_starts_of_ones_own_and_warm_ones(kind, memmap):
    kind = LINEAR[kind]
    start = fitted(kind, X, max_iter=3)
    factors = (start.Z_, start.H_)
    expected = fitted(kind, X, init=factors, max_iter=4)
    assert_same_fit(fitted(kind, memmap, init=factors, max_iter=4, block_size=6), expected, 1e-9)
    half = fitted(kind, memmap, max_iter=3, block_size=6, warm_start=True)
    assert_same_fit(half.set_params(max_iter=4).fit(memmap), expected, 1e-9)


def test_features_in_a_folder(memmap, tmp_path):
    store = tmp_path / "new" / "store"
    kind = LINEAR["two layers"]
    model = fitted(kind, memmap, block_size=5, store=store)
    assert sorted(os.listdir(store)) == ["H_1.npy", "H_2.npy"]
    assert all(isinstance(H, np.memmap) for H in model.H_)
    np.testing.assert_array_equal(np.load(store / "H_2.npy").T, model.H_[1])
    first = model.H_[1].copy()
    other = fitted(kind, memmap, block_size=5, store=str(store), max_iter=2)
    np.testing.assert_array_equal(model.H_[1], first)  # its file is another one now
    assert relative_error(other.H_[1], first) > 1e-3


def test_features_of_a_dask_array_are_one(memmap, small_blocks):
    model = fitted(LINEAR["two layers"], memmap, block_size=5)
    for data in (as_dask(X, None), as_dask(X, None)[:3], as_dask(X.astype("int16"), None)):
        lazy = model.transform(data, layer=0)
        assert isinstance(lazy, dask.array.Array)
        expected = model.transform(data.compute(), layer=0)
        assert (lazy.shape, lazy.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(lazy.compute(scheduler="threads"), expected, atol=1e-12)
    assert isinstance(model.fit_transform(as_dask(X, None)), dask.array.Array)
    with pytest.raises(ValueError, match="X has 5 features, but DeepSemiNMF is expecting 6"):
        model.transform(as_dask(X[:, :5], None))


def test_samples_do_not_touch_each_other(memmap):
    model = fitted(LINEAR["two layers"], memmap, block_size=5)
    np.testing.assert_allclose(model.transform(memmap[3:4])[0], model.transform(memmap)[3])
    with pytest.raises(ValueError, match="X has 5 features, but DeepSemiNMF is expecting 6"):
        model.transform(memmap[:, :5])


def test_data_of_one_block_are_as_any_array(tmp_path):
    data = as_h5(X, tmp_path)
    model = SemiNMF(3, init="random", random_state=0, **PLAIN).fit(data)
    expected = SemiNMF(3, init="random", random_state=0, **PLAIN).fit(X)
    np.testing.assert_array_equal(model.H_[0], expected.H_[0])
    wsf = WSF(3, **PLAIN).fit(data, np.arange(22) % 2)
    np.testing.assert_array_equal(wsf.transform(data), wsf.transform(X))


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (SemiNMF(3, init="random"), "SemiNMF needs X in memory with init='random'"),
        (DeepSemiNMF((4, 2), solver="multiplicative", nonlinearity="softplus"), "nonlinearity"),
        (WSF(3), "WSF needs X in memory with nearest neighbours instead of labels"),
    ],
)
def test_what_needs_memory_says_so(estimator, reason, small_blocks, tmp_path):
    with pytest.raises(ValueError, match=f"{reason}.*: give X\\[:\\]"):
        estimator.fit(as_h5(X, tmp_path))
    assert not hasattr(estimator, "Z_")


def test_memory_maps_are_arrays_where_blocks_do_not_serve(small_blocks, memmap):
    np.testing.assert_array_equal(WSF(3, **PLAIN).fit(memmap).H_[0], WSF(3, **PLAIN).fit(X).H_[0])


GAPS = np.where(RNG.random(X.shape) < 0.1, np.nan, X)


def as_masked_dask(X, folder):
    """What lies under the mask plays no part."""
    return as_dask(np.ma.array(np.where(np.isnan(X), 1e6, X), mask=np.isnan(X)), folder)


WITH_GAPS = [as_memmap, as_files, as_h5, as_dask, as_masked_dask]


@pytest.mark.parametrize("kind", WITH_GAPS)
def test_gaps_and_masks_in_one_block_mean_what_they_mean_in_memory(kind, tmp_path):
    expected = fitted(LINEAR["SemiNMF"], GAPS)
    model = fitted(LINEAR["SemiNMF"], kind(GAPS, tmp_path))
    np.testing.assert_array_equal(model.Z_[0], expected.Z_[0])


@pytest.mark.parametrize(
    "estimator", [LINEAR["two layers"], DeepSemiNMF((4, 2), solver="adam", **WHOLE)]
)
@pytest.mark.parametrize("kind", WITH_GAPS)
def test_gaps_and_masks_of_blocks_are_known_to_transform_and_score(
    kind, estimator, small_blocks, tmp_path
):
    model, data = fitted(estimator, X), kind(GAPS, tmp_path)
    close = {"rtol": 1e-6, "atol": 1e-9}
    np.testing.assert_allclose(model.transform(data, 0), model.transform(GAPS, 0), **close)
    assert model.score(data) == pytest.approx(model.score(GAPS))
    hidden = RNG.random(X.shape) < 0.1
    assert model.score(data, held_out=hidden) == pytest.approx(model.score(GAPS, held_out=hidden))


@pytest.mark.parametrize(
    ("entries", "text"),
    [((17, 2), "infinity in sample 17"), (17, "NaN in every entry of sample 17")],
)
def test_features_of_blocks_name_the_sample(entries, text, small_blocks, memmap, tmp_path):
    model, bad = fitted(LINEAR["SemiNMF"], memmap), X.copy()
    bad[entries] = np.nan if entries == 17 else np.inf
    with pytest.raises(ValueError, match=text):
        model.transform(as_h5(bad, tmp_path))


def test_memory_maps_with_gaps_are_arrays_unless_blocks_are_asked_for(small_blocks, tmp_path):
    kind, mapped = LINEAR["SemiNMF"], as_memmap(GAPS, tmp_path)
    np.testing.assert_array_equal(fitted(kind, mapped).H_[0], fitted(kind, GAPS).H_[0])
    for asked in ({"block_size": 4}, {"store": tmp_path}, {"checkpoint": tmp_path / "state"}):
        with pytest.raises(ValueError, match=r"X contains NaN in sample .*gaps need a dense array"):
            fitted(kind, mapped, **asked)
    for other in (as_h5, as_masked_dask):
        with pytest.raises(ValueError, match="gaps need a dense array in memory"):
            fitted(kind, other(GAPS, tmp_path))


def test_memory_maps_of_more_features_than_samples_are_arrays(small_blocks, tmp_path):
    wide = np.ascontiguousarray(X.T)
    model = fitted(LINEAR["SemiNMF"], as_memmap(wide, tmp_path))
    np.testing.assert_array_equal(model.H_[0], fitted(LINEAR["SemiNMF"], wide).H_[0])


def features_of_gaps(X):
    from dsnmf import SemiNMF

    model = SemiNMF(2, max_iter=2, tol=0).fit(X)
    return model.transform(X), model.score(X)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of workers that were stopped
def test_gaps_in_what_joblib_maps_mean_the_same(tmp_path):
    """A little more than the entries of one block."""
    data = np.tile(GAPS.astype("float32"), (4, 8))
    data = np.tile(data, (1 + blocks_module.ENTRIES // data.size, 1))
    features, score = features_of_gaps(data)
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        ((mapped, mapped_score),) = joblib.Parallel(2)([joblib.delayed(features_of_gaps)(data)])
    np.testing.assert_allclose(mapped, features, rtol=1e-4, atol=1e-5)
    assert mapped_score == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize("kind", [as_files, as_npz, as_dask])
def test_advice_is_that_of_the_kind(kind, small_blocks, tmp_path):
    data = kind(X, tmp_path)
    with pytest.raises(ValueError, match="needs X in memory") as refusal:
        WSF(3).fit(data)
    assert str(refusal.value).endswith(f"give {sources.as_source(data).to_memory}")


LOW_RANK = RNG.standard_normal((22, 4)) @ RNG.standard_normal((4, 10))
LOW_RANK += 1e-3 * RNG.standard_normal(LOW_RANK.shape)  # below the noise floor
COMPRESSED = {
    "SemiNMF": SemiNMF(3, **WHOLE),
    "two layers": LINEAR["two layers"],
    "wider than the rank": DeepSemiNMF((6, 3), solver="multiplicative", **WHOLE),
    "Adam": DeepSemiNMF((4, 2), solver="adam", **WHOLE),
    "whitened": DeepSemiNMF((4, 2), solver="adam", whiten=0.5, **WHOLE),
    "whitened by rules": DeepSemiNMF((4, 2), whiten=0.5, solver="multiplicative", **WHOLE),
}


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("how", [True, "auto", 5])
def test_compressed_fits_are_those_in_memory(kind, how, tmp_path):
    """In the folder are the features alone when the fit has ended."""
    kind, store, data = COMPRESSED[kind], tmp_path / "store", as_memmap(LOW_RANK, tmp_path)
    expected = fitted(kind, LOW_RANK, compress=how)
    assert_same_fit(fitted(kind, data, compress=how, block_size=5), expected, 1e-9)
    model = fitted(kind, data, compress=how, block_size=5, store=store)
    assert_same_fit(model, expected, 1e-9)
    features = [f"H_{i}.npy" for i, _ in enumerate(model.Z_, start=1)]
    assert set(features) <= set(os.listdir(store)) <= {*features, "raw_H_2.npy"}
    exact = np.linalg.norm(LOW_RANK - model.inverse_transform(model.H_[-1].T))
    assert model.reconstruction_err_ == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("how", ["auto", False])
def test_fits_without_a_gram_matrix_of_the_features(how, tmp_path, monkeypatch):
    expected = fitted(COMPRESSED["two layers"], LOW_RANK, compress=how)
    monkeypatch.setattr(blocks_module, "MOST_FEATURES", 9)
    data = as_npz(LOW_RANK, tmp_path)
    model = fitted(COMPRESSED["two layers"], data, compress=how, block_size=5)
    assert_same_fit(model, expected, 1e-9)


def test_the_gram_matrix_is_decomposed_once(memmap, monkeypatch):
    calls = []
    monkeypatch.setattr(blocks_module, "eigen_of", lambda A: calls.append(A.shape) or eigen_of(A))
    fitted(LINEAR["SemiNMF"], memmap, compress="auto", block_size=5, max_iter=1)
    assert calls == [(6, 6)]


@pytest.mark.parametrize("kind", ["SemiNMF", "two layers", "Adam"])
@pytest.mark.parametrize("unit", [1e-30, 1, 1e30])
def test_compressed_float32(kind, unit, tmp_path):
    data, options = (LOW_RANK * unit).astype("float32"), {"compress": "auto", "max_iter": 20}
    if kind == "Adam":  # at the SVD start gradients are rounding, by which its steps go
        Zs = [unit * np.ones((10, 4)) + data[:4].T, RNG.random((4, 2))]
        options["init"] = Zs, [RNG.random((k, 22)) for k in (4, 2)]
    model = fitted(COMPRESSED[kind], as_memmap(data, tmp_path), block_size=8, **options)
    assert_same_fit(model, fitted(COMPRESSED[kind], data, **options), 1e-4)


def test_compressed_data_are_read_three_times(tmp_path, monkeypatch):
    """For scale and directions, to compress them, and for the error."""
    reads, read = [], Source.rows
    monkeypatch.setattr(Source, "rows", lambda *where: reads.append(where) or read(*where))
    data, kind = as_h5(LOW_RANK, tmp_path), COMPRESSED["two layers"]
    fitted(kind, data, compress="auto", block_size=11, max_iter=12, store=tmp_path / "store")
    assert sum(where[0]._X is data for where in reads) == 2 * 3


def test_compressed_fits_go_on(tmp_path):
    kind, data = COMPRESSED["two layers"], as_memmap(LOW_RANK, tmp_path)
    start = fitted(kind, LOW_RANK, compress=True, max_iter=3)
    options = {"compress": True, "max_iter": 4}
    expected = fitted(kind, LOW_RANK, init=(start.Z_, start.H_), **options)
    actual = fitted(kind, data, init=(start.Z_, start.H_), block_size=6, **options)
    assert_same_fit(actual, expected, 1e-9)
    half = fitted(kind, data, compress=True, max_iter=3, block_size=6, warm_start=True)
    assert_same_fit(half.set_params(max_iter=4).fit(data), expected, 1e-9)


@pytest.mark.parametrize("how", [True, "auto"])
def test_compressed_data_may_have_fewer_samples_than_features(how, tmp_path):
    wide, options = np.ascontiguousarray(LOW_RANK.T), {"compress": how, "max_iter": 20}
    model = fitted(COMPRESSED["two layers"], as_memmap(wide, tmp_path), block_size=3, **options)
    assert_same_fit(model, fitted(COMPRESSED["two layers"], wide, **options), 1e-9)


class Interrupted(Exception):
    pass


def fail(iteration, state):
    assert state.H_[-1].shape == (3, 22)
    assert [Z.shape for Z in state.Z_] == [(6, 3)]
    raise Interrupted("stopped")


@pytest.mark.parametrize(
    ("change", "parameters", "error", "text"),
    [
        (lambda X: X[17].fill(np.nan), {}, ValueError, r"NaN in sample 17 \(block 3, samples 15"),
        (lambda X: None, {"callback": fail}, Interrupted, "stopped"),
        (lambda X: None, {"n_components": 30}, ValueError, "at least as many samples"),
        (lambda X: None, {"block_size": 0}, ValueError, "block_size"),
        (lambda X: None, {"compress": 7}, ValueError, "compress must be at most"),
        (lambda X: None, {"store": 5}, ValueError, "store"),
    ],
)
def test_a_failed_fit_leaves_model_and_folder_as_they_were(
    change, parameters, error, text, memmap, tmp_path
):
    model = fitted(LINEAR["SemiNMF"], memmap, block_size=5, store=tmp_path)
    before, file = dict(vars(model)), (tmp_path / "H_1.npy").read_bytes()
    bad = X.copy()
    change(bad)
    (tmp_path / "bad").mkdir()
    data = as_memmap(bad, tmp_path / "bad")
    with pytest.raises(error, match=text):
        model.set_params(**parameters).fit(data)
    changed = {name for name, value in vars(model).items() if before[name] is not value}
    assert changed <= set(parameters)
    assert sorted(os.listdir(tmp_path)) == ["H_1.npy", "bad"]
    assert (tmp_path / "H_1.npy").read_bytes() == file


def test_a_store_that_cannot_be(memmap, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        fitted(LINEAR["SemiNMF"], memmap, block_size=5, store=tmp_path / "file")


def test_a_full_disk_is_an_error(memmap, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left"):
        fitted(LINEAR["SemiNMF"], memmap, block_size=5, store=tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_file_that_becomes_shorter(tmp_path):
    data = as_memmap(X, tmp_path)

    def cut(iteration, state):
        os.truncate(tmp_path / "X.npy", 600)

    with pytest.raises(ValueError, match=r"samples 0 to 4 of X cannot be read: .*shorter"):
        fitted(LINEAR["SemiNMF"], data, block_size=5, callback=cut)
