"""What a selection has found."""

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


#: What parameters are called in figures.
NAMES = {"n_components": "components", "n_clusters": "clusters", "estimator": ""}

#: Standard errors of the difference that make a model clearly better than a simple method.
CLEARLY = 2

#: What rows of the table have beside what tells candidates apart.
_MEASURED = ("score", "standard_error", "size", "failed", "repeats")


def _shown(value):
    """A parameter's value in a figure: layers as 40-10."""
    return "-".join(map(str, value)) if isinstance(value, tuple | list) else _text(value)


def _text(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _named(rows, measured=()):
    """Names of what rows have, each once: what tells candidates apart, then what is measured."""
    names = dict.fromkeys(name for row in rows for name in row if name not in _MEASURED)
    return [*names, *measured]


def best_simple(row, baselines):
    """Index of the best of `baselines`, if the chosen row is not clearly better; else None."""
    if not baselines:
        return None
    best = max(range(len(baselines)), key=lambda i: baselines[i]["score"])
    errors = (each["standard_error"] or 0.0 for each in (row, baselines[best]))
    lead = row["score"] - baselines[best]["score"]
    return best if lead <= CLEARLY * math.hypot(*errors) else None


@dataclass(frozen=True, eq=False)
class Selection:
    """The choice among candidates, and why.

    Attributes
    ----------
    criterion, label : str
        The criterion, and what its score is.
    table : list of dict
        A row per candidate, and per number of clusters where there are several: its parameters,
        "score", "standard_error" (of the score's mean; None where one agreement of two clusterings
        or fits is all there is) and "size" (numbers in Z_1, …, Z_m and H_m). Of several estimators
        also "estimator", the name of its class.
        `pandas.DataFrame(table)` makes a frame of it. A candidate whose fit failed has no score but
        "failed", one line that says why.
    best_index_ : int
        Of the chosen row.
    best_params_ : dict
    best_n_clusters_ : int or None
        Of the chosen row, for criterion="clusters".
    best_estimator_ : estimator
        With these parameters, fitted on all of X.
    baselines : list of dict
        For criterion="clusters" the "score" and "standard_error" of simple methods ("method") with
        as many components and clusters: the samples as they are, PCA, whitened half-way or fully,
        and spectral clustering. Of sparse X and X with gaps, PCA alone.
    features_ : ndarray, shape (n_samples, any), or None
        For criterion="clusters" the features of X on which k-means agrees best: those of
        `best_estimator_`, or of `baseline` where there is one.
    reason : str
        Why it was chosen, in a sentence or two.
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
        """The best of `baselines`, if the choice is not clearly better: no model is needed then.

        Clearly is by more than two standard errors of the difference.
        """
        best = best_simple(self.table[self.best_index_], self.baselines)
        return None if best is None else self.baselines[best]

    def __str__(self) -> str:
        names = _named(self.table, ("score", "standard_error"))
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
        """What comes back when the choice is fitted from other starts.

        `dsnmf.selection.consensus` of `best_estimator_`, with `best_n_clusters_` clusters.

        Parameters
        ----------
        X, y
            As they were selected for.
        n_init : int >= 2
            Starts.

        Returns
        -------
        Consensus

        Raises
        ------
        ValueError
            As `dsnmf.selection.consensus` raises it.
        """
        count = self.best_n_clusters_
        return consensus(self.best_estimator_, X, y, n_init=n_init, n_clusters=count)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The candidates' scores and their standard errors, the chosen one marked.

        Candidates are named by what differs between them; what is the same stands in the title.

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
        named = _named(rows)
        varying = [n for n in named if len({_text(row.get(n)) for row in rows}) > 1] or named
        names = [
            ", ".join(f"{NAMES.get(n, n)} {_shown(row[n])}".strip() for n in varying if n in row)
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
        same = [f"{NAMES.get(n, n)} {_shown(rows[0][n])}" for n in named if n not in varying]
        if same:
            ax.set_title(f"all: {', '.join(same)}", fontsize="small").set(**LITERAL)
        return ax
