"""The report's tables, as Markdown."""

import numpy as np

from dsnmf.experiments.report.curves import OURS, counterpart, rank
from dsnmf.experiments.report.published import COMPONENTS

#: Relative excess over a bound that rounding explains.
ROUNDING = 1e-6


def markdown(head, rows):
    """A table of texts.

    Examples
    --------
    >>> from dsnmf.experiments.report.tables import markdown
    >>> print(markdown(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, *rows]
    texts = [
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    ]
    return "\n".join([texts[0], "|---" * len(head) + "|", *texts[1:]])


def spread(values, digits=1):
    """Mean ± standard deviation; only the mean for a single value.

    Examples
    --------
    >>> from dsnmf.experiments.report.tables import spread
    >>> spread([98, 99]), spread([98.25], 2)
    ('98.5 ± 0.5', '98.25')
    """
    text = f"{np.mean(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ± {np.std(values):.{digits}f}"


def _range(numbers):
    numbers = sorted(set(numbers))
    return "–".join(str(number) for number in dict.fromkeys([numbers[0], numbers[-1]]))


def _cells(curve, components, factor, digits):
    """A curve's cell for each k, empty if it has no value."""
    for k in components:
        values = curve.values.get(k)
        yield spread([factor * value for value in values], digits) if values else ""


def _row(method, source, curve, components, metric):
    factor, digits = (1, 2) if metric == "error" else (100, 1)
    seeds = ""
    if source == OURS:
        seeds = _range(map(len, curve.values.values()))
        # Errors of IGO are small; the paper prints two digits of them too.
        digits += metric == "error" and curve.mean(curve.components[0]) < 1
    row = [method, source, seeds, *_cells(curve, components, factor, digits)]
    if metric == "error":
        return row
    area = curve.area()
    return [*row, "" if area is None else f"{area:.2f}"]


def curves(sources, metric):
    """Table of mean ± standard deviation per method and k, with published values below ours.

    Parameters
    ----------
    sources : dict of str to (dict of str to Curve)
        See `dsnmf.experiments.report.curves.sources`.
    metric : {"ac", "nmi", "error"}
        AC and NMI are in per cent, with the area under their curve as last column.

    Returns
    -------
    str
    """
    rows = [
        (rank(counterpart(method)), place, method, source, curve)
        for place, (source, found) in enumerate(sources.items())
        for method, curve in found.items()
    ]
    components = sorted({k for *_, curve in rows for k in curve.values})
    head = ["method", "", "seeds", *components] + (["AUC"] if metric != "error" else [])
    return markdown(
        head, [_row(*row[2:], components, metric) for row in sorted(rows, key=lambda row: row[:3])]
    )


#: Our kinds of Semi-NMF, whose errors should lie between the least and the published ones.
SEMI_NMF = ("Semi-NMF", "Semi-NMF (SVD start)")


def bracket(ours, theirs):
    """Table of Semi-NMF's errors between the best of their rank and the published ones.

    Parameters
    ----------
    ours, theirs : dict of str to Curve
        Curves of the reconstruction error.

    Returns
    -------
    str or None
        None unless the best, one of ours and the published curve have a common k.
    """
    best, published = ours.get("best rank k"), theirs.get("Semi-NMF")
    found = {method: ours[method] for method in SEMI_NMF if method in ours}
    if best is None or published is None or not found:
        return None
    components = [k for k in COMPONENTS if k in best.values and k in published.values]
    rows = [
        ["best of rank k (SVD)", *_cells(best, components, 1, 3)],
        ["Semi-NMF, published", *_cells(published, components, 1, 2)],
    ]
    for method, curve in found.items():
        answers = [_answer(best, curve, published, k) for k in components]
        rows.append([f"{method}, ours", *_cells(curve, components, 1, 3)])
        rows.append(["best ≤ ours ≤ published", *answers])
    return markdown(["", *components], rows)


def _answer(best, curve, published, k):
    if k not in curve.values:
        return ""
    return "yes" if in_bracket(best.mean(k), curve.mean(k), published.mean(k)) else "no"


def in_bracket(best, error, published):
    """True if best <= error <= published, up to rounding."""
    return best * (1 - ROUNDING) <= error <= published * (1 + ROUNDING)
