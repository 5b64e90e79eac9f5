"""Which layer knows which attribute: weakly supervised models beside unsupervised ones.

    python -m dsnmf.experiments.attributes --data stickfigures --seeds 3 --out DIR

Samples are split 60/40; every model sees the training samples, with the attributes of a share of
them. A row of the table is one map from samples to features, for training and test samples alike:
k-means on the test samples' features (AC, NMI), and a linear SVM trained on the labelled training
samples' features, for every attribute. Maps of Deep WSF:

- "Z": (Z_1 … Z_i)† x, the authors' own (transform_method="projection"). With Algorithm 1's
  propagated features no Z depends on H_1 … H_{m-1}, so that only the last layer's attribute can be
  in it.
- "H": (X H_i†)† x, with H_i what the layer learned, exactly as WSF has it for its single layer
  (transform_method="auto").

With fewer labels the unlabelled samples are tied in by their ten nearest neighbours:

- "joined": the normalised label graph plus a tenth of the normalised neighbour graph, λ = 10.
- "spread": labels spread over that graph first (scikit-learn's LabelSpreading).
"""

import argparse
import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
import scipy.sparse
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.semi_supervised import LabelSpreading
from sklearn.svm import LinearSVC

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF, datasets
from dsnmf.affinity import combine, degrees, knn_affinity, label_affinity
from dsnmf.experiments.clustering import k_means_scores

#: Layers per data set: one per attribute.
LAYERS = {"stickfigures": (64, 32), "nrletters": (64, 48, 32)}

#: At most so many samples of a set take part.
MAX_SAMPLES = 2000
SHARES = (1.0, 0.5, 0.2)
ALPHA = 0.1
JOINED_ALPHA = 10.0
NEIGHBOUR_WEIGHT = 0.1
N_NEIGHBORS = 10
TRAINING = {"max_iter": 300, "tol": 0}
KMEANS_SEEDS = 3


def normalised(affinity):
    """D^-1/2 W D^-1/2, D the diagonal of W's row sums; a sample without edges stays without."""
    d = degrees(affinity)
    scale = scipy.sparse.diags(np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0))
    W = affinity.tosparse() if hasattr(affinity, "tosparse") else affinity
    return (scale @ W @ scale).tocsr()


def joined_affinity(X, labels):
    """Samples (rows of X) joined by class where labels are known, and by neighbourhood."""
    neighbours = knn_affinity(X.T, n_neighbors=min(N_NEIGHBORS, len(X) - 1))
    graphs = [normalised(label_affinity(labels)), normalised(neighbours)]
    return combine(graphs, [1, NEIGHBOUR_WEIGHT])


def spread_labels(X, y):
    """The labels (n, a), with those of the unlabelled samples (-1) taken from neighbours."""
    spreading = LabelSpreading(kernel="knn", n_neighbors=min(N_NEIGHBORS, len(X)))
    return np.column_stack([spreading.fit(X, labels).transduction_ for labels in y.T])


def hide(target, share, rng):
    """A copy of the labels in which only a share of the samples has any; -1 elsewhere."""
    known = rng.permutation(len(target)) < round(share * len(target))
    return np.where(known[:, None], target, -1)


def _projections(model):
    return [partial(model.transform, layer=i) for i in range(len(model.Z_))]


def unsupervised(X, layers):
    """{method: one map per layer}, of models that see no labels."""
    deep = DeepSemiNMF(layers, solver="multiplicative", **TRAINING).fit(X)
    pca = PCA(min(layers[0], *X.shape), random_state=0).fit(X)
    return {
        "raw pixels": [np.asarray],
        f"PCA {layers[0]}": [pca.transform],
        f"Semi-NMF {layers[0]}": [SemiNMF(layers[0], **TRAINING).fit(X).transform],
        "Deep Semi-NMF": _projections(deep),
    }


def supervised(X, y, layers, names):
    """{method: one map per layer}, of models that see the labels y (-1 unknown)."""
    maps = {}
    for labels, name in zip(y.T, names):
        model = WSF(layers[0], ALPHA, **TRAINING).fit(X, labels)
        maps[f"WSF {layers[0]}, {name}"] = [model.transform]
    graphs = [joined_affinity(X, labels) for labels in y.T]
    spread = spread_labels(X, y)
    for order in (slice(None), slice(None, None, -1)):
        title = " → ".join(names[order])
        given = {"affinity": graphs[order], **TRAINING}
        models = {
            "H": DeepWSF(layers, ALPHA, **TRAINING).fit(X, y[:, order]),
            "joined, H": DeepWSF(layers, JOINED_ALPHA, **given).fit(X, y[:, order]),
            "spread, H": DeepWSF(layers, ALPHA, **TRAINING).fit(X, spread[:, order]),
        }
        by_Z = DeepWSF(layers, ALPHA, transform_method="projection", **TRAINING)
        maps[f"Deep WSF, {title}, Z"] = _projections(by_Z.fit(X, y[:, order]))
        for kind, model in models.items():
            maps[f"Deep WSF, {title}, {kind}"] = _projections(model)
    return maps


def svm_accuracy(train, y_train, test, y_test):
    """Accuracy of a linear SVM trained on those samples whose label is known."""
    known = y_train != -1
    # One scale for all methods, or the penalty of the SVM would mean something else for each.
    size = np.sqrt(np.square(train).sum(axis=1).mean()) or 1.0
    svm = LinearSVC(random_state=0).fit(train[known] / size, y_train[known])
    return float(svm.score(test / size, y_test))


def _rows(maps, clusterings, train, y, test, target, names):
    """A dict per layer and attribute; what k-means found is kept in `clusterings`."""
    for method, layers in maps.items():
        for layer, features_of in enumerate(layers, start=1):
            F_train, F_test = features_of(train), features_of(test)
            for a, name in enumerate(names):
                key = method, layer, a
                if key not in clusterings:
                    clusterings[key] = k_means_scores(F_test, target[:, a], KMEANS_SEEDS)
                yield {
                    "method": method,
                    "layer": layer,
                    "attribute": name,
                    "ac": float(np.mean(clusterings[key].accuracy)),
                    "nmi": float(np.mean(clusterings[key].nmi)),
                    "svm": svm_accuracy(F_train, y[:, a], F_test, target[:, a]),
                }


def one_split(data, target, layers, names, seed, shares=SHARES):
    """All rows of one split of the samples.

    Parameters
    ----------
    data : ndarray, shape (n, p)
    target : ndarray of int >= 0, shape (n, a)
    layers : sequence of a ints
    names : sequence of a str
    seed : int
    shares : sequence of float in (0, 1]
        Of training samples whose labels are known.

    Yields
    ------
    dict
        seed, share, method, layer, attribute, ac, nmi, svm.
    """
    groups = np.unique(target, axis=0, return_inverse=True)[1].ravel()
    train, test = train_test_split(
        np.arange(len(data)), test_size=0.4, random_state=seed, stratify=groups
    )
    X = data[train]
    free, clusterings = unsupervised(X, layers), {}
    for share in shares:
        y = hide(target[train], share, np.random.default_rng(seed))
        for maps, kept in ((free, clusterings), (supervised(X, y, layers, names), {})):
            for row in _rows(maps, kept, X, y, data[test], target[test], names):
                yield {"seed": seed, "share": share, **row}


def markdown(rows, names):
    """The table: means over the splits, in per cent."""
    scores = ("ac", "nmi", "svm")
    columns = [f"{name} {score.upper()}" for name in names for score in scores]
    head = ["labels", "features", "layer", *columns]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    groups = {}
    for row in rows:
        cell = groups.setdefault((row["share"], row["method"], row["layer"]), {})
        for score in scores:
            cell.setdefault((row["attribute"], score), []).append(row[score])
    for (share, method, layer), cell in groups.items():
        means = [f"{100 * np.mean(cell[name, score]):.0f}" for name in names for score in scores]
        lines.append("| " + " | ".join([f"{share:.0%}", method, str(layer), *means]) + " |")
    return "\n".join(lines)


def run(data="stickfigures", seeds=3, out=None):
    """Run the experiment, print its table, and write attributes.csv and attributes.json to `out`.

    Parameters
    ----------
    data : {"stickfigures", "nrletters"}
    seeds : int >= 1
        Splits, with seeds 0 … seeds - 1.
    out : str or path-like, optional
        Folder, made if it is missing; nothing is written by default.

    Returns
    -------
    list of dict
        See `one_split`.
    """
    dataset = datasets.load(data)
    names, layers = dataset.target_names, LAYERS[data]
    chosen = np.random.default_rng(0).permutation(len(dataset.data))[:MAX_SAMPLES]
    X, target = dataset.data[chosen], dataset.target[chosen]
    rows = [row for seed in range(seeds) for row in one_split(X, target, layers, names, seed)]
    print(f"{data}, {len(X)} samples, layers {layers}, means over {seeds} splits, %\n")
    print(markdown(rows, names))
    if out is not None:
        out = Path(out)
        out.mkdir(parents=True, exist_ok=True)
        settings = {"data": data, "samples": len(X), "layers": layers, "seeds": seeds}
        (out / "attributes.json").write_text(json.dumps({**settings, "rows": rows}, indent=1))
        with open(out / "attributes.csv", "w", newline="") as file:
            table = csv.DictWriter(file, rows[0], lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    return rows


def main(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m dsnmf.experiments.attributes", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--data", choices=sorted(LAYERS), default="stickfigures")
    parser.add_argument("--seeds", type=int, default=3, metavar="K", help="splits (default: 3)")
    parser.add_argument("--out", metavar="DIR", help="folder for attributes.csv and .json")
    arguments = parser.parse_args(argv)
    if arguments.seeds < 1:
        parser.error("--seeds must be an integer >= 1")
    run(arguments.data, arguments.seeds, arguments.out)


if __name__ == "__main__":
    main()
