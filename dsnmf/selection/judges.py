"""The criteria by their names."""

from importlib import import_module

import numpy as np

from dsnmf.validation import as_size

#: Modules of the criteria, which need scikit-learn, and their classes.
CRITERIA = {
    "clusters": ("dsnmf.selection.clusters", "ClusterAgreement"),
    "components": ("dsnmf.selection.components", "ComponentAgreement"),
    "entries": ("dsnmf.selection.entries", "HiddenEntries"),
}


def criterion_of(criterion, n_clusters, repeats, seed):
    """The criterion with this name."""
    if criterion not in CRITERIA:
        raise ValueError(f"criterion must be one of {list(CRITERIA)}, got {criterion!r}")
    if repeats < 2:
        raise ValueError(f"repeats must be an integer >= 2, got {repeats}")
    module, name = CRITERIA[criterion]
    kind = getattr(import_module(module), name)
    if kind.needs_n_clusters:
        return kind(repeats, seed, _as_numbers(n_clusters))
    if n_clusters is not None:
        raise ValueError(f"n_clusters is for criterion='clusters', got it with {criterion!r}")
    return kind(repeats, seed)


def _as_numbers(n_clusters):
    if n_clusters is None:
        raise ValueError(
            "criterion='clusters' needs n_clusters, a number or several to choose from; without "
            "one there are criterion='entries' and 'components'"
        )
    several = n_clusters if np.iterable(n_clusters) else [n_clusters]
    numbers = tuple(dict.fromkeys(as_size(number, "n_clusters") for number in several))
    if not numbers or min(numbers) < 2:
        raise ValueError(f"n_clusters must be an integer >= 2, or several, got {n_clusters!r}")
    return numbers
