"""Compiled programs, made once per process and kind, and lent to one user at a time."""

import contextlib
import os
import threading
from functools import partial, wraps

import numpy as np
import pytensor

#: Kinds of programs that are kept; those that were not asked for longest are given up.
KEPT = 64

#: Programs that nobody uses now, by their kind.
_free: dict = {}

_looking, _compiling = threading.Lock(), threading.RLock()


def _renew_locks():
    """In a forked process: other threads, which might have held them, are not there."""
    global _looking, _compiling
    _looking, _compiling = threading.Lock(), threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class _Same:
    """Equal for the same object alone: a function, a mode."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self):
        return id(self.value)


def _key_of(setting):
    """What stands for a setting in a key: itself, if equal ones are alike."""
    plain = setting is None or isinstance(setting, str | int | float | tuple | type)
    return setting if plain else _Same(setting)


def _spare(key):
    """The list of free programs of a kind, which is now the kind that was asked for last."""
    with _looking:
        programs = _free.pop(key, [])
        _free[key] = programs
        while len(_free) > KEPT:
            del _free[next(iter(_free))]
    return programs


@contextlib.contextmanager
def lend(make, *settings):
    """A context with `make(*settings)`, or one that was made for the same settings before.

    Nobody else has it meanwhile: who asks for one of the same kind within the context, or in
    another thread, gets another. Afterwards it is kept for the next; after an error too, unless it
    says that it `is_broken`.

    Parameters
    ----------
    make : callable
        A function or class of a module.
    *settings
        All that its result depends on, beside PyTensor's own settings. Functions and modes are told
        apart by what they are, not by what they do.

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
        with _compiling:  # PyTensor changes its settings meanwhile, those of the process
            program = make(*settings)
    try:
        yield program
    finally:
        if not getattr(program, "is_broken", False):
            programs.append(program)


def _align(value):
    """Arrays that came from another process may lie at odd addresses, which PyTensor refuses."""
    is_odd = isinstance(value, np.ndarray) and not value.flags.aligned
    return np.require(value, requirements="A") if is_odd else value


def compile_once(compiling):
    """Decorate what compiles a function: for the same arguments it is compiled once, if called.

    Several threads may call the function; each has a compiled one for itself.
    """

    @wraps(compiling)
    def compiled(*settings):
        return partial(_call, compiling, settings)

    return compiled


def _call(compiling, settings, *inputs):
    with lend(compiling, *settings) as function:
        return function(*map(_align, inputs))
