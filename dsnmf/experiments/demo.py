"""The original notebook's story as one command: how well do features cluster?"""

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

#: Layers of the original notebook, for its faces; and epochs, for a user's own data too.
NOTEBOOK = ((400, 100), 1000)

#: Epochs that suit digits: beyond some 200 the features come to follow single pixels, and cluster
#: less well.
DIGITS_EPOCHS = 150

#: The choice of layers: components of the last one for each class, repeats of k-means for each
#: candidate, and iterations of its fit.
PER_CLASS, REPEATS, ITERATIONS = (2, 4), 4, 50

#: Pictures in each grid of the figure.
PICTURES = 36

#: At most so many iterations of the multiplicative rules, as in the ICML paper.
RULE_ITERATIONS = 300


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: a method, what it learned, and how that clusters.

    Attributes
    ----------
    scores : Scores
        Of the features as they are, a factorisation's in metric "components".
    scores_half, scores_in_data : Scores or None
        Of a factorisation's features in the metrics .5 and "data".
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
        """Names and numbers, as they stand in the CSV file."""
        return {
            "method": self.method,
            "dimensions": self.learned.features.shape[1],
            **_numbers(self.scores),
            **_numbers(self.scores_half, "half_"),
            **_numbers(self.scores_in_data, "data_"),
            "seconds": round(self.seconds, 3),
        }


def _numbers(scores, prefix=""):
    """Means and standard deviations of scores by their names in the CSV file, empty without any."""
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
    """The set named "digits" or "pie", or that of a .mat file, with samples of unit norm."""
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


def _chosen_layers(data, n_classes):
    """Layers by the agreement of k-means with itself, which needs no labels but their number."""
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
    """What a reader learns from the table, in one sentence."""
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
    """Costs of all trained models; on images also components of the last one."""
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
    """The results' files, in the folder `out`; returns their paths."""
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
        "digits", "pie", or the path of a .mat file as `dsnmf.datasets.load_mat` takes it.
    layers : sequence of int >= 1, optional
        Of the deep models; the shallow ones get as many components as the last layer. By default
        400, 100 for pie, otherwise chosen by `dsnmf.selection.select`.
    epochs : int >= 1, optional
        Of Adam; the multiplicative rules get at most 300 iterations. By default 150 for digits
        and 1000 otherwise.
    seed : int >= 0
        Of the models' starts. k-means always has seeds 0 … 9.
    out : str or path-like
        Folder of the results, made if it is missing.

    Returns
    -------
    list of Row

    Raises
    ------
    OSError
        If the data cannot be read or the results not be written.
    TypeError, ValueError
        If an argument is not as described, or the file does not hold labelled samples.
    ImportError
        If an extra is missing.
    KeyboardInterrupt
        On Ctrl-C; nothing is written then.
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
        layers = NOTEBOOK[0] if data == "pie" else _chosen_layers(dataset.data, n_classes)
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
