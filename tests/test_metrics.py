"""Clustering measures against the authors' MATLAB, scikit-learn, and their own invariants."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

from dsnmf.metrics import best_map, clustering_accuracy, nmi


def labels(seed, n=90, classes=5, clusters=7):
    rng = np.random.default_rng(seed)
    return rng.integers(0, classes, n), rng.integers(0, clusters, n)


@pytest.mark.parametrize("case", range(1, 8))
def test_nmi_reference(reference, case):
    run = reference("matlab/eval")
    value = nmi(run[f"gnd_{case}"].ravel(), run[f"lab_{case}"].ravel())
    assert value == pytest.approx(run[f"nmi_{case}"].item(), abs=1e-12)


# Case 2 has more clusters than classes, where the MATLAB file stopped.
@pytest.mark.parametrize("case", [1, 3, 4, 5, 6, 7])
def test_accuracy_and_map_reference(reference, case):
    run = reference("matlab/eval")
    true, pred, expected = (run[f"{name}_{case}"].ravel() for name in ("gnd", "lab", "map"))
    assert clustering_accuracy(true, pred) == pytest.approx(run[f"ac_{case}"].item(), rel=1e-14)
    mapped = np.array([best_map(true, pred)[cluster] for cluster in pred])
    assert (mapped == true).sum() == (expected == true).sum()
    if case != 7:  # there two maps are equally good, and the two programs pick one each
        np.testing.assert_array_equal(mapped, expected)


def test_more_clusters_than_classes_and_the_reverse():
    many, few = [0, 0, 1, 1, 2, 3], [0, 0, 0, 1, 1, 1]
    assert clustering_accuracy(few, many) == pytest.approx(3 / 6)
    assert clustering_accuracy(many, few) == pytest.approx(3 / 6)
    assert len(best_map(few, many)) == len(best_map(many, few)) == 2


def test_labels_as_python_objects():
    true = np.array(["left", "up", "left"], object)
    assert best_map(true, [3, 1, 3]) == {3: "left", 1: "up"}
    assert clustering_accuracy(true, [3, 1, 3]) == nmi(true, [3, 1, 3]) == 1


def test_accuracy_is_the_best_over_all_one_to_one_maps():
    true, pred = labels(0, n=40, classes=4, clusters=4)
    best = max(np.mean(np.take(p, pred) == true) for p in permutations(range(4)))
    assert clustering_accuracy(true, pred) == pytest.approx(best)


@pytest.mark.parametrize("average", ["geometric", "arithmetic", "min", "max"])
def test_nmi_agrees_with_scikit_learn(average):
    true, pred = labels(1)
    expected = normalized_mutual_info_score(true, pred, average_method=average)
    assert nmi(true, pred, average=average) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("measure", [clustering_accuracy, nmi])
@pytest.mark.parametrize("seed", range(3))
def test_names_and_order_do_not_matter(measure, seed):
    rng = np.random.default_rng(seed)
    true, pred = labels(seed)
    value = measure(true, pred)
    order = rng.permutation(len(true))
    assert measure(true[order], pred[order]) == pytest.approx(value)
    names = rng.permutation(["a", "b", "c", "d", "e", "f", "g"])
    assert measure(names[true], names[::-1][pred]) == pytest.approx(value)
    assert measure(pred, true) == pytest.approx(value)
    assert measure(true, rng.permutation(5)[true]) == pytest.approx(1)


def test_nmi_of_single_groups():
    assert nmi([1, 1], ["x", "x"]) == 1
    assert nmi([1, 1], [0, 1]) == nmi([0, 1], [1, 1]) == 0


@pytest.mark.parametrize("measure", [clustering_accuracy, nmi, best_map])
@pytest.mark.parametrize(
    ("true", "pred", "error", "message"),
    [
        ([0, 1], [0, 1, 2], ValueError, "equally long, got 2 and 3"),
        ([[0], [1]], [0, 1], ValueError, r"labels_true must be 1-d, got 2-d of shape \(2, 1\)"),
        ([0, 1], 1, ValueError, "labels_pred must be 1-d"),
        ([], [], ValueError, "labels_true must not be empty"),
        ([0, 1], [0, np.nan], ValueError, "labels_pred must not contain NaN"),
        (np.array(["a", 1], object), [0, 1], TypeError, "labels_true must be all numbers or all"),
    ],
)
def test_bad_labels(measure, true, pred, error, message):
    with pytest.raises(error, match=message):
        measure(true, pred)


def test_unknown_average():
    with pytest.raises(ValueError, match=r"average must be one of .*geometric.*, got 'mean'"):
        nmi([0, 1], [0, 1], average="mean")
