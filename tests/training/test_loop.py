"""The loop around a compiled step."""

import sys

import numpy as np
import pytensor
import pytest

from dsnmf.training import loop
from dsnmf.training.stopping import CostTolerance
from dsnmf.updates import adam


def test_tol_is_relative_to_the_first_cost_and_looked_at_every_ten():
    costs = iter([1000, *np.linspace(500, 400, 19), *[399.5] * 100])
    history = []
    reason = loop.run(lambda: next(costs), 200, history=history, tolerance=CostTolerance(1e-3))
    assert (reason, len(history)) == ("tol", 31)


def test_step_returns_the_cost_before_its_update():
    x = pytensor.shared(np.array(3.0), name="x")
    step = pytensor.function([], x**2, updates=adam(x**2, [x], learning_rate=0.5))
    history = []
    assert loop.run(step, 40, history=history) == "max_iter"
    assert history[0] == 9.0
    assert history[-1] < 0.1


def test_a_run_goes_on_from_its_checkpoints():
    costs, seen = [float(100 - i) for i in range(15)], []
    for start in [(0, None), (12, 90.0)]:
        history, tolerance = [], CostTolerance(0)
        loop.run(
            iter(costs[start[0] :]).__next__,
            15,
            history=history,
            tolerance=tolerance,
            start=start,
            checkpoint=lambda *given: seen.append(given),
        )
        assert history == costs[start[0] :]
    assert seen == [(i, False) for i in [*range(1, 16), 13, 14, 15]]


def test_a_tolerance_goes_on():
    tolerance, other = CostTolerance(0.1), CostTolerance(0.1)
    assert not tolerance.look(10.0)
    other.restore(tolerance.state())
    assert other.look(9.0)


def test_missing_tqdm_is_said_before_anything_is_done(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    history = []
    with pytest.raises(ImportError, match=r'pip install "dsnmf\[experiments\]"'):
        loop.run(lambda: 1.0, 5, history=history, progress=True)
    assert history == []
