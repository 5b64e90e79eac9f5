"""Limits BLAS to one thread where the work is small."""

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

#: Iterations whose products have fewer operations get one thread. At this size a second thread
#: saves up to a third of the time on an idle machine. On a busy one each product waits some
#: milliseconds for it, while one thread alone takes one (tests/benchmarks/busy.py --sweep).
STEP = 5e7

#: The limit for work that is done once, such as decompositions: up to matrices of about 400 x 400,
#: LAPACK is slower with several threads than with one, and ten times as slow on a busy machine.
ONCE = 1e9

#: For fewer operations BLAS itself uses one thread.
TINY = 2**18

_lock, _inside = Lock(), 0
_changed: list[tuple[Any, int]] = []


@lru_cache(maxsize=1)
def _pools(n_modules):
    """Thread pools with one size per process, and OpenMP's with a size per thread.

    The search is repeated after new imports, which may have loaded further libraries.

    Parameters
    ----------
    n_modules : int
        Number of imported modules.
    """
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:  # it is installed with scikit-learn only
        return [], []
    of_process, of_thread = [], []
    for pool in ThreadpoolController().lib_controllers:
        by_openmp = "openmp" in (pool.user_api, getattr(pool, "threading_layer", None))
        (of_thread if by_openmp else of_process).append(pool)
    return of_process, of_thread


def _set(pool, count):
    pool.set_num_threads(count)
    # From threadpoolctl 3.8 on, the first thread that sets OpenBLAS's count blocks this call in all
    # others, until it clears that.
    if hasattr(pool, "clear_controlling_thread"):
        pool.clear_controlling_thread()


def _limit(pools):
    """Give the pools one thread; returns (pool, previous count) for those that had more."""
    counts = [(pool, pool.num_threads) for pool in pools]
    for pool in pools:
        _set(pool, 1)
    # Without pools that another thread controls in a context of threadpoolctl.
    return [(pool, count) for pool, count in counts if count != pool.num_threads]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """A context in which BLAS and OpenMP have one thread; nothing happens without threadpoolctl.

    BLAS's setting is mostly one for the whole process: the first thread that enters such a context
    changes it, and the last one that leaves restores it.

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
    """A context with one thread for work on n samples, unless its products are large or tiny.

    It depends on sizes alone, not on the machine's load: the number of threads changes last bits.

    Parameters
    ----------
    n : int
        Number of samples.
    *widths : number
        At least two: the numbers of features and of components of each layer. The largest product
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
