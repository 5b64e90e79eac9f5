"""What estimators with labels share: a graph of samples for each layer."""

from functools import partial

import joblib

from dsnmf.affinity import combine
from dsnmf.affinity.classes import as_label_codes
from dsnmf.data.dense import Dense
from dsnmf.estimators.block_wsf import SupervisedBlockModel
from dsnmf.estimators.in_blocks import BlockFactorisation
from dsnmf.estimators.labels import attribute_affinity, beyond_classes, class_affinity
from dsnmf.estimators.parameters import GraphParameters


def _combined(attributes, graph_of):
    """One affinity from a layer's attributes, each made by graph_of(codes, affinity)."""
    graphs = [graph_of(codes, affinity) for codes, affinity, _ in attributes]
    return combine(graphs, [weight for *_, weight in attributes])


class SupervisedFactorisation(GraphParameters, BlockFactorisation):
    """A factorisation with labels.

    A subclass's `_attributes(y, n)` says which layer has which: a list with one entry per layer,
    itself a list of its attributes' (codes or None, affinity, weight), of n samples.
    """

    def _codes(self, y, n):
        return [None] if y is None else as_label_codes(y, "y", n)

    def _hashed_labels(self, y, n):
        return joblib.hash(self._codes(y, n))

    def _affinities(self, y, samples, Hs):
        inputs = [samples, *(Dense(H, scale=1.0) for H in Hs[:-1])]
        graph_of = partial(
            attribute_affinity, n_neighbors=self.n_neighbors, heat_width=self.heat_width
        )
        return [
            _combined(attributes, partial(graph_of, samples=factorised))
            for attributes, factorised in zip(self._attributes(y, samples.given.shape[1]), inputs)
        ]

    def _needs_memory(self, y, n):
        graphs = [graph for layer in self._attributes(y, n) for graph in layer]
        reasons = (beyond_classes(codes, affinity, n) for codes, affinity, _ in graphs)
        return super()._needs_memory(y, n) or next(filter(None, reasons), None)

    def _block_model(self, blocks, y, Zs, Hs, store):
        n = blocks.shape[1]
        affinities = [
            _combined(attributes, partial(class_affinity, n=n))
            for attributes in self._attributes(y, n)
        ]
        return SupervisedBlockModel(blocks, Zs, Hs, affinities, self.mode)
