"""Fixtures that every test file shares: the reference runs of the original programs."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

REFERENCES = Path(__file__).parent / "references"


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
