"""The experiment with several views: clusterings with all views, and with missing views."""

from dataclasses import dataclass

import numpy as np

from dsnmf.experiments import view_methods
from dsnmf.experiments.clustering import k_means_score
from dsnmf.experiments.kinds import Protocol


@dataclass(frozen=True)
class MissingViews(Protocol):
    """Scores of k-means against the classes from several views, with shares of them missing.

    Attributes
    ----------
    shares, quick_shares : tuple of float in [0, 1)
        Shares of the samples' views that are missing.
    """

    shares: tuple = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
    quick_shares: tuple = (0.0, 0.3)

    def methods(self):
        return list(view_methods.METHODS)

    def items(self, data, seeds, quick=False):
        return [
            self._item(data, method, seed, "views", missing=share)
            for share in (self.quick_shares if quick else self.shares)
            for method in (view_methods.WITH_GAPS if share else view_methods.METHODS)
            for seed in seeds
        ]

    def measure(self, dataset, item, memory):
        ends = np.cumsum([width for _, width in dataset.views])[:-1]
        views = view_methods.prepare(np.split(dataset.data, ends, axis=1))
        share, seed = item["parameters"]["missing"], item["seed"]
        if share:
            views = view_methods.without_some(views, share, seed)
        method, rows = view_methods.METHODS[item["method"]], []
        for kind, features in method(views, seed, memory.cache(view_methods.fill_views)).items():
            nmi, accuracy = k_means_score(features, dataset.target, seed)
            rows.append({"features": kind, "ac": accuracy, "nmi": nmi})
        return {"rows": rows}
