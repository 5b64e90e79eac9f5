"""What a criterion is: how well candidates do, from repeated fits, and which of them is best."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from dsnmf.estimators.shallow import SemiNMF

#: Parameters that a fit does not depend on: candidates that differ in these alone share their fits.
OF_TRANSFORM = ("metric", "transform_method")


#: Share of the samples that each of several fits or clusterings sees.
SHARE = 0.8


def random_samples(n_samples, rng):
    """Indices of a random `SHARE` of the samples, ascending."""
    return np.sort(rng.choice(n_samples, int(SHARE * n_samples), replace=False))


def mean_agreements(n, agreement):
    """How each of n >= 2 results agrees with the others on average, by agreement(a, b) of two."""
    agreements = np.full((n, n), np.nan)
    for a, b in combinations(range(n), 2):
        agreements[a, b] = agreements[b, a] = agreement(a, b)
    return np.nanmean(agreements, axis=1)


def beyond(chance, agreements):
    """Agreements as a share of what is possible beyond chance; 0 where chance agrees fully.

    Those below chance are as far below 0 as they are below chance.
    """
    if chance >= 1:
        return np.zeros_like(agreements)
    return np.where(agreements > chance, (agreements - chance) / (1 - chance), agreements - chance)


def standard_error(scores):
    """Of the mean of repeated scores; 0 of a single one."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0


def agreement_error(agreements):
    """Of the mean of n results' agreements; None of two, whose one agreement has no spread."""
    return standard_error(agreements) if len(agreements) > 2 else None


@dataclass(frozen=True)
class Criterion(ABC):
    """How candidates are judged.

    Attributes
    ----------
    repeats : int >= 2
        Fits, or clusterings, that each candidate is judged by.
    seed : int >= 0
        Of what is drawn; it is the same for all candidates.
    """

    repeats: int
    seed: int

    #: What the score is, for the table and the figure.
    label = ""
    #: Whether it asks for numbers of clusters.
    needs_n_clusters = False
    #: The largest number of clusters, where it looks at the features that `transform` gives; None
    #: where it looks at what the fit has learned.
    most_clusters = None

    def check(self, X, models):  # noqa: B027 (not every criterion has something to check)
        """Refuse data, or unfitted models with the candidates' parameters, that it cannot judge."""

    def estimators(self, X, y):
        """The estimators whose candidates are compared where none is named."""
        return [SemiNMF()]

    @abstractmethod
    def measure(self, model, variants, X, y):
        """Judge candidates that share their fits.

        Parameters
        ----------
        model : estimator
            Unfitted, with the parameters that they share.
        variants : list of dict
            The others of each: those of `OF_TRANSFORM`.
        X, y
            As for `select`.

        Returns
        -------
        list of dict
            Rows of the table, with "variant" (its index), "score" and "standard_error".
        """

    def baselines(self, X, n_components, row):
        """What is as simple as can be, judged as the chosen row.

        Returns
        -------
        list of dict
            See `Selection.baselines`.
        list of ndarray, shape (n_samples, any)
            The features of each.
        """
        return [], []

    def best(self, rows):
        """Index of the chosen one of the rows, whose scores are finite."""
        return max(range(len(rows)), key=lambda i: (rows[i]["score"], -rows[i]["size"]))

    @abstractmethod
    def reason(self, rows, best):
        """Why that row was chosen, in a sentence or two."""
