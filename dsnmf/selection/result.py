"""The result of a selection."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import add
from typing import TYPE_CHECKING, Any

from dsnmf import plotting
from dsnmf.files.output import right_aligned
from dsnmf.plotting.captions import LITERAL
from dsnmf.selection.recurrence import consensus

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.selection.agreed import Consensus
    from dsnmf.typing import Array, Data


#: Names of parameters in figures.
NAMES = {"n_components": "components", "n_clusters": "clusters", "estimator": ""}

#: A model is clearly better than a simple method by so many standard errors of the difference.
CLEARLY = 2

#: Columns of the table that do not identify a candidate.
_MEASURED = ("score", "standard_error", "size", "failed", "repeats")


def _in_figure(value):
    """The text of a parameter's value in a figure: layers as 40-10."""
    return "-".join(map(str, value)) if isinstance(value, tuple | list) else _text(value)


def _text(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _column_names(rows, measured=()):
    """Names of the rows' columns: those that identify candidates, then measured ones."""
    names = dict.fromkeys(name for row in rows for name in row if name not in _MEASURED)
    return [*names, *measured]


def best_baseline(row, baselines):
    """Index of the best of `baselines`, if the chosen row is not clearly better; else None."""
    if not baselines:
        return None
    best = max(range(len(baselines)), key=lambda i: baselines[i]["score"])
    errors = (each["standard_error"] or 0.0 for each in (row, baselines[best]))
    lead = row["score"] - baselines[best]["score"]
    return best if lead <= CLEARLY * math.hypot(*errors) else None


@dataclass(frozen=True, eq=False)
class Selection:
    """The choice among candidates, and the reason.

    Attributes
    ----------
    criterion, label : str
        The criterion, and the meaning of its score.
    table : list of dict
        A row per candidate (and per number of clusters, if there are several): its parameters,
        "score", "standard_error" (of the score's mean; None if there are two clusterings or fits,
        and so one agreement) and "size" (number of entries in Z_1, …, Z_m and H_m). With several
        estimators, also "estimator", the name of its class. `pandas.DataFrame(table)` makes a frame
        of it. A candidate whose fit failed has "failed", a line with the reason, instead of a
        score.
    best_index_ : int
        Index of the chosen row.
    best_params_ : dict
        Parameters of the chosen row.
    best_n_clusters_ : int or None
        Number of clusters of the chosen row, for criterion="clusters".
    best_estimator_ : estimator
        The estimator with these parameters, fitted to all of X.
    baselines : list of dict
        For criterion="clusters", the "score" and "standard_error" of simple methods ("method") with
        as many components and clusters: the samples themselves, PCA, PCA whitened half-way or
        fully, and spectral clustering. For sparse X and X with gaps, PCA only.
    features_ : ndarray, shape (n_samples, any), or None
        For criterion="clusters", the features of X on which k-means agrees best: those of
        `best_estimator_`, or of `baseline` if it is not None.
    reason : str
        The reason for the choice, in a sentence or two.
    """

    criterion: str
    label: str
    table: list[dict[str, Any]]
    best_index_: int
    best_params_: dict[str, Any]
    best_n_clusters_: int | None
    best_estimator_: Factorisation
    baselines: list[dict[str, Any]]
    features_: Array | None
    reason: str

    @property
    def baseline(self) -> dict[str, Any] | None:
        """The best of `baselines` if the choice is not clearly better, and so no model is needed.

        Clearly better means by more than two standard errors of the difference.
        """
        best = best_baseline(self.table[self.best_index_], self.baselines)
        return None if best is None else self.baselines[best]

    def __str__(self) -> str:
        names = _column_names(self.table, ("score", "standard_error"))
        has_error = self.table[self.best_index_]["standard_error"] is not None
        if not has_error:
            names.remove("standard_error")
        rows = [
            [
                _text(row.get(name, row.get("failed", "") if name in _MEASURED else ""))
                for name in names
            ]
            for row in self.table
        ]
        marks = ["  "] + ["* " if i == self.best_index_ else "  " for i in range(len(rows))]
        lines = map(add, marks, right_aligned([names, *rows]))
        text = [*lines, "", self.reason]
        if not has_error:
            text.append("Of two repeats there is one agreement, and no standard error.")
        if self.baselines:
            told = [f"{each['method']} {each['score']:.2f}" for each in self.baselines]
            text.append(f"For comparison: {', '.join(told)}.")
            if self.baseline is not None:
                simple = self.baseline["method"]
                text.append(
                    f"No candidate is clearly better than this: {simple}. Take it for clusters: "
                    "features_ are its features."
                )
        return "\n".join(text)

    def consensus(self, X: Data, y: ArrayLike | None = None, *, n_init: int = 10) -> Consensus:
        """Fit the choice from several starts, and compare their components and clusters.

        See `dsnmf.selection.consensus`; with `best_estimator_` and `best_n_clusters_` clusters.

        Parameters
        ----------
        X, y
            The data of the selection.
        n_init : int >= 2
            Number of starts.

        Returns
        -------
        Consensus

        Raises
        ------
        ValueError
            See `dsnmf.selection.consensus`.
        """
        count = self.best_n_clusters_
        return consensus(self.best_estimator_, X, y, n_init=n_init, n_clusters=count)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the candidates' scores and their standard errors; the chosen one is marked.

        Candidates are named by the parameters that differ; common values are in the title.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            A new figure by default.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        rows = [row for row in self.table if "failed" not in row]
        named = _column_names(rows)
        varying = [n for n in named if len({_text(row.get(n)) for row in rows}) > 1] or named
        names = [
            ", ".join(
                f"{NAMES.get(n, n)} {_in_figure(row[n])}".strip() for n in varying if n in row
            )
            for row in rows
        ]
        errors = [row["standard_error"] for row in rows]
        ax = plotting.score_intervals(
            names,
            [row["score"] for row in rows],
            None if None in errors else errors,
            chosen=rows.index(self.table[self.best_index_]),
            label=self.label,
            ax=ax,
        )
        same = [f"{NAMES.get(n, n)} {_in_figure(rows[0][n])}" for n in named if n not in varying]
        if same:
            ax.set_title(f"all: {', '.join(same)}", fontsize="small").set(**LITERAL)
        return ax
