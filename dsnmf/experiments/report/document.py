"""The report of a folder of results: ours beside the published ones, with figures and tables."""

import json
from collections import Counter
from pathlib import Path

from dsnmf.experiments import protocols
from dsnmf.experiments.report import (
    arena,
    attribute_tables,
    curves,
    figures,
    layers,
    notebook,
    tables,
    view_figure,
    view_tables,
)
from dsnmf.experiments.report.claims import claims
from dsnmf.experiments.report.curves import FEATURES
from dsnmf.files.atomic import replacing
from dsnmf.tasks.records import identity, read

_INTRODUCTION = """\
Mean ± standard deviation over the seeds. AC is the share of samples in the cluster of their class,
NMI the geometric normalised mutual information, both in per cent; AUC is the area under the curve
over the numbers of components, the columns of the tables, by the trapezoidal rule and of scores in
[0, 1]. Published values of the figures were read from their vector graphics. A claim holds in ours
if it holds of the means, and is left open (–) while numbers of components are missing."""

_ERRORS = {
    "pixels": "Ours are ‖X - X̂‖_F of samples of unit norm. The formula above the published table, "
    "(1/N) ‖X - X̂‖², does not give its values: their unit is inferred.",
    "igo": "Ours are converted to ‖X - X̂‖_F / N of cosines and sines, N samples: the unit that "
    "fits the published values.",
}

_EXPECTED = "Items expected of a complete run with the seeds that the records have."

_ARENA = """\
k-means on the features of every method, with as many components as there are classes (UMAP: two);
the best NMI first. A first layer has 625 components, 100 from a linear program, or as many as the
data have samples or features. "GNMF" is that of the ICML paper, "its authors" are GNMF's. Where no
number of iterations is given, Semi-NMF and the fine-tuning make at most 300. "Selected metric" is
the one of components, 0.5 and data in which k-means agrees best with itself."""

_LAYERS = "AC of k-means on the features of each layer of Deep Semi-NMF (Algorithm 1), in per cent."

_FEATURES = """\
Every method but "as coded" maps training and test samples by the same function. In the data metric
features have the distances of their reconstructions. WSF had the labels of the attributes that its
name says, Deep WSF one attribute per layer, in the order of the arrows. Its maps: H, by the layer's
own least-squares components X H_i†; Z, by the authors' (Z_1 … Z_i)†; ridge, by the regularised
least squares to what the layer learned; as coded, in the authors' program the SVM is trained on
what the layer learned, H_i, and tested on (Z_1 … Z_i)† x. For few labels: spread, labels are spread
over the neighbour graph first; joined, the neighbour graph is added to that of the labels;
completed, by a ridge classifier first. λ is the weight of the labels, .1 unless it is given (10
with joined)."""

_SCORES = """\
AC and NMI are of k-means on the test samples' features, SVM is the accuracy of a linear SVM trained
on the labelled training samples'; mean ± standard deviation over the splits, in per cent."""

_EFFECTS = """\
Change of AC in points against the same layer of Deep Semi-NMF, which sees no labels, split by
split: of the layer's own attribute; of the others (their mean). Bold where every other layer of
the model has a lower AC of the attribute. Layer i represents attribute i, as the claims above say
it, if that is so and its AC is not below that of the layer without labels, which may be 100 %."""

_VIEWS = """\
k-means on the features of every method. Each feature has zero mean and unit variance, each sample
of each view unit norm. Layers of 50 and 10 components. γ and "auto" are weights of the views that
move, β is the weight of neighbour graphs. "As coded" is the program of the model's authors, whose
views have an H each. Where views are missing, "means" and "neighbours" fill them first."""

_ANSWERS = {True: "yes", False: "no", None: "–"}


def load(path):
    """The records of a file, each item once, in an order that depends only on the records."""
    unique = {}
    for record in sorted(read(path), key=lambda r: json.dumps({**r, "seconds": 0}, sort_keys=True)):
        unique.setdefault(identity(record), record)
    return [unique[item] for item in sorted(unique)]


def _claims(records):
    rows = []
    for claim in claims(records):
        verdict = claim.check(records)
        answer = _ANSWERS[verdict.holds]
        rows.append([claim.text, verdict.published, verdict.later, verdict.ours, answer])
    head = ["claim", "published", "DGsnMF 2020", "ours", "holds in ours?"]
    return "## Claims of the papers\n\n" + tables.markdown(head, rows)


def _expected_items(records, experiment, quick):
    """The items of a complete run with the records' data and seeds, by identity."""
    found = [record for record in records if record["experiment"] == experiment]
    seeds = sorted({record["seed"] for record in found})
    return {
        identity(item): item["method"]
        for data in sorted({record["data"] for record in found})
        for item in protocols.PROTOCOLS[experiment].items(data, seeds, quick)
    }


def _progress(records, experiment, quick):
    """A row: the number of items, the expected number, and the methods of missing items."""
    found = {identity(record) for record in records if record["experiment"] == experiment}
    if experiment not in protocols.PROTOCOLS:
        return [experiment, len(found), "", ""]
    expected = _expected_items(records, experiment, quick)
    missing = Counter(method for item, method in expected.items() if item not in found)
    missing = ", ".join(f"{method} ({missing[method]})" for method in sorted(missing))
    return [experiment, len(found & expected.keys()), len(expected), missing or "none"]


def _items(records, run):
    words = [command.split() for command in run.get("commands", [])]
    quick = bool(words) and all("--quick" in command for command in words)
    experiments = sorted({record["experiment"] for record in records})
    rows = [_progress(records, experiment, quick) for experiment in experiments]
    head = ["experiment", "items", "expected", "missing"]
    return f"## What was run\n\n{_EXPECTED}\n\n{tables.markdown(head, rows)}"


def _picture(figure, folder, name, text):
    """Save a figure; returns the line that shows it."""
    figures.save(figure, folder / name)
    return f"![{text}](figures/{name}.png)"


def _clustering(records, data, features, folder):
    """The section of a data set and its features."""
    benchmark = curves.BENCHMARKS.get(data)
    title = f"{curves.title(data)}, {FEATURES.get(features, features)}"
    number = benchmark and benchmark.figures.get(features)
    parts = [f"## {title}" + (f" (Figure {number} of the ICML paper)" if number else "")]
    found = {m: curves.sources(records, data, features, m) for m in figures.METRICS}
    for name, metrics in (("clustering", ("ac", "nmi")), ("error", ("error",))):
        metrics = [metric for metric in metrics if curves.OURS in found[metric]]
        if not metrics:
            continue
        figure = figures.comparison({metric: found[metric] for metric in metrics})
        parts.append(_picture(figure, folder, f"{data}-{features}-{name}", f"{title}: {name}"))
        for metric in metrics:
            parts.append(f"### {figures.METRICS[metric][0]}")
            parts.append(tables.curves(found[metric], metric))
    ours, theirs = (found["error"].get(source, {}) for source in (curves.OURS, "ICML 2014"))
    if ours and theirs:
        parts.append(_ERRORS[features])
    bracket = tables.bracket(ours, theirs) if features == "pixels" else None
    return [*parts, bracket] if bracket else parts


def _notebook(records):
    if not notebook.runs(records):
        return []
    return [
        "## The notebook: Deep Semi-NMF 400-100 on CMU PIE",
        notebook.table(records),
        "Per seed of the model the spread is that of the seeds of k-means.",
    ]


def _arena(records, data):
    title = f"## All methods side by side: {curves.title(data)}"
    return [title, _ARENA, arena.table(records, data)]


def _layers(records, data):
    title = f"## Which layer knows which attribute without labels: {curves.title(data)}"
    if data in curves.BENCHMARKS:
        title += " (Table 2 of the ICML paper)"
    return [title, _LAYERS, layers.table(records, data)]


def _attributes(records, data, folder):
    found = attribute_tables.scores(records, data)
    parts = [f"## Attributes: {curves.title(data)}", _FEATURES]
    for score in ("ac", "svm"):
        title = attribute_tables.SCORES[score]
        figure = figures.attribute_maps(found, score)
        name = f"attributes-{data}-{score}"
        parts.append(
            _picture(figure, folder, name, f"{data}: {title} in per cent, layer by attribute")
        )
    parts.append("Framed: the attribute whose labels the layer had. " + _SCORES)
    effects = attribute_tables.effects_table(found)
    if effects:
        parts += ["### Does supervision of layer i raise attribute i, and at what cost?", _EFFECTS]
        parts.append(effects)
    for share in attribute_tables.shares(found):
        parts.append(f"### {share:.0%} of the training samples with labels")
        parts.append(attribute_tables.table(found, share))
    return parts


def _views(records, data, folder):
    found = view_tables.methods_with_gaps(view_tables.scores(records, data))
    title = f"## Several views: {curves.title(data)}"
    parts = [title, _VIEWS, view_tables.complete_table(records, data)]
    if found:
        picture = _picture(
            view_figure.missing_views(found),
            folder,
            f"multiview-{data}",
            "NMI by the share missing",
        )
        parts += ["### Some views missing", picture, view_tables.gaps_table(records, data)]
    return parts


def _versions(records):
    found = {}
    for record in records:
        for package, version in record.get("versions", {}).items():
            found.setdefault(package, set()).add(version)
    rows = [[package, ", ".join(sorted(found[package]))] for package in sorted(found)]
    return tables.markdown(["package", "version"], rows)


def _value(value):
    """A value of run.json's environment, as text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _run(records, run):
    """Versions, environment and command lines."""
    parts = ["## Environment and commands", _versions(records)]
    environment = {k: v for k, v in run.get("environment", {}).items() if k != "versions"}
    if environment:
        rows = [[name, _value(environment[name])] for name in sorted(environment)]
        parts.append(tables.markdown(["environment", "of the last command"], rows))
    if run.get("commands"):
        parts.append("\n".join(["```sh", *run["commands"], "```"]))
    return parts


def write(folder):
    """Write report.md and figures/*.png and *.pdf beside a folder's results.jsonl.

    Equal results give equal bytes, in any order of their lines.

    Parameters
    ----------
    folder : str or path-like
        Folder with results.jsonl and, optionally, run.json.

    Returns
    -------
    Path
        Path of report.md.

    Raises
    ------
    OSError
        If a file cannot be read or written.
    ValueError
        If the folder has no results, or a damaged file of them.
    ImportError
        If matplotlib is missing.
    """
    folder = Path(folder)
    records = load(folder / "results.jsonl")
    if not records:
        raise ValueError(f"{folder} holds no results: results.jsonl is missing or empty")
    run_file = folder / "run.json"
    run = json.loads(run_file.read_text(encoding="utf-8")) if run_file.exists() else {}
    pictures = folder / "figures"
    pictures.mkdir(exist_ok=True)
    parts = ["# Our results beside the published ones", _INTRODUCTION]
    parts += [_claims(records), _items(records, run)]
    for pair in curves.pairs(records):
        parts += _clustering(records, *pair, pictures)
    for data in arena.data_sets(records):
        parts += _arena(records, data)
    for data in layers.data_sets(records):
        parts += _layers(records, data)
    parts += _notebook(records)
    for data in attribute_tables.data_sets(records):
        parts += _attributes(records, data, pictures)
    for data in view_tables.data_sets(records):
        parts += _views(records, data, pictures)
    parts += _run(records, run)
    path = folder / "report.md"
    with replacing(path) as file:
        file.write("\n\n".join(parts) + "\n")
    return path
