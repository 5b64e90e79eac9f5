"""Compiled functions that several threads may call."""

from functools import lru_cache, wraps
from threading import Lock

_COMPILING = Lock()

#: Functions of one kind that are kept.
_KEPT = 32


def for_threads(function):
    """The function, one call at a time: PyTensor's own keep their inputs in one place."""
    lock = Lock()

    def call(*inputs):
        with lock:
            return function(*inputs)

    return call


def compiled_once(compiling):
    """Decorate what compiles a function: for the same arguments it is compiled once."""
    kept = lru_cache(_KEPT)(lambda *settings: for_threads(compiling(*settings)))

    @wraps(compiling)
    def compiled(*settings):
        with _COMPILING:
            return kept(*settings)

    return compiled
