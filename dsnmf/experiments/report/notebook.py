"""The original notebook's experiment: Deep Semi-NMF with layers 400-100 on CMU PIE."""

from dsnmf.experiments.report.tables import markdown, spread

#: NMI that the notebook prints.
PUBLISHED_NMI = 0.9825


def runs(records):
    """The notebook's records, by method and seed."""
    found = [record for record in records if record["experiment"] == "notebook"]
    return sorted(found, key=lambda record: (record["method"], record["seed"]))


def nmi_values(records):
    """NMI of every seed of Deep Semi-NMF and of k-means, in [0, 1]."""
    return [
        value
        for run in runs(records)
        if run["method"].startswith("Deep Semi-NMF")
        for value in run["results"]["nmi"]
    ]


def span(values):
    """The smallest and the largest value, in per cent.

    Examples
    --------
    >>> from dsnmf.experiments.report.notebook import span
    >>> span([0.971, 0.99, 0.98])
    '97.1 to 99.0'
    """
    return f"{100 * min(values):.1f} to {100 * max(values):.1f}"


def _row(name, seed, found):
    nmi, ac = ([value for run in found for value in run["results"][key]] for key in ("nmi", "ac"))
    errors = [run["results"]["error"] for run in found]
    scores = [spread([100 * value for value in values]) for values in (nmi, ac)]
    error = "" if None in errors else spread(errors, 3)
    return [name, seed, scores[0], span(nmi), scores[1], span(ac), error]


def table(records):
    """NMI and AC in per cent over the seeds of k-means, per seed of the model and over all."""
    rows = []
    for method in dict.fromkeys(run["method"] for run in runs(records)):
        found = [run for run in runs(records) if run["method"] == method]
        rows += [_row(method, run["seed"], [run]) for run in found]
        rows.append(_row(method, "all", found))
    rows.append(["published", "", f"{100 * PUBLISHED_NMI:.2f}", "", "", "", ""])
    return markdown(["method", "seed", "NMI %", "span", "AC %", "span", "error"], rows)
