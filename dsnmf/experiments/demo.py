"""The original notebook as one command: clustering of raw and learned features."""

import csv
import dataclasses
import functools
import json
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import pytensor

from dsnmf import datasets, plotting
from dsnmf._version import __version__
from dsnmf.experiments import methods
from dsnmf.experiments.clustering import Scores, k_means_scores, load_classes
from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.selection import select

#: Layers of the original notebook, for its faces, and epochs, also for a user's own data.
NOTEBOOK = ((400, 100), 1000)

#: Epochs for digits: beyond some 200, the features follow single pixels, and cluster worse.
DIGITS_EPOCHS = 150

#: The choice of layers: components of the last layer per class, repeats of k-means per candidate,
#: and iterations of its fit.
PER_CLASS, REPEATS, ITERATIONS = (2, 4), 4, 50

#: Pictures in each grid of the figure.
PICTURES = 36

#: Most iterations of the multiplicative rules, as in the ICML paper.
RULE_ITERATIONS = 300


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: a method, its result, and its scores.

    Attributes
    ----------
    scores : Scores
        Scores of the unchanged features; for a factorisation, in metric "components".
    scores_half, scores_in_data : Scores or None
        Scores of a factorisation's features in the metrics .5 and "data".
    """

    method: str
    learned: methods.Learned
    seconds: float
    scores: Scores
    scores_half: Scores | None = None
    scores_in_data: Scores | None = None

    def __str__(self):
        size, others = self.learned.features.shape[1], (self.scores_half, self.scores_in_data)
        half, in_data = (f"{scores or ''!s:26}" for scores in others)
        return (
            f"{self.method:26}{size:6}   {self.scores}   {half}   {in_data}   {self.seconds:7.1f}"
        )

    def summary(self):
        """Names and numbers for the CSV file."""
        return {
            "method": self.method,
            "dimensions": self.learned.features.shape[1],
            **_numbers(self.scores),
            **_numbers(self.scores_half, "half_"),
            **_numbers(self.scores_in_data, "data_"),
            "seconds": round(self.seconds, 3),
        }


def _numbers(scores, prefix=""):
    """Means and standard deviations of scores, by column of the CSV file; empty without scores."""
    numbers = {}
    for name in ("nmi", "accuracy"):
        values = () if scores is None else getattr(scores, name)
        numbers[f"{prefix}{name}_mean"] = float(np.mean(values)) if values else ""
        numbers[f"{prefix}{name}_sd"] = float(np.std(values)) if values else ""
    return numbers


_HEADER = (
    f"{'':35}{'as they are (components)':26}   {'half-way (metric 0.5)':26}   "
    f"{'metric data':26}\n{'features':26}{'size':>6}   "
    + 3 * f"{'NMI %':^12}  {'AC %':^12}   "
    + f"{'seconds':>7}"
)


def load_data(data):
    """The data set "digits" or "pie", or that of a .mat file, with samples of unit norm."""
    if data in ("digits", "pie"):
        return datasets.load(data)
    if not data.endswith(".mat"):
        raise ValueError(f"data must be digits, pie or the path of a .mat file, got {data!r}")
    return load_classes(data)


def _methods(data, layers, epochs, seed):
    """{method: function without arguments that runs it}, in the order of the table."""
    k, iterations = layers[-1], min(epochs, RULE_ITERATIONS)
    trained = {"seed": seed, "progress": True}
    call = functools.partial
    return {
        "raw features": call(methods.raw, data),
        "PCA": call(methods.pca, data, k),
        "PCA, half-whitened": call(methods.pca, data, k, whiten=0.5),
        "PCA, whitened": call(methods.pca, data, k, whiten=1),
        "Semi-NMF, SVD start only": call(methods.svd_semi_nmf, data, k, seed),
        "Semi-NMF, multiplicative": call(methods.semi_nmf, data, k, iterations, **trained),
        "Semi-NMF, Adam": call(methods.dsnmf, data, (k,), epochs, **trained),
        "Deep Semi-NMF, Algorithm 1": call(
            methods.deep_semi_nmf, data, layers, iterations, **trained
        ),
        "Deep Semi-NMF, Adam": call(methods.dsnmf, data, layers, epochs, **trained),
    }


def _run_method(method, call, target):
    start = time.perf_counter()
    learned = call()
    seconds = time.perf_counter() - start
    metrics = (0.5, "data") if learned.Zs else ()
    in_metrics = (k_means_scores(learned.features_in_metric(t), target) for t in metrics)
    return Row(method, learned, seconds, k_means_scores(learned.features, target), *in_metrics)


def _choose_layers(data, n_classes):
    """Choose layers by the agreement of repeated k-means, from the number of classes only."""
    from sklearn.exceptions import ConvergenceWarning

    from dsnmf import SemiNMF
    from dsnmf.selection.candidates import FIRST_LAYER

    most = min(data.shape) // 2
    sizes = sorted({min(per_class * n_classes, most) for per_class in PER_CLASS})
    candidates = {"n_components": sizes, "metric": [0.5, "data"]}
    print("Layers are being chosen without labels …", flush=True)
    model = SemiNMF(max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = select(model, data, candidates, n_clusters=n_classes, repeats=REPEATS)
    k, metric = found.best_params_["n_components"], found.best_params_["metric"]
    layers = (min(FIRST_LAYER * k, len(data)), k)
    print(
        f"Layers {layers[0]}-{k}: k-means on {k} features of Semi-NMF, in metric {metric}, agrees "
        f"best with itself (of {', '.join(map(str, sizes))}, in metrics 0.5 and data; --layers "
        "names others).",
        flush=True,
    )
    return layers


def _lesson(rows):
    """The conclusion from the table, in one sentence."""
    learned = [row for row in rows if row.scores_in_data is not None]
    by_metric = ("scores", "scores_half", "scores_in_data")
    best = [100 * max(np.mean(getattr(row, of).nmi) for row in learned) for of in by_metric]
    raw = 100 * np.mean(rows[0].scores.nmi)
    numbers = (
        f"NMI at most {best[0]:.0f} % as they are, {best[1]:.0f} % half-way and {best[2]:.0f} % in "
        "the metric of the data"
    )
    if best[0] == max(best):
        why = "the classes hide below stronger variation, which features as they are even out"
    else:
        why = "the classes vary as much as the rest, so distances should stay near the data's"
    return f"Learned features: {numbers}, raw features {raw:.0f} %: {why}."


def _draw(rows, images):
    """Draw the costs of all trained models; for images also the last one's components."""
    Figure = extra("matplotlib.figure", "the figure").Figure
    Zs = rows[-1].learned.Zs
    pictures = {"$Z_1$": Zs[0]} if images else {}
    if images and len(Zs) > 1:
        name = "$Z_1 Z_2$" if len(Zs) == 2 else rf"$Z_1 \cdots Z_{len(Zs)}$"
        pictures[name] = functools.reduce(np.matmul, Zs)
    figure = Figure(figsize=(4.2 * (1 + len(pictures)), 3.6), layout="constrained")
    cost_axes, *picture_axes = np.atleast_1d(figure.subplots(1, 1 + len(pictures)))
    for row in rows:
        if row.learned.history:
            plotting.cost_curve(row.learned.history, label=row.method, ax=cost_axes)
    cost_axes.set(ylabel="squared error")
    for ax, (name, Z) in zip(picture_axes, pictures.items()):
        plotting.component_grid(Z, images, largest=PICTURES, ax=ax)
        shown = f"{min(PICTURES, Z.shape[1])} of {Z.shape[1]}"
        ax.set_title(f"{rows[-1].method}: {name}, {shown}", fontsize="medium")
    return figure


def _caption(rows, images):
    """What the figure shows."""
    grids = f"; components of {rows[-1].method}, red above zero, blue below" if images else ""
    return f"Figure: squared errors over the epochs, samples of unit norm{grids}."


def _write(out, figure, rows, settings):
    """Write the results into the folder `out`; returns the paths."""
    paths = [out / name for name in ("figure.png", "results.json", "results.csv")]
    summaries = [row.summary() for row in rows]
    with replacing(paths[0], "wb") as file:
        figure.savefig(file, format="png", dpi=150)
    runs = [
        {
            **summary,
            **dataclasses.asdict(row.scores),
            "half": row.scores_half and dataclasses.asdict(row.scores_half),
            "in_data": row.scores_in_data and dataclasses.asdict(row.scores_in_data),
            "history": row.learned.history,
        }
        for row, summary in zip(rows, summaries)
    ]
    with replacing(paths[1]) as file:
        json.dump({**settings, "rows": runs}, file, indent=1)
    with replacing(paths[2]) as file:
        table = csv.DictWriter(file, summaries[0], lineterminator="\n")
        table.writeheader()
        table.writerows(summaries)
    return paths


def run(data="digits", layers=None, epochs=None, seed=0, out="dsnmf-demo"):
    """Cluster raw and learned features with k-means; print a table, write a figure and results.

    Parameters
    ----------
    data : str
        "digits", "pie", or the path of a .mat file for `dsnmf.datasets.load_mat`.
    layers : sequence of int >= 1, optional
        Layers of the deep models; shallow ones get as many components as the last layer. The
        default is 400, 100 for pie, else the choice of `dsnmf.selection.select`.
    epochs : int >= 1, optional
        Epochs of Adam, by default 150 for digits, else 1000. The multiplicative rules make at most
        300 iterations.
    seed : int >= 0
        Seed of the models' starts. k-means always has seeds 0 … 9.
    out : str or path-like
        Folder of the results, created if it does not exist.

    Returns
    -------
    list of Row

    Raises
    ------
    OSError
        If the data cannot be read, or the results cannot be written.
    TypeError, ValueError
        If an argument is not as described, or the file has no labelled samples.
    ImportError
        If an extra is missing.
    KeyboardInterrupt
        On Ctrl-C, without writing anything.
    """
    for module in ("sklearn", "matplotlib", "tqdm"):
        extra(module, "the demo")
    dataset = load_data(data)
    epochs = epochs or (DIGITS_EPOCHS if data == "digits" else NOTEBOOK[1])
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    n, p = dataset.data.shape
    n_classes = len(np.unique(dataset.target))
    print(f"{dataset.name}: {n} samples, {p} features, {n_classes} classes", flush=True)
    if layers is None:
        layers = NOTEBOOK[0] if data == "pie" else _choose_layers(dataset.data, n_classes)
    print(f"\n{_HEADER}", flush=True)
    rows = []
    for method, call in _methods(dataset.data, layers, epochs, seed).items():
        rows.append(_run_method(method, call, dataset.target))
        print(rows[-1], flush=True)
    print("\nMean ± standard deviation over 10 seeds of k-means; seconds without k-means.")
    print('Metrics: "components" as in the papers; 0.5, the default of transform; "data".')
    print(_lesson(rows))
    settings = {
        "data": dataset.name,
        "shape": [n, p],
        "classes": n_classes,
        "layers": layers,
        "epochs": epochs,
        "seed": seed,
        "versions": {
            "dsnmf": __version__,
            "pytensor": pytensor.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }
    with extra("matplotlib.style", "the figure").context("default"):
        paths = _write(out, _draw(rows, dataset.images), rows, settings)
    print(_caption(rows, dataset.images))
    print("Results:", ", ".join(str(path) for path in paths))
    return rows
