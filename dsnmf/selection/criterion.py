"""The base of criteria: scores of candidates from repeated fits, and the choice."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dsnmf.estimators.shallow import SemiNMF

#: Parameters without effect on a fit: candidates that differ in these alone share their fits.
OF_TRANSFORM = ("metric", "transform_method")


#: Share of the samples in each of several fits or clusterings.
SHARE = 0.8


def random_samples(n_samples, rng):
    """Indices of a random `SHARE` of the samples, ascending."""
    return np.sort(rng.choice(n_samples, int(SHARE * n_samples), replace=False))


def mean_agreements(n, agreement):
    """Mean agreement of each of n >= 2 results with the others, by agreement(a, b) of a pair."""
    agreements = np.full((n, n), np.nan)
    for a, b in combinations(range(n), 2):
        agreements[a, b] = agreements[b, a] = agreement(a, b)
    return np.nanmean(agreements, axis=1)


def beyond(chance, agreements):
    """Agreements beyond chance, as a share of the possible; 0 if chance agrees fully.

    An agreement below chance gives the (negative) difference from chance.
    """
    if chance >= 1:
        return np.zeros_like(agreements)
    return np.where(agreements > chance, (agreements - chance) / (1 - chance), agreements - chance)


def standard_error(scores):
    """Standard error of the mean of repeated scores; 0 for a single score."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0


def agreement_error(agreements):
    """Standard error of the mean of n results' agreements; None for two, with one agreement."""
    return standard_error(agreements) if len(agreements) > 2 else None


@dataclass(frozen=True)
class Criterion(ABC):
    """A criterion that scores candidates.

    Attributes
    ----------
    repeats : int >= 2
        Number of fits, or clusterings, per candidate.
    seed : int >= 0
        Seed of all draws, the same for all candidates.
    """

    repeats: int
    seed: int

    #: The meaning of the score, for the table and the figure.
    label = ""
    #: True if it needs numbers of clusters.
    needs_n_clusters = False
    #: The largest number of clusters if it scores features of `transform`; None if it scores the
    #: learned factors.
    most_clusters = None

    def check(self, X, models):  # noqa: B027 (not every criterion has something to check)
        """Refuse data, or unfitted models of the candidates, that it cannot score."""

    def estimators(self, X, y):
        """The default estimators."""
        return [SemiNMF()]

    @abstractmethod
    def measure(self, model, variants, X, y):
        """Score candidates that share their fits.

        Parameters
        ----------
        model : estimator
            Unfitted, with the parameters that the candidates share.
        variants : list of dict
            The other parameters of each candidate: those of `OF_TRANSFORM`.
        X, y
            See `select`.

        Returns
        -------
        list of dict
            Rows of the table, with "variant" (its index), "score" and "standard_error".
        """

    def baselines(self, X, n_components, row):
        """Simple methods, scored like the chosen row.

        Returns
        -------
        list of dict
            See `Selection.baselines`.
        list of ndarray, shape (n_samples, any)
            The features of each method.
        """
        return [], []

    def best(self, rows):
        """Index of the chosen row; the scores are finite."""
        return max(range(len(rows)), key=lambda i: (rows[i]["score"], -rows[i]["size"]))

    @abstractmethod
    def reason(self, rows, best):
        """The reason for the choice, in a sentence or two."""
