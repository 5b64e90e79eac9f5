"""Compiled functions that several threads may call."""

from functools import lru_cache, wraps
from threading import Lock

import numpy as np

#: PyTensor changes its settings while it compiles, those of the process.
_COMPILING = Lock()

#: Functions of one kind that are kept.
_KEPT = 32


def _aligned(value):
    return np.require(value, requirements="A") if isinstance(value, np.ndarray) else value


def for_threads(function):
    """The function, one call at a time: PyTensor's own keep their inputs in one place.

    Arrays that came from another process may lie at odd addresses, which PyTensor refuses.
    """
    lock = Lock()

    def call(*inputs):
        with lock:
            return function(*map(_aligned, inputs))

    return call


def compiled_once(compiling):
    """Decorate what compiles a function: for the same arguments it is compiled once."""
    kept = lru_cache(_KEPT)(lambda *settings: for_threads(compiling(*settings)))

    @wraps(compiling)
    def compiled(*settings):
        with _COMPILING:
            return kept(*settings)

    return compiled
