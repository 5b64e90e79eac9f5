"""The kinds of experiments: each lists its items, and runs one."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dsnmf import datasets
from dsnmf.datasets.gradients import igo
from dsnmf.experiments import attribute_methods, attributes
from dsnmf.experiments.catalogue import METHODS
from dsnmf.experiments.clustering import k_means_score, k_means_scores
from dsnmf.experiments.comparators import layers_of_deep_semi_nmf
from dsnmf.experiments.report.published import COMPONENTS

#: Numbers of components of a quick run.
QUICK_COUNTS = (20, 40, 70)

#: A number of components: the number of classes.
CLASSES = "classes"


@dataclass(frozen=True)
class Protocol(ABC):
    """One experiment.

    Attributes
    ----------
    name : str
        Name on the command line.
    summary : str
        Line in the help.
    load : callable
        Returns the `Dataset`; gets the path of the user's file if `needs_file`.
    needs_file : bool
    """

    name: str
    summary: str
    load: Callable
    needs_file: bool = False

    @abstractmethod
    def methods(self):
        """Names of the methods, in the order of the tables."""

    @abstractmethod
    def items(self, data, seeds, quick=False):
        """All work items, in the best order of starting them.

        Parameters
        ----------
        data : str
            Name of the data set.
        seeds : sequence of int >= 0
        quick : bool
            Fewer parameters.

        Returns
        -------
        list of dict
            With the keys of `records.IDENTITY`.
        """

    @abstractmethod
    def measure(self, dataset, item, memory):
        """Run an item; returns the results for its record, see `run_item`.

        Parameters
        ----------
        dataset : Dataset
        item : dict
        memory : joblib.Memory
            Cache of results that several items share.

        Returns
        -------
        dict
        """

    def _item(self, data, method, seed, features="pixels", **parameters):
        identity = {"experiment": self.name, "data": data, "features": features}
        return {**identity, "method": method, "parameters": parameters, "seed": seed}


@dataclass(frozen=True)
class Entry:
    """A method of a clustering experiment.

    Attributes
    ----------
    method : str
        One of `catalogue.METHODS`.
    features : tuple of str
        "pixels", "igo" or both.
    parameters : dict
        Besides n_components.
    counted : bool
        True if it has a number of components.
    seeded : bool
        True if its results differ between seeds; if not, it runs for the first seed only.
    cached : str or None
        Name of a long, cached computation with which all its items start, and possibly items of
        other entries. One of them runs first, the others last.
    quick_features : tuple of str, optional
        Features in a quick run, if not all; () if a quick run omits the method.
    """

    method: str
    features: tuple = ("pixels",)
    parameters: dict = field(default_factory=dict)
    counted: bool = True
    seeded: bool = True
    cached: str | None = None
    quick_features: tuple | None = None

    def features_of(self, quick):
        """The features of a quick or a full run."""
        return self.features if not quick or self.quick_features is None else self.quick_features


def _sort_by_cache(entries_and_items):
    """Sort the items: first those that fill the cache, last those that use it."""
    seen = set()
    first, between, last = [], [], []
    for entry, item in entries_and_items:
        what = entry.cached, item["features"]
        chosen = between if entry.cached is None else last if what in seen else first
        seen.add(what)
        chosen.append(item)
    return first + between + last


def _samples(dataset, features):
    if features == "pixels":
        return dataset.data
    return datasets.unit_norm(igo(dataset.data, dataset.images))


def _sizes(parameters, shape, n_classes):
    """The sizes of layers that depend on the data.

    The first layer has at most the largest possible rank of the data.
    """
    sizes = {}
    if parameters.get("n_components") == CLASSES:
        sizes["n_components"] = n_classes
    if "first_layer" in parameters:
        sizes["first_layer"] = min(parameters["first_layer"], *shape)
    return sizes


def _classes(dataset):
    """The only attribute, or the identity."""
    if dataset.target.ndim == 1:
        return dataset.target
    return dataset.target[:, dataset.target_names.index("identity")]


@dataclass(frozen=True)
class Clustering(Protocol):
    """Scores of k-means on features against the classes, for several numbers of components.

    Attributes
    ----------
    entries : tuple of Entry
    counts, quick_counts : tuple of int >= 1 or CLASSES
        Numbers of components.
    k_means_seeds : int or None
        None: one k-means per item, with the item's seed. Else so many seeds 0, 1, …, and lists of
        AC and NMI.
    """

    entries: tuple = ()
    counts: tuple = COMPONENTS
    quick_counts: tuple = QUICK_COUNTS
    k_means_seeds: int | None = None

    def methods(self):
        return [entry.method for entry in self.entries]

    def items(self, data, seeds, quick=False):
        counts = self.quick_counts if quick else self.counts
        return _sort_by_cache(
            (entry, self._item(data, entry.method, seed, features, **entry.parameters, **count))
            for k in counts
            for entry in self.entries
            if entry.counted or k == counts[0]
            for count in [{"n_components": k} if entry.counted else {}]
            for features in entry.features_of(quick)
            for seed in (seeds if entry.seeded else seeds[:1])
        )

    def measure(self, dataset, item, memory):
        samples = np.ascontiguousarray(_samples(dataset, item["features"]), np.float32)
        target, method = _classes(dataset), METHODS[item["method"]]
        sizes = _sizes(item["parameters"], samples.shape, len(np.unique(target)))
        parameters = {**item["parameters"], **sizes}
        learned = method(samples, **parameters, seed=item["seed"], memory=memory)
        if learned.features is None:
            return {"error": learned.error}
        scores = self._scores(learned.features, target, item["seed"])
        return {"error": learned.error, **scores}

    def _scores(self, features, target, seed):
        if self.k_means_seeds is not None:
            scores = k_means_scores(features, target, self.k_means_seeds)
            return {"ac": list(scores.accuracy), "nmi": list(scores.nmi)}
        nmi, accuracy = k_means_score(features, target, seed)
        return {"ac": accuracy, "nmi": nmi}


@dataclass(frozen=True)
class Layers(Protocol):
    """Scores of k-means on both layers of Deep Semi-NMF for each attribute: Table 2 of ICML.

    Attributes
    ----------
    names : tuple of str
        The attributes.
    first_layer : int
    counts : tuple of int >= 1
        Numbers of components of the second layer; a quick run uses the first number only.
    """

    names: tuple = ()
    first_layer: int = 625
    counts: tuple = (60, 70)

    def methods(self):
        return ["Deep Semi-NMF"]

    def items(self, data, seeds, quick=False):
        return [
            self._item(data, method, seed, first_layer=self.first_layer, n_components=k)
            for method in self.methods()
            for k in self.counts[: 1 if quick else None]
            for seed in seeds
        ]

    def measure(self, dataset, item, memory):
        data, target = attributes.sample(dataset, self.names, None)
        samples, seed = np.ascontiguousarray(data, np.float32), item["seed"]
        layers = layers_of_deep_semi_nmf(samples, **item["parameters"], seed=seed, memory=memory)
        rows = []
        for layer, features in enumerate(layers, start=1):
            for name, labels in zip(self.names, target.T):
                nmi, accuracy = k_means_score(features, labels, seed)
                rows.append({"layer": layer, "attribute": name, "ac": accuracy, "nmi": nmi})
        return {"rows": rows}


@dataclass(frozen=True)
class Attributes(Protocol):
    """Scores of each layer for each attribute, for several shares of labels: see `attributes`.

    Attributes
    ----------
    names : tuple of str
        The attributes; layer i gets the i-th one, and also in reverse order.
    layers : tuple of int
    max_samples : int or None
        Most samples of the data set that are used.
    shares : tuple of float in (0, 1]
        Shares of labelled training samples.
    maps : tuple of str
        Maps of Deep WSF, from `attribute_methods.MAPS`.
    quick_methods : tuple of str, optional
        Methods of a quick run, if not all.
    """

    names: tuple = ()
    layers: tuple = ()
    max_samples: int | None = attributes.MAX_SAMPLES
    shares: tuple = attributes.SHARES
    maps: tuple = tuple(attribute_methods.MAPS)
    quick_methods: tuple | None = None

    def methods(self):
        free = attribute_methods.unsupervised(self.layers)
        return list(free | attribute_methods.supervised(self.layers, self.names, self.maps))

    def items(self, data, seeds, quick=False):
        methods, layers = (quick and self.quick_methods) or self.methods(), list(self.layers)
        return [self._item(data, name, seed, layers=layers) for seed in seeds for name in methods]

    def measure(self, dataset, item, memory):
        data, target = attributes.sample(dataset, self.names, self.max_samples)
        place = tuple(item["parameters"]["layers"]), self.names, item["seed"], self.shares
        return {"rows": list(attributes.method_rows(item["method"], data, target, *place))}


@dataclass(frozen=True)
class RivalAttributes(Attributes):
    """Like `Attributes`, for methods that find several clusterings at once."""

    def methods(self):
        return list(attribute_methods.RIVALS)
