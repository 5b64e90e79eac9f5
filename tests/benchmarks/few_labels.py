"""What Deep WSF's layers know of new samples, with all labels of the training samples or a few.

    python tests/benchmarks/few_labels.py [SET…] [--shares 1,0.5] [--alphas 0.1] [--out DIR]

Samples are split 60/40, as in the attributes experiment, and DeepWSF is fitted to the 60 %, each
layer with one attribute, in the set's order and (not on PIE) reversed. A row is a layer's own
attribute; its numbers are accuracies of k-means on the other 40 %, means over the splits and three
k-means seeds: of the features as they come by default, by transform_method="ridge", and by that
with complete_labels=True, all other parameters being the same; and of the best of the methods
without labels, whichever that is for the attribute.
"""

import measuring
import numpy as np
from sklearn.base import clone

from dsnmf import DeepWSF, datasets
from dsnmf.experiments.attribute_methods import TRAINING, unsupervised
from dsnmf.experiments.attributes import (
    KMEANS_SEEDS,
    LAYERS,
    SHARES,
    hide,
    load_lights,
    sample,
    split,
)
from dsnmf.experiments.clustering import k_means_scores

#: How a set is loaded, its layers, and whether both orders of the attributes are fitted.
SETS = {
    "stickfigures": (datasets.load_stickfigures, LAYERS["stickfigures"], True),
    "nrletters": (datasets.load_nrletters, LAYERS["nrletters"], True),
    "faces": (datasets.make_attribute_faces, (64, 48, 32), True),
    "pie": (load_lights, (100, 90, 80), False),
}


def accuracy(features, target):
    return float(np.mean(k_means_scores(features, target, KMEANS_SEEDS).accuracy))


def without_labels(X, new, truth, layers):
    """The best accuracy of each attribute among the methods that see no labels."""
    scores = [
        [accuracy(features_of(new), attribute) for attribute in truth.T]
        for fit in unsupervised(layers).values()
        for _, features_of in fit(X, None)
    ]
    return np.max(scores, axis=0)


def with_labels(X, y, new, truth, layers, alphas):
    """{column: accuracy of each attribute by its own layer}."""
    ridge = DeepWSF(layers, alphas, transform_method="ridge", **TRAINING).fit(X, y)
    models = {"ridge": ridge}
    if (y < 0).any():
        models["completed"] = clone(ridge).set_params(complete_labels=True).fit(X, y)
    found = {
        name: [accuracy(model.transform(new, i), truth[:, i]) for i in range(len(layers))]
        for name, model in models.items()
    }
    ridge.set_params(transform_method="auto")
    by_default = [accuracy(ridge.transform(new, i), truth[:, i]) for i in range(len(layers))]
    return {"default": by_default, **found}


def one_split(name, seed, shares, alphas):
    """{row: {column: accuracy}} of one set."""
    load, layers, in_both_orders = SETS[name]
    dataset = load()
    names = dataset.target_names
    data, target = sample(dataset, names, max_samples=3000 if name == "pie" else 2000)
    train, test = split(target, seed)
    X, new = data[train], data[test]
    unlabelled, rows = without_labels(X, new, target[test], layers), {}
    for share in shares:
        y = hide(target[train], share, np.random.default_rng(seed))
        for step in (1, -1)[: 1 + in_both_orders]:
            order = np.arange(len(names))[::step]
            columns = with_labels(X, y[:, order], new, target[test][:, order], layers, alphas)
            for i, a in enumerate(order):
                row = {"no labels": float(unlabelled[a])}
                row |= {column: values[i] for column, values in columns.items()}
                way = "" if step == 1 else ", reversed"
                rows[f"{name} {share:.0%} layer {i + 1} {names[a]}{way}"] = row
    return rows


def shares(text):
    """Shares from "1,0.5"."""
    return tuple(float(share) for share in text.split(","))


def main():
    parser = measuring.parser(__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)}; all")
    parser.add_argument("--seeds", type=int, default=1, help="splits")
    parser.add_argument("--shares", type=shares, default=SHARES, help="of samples with labels")
    parser.add_argument("--alphas", type=float, default=DeepWSF().alphas, help="of DeepWSF")
    arguments = parser.parse_args()
    if unknown := set(arguments.sets) - set(SETS):
        parser.error(f"SET must be one of {', '.join(SETS)}, got {', '.join(sorted(unknown))}")
    rows = {}
    for name in arguments.sets or SETS:
        options = arguments.shares, arguments.alphas
        splits = [one_split(name, seed, *options) for seed in range(arguments.seeds)]
        of_set = {
            row: {column: float(np.mean([s[row][column] for s in splits])) for column in columns}
            for row, columns in splits[0].items()
        }
        measuring.table(f"{name}, alphas {arguments.alphas:g}", of_set)
        rows |= of_set
    settings = {"alphas": arguments.alphas, "seeds": arguments.seeds}
    measuring.write_json(arguments, "few_labels", {**settings, "rows": rows})


if __name__ == "__main__":
    main()
