"""Claims, and what becomes of them."""

from collections.abc import Callable
from dataclasses import dataclass

from dsnmf.experiments.report.published import COMPONENTS


@dataclass(frozen=True)
class Verdict:
    """What the paper and we found.

    Attributes
    ----------
    published, ours : str
        "published" by the ICML 2014 paper, or the notebook.
    holds : bool or None
        In our records; None where they are not enough to say.
    later : str
        What a later paper's numbers say.
    """

    published: str
    ours: str
    holds: bool | None
    later: str = "–"


NOT_RUN = "not run"


@dataclass(frozen=True)
class Claim:
    """A sentence, and the function from records to its `Verdict`."""

    text: str
    check: Callable


def answer(held, complete):
    """False after one exception; True needs complete records, None is without them."""
    return None if held and not complete else bool(held)


@dataclass(frozen=True)
class Tally:
    """For how many of the compared numbers of components something holds."""

    held: int
    compared: int
    expected: int = len(COMPONENTS)

    @property
    def holds(self):
        """False after one exception, True once all expected k are there."""
        return answer(self.held == self.compared, self.compared >= self.expected)

    def __str__(self):
        return f"{self.held} of {self.compared} k"


def all_hold(answers):
    """True if all are, False if one is, None otherwise."""
    answers = list(answers)
    return False if False in answers else None if None in answers or not answers else True
