"""Who hears of Ctrl-C in a training, and how."""

import signal

import pytest

from dsnmf.training import loop
from dsnmf.training.interruption import InterruptionWarning, raise_interruption


def train():
    """Three iterations of many, then Ctrl-C."""
    done = []

    def step():
        done.append(len(done))
        if len(done) == 3:
            signal.raise_signal(signal.SIGINT)
        return 1.0

    return loop.run(step, 20, history=[]), len(done)


def test_a_training_ends_after_its_iteration_with_a_warning():
    with pytest.warns(InterruptionWarning, match="interrupted after iteration 3") as warned:
        assert train() == ("interrupt", 3)
    assert warned[0].filename == __file__
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_half_a_training_is_no_result_it_is_an_error():
    with pytest.raises(KeyboardInterrupt), raise_interruption():
        train()
    with pytest.raises(ZeroDivisionError), raise_interruption():
        1 / 0  # noqa: B018
