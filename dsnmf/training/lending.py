"""Lends compiled programs, made once per process and kind, to one user at a time."""

import contextlib
import os
import threading
from functools import partial, wraps

import numpy as np
import pytensor

#: Number of kinds whose programs are kept; the least recently used kinds are dropped.
KEPT = 64

#: Unused programs, by kind.
_free: dict = {}

_looking, _compiling = threading.Lock(), threading.RLock()


def _renew_locks():
    """Renew the locks in a forked process, which lacks the threads that may have held them."""
    global _looking, _compiling
    _looking, _compiling = threading.Lock(), threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class _Same:
    """A key for a function or mode: equal only for the same object."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self):
        return id(self.value)


def _key_of(setting):
    """A setting as a part of a key: itself, if equal settings mean the same."""
    plain = setting is None or isinstance(setting, str | int | float | tuple | type)
    return setting if plain else _Same(setting)


def _spare(key):
    """The unused programs of a kind, which becomes the most recently used kind."""
    with _looking:
        programs = _free.pop(key, [])
        _free[key] = programs
        while len(_free) > KEPT:
            del _free[next(iter(_free))]
    return programs


@contextlib.contextmanager
def lend(make, *settings):
    """A context that lends `make(*settings)`, made now or earlier.

    It has one user at a time: another request for the same settings, within the context or in
    another thread, gets another object. Afterwards it is kept for the next user, also after an
    error, unless it has `is_broken` set.

    Parameters
    ----------
    make : callable
        A function or class of a module.
    *settings
        All that its result depends on besides PyTensor's settings. Functions and modes are compared
        by identity.

    Examples
    --------
    >>> from dsnmf.training.lending import lend
    >>> with lend(list) as first, lend(list) as second:
    ...     first is second
    False
    >>> with lend(list) as third:
    ...     third is first or third is second
    True
    """
    config = pytensor.config
    ours = make, *map(_key_of, settings)
    programs = _spare((ours, config.mode, config.linker, config.optimizer, config.floatX))
    try:
        program = programs.pop()
    except IndexError:
        with _compiling:  # while it compiles, PyTensor changes settings of the process
            program = make(*settings)
    try:
        yield program
    finally:
        if not getattr(program, "is_broken", False):
            programs.append(program)


def _align(value):
    """Align an array: PyTensor refuses odd addresses, as of arrays from another process."""
    is_odd = isinstance(value, np.ndarray) and not value.flags.aligned
    return np.require(value, requirements="A") if is_odd else value


def compile_once(compiling):
    """Decorate a function that compiles: same arguments are compiled once, at the first call.

    Several threads may call the result; each uses a compiled function of its own.
    """

    @wraps(compiling)
    def compiled(*settings):
        return partial(_call, compiling, settings)

    return compiled


def _call(compiling, settings, *inputs):
    with lend(compiling, *settings) as function:
        return function(*map(_align, inputs))
