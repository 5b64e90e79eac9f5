"""The arenas: comparisons of all methods, with as many components as classes."""

from functools import partial

import numpy as np

from dsnmf.experiments.report.curves import rank, title
from dsnmf.experiments.report.tables import markdown, spread
from dsnmf.experiments.report.verdicts import NOT_RUN, Claim, Verdict

#: Names of metrics in texts.
METRICS = {"nmi": "NMI", "ac": "AC"}

#: Claims that the first clusters better than the second.
_PAIRS = (
    ("Deep Semi-NMF", "Semi-NMF"),
    ("Deep Semi-NMF (LP start)", "Semi-NMF (LP start)"),
    ("Deep Semi-NMF (2000 iterations)", "Semi-NMF (2000 iterations)"),
    ("Deep Semi-NMF", "GNMF"),
    ("Deep Semi-NMF", "GNMF (its authors)"),
    ("Deep Semi-NMF", "spectral clustering"),
    ("Deep Semi-NMF", "PCA half-whitened"),
    ("Deep Semi-NMF", "PCA whitened"),
)


def data_sets(records):
    """Names of the data with arenas, sorted."""
    return sorted({r["data"] for r in records if r["experiment"].startswith("arena")})


def scores(records, data):
    """The scores of the methods of an arena.

    Parameters
    ----------
    records : sequence of dict
    data : str

    Returns
    -------
    dict of str to (dict of str to list of float)
        For each method and metric, "nmi", "ac" (both in [0, 1]) and "seconds", a value per seed;
        the method with the highest mean NMI is first.
    """
    found = {}
    for record in sorted(records, key=lambda record: record["seed"]):
        if record["experiment"].startswith("arena") and record["data"] == data:
            values = found.setdefault(record["method"], {name: [] for name in METRICS})
            for name in METRICS:
                values[name].append(record["results"][name])
    return dict(sorted(found.items(), key=lambda item: (-np.mean(item[1]["nmi"]), rank(item[0]))))


def table(records, data):
    """NMI and AC per method, mean ± standard deviation over the seeds, in per cent."""
    rows = [
        [method, len(values["nmi"]), *(spread([100 * v for v in values[m]]) for m in METRICS)]
        for method, values in scores(records, data).items()
    ]
    return markdown(["method", "seeds", *(f"{name} %" for name in METRICS.values())], rows)


def _means(found, method):
    return {metric: 100 * np.mean(found[method][metric]) for metric in METRICS}


def _better(records, data, better, worse):
    """True if the means of both scores are higher."""
    found = scores(records, data)
    if better not in found or worse not in found:
        return Verdict("–", NOT_RUN, None)
    high, low = _means(found, better), _means(found, worse)
    text = ", ".join(f"{METRICS[m]} {high[m]:.1f} against {low[m]:.1f}" for m in METRICS)
    return Verdict("–", text, all(high[metric] > low[metric] for metric in METRICS))


def claims(records):
    """The claims that the deep model is better than its rivals, for every arena.

    Yields
    ------
    Claim
    """
    for data in data_sets(records):
        for better, worse in _PAIRS:
            text = f"{title(data)}, as many components as classes: {better} clusters better than "
            check = partial(_better, data=data, better=better, worse=worse)
            yield Claim(text + worse, check)
