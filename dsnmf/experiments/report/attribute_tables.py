"""Tables of the attribute experiments: scores by layer and attribute, and the effect of labels."""

from dataclasses import dataclass

import numpy as np

from dsnmf.experiments.report.tables import markdown, spread

#: The scores in the order of the tables, with their names.
SCORES = {"ac": "AC", "nmi": "NMI", "svm": "SVM"}

#: The deep model without labels, the reference of the supervised ones.
BASELINE = "Deep Semi-NMF"


@dataclass(frozen=True)
class Effect:
    """The effect of one layer's labels, in percentage points of AC, one value per seed.

    Attributes
    ----------
    layer : int
        The layer, from 1.
    attribute : str
        The attribute of the layer's labels.
    own : tuple of float
        Change of AC of that attribute in that layer, against the same layer without labels.
    others : tuple of float
        Mean change of AC of the other attributes.
    best : bool
        True if every other layer has a lower mean AC of that attribute.
    """

    layer: int
    attribute: str
    own: tuple
    others: tuple
    best: bool


def data_sets(records):
    """The data sets of attribute experiments, sorted."""
    return sorted({r["data"] for r in records if r["experiment"].startswith("attributes")})


def scores(records, data):
    """All scores of a data set.

    Returns
    -------
    dict
        {(share, method, layer, attribute, score): {seed: value}}, values in [0, 1].
    """
    found = {}
    for record in records:
        if record["experiment"].startswith("attributes") and record["data"] == data:
            for row in record["results"]["rows"]:
                for score in SCORES:
                    key = row["share"], record["method"], row["layer"], row["attribute"], score
                    found.setdefault(key, {})[record["seed"]] = row[score]
    return found


def shares(found):
    """Shares of labels, the largest first."""
    return sorted({share for share, *_ in found}, reverse=True)


def attributes(found):
    """The attributes, in the order of the rows."""
    return list(dict.fromkeys(attribute for _, _, _, attribute, _ in found))


def methods(found):
    """Methods with their layers: those without labels first, Deep WSF last."""
    layers = {}
    for _, method, layer, _, _ in found:
        layers.setdefault(method, set()).add(layer)
    return {method: sorted(layers[method]) for method in sorted(layers, key=_rank)}


def _rank(method):
    starts = "raw", "PCA", "NrKmeans", "Semi-NMF", BASELINE, "WSF", "Deep WSF"
    return [not method.startswith(start) for start in starts], method


def order(method):
    """The attributes of the labels of a method's layers, e.g. of "Deep WSF, a → b, H".

    Examples
    --------
    >>> from dsnmf.experiments.report.attribute_tables import order
    >>> order("Deep WSF, arms → legs, H"), order("Deep Semi-NMF")
    (['arms', 'legs'], [])
    """
    return next((part.split(" → ") for part in method.split(", ") if " → " in part), [])


def labels(method):
    """The attributes of the labels of each layer of a method.

    Examples
    --------
    >>> from dsnmf.experiments.report.attribute_tables import labels
    >>> labels("Deep WSF, arms → legs, H"), labels("WSF 64, arms + legs"), labels("raw")
    ([['arms'], ['legs']], [['arms', 'legs']], [])
    """
    if method.startswith("WSF"):
        return [method.split(", ")[1].split(" + ")]
    return [[attribute] for attribute in order(method)]


def table(found, share):
    """Per cent, mean ± standard deviation over the splits: features and layer x attribute."""
    names = attributes(found)
    rows = []
    for method, layers in methods(found).items():
        for layer in layers:
            keys = [(share, method, layer, name, score) for name in names for score in SCORES]
            if any(key in found for key in keys):
                cells = [_cell(found.get(key)) for key in keys]
                rows.append([method, layer, *cells])
    head = [f"{name} {title}" for name in names for title in SCORES.values()]
    return markdown(["features", "layer", *head], rows)


def _cell(by_seed):
    return spread([100 * by_seed[seed] for seed in sorted(by_seed)]) if by_seed else ""


def _changes(found, share, method, layer, attribute):
    """AC of a layer, minus that of the same layer of `BASELINE`, in percentage points, per seed."""
    theirs = found.get((share, method, layer, attribute, "ac"), {})
    without = found.get((share, BASELINE, layer, attribute, "ac"), {})
    return {
        seed: 100 * (theirs[seed] - without[seed]) for seed in sorted(theirs) if seed in without
    }


def effects(found, share, method):
    """The effect of every supervised layer of a Deep WSF that has records.

    Returns
    -------
    list of Effect
    """
    result = []
    for layer, attribute in enumerate(order(method), start=1):
        own = _changes(found, share, method, layer, attribute)
        others = [
            _changes(found, share, method, layer, name)
            for name in attributes(found)
            if name != attribute
        ]
        if own and all(others):
            means = {
                i: np.mean(list(found[share, method, i, attribute, "ac"].values()))
                for i in methods(found)[method]
            }
            lost = [np.mean([change[seed] for change in others]) for seed in own]
            best = all(means[layer] > means[i] for i in means if i != layer)
            result.append(
                Effect(layer, attribute, tuple(own.values()), tuple(map(float, lost)), best)
            )
    return result


def signed(values):
    """`spread` with a sign.

    Examples
    --------
    >>> from dsnmf.experiments.report.attribute_tables import signed
    >>> signed([3.0, 5.0])
    '+4.0 ± 1.0'
    """
    text = spread(values)
    if text.startswith("-") and float(text.split(" ")[0]) == 0:
        text = text[1:]
    return text if text.startswith("-") else f"+{text}"


def _effect_cell(effect):
    if effect is None:
        return ""
    own = f"**{signed(effect.own)}**" if effect.best else signed(effect.own)
    return f"{own}; {signed(effect.others)}"


def effects_table(found):
    """The change of AC by labels, own and others', per supervised layer and share of labels.

    None if there is nothing to compare. A layer's own change is bold if the layer is better for
    the attribute than every other.
    """
    by_layer = {}
    for share in shares(found):
        for method in methods(found):
            for effect in effects(found, share, method):
                key = method, effect.layer, effect.attribute
                by_layer.setdefault(key, {})[share] = effect
    if not by_layer:
        return None
    rows = [
        [*key, *(_effect_cell(by_layer[key].get(share)) for share in shares(found))]
        for method in methods(found)
        for key in sorted(by_layer)
        if key[0] == method
    ]
    head = [f"{share:.0%} of labels" for share in shares(found)]
    return markdown(["features", "layer", "its attribute", *head], rows)
