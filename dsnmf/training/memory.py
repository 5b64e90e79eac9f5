"""Memory that compiled steps free and need again."""

import contextlib
import ctypes
import threading
from functools import cache

#: glibc's names for what is set.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4

#: Nothing freed goes back to the system.
_KEPT = {_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1}

#: Where glibc's thresholds come to rest in a process that has freed large arrays. They no longer
#: adapt once anything is set, and at the values that they begin with (128 KiB) the process would
#: map and unmap every larger array from then on, which takes up to five times the time.
_AFTERWARDS = {_M_MMAP_MAX: 65536, _M_MMAP_THRESHOLD: 32 << 20, _M_TRIM_THRESHOLD: 64 << 20}

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
    whole process, so when the last of all contexts ends, in whatever thread, what is free is
    returned to the system, and large blocks are so from then on: those above 32 MiB at once,
    others when 64 MiB are free, as in any process that has worked with large arrays before.

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
            _set(_KEPT)
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _set(_AFTERWARDS)
                _glibc().malloc_trim(0)
