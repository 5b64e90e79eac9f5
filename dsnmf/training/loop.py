"""The training loop, with stopping, progress and checkpoints."""

import contextlib
import math
import sys

from dsnmf.extras import tqdm_bar
from dsnmf.training.interruption import defer_interrupt, end_early
from dsnmf.training.memory import freed_memory_kept

#: Iterations between two checks of the stopping tolerance.
CHECK_EVERY = 10


def is_watched():
    """Whether somebody sees a line before the next one replaces it: logs keep all."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules


@contextlib.contextmanager
def progress_bar(total, description, shown, done=0, reading=None):
    """A `tqdm_bar` whose `advance(cost)` counts one iteration.

    It starts at `done` iterations, and shows how much has been read. The first iteration has a line
    of its own, as functions may have to be compiled; logs have no such line.
    """
    with contextlib.ExitStack() as shown_now:
        first = f"{description}: first iteration (compiling, once per machine)"
        options = {"desc": first, "bar_format": "{desc}", "leave": False}
        shown_now.enter_context(tqdm_bar(shown and is_watched(), **options))
        bar = None

        def advance(cost):
            nonlocal bar
            if bar is None:
                shown_now.close()
                options = {"total": total, "desc": description, "initial": done}
                bar = shown_now.enter_context(tqdm_bar(shown, **options))
            read = {} if reading is None else reading.totals()
            bar.set_postfix(refresh=False, cost=f"{cost:.5g}", **read)
            bar.update()

        yield advance


def run(
    step,
    max_iter,
    *,
    history,
    tolerance=None,
    callback=None,
    description="",
    progress=False,
    reading=None,
    start=(0, None),
    checkpoint=None,
):
    """Call `step` up to max_iter times, appending its costs to `history`.

    Parameters
    ----------
    step : callable
        Makes one iteration. Returns the cost before it, or None if that was not computed, which is
        not allowed in iterations 1, 1 + `CHECK_EVERY`, 1 + 2 `CHECK_EVERY`, ….
    max_iter : int >= 0
    history : list of float, or anything with `append`
        The costs; extended in place, so that it is complete even after an exception.
    tolerance : CostTolerance, FeatureTolerance or None
        See `dsnmf.training.stopping`. Checked every `CHECK_EVERY` iterations.
    callback : callable or None
        Called as callback(iteration, cost) after each iteration (from 1) with the last known
        cost; a true return value stops.
    description : str
        Text before the progress bar.
    progress : bool
    reading : Reading or None
        Gives the amount of data read to the bar.
    start : (int, float or None)
        Number of iterations done before, which count for max_iter, and their last known cost.
    checkpoint : callable or None
        Called as checkpoint(iteration, interrupted) at the end of each iteration that may not be
        the last.

    Returns
    -------
    str
        Why it ended: "max_iter", the tolerance's reason ("tol" or "optimum"), "callback" or
        "interrupt" (Ctrl-C; the iteration under way is finished first).

    Raises
    ------
    FloatingPointError
        If a cost is NaN or infinite.
    KeyboardInterrupt
        At Ctrl-C, see `dsnmf.training.interruption.end_early`.

    Warns
    -----
    InterruptionWarning
        At Ctrl-C.
    """
    done, cost = start
    with (
        progress_bar(max_iter, description, progress, done, reading) as advance,
        defer_interrupt() as ctrl_c,
        freed_memory_kept(),
    ):
        for iteration in range(done + 1, max_iter + 1):
            computed = step()
            if computed is not None:
                cost = float(computed)
                if not math.isfinite(cost):
                    raise FloatingPointError(f"the cost is {cost} at iteration {iteration}")
                history.append(cost)
            advance(cost)
            if callback is not None and callback(iteration, cost):
                return "callback"
            interrupted = bool(ctrl_c)
            looks = tolerance is not None and iteration % CHECK_EVERY == 1
            reached = looks and tolerance.look(cost)
            if checkpoint is not None and not reached:
                checkpoint(iteration, interrupted)
            if interrupted:
                end_early(iteration)
                return "interrupt"
            if reached:
                return tolerance.reason
    return "max_iter"
