"""Claims and their verdicts."""

from collections.abc import Callable
from dataclasses import dataclass

from dsnmf.experiments.report.published import COMPONENTS


@dataclass(frozen=True)
class Verdict:
    """The paper's results and ours about a claim.

    Attributes
    ----------
    published, ours : str
        Results of the ICML 2014 paper or the notebook, and ours.
    holds : bool or None
        True if the claim holds in our records; None if they are not sufficient.
    later : str
        Result of a later paper.
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
    """False after one exception; True with complete records, else None."""
    return None if held and not complete else bool(held)


@dataclass(frozen=True)
class Tally:
    """The number of compared numbers of components for which a condition holds."""

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
    """True if all are True, False if one is False, else None."""
    answers = list(answers)
    return False if False in answers else None if None in answers or not answers else True
