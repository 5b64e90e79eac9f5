"""Memory that compiled steps free and need again."""

import contextlib
import ctypes
import threading
from functools import cache

#: glibc's names for what is set, and what it has them at by itself.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_DEFAULTS = {_M_TRIM_THRESHOLD: 128 * 1024, _M_MMAP_MAX: 65536}

_lock, _holders = threading.Lock(), 0


@cache
def _glibc():
    """The C library where it is glibc, else None."""
    try:
        libc = ctypes.CDLL(None)
        libc.gnu_get_libc_version  # noqa: B018 (glibc alone has it)
        libc.mallopt, libc.malloc_trim  # noqa: B018
    except (AttributeError, OSError, TypeError):
        return None
    return libc


def _set(options):
    for option, value in options.items():
        _glibc().mallopt(option, value)


@contextlib.contextmanager
def freed_memory_kept():
    """Let the C library keep freed blocks for the time being, where it is glibc.

    A compiled step allocates its temporaries anew in every call. By default glibc maps large
    blocks from the kernel and returns them at once, so that each step touches, zeroes and
    unmaps the same pages again: a third of the step's time on the papers' data. Without mmap
    and without trimming, freed blocks stay in the heap and are used again. This holds for the
    whole process, so when the last of all contexts ends, in whatever thread, glibc's defaults
    are back and what is free is returned to the system.

    Training by `fit` does so by itself. A loop of one's own over `DSNMF.train_fun` is faster in
    such a context, too.

    Examples
    --------
    >>> from dsnmf.training.memory import freed_memory_kept
    >>> with freed_memory_kept():
    ...     pass  # for epoch in range(1000): model.train_fun()
    """
    global _holders
    if _glibc() is None:
        yield
        return
    with _lock:
        _holders += 1
        if _holders == 1:
            _set({_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1})
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _set(_DEFAULTS)
                _glibc().malloc_trim(0)
