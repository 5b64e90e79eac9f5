"""The attribute experiment on few samples: its graphs, its maps, its table."""

import sys
import types
from functools import partial

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.affinity import label_affinity
from dsnmf.experiments import attribute_methods, attributes

pytestmark = pytest.mark.usefixtures("without_numba")


@pytest.fixture(scope="module")
def samples():
    """Two attributes of two classes each, a pattern for each class, twenty samples per pair."""
    rng = np.random.default_rng(0)
    target = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 20, axis=0)
    first, second = 3 * rng.random((2, 2, 16))
    data = first[target[:, 0]] + second[target[:, 1]] + 0.1 * rng.standard_normal((80, 16))
    return datasets.unit_norm(data), target


def test_normalised_affinity():
    affinity = 3 * label_affinity([0, 0, 0, 1, 1, -1])
    W = attribute_methods.normalise(affinity).toarray()
    np.testing.assert_allclose(W, affinity.toarray() / np.c_[6, 6, 6, 3, 3, 1].T)
    np.testing.assert_array_equal(W, attribute_methods.normalise(affinity.tosparse()).toarray())


def test_joined_affinity_joins_unlabelled_samples(samples):
    data, target = samples
    labels = np.where(np.arange(80) % 4, -1, target[:, 1])
    W = attribute_methods.joined_affinity(data, labels)
    degrees = np.asarray(W.sum(axis=1)).ravel()
    assert abs(W - W.T).max() == 0
    assert (degrees[labels == -1] > 0).all()
    assert (degrees[labels == -1] < 0.3).all()
    assert (degrees[labels != -1] > 1).all()


def test_spread_labels(samples):
    data, target = samples
    y = np.where(np.arange(80)[:, None] % 3, -1, target)
    np.testing.assert_array_equal(attribute_methods.spread_labels(data, y), target)


def test_hidden_labels(samples):
    y = attributes.hide(samples[1], 0.25, np.random.default_rng(0))
    known = (y != -1).all(axis=1)
    assert known.sum() == 20
    assert (y[~known] == -1).all()
    np.testing.assert_array_equal(y[known], samples[1][known])


def test_all_rows_of_a_split(samples, monkeypatch):
    mapped = ("spread, H", "ridge, completed")
    monkeypatch.setattr(attributes, "supervised", partial(attributes.supervised, maps=mapped))
    monkeypatch.setitem(attribute_methods.TRAINING, "max_iter", 100)
    layers, names = (8, 6), ("first", "second")
    rows = [
        {"method": method, **row}
        for method in attributes.unsupervised(layers) | attributes.supervised(layers, names)
        for row in attributes.method_rows(method, *samples, layers, names, 0, shares=(0.5,))
    ]
    maps = {(row["method"], row["layer"]) for row in rows}
    assert len(maps) == 6 + 2 * 2 + 3 + 2 * len(mapped) * 2
    assert len(rows) == 2 * len(maps)
    assert all(0 <= row[score] <= 1 for row in rows for score in ("ac", "nmi", "svm"))
    accuracy = {(row["method"], row["layer"], row["attribute"]): row["ac"] for row in rows}
    assert accuracy["WSF 8, second", 1, "second"] == 1
    assert ("WSF 8, first + second", 1, "second") in accuracy
    for i, name in enumerate(("first", "second"), start=1):
        for map_name in mapped:
            assert accuracy[f"Deep WSF, first → second, {map_name}", i, name] == 1


def test_as_coded_training_samples_have_what_the_layers_learned(samples, monkeypatch):
    monkeypatch.setitem(attribute_methods.TRAINING, "max_iter", 30)
    mapped = ("Z", "as coded")
    fits = attribute_methods.supervised((8, 6), ("first", "second"), mapped)
    X, new = samples[0][:60], samples[0][60:]
    layers = [fits[f"Deep WSF, first → second, {name}"](X, samples[1][:60]) for name in mapped]
    for (projected, features_of), (learned, coded_features_of) in zip(*layers):
        np.testing.assert_array_equal(projected, features_of(X))
        np.testing.assert_array_equal(features_of(new), coded_features_of(new))
        assert learned.min() >= 0 > projected.min()


class Halves:
    """In the place of NrKmeans: one clustering has the first features, the other the last."""

    def __init__(self, n_clusters, **options):
        assert (n_clusters, options) == ([2, 2], {"n_init": 10, "random_state": 0})

    def fit(self, X):
        return self

    def transform_subspace(self, X, subspace_index):
        return np.split(X, 2, axis=1)[subspace_index]


def test_a_rival_sees_the_number_of_classes_only(samples, monkeypatch):
    module = types.SimpleNamespace(NrKmeans=Halves)
    monkeypatch.setitem(sys.modules, "clustpy", module)
    monkeypatch.setitem(sys.modules, "clustpy.alternative", module)
    layers, names = (8, 6), ("first", "second")
    rows = list(attributes.method_rows("NrKmeans", *samples, layers, names, 0, shares=(0.5,)))
    assert [(row["layer"], row["attribute"]) for row in rows] == [
        (layer, name) for layer in (1, 2) for name in names
    ]
    monkeypatch.setitem(sys.modules, "clustpy.alternative", None)
    with pytest.raises(ImportError, match=r'NrKmeans needs clustpy.*pip install "dsnmf\[rivals\]"'):
        next(attributes.method_rows("NrKmeans", *samples, layers, names, 0))
