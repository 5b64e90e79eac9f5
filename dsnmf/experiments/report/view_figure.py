"""The figure of several views with missing ones."""

import numpy as np

from dsnmf.experiments.report.figures import COLUMN, METRICS, Look, style
from dsnmf.extras import extra

#: Methods in the figure of missing views, with their features and styles.
_VIEW_LINES = {
    "multi-view": ("metric", Look("#D55E00", "o")),
    "means, Semi-NMF": ("metric", Look("#0072B2", "^", "--")),
    "neighbours, Semi-NMF": ("metric", Look("#0072B2", "v")),
    "means, k-means": ("raw", Look("0.45", "s", "--")),
    "neighbours, k-means": ("raw", Look("0.45", "D")),
}


def missing_views(found):
    """Draw NMI over the share of missing views.

    Parameters
    ----------
    found : dict
        See `dsnmf.experiments.report.view_tables.scores`.

    Returns
    -------
    matplotlib Figure
    """
    Figure = extra("matplotlib.figure", "the report").Figure
    with style():
        figure = Figure(figsize=(COLUMN, 2.6), layout="constrained")
        ax = figure.subplots()
        for method, (kind, look) in _VIEW_LINES.items():
            shares = found.get((method, kind), {})
            x = np.array(sorted(shares))
            means, sds = (
                np.array([100 * of(shares[share]["nmi"]) for share in x])
                for of in (np.mean, np.std)
            )
            drawn = {"color": look.colour, "marker": look.marker, "markeredgewidth": 0}
            ax.plot(100 * x, means, look.line, label=method, **drawn)
            ax.fill_between(
                100 * x, means - sds, means + sds, color=look.colour, alpha=0.2, linewidth=0
            )
        ax.grid(axis="y", color="0.9", linewidth=0.5)
        ax.set(xlabel="views missing, %", ylabel=METRICS["nmi"][0])
        figure.legend(loc="outside lower center", ncols=2, frameon=False, labelspacing=0.3)
    return figure
