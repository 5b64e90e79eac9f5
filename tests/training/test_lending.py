"""Programs are made once, lent to one user at a time, and given up when many are kept."""

import contextlib
import multiprocessing
import threading

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from dsnmf.training import lending
from dsnmf.training.lending import compile_once, lend


class Thing:
    """What is made of settings."""

    made = 0

    def __init__(self, *settings):
        type(self).made += 1


@pytest.fixture(autouse=True)
def none_made(monkeypatch):
    monkeypatch.setattr(lending, "_free", {})
    monkeypatch.setattr(Thing, "made", 0)


def test_the_same_settings_share_what_is_free():
    with lend(Thing, "a", 1) as first, lend(Thing, "a", 1) as second, lend(Thing, "b", 1) as other:
        assert len({id(thing) for thing in (first, second, other)}) == 3
    with lend(Thing, "a", 1) as third:
        assert third in (first, second)
    assert Thing.made == 3


def test_functions_and_modes_are_told_apart_by_identity():
    for setting in (lambda x: x, lambda x: x, pt.tanh, pt.tanh):
        with lend(Thing, setting):
            pass
    assert Thing.made == 3


def test_settings_of_pytensor_count():
    with lend(Thing):
        pass
    with pytensor.config.change_flags(floatX="float32"), lend(Thing):
        pass
    assert Thing.made == 2


@pytest.mark.parametrize("is_broken", [False, True])
def test_after_an_error_it_is_kept_unless_broken(is_broken):
    with contextlib.suppress(KeyError), lend(Thing) as thing:
        thing.is_broken = is_broken
        raise KeyError
    with lend(Thing) as other:
        assert (other is thing) is not is_broken


def test_kinds_are_given_up_when_there_are_many():
    for i in range(2 * lending.KEPT):
        with lend(Thing, i % (lending.KEPT + 1)):
            pass
    assert len(lending._free) == lending.KEPT
    assert Thing.made == 2 * lending.KEPT  # each was the one not asked for longest


def test_a_forked_process_waits_for_nobody():
    with lend(Thing) as thing:
        pass
    with lending._looking, lending._compiling:  # as another thread may have them
        process = multiprocessing.get_context("fork").Process(target=_borrow, args=(thing,))
        process.start()
    process.join(30)
    assert process.exitcode == 0


def _borrow(thing):
    with lend(Thing) as own, lend(Thing, "new"):
        assert own is thing


def test_threads_have_functions_of_their_own():
    both, inside = threading.Barrier(2, timeout=30), []

    @compile_once
    def compiling(power):
        def function(x):
            inside.append(function)
            both.wait()
            return x**power

        return function

    results = [None, None]

    def call(i):
        results[i] = compiling(2)(i + 1)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1, 4]
    assert inside[0] is not inside[1]


def test_arrays_at_odd_addresses_are_taken():
    @compile_once
    def compiling():
        x = pt.dvector()
        return pytensor.function([x], 2 * x, mode="FAST_COMPILE")

    odd = np.frombuffer(b"\0" + np.arange(3.0).tobytes(), np.uint8)[1:].view(np.float64)
    assert not odd.flags.aligned
    assert compiling()(odd).tolist() == [0, 2, 4]
