"""Published numbers of the ICML paper and of a later one, for comparison."""

import csv
from importlib.resources import files

#: Numbers of components in the paper's figures.
COMPONENTS = tuple(range(20, 71, 5))

#: Numbers of components in the later paper's table.
LATER_COMPONENTS = tuple(range(20, 71, 10))


def _rows(filename):
    text = (files("dsnmf.experiments.report") / "papers" / filename).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


def _curve(row):
    return {int(name[1:]): float(row[name]) for name in row if name[0] == "k" and row[name]}


def icml2014():
    """Curves of Figures 3-8 and the supplement's table of reconstruction errors.

    The figures' values were read from their vector graphics.

    Returns
    -------
    dict
        {(dataset, features, metric, method): {k: value}} with dataset "CMU PIE", "XM2VTS" or
        "CMU Multi-PIE", features "pixels" or "IGO", metric "AC", "NMI" (both in [0, 1]) or
        "error" (‖X - X̂‖_F, not squared, of samples of unit norm).

    Examples
    --------
    >>> from dsnmf.experiments.report.published import icml2014
    >>> icml2014()["CMU PIE", "pixels", "AC", "Semi-NMF"][70]
    0.5224
    """
    curves = {}
    for filename in ("icml2014_clustering.csv", "icml2014_reconstruction.csv"):
        for row in _rows(filename):
            key = row["dataset"], row["features"], row.get("metric", "error"), row["method"]
            curves[key] = _curve(row)
    return curves


def dgsnmf2020():
    """A later paper's table from its authors' MATLAB code: one score each, LP starts.

    Returns
    -------
    dict
        {(data, metric, method): {k: value}} with data "pie" or "orl", metric "ac" or "nmi", value
        in [0, 1].

    Examples
    --------
    >>> from dsnmf.experiments.report.published import dgsnmf2020
    >>> round(dgsnmf2020()["pie", "ac", "Semi-NMF"][70], 4)
    0.7684
    """
    return {
        (row["data"], row["metric"], row["method"]): {
            int(k): float(row[k]) / 100 for k in row if k.isdigit() and row[k]
        }
        for row in _rows("dgsnmf2020.csv")
    }


def layers():
    """Table 2 of the ICML paper: AC of k-means on either layer of Deep Semi-NMF 625-k.

    Returns
    -------
    dict
        {(dataset, attribute, layer): {k: AC}} with dataset "CMU Multi-PIE", attribute "pose" or
        "identity", layer 1 or 2, AC in [0, 1].

    Examples
    --------
    >>> from dsnmf.experiments.report.published import layers
    >>> layers()["CMU Multi-PIE", "pose", 1]
    {60: 0.2758, 70: 0.2818}
    """
    return {
        (row["dataset"], row["attribute"], int(row["layer"])): _curve(row)
        for row in _rows("icml2014_layers.csv")
    }
