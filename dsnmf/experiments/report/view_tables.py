"""Tables for several views: all methods, and scores over the share of missing views."""

import numpy as np

from dsnmf.experiments.report.tables import markdown, spread

EXPERIMENT = "multiview"

#: Names of kinds of features in tables.
KINDS = {"raw": "as they are", "H": "H", "metric": "H, data metric", "transform": "transform"}


def data_sets(records):
    """The data sets of such experiments, sorted."""
    return sorted({r["data"] for r in records if r["experiment"] == EXPERIMENT})


def scores(records, data):
    """{(method, features): {share missing: {"nmi" or "ac": values}}}, one value per seed."""
    found = {}
    for record in sorted(records, key=lambda record: record["seed"]):
        if record["experiment"] == EXPERIMENT and record["data"] == data:
            share = record["parameters"]["missing"]
            for row in record["results"]["rows"]:
                place = found.setdefault((record["method"], row["features"]), {})
                cell = place.setdefault(share, {"nmi": [], "ac": []})
                cell["nmi"].append(row["nmi"])
                cell["ac"].append(row["ac"])
    return found


def _percent(values):
    return spread([100 * value for value in values])


def complete_table(records, data):
    """NMI and AC without missing views, in per cent; the best NMI first."""
    cells = {place: shares[0.0] for place, shares in scores(records, data).items() if 0.0 in shares}
    order = sorted(cells, key=lambda place: (-np.mean(cells[place]["nmi"]), place))
    rows = [
        [method, KINDS[kind], *(_percent(cells[method, kind][m]) for m in ("nmi", "ac"))]
        for method, kind in order
    ]
    return markdown(["method", "features", "NMI %", "AC %"], rows)


def shares_of(found):
    """Shares of missing views in the records, ascending."""
    return sorted({share for shares in found.values() for share in shares})


def methods_with_gaps(found):
    """The methods that have records with missing views."""
    return {place: shares for place, shares in found.items() if any(shares)}


def gaps_table(records, data):
    """NMI for each share of missing views, in per cent."""
    found = methods_with_gaps(scores(records, data))
    shares = shares_of(found)
    rows = [
        [method, KINDS[kind], *(_percent(by[s]["nmi"]) if s in by else "" for s in shares)]
        for (method, kind), by in found.items()
    ]
    return markdown(["NMI %", "features", *(f"{share:.0%}" for share in shares)], rows)
