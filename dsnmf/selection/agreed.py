"""The agreement of fits from several starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dsnmf import plotting
from dsnmf.files.output import right_aligned
from dsnmf.inspection.layer import component_names

if TYPE_CHECKING:
    from typing import Any

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array

#: Least mean cosine at which two spaces count as the same.
SAME_SPACE = 0.95


@dataclass(frozen=True, eq=False)
class Consensus:
    """Components and clusters of fits from several starts, and their recurrence.

    Attributes
    ----------
    best_estimator_ : estimator
        The fit with the least cost.
    best_index_ : int
        Index of its start.
    costs_ : ndarray, shape (n_init,)
        The last known cost of each fit, see `history_`.
    threshold : float
        Least cosine at which a component counts as recurring.
    cosines_ : ndarray, shape (n_init, k)
        Cosine between each component of the best fit and its partner in each fit; 1 in its own row.
    recurrence_ : ndarray, shape (k,)
        The share of the other fits in which the component recurs.
    spans_ : ndarray, shape (n_init,)
        Mean cosine of the angles between the span of the best fit's components and that of each
        fit's. 1 with small cosines_ means that the fits find the same space, in which the data
        allow several sets of components.
    clusters_ : ndarray of int, shape (n_init, n_samples)
        The clusters of each fit.
    labels_ : ndarray of int, shape (n_samples,)
        The clusters of all fits together, from 0, the largest first (among `samples_`), by average
        linkage of the consensus matrix. A sample that is not in the matrix gets the cluster whose
        samples it is most often together with.
    samples_ : ndarray of int, shape (m,)
        The samples of the matrix: all, or 2000 random ones.
    matrix_ : ndarray, shape (m, m)
        The consensus matrix: the share of the fits with two samples in the same cluster.
    order_ : ndarray of int, shape (m,)
        Order of these samples in the figure: by cluster, then by the tree of the linkage.
    cluster_consensus_ : ndarray, shape (n_clusters,)
        Mean of the matrix over pairs of samples of each cluster in labels_ (Monti et al. 2003).
    cophenetic_ : float
        Cophenetic correlation of the linkage (Brunet et al. 2004).
    dispersion_ : float in [0, 1]
        Mean of 4 (c - 1/2)² over the matrix, 1 if all fits find the same clusters (Kim & Park
        2007).
    """

    best_estimator_: Factorisation
    best_index_: int
    costs_: Array
    threshold: float
    cosines_: Array
    recurrence_: Array
    spans_: Array
    clusters_: Array
    labels_: Array
    samples_: Array
    matrix_: Array
    order_: Array
    cluster_consensus_: Array
    cophenetic_: float
    dispersion_: float

    @property
    def _others(self):
        """The rows of all fits but the best one."""
        return np.arange(len(self.costs_)) != self.best_index_

    @property
    def table(self) -> list[dict[str, Any]]:
        """A row per component: its name, its recurrence, its mean and least cosine in other fits.

        `pandas.DataFrame(table)` makes a frame of it.
        """
        cosines = self.cosines_[self._others]
        columns = self.recurrence_, cosines.mean(axis=0), cosines.min(axis=0)
        return [
            {"component": name, "recurrence": r, "mean cosine": mean, "least cosine": least}
            for name, r, mean, least in zip(
                component_names(self.best_estimator_), *(column.tolist() for column in columns)
            )
        ]

    def __str__(self) -> str:
        rows = [[*self.table[0]]]
        rows += [
            [value if isinstance(value, str) else f"{value:.2f}" for value in row.values()]
            for row in self.table
        ]
        lines = right_aligned(rows)
        n_init, k, span = len(self.costs_), len(self.recurrence_), self.spans_[self._others].mean()
        count, least = np.count_nonzero(self.recurrence_ >= 0.5), self.costs_.min()
        spread = self.costs_.max() / least - 1 if least > 0 else 0.0
        lines += [
            "",
            f"Of {k} components {count} came back in at least half of the other {n_init - 1} fits "
            f"with a cosine of at least {self.threshold:g}. The spaces that all components span "
            f"agree by {span:.2f} (mean cosine); the costs differ by up to {spread:.2%}.",
        ]
        if span >= SAME_SPACE and count < k / 2:
            lines.append(
                "So the fits find one space, and in it different components that fit about as "
                "well: read nothing into a single one."
            )
        within = self.cluster_consensus_
        lines.append(
            f"{len(within)} clusters: dispersion {self.dispersion_:.2f}, cophenetic correlation "
            f"{self.cophenetic_:.2f}; two samples of one cluster are together in "
            f"{within.min():.0%} to {within.max():.0%} of the fits."
        )
        return "\n".join(lines)

    def plot(self, axes: Any = None) -> Array:
        """Draw the cosines of the components and the consensus matrix.

        See `plotting.plot_consensus`.

        Parameters
        ----------
        axes : two matplotlib Axes, optional
            A new figure by default.

        Returns
        -------
        ndarray of matplotlib Axes, shape (2,)

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        return plotting.plot_consensus(
            self.cosines_[self._others],
            self.matrix_[np.ix_(self.order_, self.order_)],
            self.labels_[self.samples_][self.order_],
            threshold=self.threshold,
            axes=axes,
        )
