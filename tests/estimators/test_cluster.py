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
from distributed import Client, Future, LocalCluster

from dsnmf import DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.commands.main import main
from dsnmf.data.lazy import lazy_matrix
from dsnmf.estimators import checkpoints
from tests.conftest import CONVERGENCE, relative_error

pytestmark = pytest.mark.filterwarnings(f"ignore::{CONVERGENCE}")

N, P = 400, 12
RNG = np.random.default_rng(0)
X = RNG.random((N, 4)) @ RNG.standard_normal((4, P)) + 0.3 * RNG.standard_normal((N, P))
Y = np.column_stack([np.arange(N) % 3, np.arange(N) // 200])
LAZY = dask.array.from_array(X, chunks=(90, -1))  # five blocks

PLAIN = {"max_iter": 12, "tol": 0, "mode": "FAST_COMPILE", "compress": False}
MODELS = {
    "SemiNMF": SemiNMF(3, **PLAIN),
    "compressed": DeepSemiNMF((5, 3), solver="multiplicative", **PLAIN | {"compress": 6}),
    "Adam": DeepSemiNMF((5, 3), learning_rate=0.01, **PLAIN),
    "DeepWSF": DeepWSF((5, 3), **PLAIN),
    "beyond the rank": SemiNMF(3, noise_floor=0.9, **PLAIN | {"max_iter": 3}),
    "one component": SemiNMF(1, **PLAIN | {"max_iter": 3}),
}


def fit(name, data=LAZY, **parameters):
    model = MODELS[name]
    return type(model)(**model.get_params() | parameters).fit(data, Y)


@cache
def in_memory(name):
    return fit(name, X)


def factors(model):
    return [np.asarray(factor) for factor in model.Z_ + model.H_]


def assert_same_bits(model, expected):
    for factor, wanted in zip(factors(model), factors(expected), strict=True):
        np.testing.assert_array_equal(factor, wanted)


@contextmanager
def threads(workers=1, **options):
    """A cluster of threads of this process, and its client."""
    options = {"processes": False, "dashboard_address": None, **options}
    with LocalCluster(workers, **options) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module")
def by_threads():
    """A fit of each model by two workers of three threads each."""
    with threads(2, threads_per_worker=3):
        yield {name: fit(name) for name in MODELS}


@pytest.fixture(scope="module")
def cluster():
    """A cluster of processes, whose number changes."""
    options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with LocalCluster(1, **options) as cluster, Client(cluster):
        yield cluster


@pytest.mark.parametrize("name", MODELS)
def test_trajectory_is_that_in_memory(name, by_threads):
    model, expected = by_threads[name], in_memory(name)
    for factor, wanted in zip(factors(model), factors(expected), strict=True):
        assert factor.dtype == wanted.dtype
        assert relative_error(factor, wanted) < 1e-9
    costs, wanted = model.history_["cost"], expected.history_["cost"]
    np.testing.assert_allclose(costs, wanted, rtol=1e-9)
    assert model.reconstruction_err_ == pytest.approx(expected.reconstruction_err_, rel=1e-9)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_any_number_of_workers_gives_the_same_bits(workers, cluster, by_threads):
    cluster.scale(workers)
    Client.current().wait_for_workers(workers)
    for name in ("compressed", "Adam", "DeepWSF"):
        assert_same_bits(fit(name), by_threads[name])


@pytest.mark.parametrize("name", ["SemiNMF", "compressed"])
def test_a_killed_worker_changes_no_bit(name, cluster, by_threads):
    def kill(iteration, state):
        if iteration == 6:
            os.kill(next(iter(Client.current().run(os.getpid).values())), signal.SIGKILL)

    assert_same_bits(fit(name, LAZY.persist(), callback=kill), by_threads[name])
