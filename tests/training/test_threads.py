"""Small work has one thread of BLAS, large work all that there are; what was set comes back."""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
import threadpoolctl
from threadpoolctl import threadpool_info, threadpool_limits

from dsnmf import DSNMF, DeepSemiNMF, SemiNMF
from dsnmf.experiments import clustering, methods
from dsnmf.selection import select
from dsnmf.training import threads
from dsnmf.training.threads import ONCE, STEP, one_thread, threads_for

X = np.random.default_rng(0).standard_normal((60, 40))


def counts(*apis):
    pools = threadpool_info()
    return {pool["num_threads"] for pool in pools if not apis or pool["user_api"] in apis}


def let_go():
    """Let other threads set counts too, which threadpoolctl refuses from version 3.8 on."""
    if hasattr(threadpoolctl.OpenBLASController, "clear_controlling_thread"):
        threadpoolctl.OpenBLASController.clear_controlling_thread(force=True)


@pytest.fixture(autouse=True)
def two():
    """As a user with two cores has it, on any machine."""
    limits = threadpool_limits(2)
    let_go()
    assert counts() == {2}
    yield
    assert counts() == {2}
    limits.restore_original_limits()
    let_go()


def test_one_thread_until_the_outermost_context_ends():
    with one_thread():
        with one_thread():
            assert counts() == {1}
        assert counts() == {1}
    assert counts() == {2}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_errors_give_back_what_was_there(error):
    with pytest.raises(error), one_thread():
        raise error
    assert counts() == {2}


def test_the_last_of_several_threads_gives_back_what_was_there():
    first, second = Barrier(2, timeout=30), Barrier(2, timeout=30)

    def leave_first():
        with one_thread():
            first.wait()
        second.wait()

    def leave_last():
        with one_thread():
            first.wait()
            second.wait()
            within = counts("blas")
        return within, counts("blas")

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(leave_first), pool.submit(leave_last)
        one.result()
        assert other.result() == ({1}, {2})


def test_one_thread_that_was_set_stays():
    with threadpool_limits(1):
        with one_thread():
            pass
        assert counts() == {1}


def test_what_another_thread_has_limited_is_left_to_it():
    """A fit that is still going on there, when that thread's limit ends."""
    entered, left = Event(), Event()

    def stay():
        with one_thread():
            entered.set()
            left.wait(30)

    with ThreadPoolExecutor(1) as pool:
        with threadpool_limits(1):
            staying = pool.submit(stay)
            entered.wait(30)
        left.set()
        staying.result()
    assert counts("blas") == {2}


def test_nothing_happens_without_threadpoolctl(monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    threads._pools.cache_clear()
    try:
        with one_thread():
            assert {p["num_threads"] for p in threadpoolctl.threadpool_info()} == {2}
    finally:
        threads._pools.cache_clear()


@pytest.mark.parametrize(
    ("sizes", "limit", "expected"),
    [
        ((1797, 64, 80, 20), STEP, 1),
        ((1797, 64, 160, 40), STEP, 1),
        ((2856, 81, 400, 100), STEP, 2),  # CMU PIE, compressed
        ((2856, 1024, 100), STEP, 2),
        ((1797, 64, 64), ONCE, 1),
        ((2856, 1024, 1024), ONCE, 2),
        ((1, 64, 10), STEP, 2),  # so small that BLAS does so by itself
    ],
)
def test_the_size_decides(sizes, limit, expected):
    with threads_for(*sizes, limit=limit):
        assert counts() == {expected}


def seen_by(monkeypatch, owner, name):
    """A set that gets the numbers of threads at each call of the function."""
    seen, function = set(), getattr(owner, name)

    def watched(*args, **options):
        seen.update(counts())
        return function(*args, **options)

    monkeypatch.setattr(owner, name, watched)
    return seen


FITS = {
    "SemiNMF": lambda callback: SemiNMF(3, max_iter=2, tol=0, callback=callback).fit(X),
    "relu": lambda callback: DeepSemiNMF((4, 3), max_iter=2, tol=0, callback=callback).fit(X),
    "DSNMF": lambda callback: DSNMF(X, (4, 3)).fit(2, callback=callback),
}


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("size", ["small", "large"])
def test_iterations_of_a_fit(name, size, monkeypatch):
    monkeypatch.setattr(threads, "TINY", 0)
    if size == "large":
        monkeypatch.setattr(threads_for, "__kwdefaults__", {"limit": 1})
    seen = set()
    FITS[name](lambda *_: seen.update(counts()))
    assert seen == {1 if size == "small" else 2}


def test_starts_features_scores_and_streams(monkeypatch):
    monkeypatch.setattr(threads, "TINY", 0)
    svd, eigh = (seen_by(monkeypatch, np.linalg, name) for name in ("svd", "eigh"))
    matmul = seen_by(monkeypatch, np.linalg, "pinv")
    model = SemiNMF(3, max_iter=2, tol=0).fit(X)
    model.transform(np.where(X > 2, np.nan, X))
    model.score(X)
    SemiNMF(3).partial_fit(X).partial_fit(X)
    methods.svd_semi_nmf(X, 3)
    assert svd | eigh | matmul == {1}


def test_k_means(monkeypatch):
    from sklearn.cluster import KMeans

    monkeypatch.setattr(threads, "TINY", 0)
    seen = seen_by(monkeypatch, KMeans, "fit")
    clustering.k_means_score(X, np.arange(60) % 3, 0)
    select(SemiNMF(max_iter=2, tol=0), X, {"n_components": [2]}, n_clusters=2, repeats=2)
    assert seen == {1}
