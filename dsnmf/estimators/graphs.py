"""Affinities of samples, from labels or given in their place.

X is features x samples.
"""

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.graph.utils import MissingInputError

from dsnmf.affinity import LabelAffinity, knn_affinity, label_affinity
from dsnmf.affinity.algebra import as_affinity, row_sums
from dsnmf.training.modes import compile_function
from dsnmf.validation import as_number

#: The graphs that are built from labels and samples.
KINDS = ("binary", "heat", "knn", "approximate_knn")

#: The graphs of nearest neighbours, and their search.
SEARCHES = {"knn": "exact", "approximate_knn": "approximate"}

#: Weight of a graph of labels, or of a given one, by default.
OF_LABELS = 0.1

#: Default mean degree of a weighted graph of nearest neighbours, as a share of the n samples. The
#: start's H has rows of about unit norm. So ½‖X - ZH‖² of samples of unit norm is of the order of
#: n, and tr(HLHᵀ) of the order of the degree.
OF_NEIGHBOURS = 0.3


def attribute_affinity(attribute, affinity, samples, n_neighbors, heat_width, verbose=0):
    """The affinity from one attribute's labels, or from the samples' nearest neighbours.

    Parameters
    ----------
    attribute : ndarray of int, shape (n,), or None
        Codes of classes, -1 for an unknown one. None or all -1: the graph of nearest neighbours
        replaces the labels.
    affinity : {"binary", "heat", "knn", "approximate_knn"} or n x n affinity
        A given affinity, in any form that `dsnmf.symbolic.laplacian.affinity_terms` accepts, is
        returned; for a PyTensor variable, its present value.
    samples : Samples
        The matrix that the supervised layer factorises.
    n_neighbors : int
    heat_width : float
    verbose : int
        1 shows the progress of the search for neighbours.

    Returns
    -------
    LabelAffinity, SciPy CSR matrix or ndarray

    Raises
    ------
    TypeError, ValueError
        If there is no such graph, or the given affinity does not fit these samples.
    """
    n = samples.shape[1]
    if not isinstance(affinity, str):
        return as_affinity(_value(affinity), n)
    if is_of_neighbours(attribute, affinity):
        how = {"search": SEARCHES.get(affinity, "exact"), "verbose": verbose}
        return knn_affinity(samples.unshifted, min(n_neighbors, n - 1), **how)
    X = samples.dense if affinity == "heat" else None
    return label_affinity(attribute, X, kind=affinity, t=heat_width)


def class_affinity(attribute, affinity, n):
    """The affinity of `attribute_affinity` if it needs the classes only, else None.

    Parameters
    ----------
    attribute, affinity
        See `attribute_affinity`.
    n : int
        Number of samples.

    Returns
    -------
    LabelAffinity without graph and constant, or None

    Raises
    ------
    TypeError, ValueError
        See `attribute_affinity`.
    """
    if not isinstance(affinity, str):
        W = as_affinity(_value(affinity), n)
        is_of_classes = isinstance(W, LabelAffinity) and not W.graph.nnz and not W.constant
        return W if is_of_classes else None
    _check_kind(affinity)
    if affinity != "binary" or _is_unlabelled(attribute):
        return None
    return label_affinity(attribute)


def beyond_classes(attribute, affinity, n):
    """The reason why `class_affinity` is None, for an error; None if it is not."""
    if class_affinity(attribute, affinity, n) is not None:
        return None
    if not isinstance(affinity, str):
        graph = "an n x n affinity"
    elif affinity == "binary":
        graph = "nearest neighbours instead of labels"
    else:
        graph = f"affinity={affinity!r}"
    return f"with {graph}, as the neighbours of a sample are not in its block"


def is_of_neighbours(attribute, affinity):
    """True if `attribute_affinity` is the graph of nearest neighbours."""
    if not isinstance(affinity, str):
        return False
    _check_kind(affinity)
    return affinity in SEARCHES or _is_unlabelled(attribute)


def default_weight(attribute, affinity, W):
    """The default weight of the affinity W that `attribute_affinity` or `class_affinity` built."""
    if not is_of_neighbours(attribute, affinity):
        return OF_LABELS
    return OF_NEIGHBOURS * W.shape[0] / float(row_sums(W).mean())


def _check_kind(affinity):
    if affinity not in KINDS:
        raise ValueError(f"affinity must be one of {KINDS} or an n x n matrix, got {affinity!r}")


def _is_unlabelled(attribute):
    return attribute is None or (attribute < 0).all()


def _value(affinity):
    if not isinstance(affinity, Variable):
        return affinity
    try:
        return compile_function([], affinity)()
    except MissingInputError as error:
        raise ValueError(
            f"affinity must have a value, but the variable {affinity} has inputs without one"
        ) from error


def per_attribute(affinity, count):
    """A list of `count` affinities, from one for all attributes (or layers) or one for each.

    A list of rows of numbers is one matrix, like a two-dimensional array.

    Raises
    ------
    ValueError
        If a list has another number of entries.
    """
    if isinstance(affinity, list | tuple):
        is_single = all(np.ndim(entry) == 1 for entry in affinity)
    else:
        is_single = np.ndim(affinity) in (0, 2)  # a name, a LabelAffinity; a matrix
    if is_single:
        return [affinity] * count
    if len(affinity) != count:
        raise ValueError(
            f"affinity must hold one entry per attribute ({count}), got {len(affinity)}"
        )
    return list(affinity)


def weights(value, name, count):
    """A list of `count` floats >= 0, from one for all or one for each; None for "auto"."""
    if isinstance(value, str):
        return [None] * count
    values = (np.full(count, value) if np.ndim(value) == 0 else np.asarray(value)).tolist()
    if len(values) != count:
        raise ValueError(f"{name} must be one number or {count}, got {len(values)}")
    return [as_number(weight, name, 0) for weight in values]
