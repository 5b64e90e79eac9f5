"""Counts the data read in passes, and shows progress bars."""

import contextlib

from dsnmf.extras import tqdm_bar

#: Seconds after which a pass of an iteration gets a bar of its own.
DELAY = 2


class Reading:
    """Passes over data in blocks.

    Parameters
    ----------
    shown : bool
        Whether each pass has a bar of bytes with the time left. Bars of named stages stay. A bar of
        an iteration appears only if the pass takes seconds, and disappears at its end.

    Attributes
    ----------
    stage : str
        The name of the following passes; empty within iterations.
    passes : int
        Number of complete passes.
    size : int
        Bytes read.

    Examples
    --------
    >>> from dsnmf.training.reading import Reading
    >>> reading = Reading()
    >>> with reading.count_pass(3_000_000_000) as advance:
    ...     advance(2_000_000_000)
    ...     advance(1_000_000_000)
    >>> reading.totals()
    {'passes': 1, 'read': '3 GB'}
    """

    def __init__(self, shown=False):
        self._shown = shown
        self.stage, self.passes, self.size = "", 0, 0

    @contextlib.contextmanager
    def count_pass(self, size, stage=None):
        """Count a pass over `size` bytes; yields a function to call with each block's bytes."""
        stage = self.stage if stage is None else stage
        options = {"leave": True} if stage else {"leave": False, "delay": DELAY}
        options |= {"desc": stage or "this pass", "unit": "B", "unit_scale": True}
        with tqdm_bar(self._shown, total=size, **options) as bar:

            def advance(amount):
                self.size += amount
                bar.update(amount)

            yield advance
        self.passes += 1

    def totals(self):
        """The numbers for the bar of the iterations."""
        return {"passes": self.passes, "read": f"{self.size / 1e9:.4g} GB"}
