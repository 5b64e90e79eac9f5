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


def _kind(criterion):
    module, name = CRITERIA[criterion]
    return getattr(import_module(module), name)


def _listed(needs_n_clusters):
    names = [name for name in CRITERIA if _kind(name).needs_n_clusters == needs_n_clusters]
    return " or ".join(f"criterion={name!r}" for name in names)


def criterion_of(criterion, n_clusters, repeats, seed):
    """The criterion with this name."""
    if criterion not in CRITERIA:
        raise ValueError(f"criterion must be one of {list(CRITERIA)}, got {criterion!r}")
    if repeats < 2:
        raise ValueError(f"repeats must be an integer >= 2, got {repeats}")
    kind = _kind(criterion)
    if kind.needs_n_clusters:
        return kind(repeats, seed, _as_numbers(n_clusters, criterion))
    if n_clusters is not None:
        raise ValueError(f"n_clusters is for {_listed(True)}, got it with {criterion!r}")
    return kind(repeats, seed)


def _as_numbers(n_clusters, criterion):
    if n_clusters is None:
        raise ValueError(
            f"{criterion=} needs n_clusters, a number or several to choose from; without one take "
            f"{_listed(False)}"
        )
    several = n_clusters if np.iterable(n_clusters) else [n_clusters]
    numbers = tuple(dict.fromkeys(as_size(number, "n_clusters") for number in several))
    if not numbers or min(numbers) < 2:
        raise ValueError(f"n_clusters must be an integer >= 2, or several, got {n_clusters!r}")
    return numbers
