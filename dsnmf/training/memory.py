"""Keeps memory that compiled steps free and allocate again."""

import contextlib
import ctypes
import threading
from functools import cache

#: glibc's numbers of the options.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4

#: Options with which freed memory stays in the process.
_KEPT = {_M_MMAP_MAX: 0, _M_TRIM_THRESHOLD: 2**31 - 1}

#: The values that glibc's thresholds reach in a process that has freed large arrays. Once any
#: option is set they no longer adapt. With their initial values (128 KiB) the process would from
#: then on map and unmap every larger array, which takes up to five times as long.
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
    """Let glibc keep freed memory within this context; other C libraries are unchanged.

    A compiled step allocates its temporaries in every call. By default glibc maps large blocks from
    the kernel and unmaps them at once, so each step touches, zeroes and unmaps the same pages: a
    third of its time on the papers' data. Without mmap and trimming, freed blocks stay in the heap
    for the next step.

    The setting holds for the whole process. When the last context ends, in any thread, free memory
    is returned to the system. From then on blocks above 32 MiB are returned at once, others when
    64 MiB are free, as in any process that has freed large arrays.

    `fit` enters this context itself. It also makes your own loop over `DSNMF.train_fun` faster.

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
