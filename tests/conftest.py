# ruff: noqa: E402
"""Fixtures that every test file shares: the reference runs of the original programs."""

import gc
import os
import signal

# Tests run side by side, and BLAS threads that wait for each other's cores take many times longer.
# Before NumPy is loaded, and for the processes that tests start.
for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

# Without a C++ compiler: where one is there and Python's headers are not, PyTensor's plain modes,
# which most tests run in, would fail. Numba, users' default, needs none.
os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, (os.environ.get("PYTENSOR_FLAGS"), "cxx=")))

from functools import cache
from pathlib import Path

import numpy as np
import pytensor
import pytest

# Shells that start the tests in the background make them deaf to the Ctrl-C that some send.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: The files that take longest, in this order, before all others: so that no process is left with
#: one at the end.
LONGEST = (
    "test_pie.py",
    "test_notebook.py",
    "test_linalg.py",
    "test_cluster.py",
    "test_main.py",
    "test_programs.py",
    "test_block_adam.py",
    "test_behaviour.py",
    "test_jax.py",
    "test_nonlinear.py",
    "test_release.py",
    "test_typing.py",
    "test_checkpoints.py",
    "test_runner.py",
    "test_block_wsf.py",
    "rules.md",
)

CONVERGENCE = "sklearn.exceptions.ConvergenceWarning"

REFERENCES = Path(__file__).parent / "references"


def pytest_configure(config):
    # Not in setup.cfg: its filters are read before this file is, and this one loads NumPy.
    visible = "error::numpy.exceptions.VisibleDeprecationWarning:dsnmf"
    config.addinivalue_line("filterwarnings", visible)


def pytest_collection_modifyitems(items):
    ranks = {name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))
    for item in items:
        if isinstance(item, pytest.DoctestItem):  # an ordinary fit ends by its tolerance
            item.add_marker(pytest.mark.filterwarnings(f"error::{CONVERGENCE}"))


def pytest_collection_finish():
    # Modules and tests stay to the end. Each collection, which every compilation to JAX asks for,
    # would look through their 700,000 objects.
    gc.collect()
    gc.freeze()


@pytest.fixture
def without_numba(request):
    """PyTensor's own mode for tests of what a graph says, rather than of its compiled form.

    Numba's compilation takes ten times as long as such a test. A few tests of each rule, those
    marked `numba` and those of compiled fixtures, run as users run them.
    """
    compiled = request.node.get_closest_marker("numba") is not None
    with pytensor.config.change_flags(mode="NUMBA" if compiled else "FAST_COMPILE"):
        yield


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


def params_at(run, prefix):
    """Z_1 … Z_m, H_m of a Theano run: "init", "after1", …, "final", or "ft" after fine-tuning."""
    return [run[f"{prefix}_{i}"] for i in range(len(run["layers"]) + 1)]


def relative_error(actual, expected):
    """‖actual - expected‖ / ‖expected‖ (Frobenius)."""
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    return np.linalg.norm(actual - expected) / max(np.linalg.norm(expected), 1e-300)
