"""Curves of scores over the number of components: our records, and the papers'."""

from dataclasses import dataclass

import numpy as np

from dsnmf.experiments.catalogue import METHODS
from dsnmf.experiments.report import published
from dsnmf.experiments.report.published import COMPONENTS

#: Published methods with another name than their counterpart among ours.
COUNTERPARTS = {"NeNMF": "NMF (CD)", "NMF": "NMF (MUL)"}


@dataclass(frozen=True)
class Benchmark:
    """A data set of the ICML paper, with its published numbers."""

    name: str
    samples: int
    pixels: int
    figures: dict


BENCHMARKS = {
    "pie": Benchmark("CMU PIE", 2856, 32 * 32, {"pixels": 5, "igo": 8}),
    "xm2vts": Benchmark("XM2VTS", 2360, 42 * 30, {"pixels": 4, "igo": 7}),
    "multi_pie": Benchmark("CMU Multi-PIE", 13230, 30 * 30, {"pixels": 3, "igo": 6}),
}


#: The later paper's names of methods, which start from a linear program, and ours.
FROM_LP = {name: f"{name} (LP start)" for name in ("Deep Semi-NMF", "Semi-NMF")}

#: Names of data sets in texts, if they differ from those in the records.
_TITLES = {data: benchmark.name for data, benchmark in BENCHMARKS.items()} | {
    "orl": "ORL",
    "multiple_features": "UCI multiple features",
}

#: The source of our own curves.
OURS = "ours"

#: Prefixes of the names of experiments whose records are curves.
_CURVES = ("icml2014", "dgsnmf2020")


def title(data):
    """A data set's name in texts.

    Examples
    --------
    >>> from dsnmf.experiments.report.curves import title
    >>> title("pie"), title("mine")
    ('CMU PIE', 'mine')
    """
    return _TITLES.get(data, data)


#: Names of features in texts.
FEATURES = {"pixels": "pixels", "igo": "IGO"}
_METRICS = {"ac": "AC", "nmi": "NMI", "error": "error"}


@dataclass(frozen=True)
class Curve:
    """Values of one method, per number of components.

    Attributes
    ----------
    values : dict of int to tuple of float
        One value per seed, or per seed of k-means, in the order of the seeds.
    """

    values: dict

    @property
    def components(self):
        """The numbers of components, ascending."""
        return tuple(sorted(self.values))

    def mean(self, k):
        """Mean over the seeds."""
        return float(np.mean(self.values[k]))

    def sd(self, k):
        """Standard deviation over the seeds (divided by their number)."""
        return float(np.std(self.values[k]))

    def area(self):
        """Area under the means by the trapezoidal rule over k, as in the ICML figures.

        None unless the curve has every k of the figures.

        Examples
        --------
        >>> from dsnmf.experiments.report.curves import Curve
        >>> Curve({k: (0.5,) for k in range(20, 75, 5)}).area()
        25.0
        """
        if not set(COMPONENTS) <= set(self.values):
            return None
        means = [self.mean(k) for k in COMPONENTS]
        return float(np.trapezoid(means, COMPONENTS))


def counterpart(method):
    """Our name of a published method."""
    return COUNTERPARTS.get(method, method)


def rank(method):
    """Sorting key: the place in `METHODS`; other methods follow by name."""
    places = list(METHODS)
    return (places.index(method) if method in METHODS else len(places), method)


def _scale(data, features, metric):
    """Factor from our error to the unit of the supplement's table.

    Samples of IGO have a cosine and a sine per pixel, and so the norm √pixels before they are
    scaled to unit norm (a little less for flat pictures). The table's errors are near to
    ‖X - X̂‖_F / N before that scaling.
    """
    if metric != "error" or features != "igo" or data not in BENCHMARKS:
        return 1
    return np.sqrt(BENCHMARKS[data].pixels) / BENCHMARKS[data].samples


def _components(parameters):
    """The numbers of components of a record: all, if it has no such parameter."""
    if parameters.get("n_components") is not None:
        return (parameters["n_components"],)
    if parameters.get("layers"):
        return (parameters["layers"][-1],)
    return COMPONENTS


def pairs(records):
    """The (data, features) of the clustering records, sorted; pixels before IGO."""
    found = {
        (record["data"], record["features"])
        for record in records
        if record["experiment"].startswith(_CURVES)
    }
    return sorted(found, key=lambda pair: (pair[0], pair[1] != "pixels", pair[1]))


def ours(records, data, features, metric):
    """Our curves of a metric.

    Parameters
    ----------
    records : sequence of dict
    data, features : str
        Names in the records.
    metric : {"ac", "nmi", "error"}
        AC and NMI in [0, 1], the error ‖X - X̂‖_F of samples of unit norm.

    Returns
    -------
    dict of str to Curve
        In the order of `METHODS`; methods without the metric are left out.
    """
    values, scale = {}, _scale(data, features, metric)
    for record in records:
        if not record["experiment"].startswith(_CURVES):
            continue
        value = record["results"].get(metric)
        if (record["data"], record["features"]) != (data, features) or value is None:
            continue
        for k in _components(record["parameters"]):
            found = values.setdefault(record["method"], {}).setdefault(k, [])
            found += [(record["seed"], scale * v) for v in np.ravel(value).tolist()]
    return {
        method: Curve({k: tuple(value for _, value in sorted(found[k])) for k in sorted(found)})
        for method, found in sorted(values.items(), key=lambda item: rank(item[0]))
    }


def theirs(data, features, metric):
    """The published curves of a metric, like `ours`; none if the paper has no such data."""
    if data not in BENCHMARKS or features not in FEATURES:
        return {}
    wanted = BENCHMARKS[data].name, FEATURES[features], _METRICS[metric]
    found = {
        method: curve
        for (*place, method), curve in published.icml2014().items()
        if tuple(place) == wanted
    }
    return _as_curves(found)


def later(data, features, metric):
    """The curves of the later paper, like `theirs`; the names contain its start."""
    found = {
        FROM_LP.get(method, method): curve
        for (*place, method), curve in published.dgsnmf2020().items()
        if (*place, "pixels") == (data, metric, features)
    }
    return _as_curves(found)


def _as_curves(found):
    """Published values {method: {k: value}} as curves, in the order of tables."""
    methods = sorted(found, key=lambda method: rank(counterpart(method)))
    return {m: Curve({k: (value,) for k, value in found[m].items()}) for m in methods}


def sources(records, data, features, metric):
    """All curves of a metric, by source; sources without curves are left out.

    Returns
    -------
    dict of str to (dict of str to Curve)
        "ours", "ICML 2014", "DGsnMF 2020": see `ours`, `theirs` and `later`.
    """
    place = data, features, metric
    found = {
        OURS: ours(records, *place),
        "ICML 2014": theirs(*place),
        "DGsnMF 2020": later(*place),
    }
    return {source: curves for source, curves in found.items() if curves}
