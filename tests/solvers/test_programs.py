"""One program serves all fits of a kind, whatever their sizes, and keeps nothing of them."""

import contextlib
import gc
import multiprocessing
import threading
import weakref

import numpy as np
import pytensor
import pytest
import scipy.sparse

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.solvers.choice import RULES
from dsnmf.solvers.program import Program
from dsnmf.training import lending
from tests.estimators.kinds import assert_same_fit

RNG = np.random.default_rng(0)


def data(n, p, form="dense", dtype="float64"):
    X = RNG.standard_normal((n, p)).astype(dtype)
    if form == "gaps":
        X[RNG.random(X.shape) < 0.1] = np.nan
    return scipy.sparse.csr_matrix(np.where(X > 0.7, X, 0)) if form == "sparse" else X


#: An estimator of k components each, the form of its data, and whether it has labels.
KINDS = {
    "SemiNMF": (lambda k, **mode: SemiNMF(k, **mode), "dense", False),
    "SemiNMF-sparse": (lambda k, **mode: SemiNMF(k, **mode), "sparse", False),
    "SemiNMF-gaps": (lambda k, **mode: SemiNMF(k, **mode), "gaps", False),
    "bcd": (lambda k, **mode: SemiNMF(k, solver="bcd", **mode), "dense", False),
    "HALS": (lambda k, **mode: SemiNMF(k, solver="hals", **mode), "dense", False),
    "Adam": (lambda k, **mode: DeepSemiNMF((4, k), solver="adam", **mode), "dense", False),
    "L-BFGS": (lambda k, **mode: DeepSemiNMF((4, k), solver="lbfgs", **mode), "dense", False),
    "Algorithm 1": (
        lambda k, **mode: DeepSemiNMF((4, k), solver="multiplicative", **mode),
        "dense",
        False,
    ),
    # Its loop takes Numba six seconds for each program, and a plain mode none.
    "softplus": (
        lambda k, **mode: DeepSemiNMF(
            (4, k),
            solver="multiplicative",
            nonlinearity="softplus",
            **{"mode": "FAST_COMPILE"} | mode,
        ),
        "dense",
        False,
    ),
    "WSF": (lambda k, **mode: WSF(k, **mode), "dense", True),
    "DeepWSF": (lambda k, **mode: DeepWSF((4, k), **mode), "dense", True),
}


def test_every_rule_is_among_them():
    models = [make(2) for make, _, _ in KINDS.values()]
    assert {model.solver for model in models} >= set(RULES)


class fit_of:
    """Data, and a function that fits an estimator of a kind to them, anew in each call."""

    def __init__(self, kind, k, n, p, dtype="float64", **parameters):
        make, form, has_labels = KINDS[kind]
        self.X, self.y = data(n, p, form, dtype), np.arange(n) % 3 if has_labels else None
        self.model = make(k, **{"max_iter": 12, "tol": 0, **parameters})

    def __call__(self, **parameters):
        return type(self.model)(**self.model.get_params() | parameters).fit(self.X, self.y)


@pytest.fixture
def compilations(monkeypatch):
    """What has been compiled: a list that grows."""
    compiled, original = [], pytensor.function

    def counted(*args, **options):
        compiled.append(args)
        return original(*args, **options)

    monkeypatch.setattr(pytensor, "function", counted)
    return compiled


@pytest.fixture
def no_programs(monkeypatch):
    monkeypatch.setattr(lending, "_free", {})


@pytest.mark.usefixtures("no_programs")
@pytest.mark.parametrize("kind", KINDS)
def test_one_program_serves_other_sizes(kind, compilations, monkeypatch):
    fit_of(kind, 3, 30, 9)().transform(data(7, 9))
    first = len(compilations)
    assert first
    others = [fit_of(kind, 1, 25, 12), fit_of(kind, 2, 40, 5), fit_of(kind, 3, 30, 9)]
    fits = [fit() for fit in others]
    for fit in fits:
        fit.transform(data(7, fit.n_features_in_))
    assert len(compilations) == first
    for fit, again in zip(fits, others):
        monkeypatch.setattr(lending, "_free", {})
        assert_same_fit(fit, again(), 1e-12)


@pytest.mark.parametrize("mode", ["NUMBA", "JAX"])
def test_other_modes_too(mode, compilations):
    fit_of("SemiNMF", 3, 30, 9, mode=mode)()
    del compilations[:]
    other = fit_of("SemiNMF", 1, 25, 12, mode=mode)()
    assert not compilations
    assert np.isfinite(other.reconstruction_err_)


@pytest.mark.usefixtures("no_programs")
def test_dtypes_are_kinds():
    for dtype in ("float64", "float32", "float64"):
        model = fit_of("WSF", 2, 30, 9, dtype)()
        assert model.H_[0].dtype == model.Z_[0].dtype == dtype


@pytest.mark.parametrize("kind", ["SemiNMF", "Adam"])
def test_threads_do_not_meet(kind):
    fits = [fit_of(kind, k, n, 9) for k, n in ((3, 30), (2, 45))]
    expected, found = [fit() for fit in fits], [[], []]
    start = threading.Barrier(2, timeout=60)

    def work(i):
        start.wait()
        found[i] += [fits[i]() for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for models, model in zip(found, expected):
        assert len(models) == 5
        for again in models:
            assert_same_fit(again, model, 1e-12)


def test_a_fit_inside_a_callback():
    inner, outer = fit_of("SemiNMF", 2, 20, 7), fit_of("SemiNMF", 3, 30, 9)
    expected, alone, found = inner(), outer(), []
    assert_same_fit(outer(callback=lambda *state: found.append(inner())), alone, 1e-12)
    assert len(found) == 12
    for fit in found:
        assert_same_fit(fit, expected, 1e-12)


class StopError(Exception):
    """What a callback raises."""


def stop(iteration, state):
    if iteration == 5:
        raise StopError


@pytest.mark.usefixtures("no_programs")
def test_a_fit_that_raises_leaves_a_program_that_serves(compilations):
    expected = fit_of("WSF", 2, 30, 9)
    fitted = expected()
    del compilations[:]
    with pytest.raises(StopError):
        fit_of("WSF", 3, 20, 7, callback=stop)()
    assert_same_fit(expected(), fitted, 1e-12)
    assert not compilations


@pytest.mark.usefixtures("no_programs")
def test_a_program_that_was_left_in_a_step_is_not_lent_again(monkeypatch):
    fit = fit_of("SemiNMF", 2, 30, 9)
    expected = fit()

    def broken(self, with_cost):
        self.is_broken = True
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(Program, "step", broken)
        with pytest.raises(MemoryError):
            fit()
    assert_same_fit(fit(), expected, 1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("callback", [None, stop])
def test_nothing_of_the_data_stays(kind, callback, monkeypatch):
    seen, load = [], Program.load

    def watched(self, offset, values):
        seen.extend(weakref.ref(value) for value in values)
        load(self, offset, values)

    monkeypatch.setattr(Program, "load", watched)
    with contextlib.suppress(StopError):
        fit_of(kind, 2, 30, 9, callback=callback)()
    gc.collect()
    assert seen
    assert not [of() for of in seen if of() is not None and np.size(of()) > 1]


def test_a_state_that_outlives_its_fit_shows_the_end():
    states = []
    model = SemiNMF(2, max_iter=5, tol=0, callback=lambda i, state: states.append(state))
    model.fit(data(30, 9))
    SemiNMF(2, max_iter=5, tol=0).fit(data(40, 7))
    np.testing.assert_array_equal(states[0].H_[0], model.H_[0])
    np.testing.assert_array_equal(states[0].Z_[0], model.Z_[0])


def test_a_forked_process_fits_alike():
    fit = fit_of("SemiNMF", 2, 30, 9)
    expected = fit()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert_same_fit(pool.apply_async(_fitted, [fit.X, fit.model]).get(60), expected)


def _fitted(X, model):
    return model.fit(X)
