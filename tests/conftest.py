# ruff: noqa: E402
"""Fixtures that every test file shares: the reference runs of the original programs."""

import os

# Tests run side by side, and BLAS threads that wait for each other's cores take many times longer.
# Before NumPy is loaded, and for the processes that tests start.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from functools import cache
from pathlib import Path

import numpy as np
import pytest

#: The longest tests, in this order, before all others: so that no process is left with one at the
#: end.
LONGEST = ("test_notebook.py", "test_pie.py", "test_behaviour.py", "test_runner.py")

REFERENCES = Path(__file__).parent / "references"


def pytest_collection_modifyitems(items):
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@cache
def _load(name):
    arrays = dict(np.load(REFERENCES / f"{name}.npz"))
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


@pytest.fixture(scope="session")
def reference():
    """A function from "theano/pre_12_5" or "matlab/ssnmf" to that run's arrays, by name.

    Inputs that several MATLAB runs share (X, Xp, y, y2) are stored once, in "matlab/base".
    """
    return _load


def relative_error(actual, expected):
    """‖actual - expected‖ / ‖expected‖ (Frobenius)."""
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    return np.linalg.norm(actual - expected) / max(np.linalg.norm(expected), 1e-300)
