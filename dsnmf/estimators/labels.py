"""From labels, or what is given in their place, to affinities of samples.

X is features x samples.
"""

import numpy as np
from pytensor.graph.basic import Variable
from pytensor.graph.utils import MissingInputError

from dsnmf.affinity import knn_affinity, label_affinity
from dsnmf.affinity.algebra import as_affinity
from dsnmf.validation import as_number

#: The graphs that are built from labels and samples.
KINDS = ("binary", "heat", "knn")


def attribute_affinity(attribute, samples, affinity, n_neighbors, heat_width):
    """The affinity that one attribute's labels, or the samples' neighbourhood, give.

    Parameters
    ----------
    attribute : ndarray of int, shape (n,), or None
        Codes of classes, -1 for an unknown one. None or all -1: the graph of nearest neighbours
        takes the labels' place.
    samples : Samples
        What the supervised layer factorises.
    affinity : {"binary", "heat", "knn"} or n x n affinity
        A given one, in any form that `dsnmf.symbolic.laplacian.affinity_terms` takes, is the
        answer; of a PyTensor variable, its present value.
    n_neighbors : int
    heat_width : float

    Returns
    -------
    LabelAffinity, SciPy CSR matrix or ndarray

    Raises
    ------
    TypeError, ValueError
        If there is no such graph, or the given affinity is none of these samples.
    """
    n = samples.given.shape[1]
    if not isinstance(affinity, str):
        return as_affinity(_value(affinity), n)
    if affinity not in KINDS:
        raise ValueError(f"affinity must be one of {KINDS} or an n x n matrix, got {affinity!r}")
    if affinity == "knn" or attribute is None or (attribute < 0).all():
        return knn_affinity(samples.samples, n_neighbors=min(n_neighbors, n - 1))
    X = samples.dense if affinity == "heat" else None
    return label_affinity(attribute, X, kind=affinity, t=heat_width)


def _value(affinity):
    if not isinstance(affinity, Variable):
        return affinity
    try:
        return affinity.eval()
    except MissingInputError as error:
        raise ValueError(
            f"affinity must have a value, but the variable {affinity} has inputs without one"
        ) from error


def per_attribute(affinity, count):
    """`count` affinities, from one for all attributes (or layers) or a list with one each.

    A list of numbers' rows is one matrix, as an array of two dimensions is.

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
    """`count` floats >= 0, from one for all or a sequence with one each."""
    values = (np.full(count, value) if np.ndim(value) == 0 else np.asarray(value)).tolist()
    if len(values) != count:
        raise ValueError(f"{name} must be one number or {count}, got {len(values)}")
    return [as_number(weight, name, 0) for weight in values]
