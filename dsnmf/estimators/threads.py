"""Compiled functions that several threads may call."""

from threading import Lock


def for_threads(function):
    """The function, one call at a time: PyTensor's own keep their inputs in one place."""
    lock = Lock()

    def call(*inputs):
        with lock:
            return function(*inputs)

    return call
