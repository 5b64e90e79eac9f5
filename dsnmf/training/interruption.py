"""Ctrl-C in a training: it ends after the iteration under way, and nobody goes on unawares."""

import contextlib
import signal
import threading
import traceback
import warnings

#: Packages whose functions fit several models, or go on with what a fit has given; and modules of
#: theirs that only hand on the call of a method.
OTHERS, GO_BETWEENS = ("sklearn.", "joblib."), ("sklearn.base", "sklearn.utils.")


class InterruptionWarning(RuntimeWarning):
    """Ctrl-C has ended a training early; the model is as far as it has come."""


@contextlib.contextmanager
def defer_interrupt():
    """Hold the first Ctrl-C back, so that no step is cut in half; yields a list that it fills.

    A second Ctrl-C interrupts at once. Signals can be held in the main thread only; in others
    nothing is changed.
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
        Where `raise_interruption` says so, or warnings are errors.
    """
    try:
        text = f"interrupted after iteration {iteration}"
        warnings.warn(text, InterruptionWarning, stacklevel=4)
    except InterruptionWarning:
        raise KeyboardInterrupt from None


@contextlib.contextmanager
def raise_interruption():
    """Let Ctrl-C raise KeyboardInterrupt from trainings in this context: half of one is no result.

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
    """Whether scikit-learn or joblib has called us, and would go on with an unfinished fit."""
    modules = (frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_stack(None))
    return any(name.startswith(OTHERS) and not name.startswith(GO_BETWEENS) for name in modules)
