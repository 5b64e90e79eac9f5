"""How much of data in blocks has been read, counted and shown."""

import contextlib

from dsnmf.extras import tqdm_bar

#: Seconds after which a pass of an iteration gets a bar of its own.
DELAY = 2


class Reading:
    """Passes over data in blocks.

    Parameters
    ----------
    shown : bool
        Whether each pass has a bar of bytes with the time left. Bars of named stages stay; those of
        iterations come only if one takes more than some seconds, and go at its end.

    Attributes
    ----------
    stage : str
        What the coming passes are for; empty within iterations.
    passes : int
        Complete ones so far.
    size : int
        Bytes read so far.

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
        """Counts a pass over so many bytes; yields a function to be called with those of a part."""
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
        """What a bar of iterations shows of it."""
        return {"passes": self.passes, "read": f"{self.size / 1e9:.4g} GB"}
