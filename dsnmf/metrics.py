"""Measures of clusterings against known classes: accuracy, normalised mutual information."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from numpy.typing import ArrayLike

_AVERAGES: dict[str, Callable[[Any, Any], Any]] = {
    "geometric": lambda a, b: np.sqrt(a * b),
    "arithmetic": lambda a, b: (a + b) / 2,
    "min": min,
    "max": max,
}


def _codes(labels, name):
    """The sorted distinct labels, and each sample's index among them."""
    if np.ma.is_masked(labels):
        raise ValueError(f"{name} must not have masked entries")
    labels = np.asarray(labels)
    if labels.ndim != 1:
        raise ValueError(f"{name} must be 1-d, got {labels.ndim}-d of shape {labels.shape}")
    if labels.size == 0:
        raise ValueError(f"{name} must not be empty")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError(f"{name} must not contain NaN")
    try:
        return np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise TypeError(f"{name} must be all numbers or all strings: {error}") from error


def _contingency(labels_true, labels_pred):
    """Classes, clusters, and the number of samples in each pair."""
    classes, true = _codes(labels_true, "labels_true")
    clusters, pred = _codes(labels_pred, "labels_pred")
    if len(true) != len(pred):
        raise ValueError(
            f"labels_true and labels_pred must be equally long, got {len(true)} and {len(pred)}"
        )
    shape = len(classes), len(clusters)
    counts = np.bincount(np.ravel_multi_index((true, pred), shape), minlength=np.prod(shape))
    return classes, clusters, counts.reshape(shape)


def best_map(labels_true: ArrayLike, labels_pred: ArrayLike) -> dict[Any, Any]:
    """The one-to-one map from clusters to classes under which most samples agree.

    Parameters
    ----------
    labels_true : array_like, shape (n,)
        Classes: numbers or strings, each distinct value a class.
    labels_pred : array_like, shape (n,)
        Clusters, in any naming.

    Returns
    -------
    dict
        {cluster: class}, min(clusters, classes) entries: with more clusters than classes, those
        left over are missing.

    Raises
    ------
    TypeError, ValueError
        If the labels are not 1-d, empty, contain NaN, mix numbers with strings, or differ in
        length.

    Examples
    --------
    >>> from dsnmf.metrics import best_map
    >>> best_map(["cat", "cat", "dog"], [7, 7, 3])
    {7: 'cat', 3: 'dog'}
    """
    classes, clusters, counts = _contingency(labels_true, labels_pred)
    matched_classes, matched_clusters = linear_sum_assignment(counts, maximize=True)
    return dict(zip(clusters[matched_clusters].tolist(), classes[matched_classes].tolist()))


def clustering_accuracy(labels_true: ArrayLike, labels_pred: ArrayLike) -> float:
    """AC: share of samples whose cluster is mapped to their class by `best_map`.

    The map is one-to-one and optimal (Hungarian algorithm). With more clusters than classes,
    samples of clusters without a class count as wrong. AC of [A], section 4.

    Parameters
    ----------
    labels_true, labels_pred : array_like, shape (n,)
        As for `best_map`.

    Returns
    -------
    float in (0, 1]

    Raises
    ------
    TypeError, ValueError
        As for `best_map`.

    Examples
    --------
    >>> from dsnmf.metrics import clustering_accuracy
    >>> clustering_accuracy([0, 0, 1, 1], ["b", "b", "a", "b"])
    0.75
    """
    counts = _contingency(labels_true, labels_pred)[2]
    return float(counts[linear_sum_assignment(counts, maximize=True)].sum() / counts.sum())


def _entropy(shares):
    """Entropy in nats; `+ 0.0` turns the -0.0 of a single class into 0.0."""
    return -np.sum(shares * np.log(shares)) + 0.0


def nmi(
    labels_true: ArrayLike,
    labels_pred: ArrayLike,
    average: Literal["geometric", "arithmetic", "min", "max"] = "geometric",
) -> float:
    """Normalised mutual information I(C, K) / mean(H(C), H(K)).

    Parameters
    ----------
    labels_true, labels_pred : array_like, shape (n,)
        As for `best_map`.
    average : {"geometric", "arithmetic", "min", "max"}
        The mean of the two entropies. Geometric is the papers' (and that of scikit-learn up to
        0.21; it is arithmetic there now).

    Returns
    -------
    float in [0, 1]
        1 if both labellings are one single group, 0 if only one of them is.

    Raises
    ------
    TypeError, ValueError
        As for `best_map`; ValueError if average is unknown.

    Examples
    --------
    >>> from dsnmf.metrics import nmi
    >>> nmi([0, 0, 1, 1], [1, 1, 0, 0]), nmi([0, 0, 1, 1], [0, 1, 0, 1])
    (1.0, 0.0)
    """
    if average not in _AVERAGES:
        raise ValueError(f"average must be one of {list(_AVERAGES)}, got {average!r}")
    counts = _contingency(labels_true, labels_pred)[2]
    joint = counts / counts.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    if counts.size == 1:
        return 1.0
    if min(counts.shape) == 1:
        return 0.0
    nonzero = joint > 0
    ratio = joint[nonzero] / np.outer(rows, columns)[nonzero]
    information = np.sum(joint[nonzero] * np.log(ratio))
    normaliser = _AVERAGES[average](_entropy(rows), _entropy(columns))
    return float(np.clip(information / normaliser, 0, 1))
