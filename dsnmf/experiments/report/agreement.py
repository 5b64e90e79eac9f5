"""Differences of our and the ICML paper's scores from those of a later paper (DGsnMF 2020)."""

from functools import partial

from dsnmf.experiments.report.curves import FROM_LP, later, ours, theirs, title
from dsnmf.experiments.report.verdicts import NOT_RUN, Claim, Verdict, answer

#: Largest difference, in percentage points, of two runs that agree.
AGREEMENT = 5


def _distances(curves, data, name):
    """{method and metric: largest distance in points}, and a bool: is every k there?

    `curves` is a function from data, features and metric, `name` one from a method of the later
    paper to its name among the curves.
    """
    distances, complete = {}, True
    for metric in ("ac", "nmi"):
        found, references = curves(data, "pixels", metric), later(data, "pixels", metric)
        for method, from_lp in FROM_LP.items():
            curve, reference = found.get(name(method)), references[from_lp]
            shared = [k for k in reference.values if curve and k in curve.values]
            complete &= len(shared) == len(reference.values)
            if shared:
                distance = max(100 * abs(curve.mean(k) - reference.mean(k)) for k in shared)
                distances[f"{method} {metric.upper()}"] = distance
    return distances, complete


def _text(distances):
    return ", ".join(f"{name} {distance:.1f}" for name, distance in distances.items())


def _agrees(records, data):
    """Our scores lie near the later paper's, at every k."""
    published, _ = _distances(theirs, data, str)
    found, complete = _distances(partial(ours, records), data, FROM_LP.get)
    near = all(distance <= AGREEMENT for distance in found.values())
    holds = answer(near, complete) if found else None
    return Verdict(_text(published) or "–", _text(found) or NOT_RUN, holds)


def claim(data):
    """The claim that our runs from the same start agree with the later paper's numbers."""
    text = f"{title(data)}: at most {AGREEMENT} points from DGsnMF 2020, at every k (the largest "
    return Claim(text + "distance)", partial(_agrees, data=data))
