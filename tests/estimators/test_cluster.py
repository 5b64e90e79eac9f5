"""Fits on Dask clusters: what memory gives, the same bits from any workers, features stay there."""

import os
import signal
from contextlib import contextmanager
from functools import cache

import dask.array
import h5py
import numpy as np
import pytest
from dask.sizeof import sizeof
from distributed import Client, LocalCluster
from pytensor.compile.mode import get_mode

from dsnmf import DeepSemiNMF, DeepWSF, MultiViewDeepSemiNMF, SemiNMF
from dsnmf.commands.main import main
from dsnmf.estimators import checkpoints
from tests.conftest import CONVERGENCE, relative_error

pytestmark = pytest.mark.filterwarnings(f"ignore::{CONVERGENCE}")

N, P = 400, 12
RNG = np.random.default_rng(0)
X = RNG.random((N, 4)) @ RNG.standard_normal((4, P)) + 0.3 * RNG.standard_normal((N, P))
Y = np.column_stack([np.arange(N) % 3, np.arange(N) // 200])
LAZY = dask.array.from_array(X, chunks=(90, -1))  # five blocks

PLAIN = {"max_iter": 8, "tol": 0, "mode": "FAST_COMPILE", "compress": False}
MODELS = {
    "SemiNMF": SemiNMF(3, **PLAIN),
    "compressed": DeepSemiNMF((5, 3), solver="multiplicative", **PLAIN | {"compress": 6}),
    "Adam": DeepSemiNMF((5, 3), solver="adam", learning_rate=0.01, **PLAIN),
    "DeepWSF": DeepWSF((5, 3), **PLAIN),
    "HALS": DeepWSF((5, 3), solver="hals", **PLAIN),
    "beyond the rank": SemiNMF(3, noise_floor=0.9, **PLAIN | {"max_iter": 3}),
    "one component": SemiNMF(1, **PLAIN | {"max_iter": 3}),
}


def fit(name, data=LAZY, **parameters):
    model = MODELS[name]
    return type(model)(**model.get_params() | parameters).fit(data, Y)


def factors(model):
    return [np.asarray(factor) for factor in model.Z_ + model.H_]


def assert_same_bits(model, expected):
    for factor, wanted in zip(factors(model), expected, strict=True):
        np.testing.assert_array_equal(factor, wanted)


@contextmanager
def threads(workers=1, **options):
    """A cluster of threads of this process, and its client."""
    options = {"processes": False, "dashboard_address": None, **options}
    with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as client:
        yield client


def test_several_views_are_refused():
    with threads(), pytest.raises(ValueError, match="several views are not fitted on a cluster"):
        MultiViewDeepSemiNMF((3,), views=[8, 4]).fit(LAZY)


@cache
def by_threads(name):
    """A fit by two workers of three threads each, and its factors."""
    with threads(2, threads_per_worker=3):
        model = fit(name)
        return model, factors(model)


@pytest.fixture(scope="module")
def cluster():
    """A cluster of processes, whose number changes."""
    options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(n_workers=1, **options) as cluster, Client(cluster):
        yield cluster


@pytest.mark.parametrize("name", MODELS)
def test_trajectory_is_that_in_memory(name):
    expected, (model, found) = fit(name, X), by_threads(name)
    assert max(map(relative_error, found, factors(expected))) < 1e-9
    costs, wanted = model.history_["cost"], expected.history_["cost"]
    np.testing.assert_allclose(costs, wanted, rtol=1e-9)
    assert model.reconstruction_err_ == pytest.approx(expected.reconstruction_err_, rel=1e-9)


def test_any_number_of_workers_gives_the_same_bits(cluster):
    expected = {}
    for workers in (1, 2, 4):
        cluster.scale(workers)
        Client.current().wait_for_workers(workers)
        for name in ("compressed", "Adam"):
            model = fit(name)
            assert_same_bits(model, expected.setdefault(name, factors(model)))


def test_a_killed_worker_changes_no_bit(cluster):
    def kill(iteration, state):
        if iteration == 4:
            os.kill(next(iter(Client.current().run(os.getpid).values())), signal.SIGKILL)

    expected = factors(fit("compressed"))
    assert_same_bits(fit("compressed", LAZY.persist(), callback=kill), expected)


@contextmanager
def gathered():
    """Sizes in bytes of all that comes from the cluster to this process."""
    sizes, gather = [], Client._gather

    async def noted(client, futures, *args, **kwargs):
        values = await gather(client, futures, *args, **kwargs)
        sizes.extend(map(sizeof, values if isinstance(values, list) else [values]))
        return values

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "_gather", noted)
        yield sizes


@pytest.fixture(scope="module")
def here():
    """A client of a worker in this process."""
    with threads() as client:
        yield client


def test_features_stay_on_the_workers(here, tmp_path):
    for name in ("SemiNMF", "compressed", "Adam"):
        with gathered() as sizes:
            model = fit(name)
            features = model.H_[-1]
        assert isinstance(features, dask.array.Array)
        assert (features.shape, features.chunks[1]) == ((3, N), LAZY.chunks[0])
        assert 0 < max(sizes, default=0) < 90 * 3 * 8  # the features of one block
    stored = fit("SemiNMF", store=tmp_path)
    assert isinstance(stored.H_[0], np.memmap)
    assert_same_bits(stored, by_threads("SemiNMF")[1])


@pytest.mark.parametrize("name", ["SemiNMF", "compressed", "DeepWSF"])
def test_single_precision(name, here):
    narrow = X.astype("float32")
    found, expected = (factors(fit(name, data)) for data in (LAZY.astype("float32"), narrow))
    assert {factor.dtype.name for factor in found} == {"float32"}
    assert max(map(relative_error, found, expected)) < 1e-4


def test_files_hold_the_features(here, tmp_path):
    model = fit("SemiNMF")
    model.save(tmp_path / "model")
    assert_same_bits(SemiNMF.load(tmp_path / "model"), factors(model))


def test_starts_of_ones_own_and_warm_ones(here):
    start = fit("SemiNMF", X, max_iter=3)
    expected = factors(fit("SemiNMF", X, init=(start.Z_, start.H_), max_iter=3))
    given = fit("SemiNMF", init=(start.Z_, start.H_), max_iter=3)
    warm = fit("SemiNMF", max_iter=3, warm_start=True).fit(LAZY)
    for model in (given, warm):
        assert max(map(relative_error, factors(model), expected)) < 1e-9


def test_a_fit_goes_on_with_batches(here):
    expected = fit("SemiNMF", X).partial_fit(X[:50])
    model = fit("SemiNMF").partial_fit(LAZY[:50])
    assert relative_error(model.components_, expected.components_) < 1e-9
    assert model.n_samples_seen_ == N + 50


def test_ctrl_c_and_the_same_call_again(here, tmp_path):
    def interrupt(iteration, state):
        if iteration == 5:
            signal.raise_signal(signal.SIGINT)

    with pytest.warns(RuntimeWarning, match="interrupted after iteration 5"):
        fit("compressed", checkpoint=tmp_path, callback=interrupt)
    assert {path.name for path in tmp_path.iterdir()} == {"state.npz", "H-5.npy"}
    assert_same_bits(fit("compressed", checkpoint=tmp_path), by_threads("compressed")[1])


def test_a_lost_scheduler_is_an_error_and_the_state_stays(tmp_path, monkeypatch):
    def close(iteration, state):
        if iteration == 4:
            cluster.close()

    monkeypatch.setattr(checkpoints, "INTERVAL", 0)
    cluster = LocalCluster(n_workers=1, processes=False, dashboard_address=None, silence_logs=60)
    with Client(cluster), pytest.raises(ConnectionError, match=r"Dask cluster at inproc.* is lost"):
        fit("SemiNMF", checkpoint=tmp_path, callback=close)
    assert {path.name for path in tmp_path.iterdir()} == {"state.npz", "H-3.npy"}
    with threads():
        assert_same_bits(fit("SemiNMF", checkpoint=tmp_path), by_threads("SemiNMF")[1])


def test_data_that_are_lost(here):
    scattered = here.scatter(X)
    lost = dask.array.from_delayed(scattered, X.shape, float).rechunk((90, -1))
    scattered.cancel()
    with pytest.raises(ConnectionError, match="or data in its memory"):
        fit("SemiNMF", lost)


def not_finite(rows):
    return np.where(np.arange(len(rows))[:, None] == 31, np.nan, rows)


def failing(rows):
    raise ArithmeticError("no such rows")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (not_finite, r"NaN in sample [0-9]+ \(block [0-9], samples [0-9]+ to [0-9]+\)"),
        (failing, "samples [0-9]+ to [0-9]+ of X cannot be read: no such rows"),
    ],
)
def test_blocks_that_cannot_be_used(function, words, here):
    with pytest.raises(ValueError, match=words):
        fit("SemiNMF", LAZY.map_blocks(function, dtype=float, meta=np.empty((0, 0))))


def test_what_cannot_be_sent_is_named(here, tmp_path):
    with h5py.File(tmp_path / "X.h5", "w") as file:
        open_file = dask.array.from_array(file.create_dataset("X", data=X), chunks=(90, -1))
        with pytest.raises(TypeError, match=r"X cannot be sent.*h5py.*lazy_matrix"):
            fit("SemiNMF", open_file)
    with pytest.raises(ValueError, match="on a Dask cluster mode must be a name"):
        fit("SemiNMF", mode=get_mode("FAST_COMPILE"))
    with pytest.raises(ValueError, match="on a Dask cluster nonlinearity must be a name"):
        fit("Adam", nonlinearity=abs)


@pytest.mark.usefixtures("without_numba")
def test_the_command_line(cluster, tmp_path, capsys):
    with h5py.File(tmp_path / "X.h5", "w") as file:
        file["X"] = X
    words = ["--layers", "3", "--max-iter", "8", "--block-size", "90", "--quiet"]
    words += ["--dask", cluster.scheduler_address, "-o", f"{tmp_path / 'model'}"]
    assert main(["fit", f"{tmp_path / 'X.h5'}:X", *words]) == 0, capsys.readouterr().err
    expected = SemiNMF(3, max_iter=8).fit(X)
    assert relative_error(SemiNMF.load(tmp_path / "model").H_[0], expected.H_[0]) < 1e-9
