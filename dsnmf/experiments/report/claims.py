"""The papers' claims, each a function from records to a `Verdict`."""

from functools import partial

import numpy as np

from dsnmf.experiments.report import agreement, arena, attribute_tables, layers
from dsnmf.experiments.report.curves import (
    BENCHMARKS,
    FEATURES,
    FROM_LP,
    counterpart,
    later,
    ours,
    pairs,
    theirs,
    title,
)
from dsnmf.experiments.report.notebook import PUBLISHED_NMI, nmi_values, span
from dsnmf.experiments.report.published import COMPONENTS, LATER_COMPONENTS
from dsnmf.experiments.report.tables import SEMI_NMF, in_bracket, spread
from dsnmf.experiments.report.verdicts import NOT_RUN, Claim, Tally, Verdict, all_hold, answer

#: The methods that the paper compares with Deep Semi-NMF.
_COMPARED = ("Semi-NMF", "NMF (MUL)", "Multi-layer NMF", "NeNMF", "GNMF")

#: An attribute that the first layer should find without labels, and one that the last should.
PARTED = {"pie": ("direction", "subject")}


def _tally(condition, *curves, components=COMPONENTS):
    """Tally of `condition` on the curves' means, for each k that all curves have."""
    if None in curves:
        return Tally(0, 0)
    shared = [k for k in components if all(k in curve.values for curve in curves)]
    held = sum(condition(*(curve.mean(k) for curve in curves)) for k in shared)
    return Tally(held, len(shared), len(components))


def _text(tallies):
    """The text of the tallies by name, without empty ones."""
    return ", ".join(f"{name} {tally}".strip() for name, tally in tallies.items() if tally.compared)


def _verdict(published, ours, newer=None):
    """A verdict from tallies by name: published curves, ours, and the later paper's."""
    text = _text(ours)
    holds = all_hold(tally.holds for tally in ours.values()) if text else None
    return Verdict(_text(published) or "–", text or NOT_RUN, holds, _text(newer or {}) or "–")


def _clusters_better(records, data, better, worse, components=COMPONENTS):
    """Claim: AC and NMI of `better`, a pair (features, method), are above those of `worse`."""

    def tallies(curves):
        return {
            title: _tally(
                lambda a, b: a > b,
                *(curves(data, features, metric).get(m) for features, m in (better, worse)),
                components=components,
            )
            for metric, title in (("ac", "AC"), ("nmi", "NMI"))
        }

    return _verdict(tallies(theirs), tallies(partial(ours, records)), tallies(later))


def _largest_area(records, data):
    """Claim: Deep Semi-NMF on pixels has the largest area under AC and NMI."""

    def compare(curves, metric):
        areas = {name: curve.area() for name, curve in curves.items()}
        deep = areas.pop("Deep Semi-NMF", None)
        names = [name if name in areas else counterpart(name) for name in _COMPARED]
        others = {name: areas[name] for name in names if areas.get(name) is not None}
        if deep is None or not others:
            return "", None
        best = max(others, key=others.get)
        complete = len(others) >= len(_COMPARED)
        holds = answer(deep > others[best], complete)
        return f"{metric.upper()} {deep:.2f} against {others[best]:.2f} ({best})", holds

    found = {"published": [], "ours": []}
    for metric in ("ac", "nmi"):
        found["published"].append(compare(theirs(data, "pixels", metric), metric))
        found["ours"].append(compare(ours(records, data, "pixels", metric), metric))
    texts = {
        name: ", ".join(text for text, _ in results if text) for name, results in found.items()
    }
    holds = all_hold(answer for _, answer in found["ours"])
    return Verdict(texts["published"], texts["ours"] or NOT_RUN, holds)


def _lowest_error(records, data):
    """Claim: the error of Semi-NMF is below that of every NMF."""

    def tallies(curves):
        curves = curves(data, "pixels", "error")
        names = [name if name in curves else counterpart(name) for name in _COMPARED[1:]]
        return {
            f"below {name}": _tally(lambda a, b: a < b, curves.get("Semi-NMF"), curves.get(name))
            for name in names
        }

    return _verdict(tallies(theirs), tallies(partial(ours, records)))


def _falling(curve):
    """Tally of falls from each k to the next; the first k has no predecessor."""
    if curve is None:
        return Tally(0, 0)
    means = [curve.mean(k) for k in curve.components if k in COMPONENTS]
    return Tally(1 + int(np.sum(np.diff(means) <= 0)), len(means))


def _falls(records, data, features):
    """Claim: the errors of Semi-NMF and Deep Semi-NMF never rise."""

    def tallies(curves):
        found = curves(data, features, "error")
        return {method: _falling(found.get(method)) for method in ("Semi-NMF", "Deep Semi-NMF")}

    return _verdict(tallies(theirs), tallies(partial(ours, records)))


def _lies_between(records, data, method):
    """Claim: Semi-NMF's error is between the best of its rank and the published one."""
    curves, published = ours(records, data, "pixels", "error"), theirs(data, "pixels", "error")
    tally = _tally(
        in_bracket, curves.get("best rank k"), curves.get(method), published.get("Semi-NMF")
    )
    return _verdict({}, {"": tally})


def _notebook(records):
    """Claim: the notebook's NMI is at most the best of ours."""
    published, values = f"{100 * PUBLISHED_NMI:.2f} %", nmi_values(records)
    if not values:
        return Verdict(published, NOT_RUN, None)
    text = f"{spread([100 * value for value in values])} %, {span(values)}"
    return Verdict(published, text, max(values) >= PUBLISHED_NMI)


def _extent(changes):
    return f"{min(changes):+.0f} to {max(changes):+.0f}"


def _layers_separate(records, data, method):
    """Claim: with all labels, layer i is the best for attribute i, and no worse than without."""
    found = attribute_tables.scores(records, data)
    effects = attribute_tables.effects(found, 1.0, method)
    if not effects:
        return Verdict("–", NOT_RUN, None)
    held = [effect.best and np.mean(effect.own) >= 0 for effect in effects]
    own, others = ([np.mean(getattr(e, which)) for e in effects] for which in ("own", "others"))
    text = f"{sum(held)} of {len(held)} layers; AC of its attribute {_extent(own)} points, of the "
    text += f"others {_extent(others)}"
    complete = len(effects) == len(attribute_tables.order(method))
    return Verdict("–", text, answer(all(held), complete))


def _layers_part(records, data, coarse, fine):
    """Claim: without labels, the first layer finds `coarse` better, the last layer `fine`."""
    found, method = attribute_tables.scores(records, data), attribute_tables.BASELINE
    layers = attribute_tables.methods(found).get(method, [None])
    places = [(layer, name) for name in (coarse, fine) for layer in (layers[0], layers[-1])]
    values = [found.get((1.0, method, *place, "ac")) for place in places]
    if None in values:
        return Verdict("–", NOT_RUN, None)
    first, last, first_fine, last_fine = (100 * np.mean([*v.values()]) for v in values)
    text = f"AC of {coarse} {first:.1f} and {last:.1f}, of {fine} {first_fine:.1f} and "
    return Verdict("–", f"{text}{last_fine:.1f}", first > last and last_fine > first_fine)


def _layers_differ(records, data):
    """Claim: without labels, layer 1 finds the pose better, layer 2 the identity."""

    def tallies(found):
        wanted = {"pose": (1, 2), "identity": (2, 1)}
        places = {name: [found.get((name, i), {}) for i in order] for name, order in wanted.items()}
        return {
            name: Tally(sum(np.mean(better[k]) > np.mean(worse[k]) for k in better), len(better))
            for name, (better, worse) in places.items()
        }

    published, own = tallies(layers.theirs(data)), tallies(layers.ours(records, data))
    complete = all(own[name].compared >= published[name].compared for name in own)
    held = all(tally.held == tally.compared for tally in own.values())
    return Verdict(_text(published) or "–", _text(own), answer(held, complete))


def _clustering_claims(data, benchmark):
    """The claims about one data set of the ICML paper."""
    better, name = partial(_clusters_better, data=data), benchmark.name
    deep, semi = "Deep Semi-NMF", "Semi-NMF"
    comparisons = [
        ("pixels", deep, "pixels", semi),
        ("pixels", "Deep Semi-NMF (Adam)", "pixels", semi),
        ("pixels", deep, "pixels", "NMF (MUL)"),
        ("pixels", deep, "pixels", "GNMF"),
        ("igo", deep, "igo", semi),
        ("igo", semi, "pixels", semi),
        ("igo", deep, "pixels", deep),
    ]
    for features, method, other_features, other in comparisons:
        text = f"{name}: {method} on {FEATURES[features]} clusters better than "
        text += f"{other} on {FEATURES[other_features]}, at every k"
        check = partial(better, better=(features, method), worse=(other_features, other))
        yield Claim(text, check)
    yield Claim(
        f"{name}: {deep} on pixels has the largest area under the curve",
        partial(_largest_area, data=data),
    )
    yield Claim(
        f"{name}: {semi} on pixels has a lower error than every NMF, at every k",
        partial(_lowest_error, data=data),
    )
    for features in FEATURES:
        text = f"{name}: on {FEATURES[features]} the errors of {semi} and {deep} never rise with k"
        yield Claim(text, partial(_falls, data=data, features=features))
    for method in SEMI_NMF:
        yield Claim(
            f"{name}: best error of rank k ≤ our {method} ≤ published {semi}, at every k",
            partial(_lies_between, data=data, method=method),
        )


def _later_claims(data):
    """The claims about one data set of the later paper."""
    deep, semi = FROM_LP["Deep Semi-NMF"], FROM_LP["Semi-NMF"]
    places = {"better": ("pixels", deep), "worse": ("pixels", semi)}
    check = partial(_clusters_better, data=data, components=LATER_COMPONENTS, **places)
    text = f"{title(data)}: {deep} on pixels clusters better than {semi}, at every k"
    return [Claim(text, check), agreement.claim(data)]


def claims(records):
    """The claims about CMU PIE, and about other data in the records.

    Parameters
    ----------
    records : sequence of dict

    Returns
    -------
    list of Claim
    """
    run = {"pie", *(data for data, _ in pairs(records))}
    found = [
        claim
        for data, benchmark in BENCHMARKS.items()
        if data in run
        for claim in _clustering_claims(data, benchmark)
    ]
    found.append(Claim("CMU PIE, the notebook's Deep Semi-NMF 400-100: NMI", _notebook))
    for data in ("pie", "orl"):
        found += _later_claims(data)
    found += arena.claims(records)
    for data in layers.data_sets(records):
        text = f"{title(data)}: layer 1 of Deep Semi-NMF finds the pose better than layer 2 does, "
        text += "layer 2 the identity, at every k"
        found.append(Claim(text, partial(_layers_differ, data=data)))
    for data in attribute_tables.data_sets(records):
        if data in PARTED:
            coarse, fine = PARTED[data]
            text = f"{title(data)}: without labels, the first layer of "
            text += f"{attribute_tables.BASELINE} finds "
            text += f"the {coarse} better than the last, the last the {fine}"
            found.append(Claim(text, partial(_layers_part, data=data, coarse=coarse, fine=fine)))
        for method in attribute_tables.methods(attribute_tables.scores(records, data)):
            if attribute_tables.order(method):
                text = f"{title(data)}: with all labels, layer i of {method} represents attribute i"
                found.append(Claim(text, partial(_layers_separate, data=data, method=method)))
    return found
