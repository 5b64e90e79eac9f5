"""The attributes in each layer's features: weakly supervised and unsupervised models.

    dsnmf reproduce attributes-stickfigures attributes-nrletters --seeds 3 --out DIR

Samples are split 60/40. Every model is fitted to the training samples, with the attributes of a
share of them. A row of the table is one map from samples to features. For every attribute it has
the scores of k-means on the test samples' features (AC, NMI), and of a linear SVM trained on the
labelled training samples' features. WSF gets one attribute, or all; Deep WSF gets one per layer.
Maps of Deep WSF, the same for training and test samples except for "as coded":

- "Z": (Z_1 … Z_i)† x, the authors' own (transform_method="projection"). With Algorithm 1's
  propagated features no Z depends on H_1 … H_{m-1}, so the map can contain the last layer's
  attribute only.
- "H": (X H_i†)† x with the layer's learned H_i, as in WSF with its single layer
  (transform_method="auto").
- "as coded": in the authors' program the SVM is trained on the learned H_i, and tested on
  (Z_1 … Z_i)† x.
- "ridge": regularised least squares to the learned H_i (transform_method="ridge"). "completed":
  a ridge classifier completes the labels first (complete_labels=True). λ = 10 is the weight of the
  labels; without it, the weight is .1.

With fewer labels, the unlabelled samples are connected to their ten nearest neighbours:

- "joined": the normalised label graph plus a tenth of the normalised neighbour graph, λ = 10.
- "spread": labels spread over that graph first (scikit-learn's LabelSpreading).
"""

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from dsnmf import datasets
from dsnmf.experiments.attribute_methods import RIVALS, supervised, unsupervised
from dsnmf.experiments.clustering import k_means_scores

#: Layers per data set: one per attribute.
LAYERS = {"stickfigures": (64, 32), "nrletters": (64, 48, 32)}

#: Most samples of a data set in the experiment.
MAX_SAMPLES = 2000
SHARES = (1.0, 0.5, 0.2, 0.05)
KMEANS_SEEDS = 3


def load_lights():
    """CMU PIE with three attributes: direction of the light, flash and subject."""
    return datasets.load_pie(attributes=True)


def hide(target, share, rng):
    """A copy of the labels of a share of the samples; -1 for the others."""
    known = rng.permutation(len(target)) < round(share * len(target))
    return np.where(known[:, None], target, -1)


def svm_accuracy(train, y_train, test, y_test):
    """Accuracy of a linear SVM trained on the labelled samples."""
    known = y_train != -1
    # One scale for all methods, so that the penalty of the SVM is comparable.
    size = np.sqrt(np.square(train).sum(axis=1).mean()) or 1.0
    svm = LinearSVC(random_state=0).fit(train[known] / size, y_train[known])
    return float(svm.score(test / size, y_test))


def split(target, seed):
    """Indices of the training samples (60 %) and of the test samples, with every class in both.

    If each combination of classes has at least five samples, both parts have all combinations.
    """
    _, groups, sizes = np.unique(target, axis=0, return_inverse=True, return_counts=True)
    if sizes.min() < 5:
        groups = target[:, np.argmax([len(np.unique(column)) for column in target.T])]
    samples = np.arange(len(target))
    return train_test_split(samples, test_size=0.4, random_state=seed, stratify=groups.ravel())


def _measure(maps, y, test, target, names, clusterings):
    """A dict per layer and attribute; `clusterings` keeps the results of k-means."""
    for layer, (F_train, features_of) in enumerate(maps, start=1):
        F_test = features_of(test)
        for a, name in enumerate(names):
            if (layer, a) not in clusterings:
                clusterings[layer, a] = k_means_scores(F_test, target[:, a], KMEANS_SEEDS)
            scores = clusterings[layer, a]
            yield {
                "layer": layer,
                "attribute": name,
                "ac": float(np.mean(scores.accuracy)),
                "nmi": float(np.mean(scores.nmi)),
                "svm": svm_accuracy(F_train, y[:, a], F_test, target[:, a]),
            }


def method_rows(method, data, target, layers, names, seed, shares=SHARES):
    """The rows of one method for one split of the samples.

    Parameters
    ----------
    method : str
        One of `unsupervised`, `RIVALS` or `supervised`.
    data : ndarray, shape (n, p)
    target : ndarray of int >= 0, shape (n, a)
    layers : sequence of a ints
    names : sequence of a str
    seed : int
        Seed of the split, and of the choice of labelled samples.
    shares : sequence of float in (0, 1]
        Shares of labelled training samples.

    Yields
    ------
    dict
        share, layer, attribute, ac, nmi, svm.
    """
    train, test = split(target, seed)
    X, free, maps = data[train], RIVALS | unsupervised(layers), None
    fit = (free | supervised(layers, names))[method]
    for share in shares:
        y = hide(target[train], share, np.random.default_rng(seed))
        if maps is None or method not in free:
            maps, clusterings = fit(X, y), {}
        for row in _measure(maps, y, data[test], target[test], names, clusterings):
            yield {"share": share, **row}


def sample(dataset, names, max_samples=MAX_SAMPLES):
    """(data, target) of some of a data set's samples, with the attributes of these names.

    Raises
    ------
    ValueError
        If the set lacks an attribute.
    """
    missing = [name for name in names if name not in dataset.target_names]
    if missing or dataset.target.ndim != 2:
        raise ValueError(
            f"{dataset.name} must have the attributes {', '.join(names)}, it has "
            f"{', '.join(dataset.target_names)}"
        )
    chosen = np.random.default_rng(0).permutation(len(dataset.data))[:max_samples]
    columns = [dataset.target_names.index(name) for name in names]
    return dataset.data[chosen], dataset.target[chosen][:, columns]
