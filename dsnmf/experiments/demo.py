"""The original notebook's story as one command: how well do features cluster?"""

import csv
import dataclasses
import functools
import json
import platform
import time
from pathlib import Path

import numpy as np
import pytensor

from dsnmf import datasets, plotting
from dsnmf._version import __version__
from dsnmf.experiments import methods
from dsnmf.experiments.clustering import Scores, k_means_scores, load_classes
from dsnmf.extras import extra
from dsnmf.files.atomic import replacing

#: Layers and epochs of the original notebook, for faces and a user's own data.
NOTEBOOK = ((400, 100), 1000)

#: Those that suit digits: beyond some 200 epochs the features come to follow single pixels, and
#: cluster less well.
DIGITS = ((400, 40), 150)

#: Pictures in each grid of the figure.
PICTURES = 36

#: At most so many iterations of the multiplicative rules, as in the ICML paper.
RULE_ITERATIONS = 300


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table: a method, what it learned, and how that clusters."""

    method: str
    learned: methods.Learned
    seconds: float
    scores: Scores

    def __str__(self):
        size = self.learned.features.shape[1]
        return f"{self.method:26}{size:6}   {self.scores}   {self.seconds:7.1f}"

    def summary(self):
        """Names and numbers, as they stand in the CSV file."""
        return {
            "method": self.method,
            "dimensions": self.learned.features.shape[1],
            "nmi_mean": float(np.mean(self.scores.nmi)),
            "nmi_sd": float(np.std(self.scores.nmi)),
            "accuracy_mean": float(np.mean(self.scores.accuracy)),
            "accuracy_sd": float(np.std(self.scores.accuracy)),
            "seconds": round(self.seconds, 3),
        }


_HEADER = f"{'features':26}{'size':>6}   {'NMI %':^12}  {'AC %':^12}   {'seconds':>7}"


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
        "PCA, whitened": call(methods.pca, data, k, whiten=True),
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
    return Row(method, learned, seconds, k_means_scores(learned.features, target))


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


def _write(out, figure, rows, settings):
    """The results' files, in the folder `out`; returns their paths."""
    paths = [out / name for name in ("figure.png", "results.json", "results.csv")]
    summaries = [row.summary() for row in rows]
    with replacing(paths[0], "wb") as file:
        figure.savefig(file, format="png", dpi=150)
    runs = [
        {**summary, **dataclasses.asdict(row.scores), "history": row.learned.history}
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
        400, 40 for digits and 400, 100 otherwise.
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
    default_layers, default_epochs = DIGITS if data == "digits" else NOTEBOOK
    layers, epochs = layers or default_layers, epochs or default_epochs
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    n, p = dataset.data.shape
    n_classes = len(np.unique(dataset.target))
    print(
        f"{dataset.name}: {n} samples, {p} features, {n_classes} classes\n\n{_HEADER}", flush=True
    )
    rows = []
    for method, call in _methods(dataset.data, layers, epochs, seed).items():
        rows.append(_run_method(method, call, dataset.target))
        print(rows[-1], flush=True)
    print("\nMean ± standard deviation over 10 seeds of k-means; seconds without k-means.")
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
    paths = _write(out, _draw(rows, dataset.images), rows, settings)
    print("Results:", ", ".join(str(path) for path in paths))
    return rows
