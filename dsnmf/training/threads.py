"""How many threads of BLAS a piece of work gets: one where it is small."""

from __future__ import annotations

import contextlib
import math
import sys
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

#: Products of an iteration below this many operations get one thread. The second takes up to a
#: third off an iteration of this size where nothing else runs; beside other work each product waits
#: some milliseconds for it, where all of it takes one (tests/benchmarks/busy.py --sweep).
STEP = 5e7

#: The same of work that is done once, such as decompositions: LAPACK with several threads is slower
#: than with one up to matrices of about 400 x 400, and beside other work ten times as slow.
ONCE = 1e9

#: Products of fewer operations BLAS makes in one thread by itself.
TINY = 2**18

_lock, _inside = Lock(), 0
_changed: list[tuple[Any, int]] = []


@lru_cache(maxsize=1)
def _pools(n_modules):
    """Pools of threads that the process has together, and those that OpenMP counts by thread.

    They are looked for again when modules have been imported, which may have brought their own.

    Parameters
    ----------
    n_modules : int
        How many are imported.
    """
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:  # scikit-learn, which needs it, is not there
        return [], []
    of_process, of_thread = [], []
    for pool in ThreadpoolController().lib_controllers:
        by_openmp = "openmp" in (pool.user_api, getattr(pool, "threading_layer", None))
        (of_thread if by_openmp else of_process).append(pool)
    return of_process, of_thread


def _set(pool, count):
    pool.set_num_threads(count)
    # From threadpoolctl 3.8 on, the first thread to set a count of OpenBLAS is the only one that
    # can, until it lets go: in others the call does nothing.
    if hasattr(pool, "clear_controlling_thread"):
        pool.clear_controlling_thread()


def _limit(pools):
    """Give the pools one thread; those that had more, with how many."""
    counts = [(pool, pool.num_threads) for pool in pools]
    for pool in pools:
        _set(pool, 1)
    # Not those that another thread holds within threadpoolctl's own contexts.
    return [(pool, count) for pool, count in counts if count != pool.num_threads]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """A context in which BLAS and OpenMP have one thread; nothing happens without threadpoolctl.

    That of BLAS is mostly a setting of the whole process. So the first thread that enters such a
    context makes it, and the last one to leave gives back what was there before.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> from dsnmf.training.threads import one_thread
    >>> with one_thread():
    ...     {pool["num_threads"] for pool in threadpool_info()}
    {1}
    """
    global _inside, _changed
    of_process, of_thread = _pools(len(sys.modules))
    with _lock:
        if not _inside:
            _changed = _limit(of_process)
        _inside += 1
    own = _limit(of_thread)
    try:
        yield
    finally:
        for pool, count in own:
            _set(pool, count)
        with _lock:
            _inside -= 1
            if not _inside:
                for pool, count in _changed:
                    _set(pool, count)


def threads_for(n, *widths, limit=STEP):
    """A context with one thread for work on n samples, unless its products are large, or tiny.

    The sizes alone decide, and not what else the machine does: threads change the last bits.

    Parameters
    ----------
    n : int
        Samples that are worked on at once.
    *widths : number
        Of the matrices, at least two: features, and components of each layer. The largest product
        has 2 n operations for each entry of the matrix between the two largest.
    limit : float
        `STEP` or `ONCE`.

    Returns
    -------
    context manager

    Examples
    --------
    >>> from dsnmf.training.threads import threads_for
    >>> with threads_for(1797, 64, 80, 20):  # a fit of DeepSemiNMF((80, 20)) to digits
    ...     pass
    """
    operations = 2 * n * math.prod(sorted(widths)[-2:])
    return one_thread() if TINY <= operations < limit else contextlib.nullcontext()
