"""Adam on data in blocks: the factors, features and decisions of a fit in memory."""

from functools import partial

import h5py
import numpy as np
import pytest

from dsnmf import DeepSemiNMF
from tests.conftest import CONVERGENCE, relative_error
from tests.data.test_sources import as_memmap

pytestmark = [
    pytest.mark.usefixtures("without_numba"),
    pytest.mark.filterwarnings(f"ignore::{CONVERGENCE}"),
]

RNG = np.random.default_rng(0)
X = RNG.random((60, 5)) @ RNG.standard_normal((5, 12)) + 0.3 * RNG.standard_normal((60, 12))


@pytest.fixture
def on_disk(tmp_path):
    """A function from an array to a read-only memory map of it."""

    return partial(as_memmap, folder=tmp_path)


def model(layers=(8, 5, 3), **parameters):
    return DeepSemiNMF(
        layers, **{"solver": "adam", "max_iter": 5, "tol": 0, "compress": False, **parameters}
    )


def in_blocks(X, size=17, **parameters):
    return model(block_size=size, **parameters).fit(X)


def assert_same(actual, expected, tolerance=1e-9):
    for name in ("Z_", "H_", "_priors"):
        for value, wanted in zip(getattr(actual, name), getattr(expected, name), strict=True):
            assert relative_error(value, wanted) < tolerance
    assert relative_error(actual._raw_H[-1], expected._raw_H[-1]) < tolerance
    assert relative_error(actual.history_["cost"], expected.history_["cost"]) < tolerance
    assert actual.reconstruction_err_ == pytest.approx(expected.reconstruction_err_, rel=tolerance)
    assert actual.n_iter_ == expected.n_iter_


class Snapshots(dict):
    """A callback that keeps the factors after some iterations."""

    def __call__(self, iteration, state):
        if iteration in (1, 5, 50):
            self[iteration] = [*state.Z_, state.H_[-1]]


@pytest.mark.parametrize("layers", [(6, 3), (8, 5, 3)], ids=str)
@pytest.mark.parametrize("nonlinearity", ["relu", "identity"])
def test_trajectory_is_that_in_memory(on_disk, nonlinearity, layers):
    parameters = {"layers": layers, "nonlinearity": nonlinearity, "max_iter": 50}
    actual, expected = Snapshots(), Snapshots()
    fitted = in_blocks(on_disk(X), callback=actual, **parameters)
    assert_same(fitted, model(callback=expected, **parameters).fit(X))
    for iteration in (1, 5, 50):
        for value, wanted in zip(actual[iteration], expected[iteration], strict=True):
            assert relative_error(value, wanted) < 1e-9
    np.testing.assert_array_equal(actual[50][-1], fitted._raw_H[-1])


@pytest.mark.parametrize("whiten", [0, 1])
def test_compressed_trajectory_and_priors_are_those_in_memory(on_disk, whiten):
    parameters = {"layers": (6, 3), "compress": 4, "whiten": whiten}
    actual, expected = Snapshots(), Snapshots()
    fitted = in_blocks(on_disk(X), callback=actual, **parameters)
    assert_same(fitted, model(callback=expected, **parameters).fit(X))
    for iteration in (1, 5):
        for value, wanted in zip(actual[iteration], expected[iteration], strict=True):
            assert relative_error(value, wanted) < 1e-9


def test_block_size_does_not_matter(on_disk):
    expected, data = model((4, 1)).fit(X), on_disk(X)
    for size in (1, 17, 60):
        assert_same(in_blocks(data, size, layers=(4, 1)), expected)


def test_compiled_form_goes_the_same_way(on_disk):
    parameters = {"layers": (6, 3), "max_iter": 20}
    assert_same(in_blocks(on_disk(X), mode="NUMBA", **parameters), model(**parameters).fit(X))


def softsign(T):
    return T / (1 + abs(T))


@pytest.mark.parametrize("nonlinearity", ["tanh", "softplus", softsign])
def test_other_nonlinearities(on_disk, nonlinearity):
    expected = model(nonlinearity=nonlinearity).fit(X)
    assert_same(in_blocks(on_disk(X), nonlinearity=nonlinearity), expected)


def test_one_layer_from_factors_that_are_given(on_disk):
    """The SVD start of one layer has no gradient by H but rounding, by which Adam's steps go."""
    init = RNG.standard_normal((12, 4)), RNG.standard_normal((4, 60))
    expected = model((4,), init=init, max_iter=50).fit(X)
    assert_same(in_blocks(on_disk(X), layers=(4,), init=init, max_iter=50), expected)


def test_float32_stays(on_disk):
    data = X.astype("float32")
    actual = in_blocks(on_disk(data), max_iter=20)
    assert {value.dtype for value in (*actual.Z_, *actual.H_)} == {np.dtype("float32")}
    assert_same(actual, model(max_iter=20).fit(data), 1e-5)


def test_stops_where_it_does_in_memory(on_disk):
    parameters = {"max_iter": 500, "tol": 0.05, "learning_rate": 0.02}
    expected = model(**parameters).fit(X)
    assert 11 < expected.n_iter_ < 500
    assert_same(in_blocks(on_disk(X), **parameters), expected, 1e-6)


def test_hdf5(tmp_path):
    with h5py.File(tmp_path / "X.h5", "w") as file:
        assert_same(in_blocks(file.create_dataset("X", data=X)), model().fit(X))


@pytest.mark.parametrize("layer", [0, -1])
@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
def test_transform_of_blocks(on_disk, nonlinearity, layer, monkeypatch):
    data = on_disk(X)
    fitted, expected = in_blocks(data, nonlinearity=nonlinearity), model(nonlinearity=nonlinearity)
    wanted = expected.fit(X).transform(X, layer)
    assert relative_error(fitted.transform(X, layer), wanted) < 1e-6
    monkeypatch.setattr("dsnmf.data.sample_blocks.ENTRIES", 17 * 12)
    assert relative_error(fitted.transform(data, layer), wanted) < 1e-6


def test_features_are_in_the_store_and_a_fit_goes_on_from_there(on_disk, tmp_path):
    folder, data = tmp_path / "features", on_disk(X)
    options = {"warm_start": True, "max_iter": 30, "learning_rate": 0.02}
    actual, expected = model(block_size=17, store=folder, **options), model(**options)
    names = ["H_1.npy", "H_2.npy", "H_3.npy", "raw_H_3.npy"]
    for _ in range(2):
        assert_same(actual.fit(data), expected.fit(X), 1e-8)
        assert actual._raw_H[-1].min() < 0
        assert sorted(path.name for path in folder.iterdir()) == names
        for name, H in zip(names, [*actual.H_, actual._raw_H[-1]]):
            np.testing.assert_array_equal(np.load(folder / name).T, H)


def test_files_are_read_twice_and_once_per_iteration(on_disk, monkeypatch):
    """For scale and start, and at the end; the start needs no second read."""
    from dsnmf.data.sources import Mapped

    reads, read = [], Mapped.rows
    monkeypatch.setattr(Mapped, "rows", lambda *where: reads.append(where) or read(*where))
    in_blocks(on_disk(X), 20, max_iter=12, tol=1e-9)
    assert len(reads) == 3 * (1 + 1 + 12 + 1)
