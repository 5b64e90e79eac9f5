"""Ctrl-C ends a training after the current iteration, with a warning or an exception."""

import contextlib
import signal
import threading
import traceback
import warnings

#: Packages whose functions fit several models or use the results of a fit; and their modules that
#: only pass a method call on.
OTHERS, GO_BETWEENS = ("sklearn.", "joblib."), ("sklearn.base", "sklearn.utils.")


class InterruptionWarning(RuntimeWarning):
    """Ctrl-C has ended a training early; the model has the last iteration's factors."""


@contextlib.contextmanager
def defer_interrupt():
    """Defer the first Ctrl-C, so that no step is interrupted; yields a list that it appends to.

    A second Ctrl-C interrupts at once. Only the main thread can defer signals; in other threads
    this does nothing.
    """
    received = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    previous = signal.getsignal(signal.SIGINT)

    def receive(signum, frame):
        received.append(signum)
        signal.signal(signal.SIGINT, previous)

    if previous in (signal.SIG_IGN, None):
        yield received
        return
    signal.signal(signal.SIGINT, receive)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, previous)


def end_early(iteration):
    """Warn, for the caller's caller, that Ctrl-C has ended a training after this iteration.

    Raises
    ------
    KeyboardInterrupt
        Within `raise_interruption`, or if warnings are errors.
    """
    try:
        text = f"interrupted after iteration {iteration}"
        warnings.warn(text, InterruptionWarning, stacklevel=4)
    except InterruptionWarning:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def raise_interruption():
    """Within this context, a training ended by Ctrl-C raises KeyboardInterrupt.

    Examples
    --------
    >>> from dsnmf.training.interruption import end_early, raise_interruption
    >>> try:
    ...     with raise_interruption():
    ...         end_early(3)
    ... except KeyboardInterrupt:
    ...     print("ended")
    ended
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", InterruptionWarning)
        yield


def is_called_by_others():
    """Whether scikit-learn or joblib is calling, and would use an unfinished fit."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_stack(None))
    return any(name.startswith(OTHERS) and not name.startswith(GO_BETWEENS) for name in modules)
