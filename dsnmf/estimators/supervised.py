"""The base of estimators with labels: a graph of samples for each layer."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.affinity import combine
from dsnmf.affinity.algebra import row_sums
from dsnmf.affinity.classes import as_classes, as_label_codes
from dsnmf.caller import stacklevel
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.digest import digest
from dsnmf.estimators.graphs import (
    attribute_affinity,
    beyond_classes,
    class_affinity,
    default_weight,
    is_of_neighbours,
)
from dsnmf.estimators.mapping.maps import neighbour_map_of, threads_of_model
from dsnmf.estimators.mapping.metric import AUTO
from dsnmf.estimators.mapping.ridge import RidgeMap, complete_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.typing import Array

#: Share of labelled samples from which the classes set the distances between features.
NEARLY_ALL = 0.8

#: Number that metrics add to each feature's variance in a layer with a graph of neighbours, as a
#: share of the mean variance of `H_`. The graph keeps features small in which neighbours differ;
#: with nearly even variances, the metric does not enlarge them again.
EVENED = 0.5


def _combine_attributes(attributes, graph_of):
    """Combine the affinities of a layer's attributes, each from graph_of(codes, affinity)."""
    graphs = [graph_of(codes, affinity) for codes, affinity, _ in attributes]
    weights = [
        default_weight(codes, affinity, W) if weight is None else weight
        for W, (codes, affinity, weight) in zip(graphs, attributes)
    ]
    return combine(graphs, weights)


def _warn_of_minus_one(y, n):
    """UserWarning if an attribute has the labels -1 and 1: these are one class, and unknown."""
    if any(classes == [1] and (codes < 0).any() for codes, classes in as_classes(y, "y", n)):
        warnings.warn(
            "y has the labels -1 and 1: -1 means that a label is unknown, so there is one class; "
            "if -1 is a class, give it another number or a name",
            stacklevel=stacklevel(),
        )


class SupervisedFactorisation(Factorisation):
    """A factorisation with labels.

    A subclass's `_attributes(y, n)` returns the attributes of each layer, for n samples: a list
    with an entry per layer, which is a list of tuples (codes or None, affinity, weight or None for
    the default).
    """

    _per_layer = (
        *Factorisation._per_layer,
        "_ridge_C",
        "_ridge_c",
        "_labelled",
        "_degrees",
        "_evened",
    )
    _labelled: Sequence[Array] = ()  # per layer, True if nearly all samples had labels
    _degrees: Sequence[Array] = ()  # a sample's total edge weight, on average
    _evened: Sequence[Array] = ()  # from `EVENED`; 0 without a graph of neighbours

    def _has_gauge(self):
        return False

    def _start_aim(self, layers, in_memory=True):
        return "product" if len(layers) == 1 else "layers"

    def _note(self, model, y):
        maps = []
        if self.transform_method == "ridge":
            X, shift = model.data.unshifted, model.data.shift
            maps = [RidgeMap.fit(X, H, shift) for H in self.H_]
        self._ridge_C, self._ridge_c = [ridge.C for ridge in maps], [ridge.c for ridge in maps]
        layers = self._attributes(y, self.H_[-1].shape[1])
        self._degrees = [np.array(row_sums(W).mean()) for W in model.affinities]
        self._labelled = [np.array(all(map(self._is_labelled, layer))) for layer in layers]
        self._evened = [np.array(0.0) for _ in layers]
        for i, (H, layer, degree) in enumerate(zip(self.H_, layers, self._degrees)):
            if degree > 0 and all(is_of_neighbours(*graph[:2]) for graph in layer):
                self._evened[i] = np.array(EVENED * H.var(axis=1, dtype=np.float64).mean())

    def _is_labelled(self, attribute):
        codes, affinity, _ = attribute
        if codes is None or is_of_neighbours(codes, affinity):
            return False
        return self.complete_labels or np.mean(np.asarray(codes) >= 0) >= NEARLY_ALL

    def _exponent(self, layer=-1):
        is_given = not (isinstance(self.metric, str) and self.metric == AUTO)
        if is_given or not hasattr(self, "_scale"):
            return super()._exponent(layer)
        return None if self._labelled[self._index(layer)] else super()._exponent(layer)

    def _added_variance(self, layer):
        index = self._index(layer)
        return float(self._evened[index]) if index < len(self._evened) else 0.0

    def _map_name(self, layer):
        is_open = self.transform_method == "auto" and self._added_variance(layer) > 0
        return "neighbors" if is_open else self.transform_method

    def _codes(self, y, n):
        return [None] if y is None else as_label_codes(y, "y", n)

    def _hash_labels(self, y, n):
        return digest(self._codes(y, n))

    def _affinities(self, y, n, layer_inputs):
        layers = self._attributes(y, n)
        if any(codes is not None and codes.max() == 0 for layer in layers for codes, *_ in layer):
            _warn_of_minus_one(y, n)
        if layer_inputs is None:
            return [_combine_attributes(layer, partial(class_affinity, n=n)) for layer in layers]
        settings = {name: getattr(self, name) for name in ("n_neighbors", "heat_width", "verbose")}
        graph_of = partial(attribute_affinity, **settings)
        inputs = layer_inputs()
        if self.complete_labels:
            X = inputs[0].unshifted
            layers = [
                [(complete_labels(codes, X), *others) for codes, *others in attributes]
                for attributes in layers
            ]
        return [
            _combine_attributes(attributes, partial(graph_of, samples=samples))
            for attributes, samples in zip(layers, inputs)
        ]

    def _needs_memory(self, y, n):
        if why := super()._needs_memory(y, n):
            return why
        graphs = [graph for layer in self._attributes(y, n) for graph in layer]
        reasons = (beyond_classes(codes, affinity, n) for codes, affinity, _ in graphs)
        return next(filter(None, reasons), None)

    def _feature_map(self, layer, dtype, method=None):
        name = method or self._map_name(layer)
        if name == "neighbors":
            key = "neighbors", self._index(layer), dtype, self.n_neighbors
            if key not in self._ready:
                with threads_of_model(self):
                    self._ready[key] = neighbour_map_of(self, layer, dtype)
            return self._ready[key]
        if name != "ridge":
            return super()._feature_map(layer, dtype, name)
        if not self._ridge_C:
            raise ValueError("transform_method='ridge' needs a fit with it: it was set afterwards")
        index = self._index(layer)
        return RidgeMap(self._ridge_C[index], self._ridge_c[index])
