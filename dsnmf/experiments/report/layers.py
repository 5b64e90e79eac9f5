"""Table 2 of the ICML paper: attributes in each layer of Deep Semi-NMF, without labels."""

from dsnmf.experiments.report import published
from dsnmf.experiments.report.curves import BENCHMARKS
from dsnmf.experiments.report.tables import markdown, spread


def data_sets(records):
    """The data sets of such experiments, sorted."""
    return sorted({r["data"] for r in records if r["experiment"].startswith("layers")})


def ours(records, data):
    """AC: {(attribute, layer): {k: values}}, k of the second layer, one value per seed."""
    found = {}
    for record in sorted(records, key=lambda record: record["seed"]):
        if record["experiment"].startswith("layers") and record["data"] == data:
            k = record["parameters"]["n_components"]
            for row in record["results"]["rows"]:
                cell = found.setdefault((row["attribute"], row["layer"]), {})
                cell.setdefault(k, []).append(row["ac"])
    return found


def theirs(data):
    """The published AC, like `ours`; none if the paper has no such data."""
    if data not in BENCHMARKS:
        return {}
    return {
        (attribute, layer): {k: [value] for k, value in values.items()}
        for (name, attribute, layer), values in published.layers().items()
        if name == BENCHMARKS[data].name
    }


def table(records, data):
    """AC in per cent per attribute and layer, the published value below ours."""
    sources = {"ours": ours(records, data), "published": theirs(data)}
    found = [values for cells in sources.values() for values in cells.values()]
    components = sorted({k for values in found for k in values})
    rows = [
        [*place, source, *(_cell(cells[place].get(k)) for k in components)]
        for place in sources["ours"]
        for source, cells in sources.items()
        if place in cells
    ]
    head = ["attribute", "layer", "", *(f"second layer {k}" for k in components)]
    return markdown(head, rows)


def _cell(values):
    return spread([100 * value for value in values]) if values else ""
