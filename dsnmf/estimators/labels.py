"""From labels to affinities of samples. X is features x samples."""

import numpy as np
import scipy.sparse

from dsnmf.affinity import knn_affinity, label_affinity

#: Integer code of a sample whose label is not known.
UNKNOWN = -1


def _is_unknown(label):
    return label is None or label != label or str(label) == str(UNKNOWN)


def _encoded(column):
    """Integers from 0 for any labels; -1 where the label is -1, None or NaN."""
    unknown = np.array([_is_unknown(label) for label in column])
    codes = np.full(len(column), UNKNOWN)
    if not unknown.all():
        known = np.array([label for label, hidden in zip(column, unknown) if not hidden])
        codes[~unknown] = np.unique(known, return_inverse=True)[1]
    return codes


def as_attributes(y, n_samples):
    """Labels as integer columns, one per attribute; -1 is unknown.

    Parameters
    ----------
    y : array-like, shape (n_samples,) or (n_samples, n_attributes)
        Integers, strings or other labels that can be sorted; -1, None or NaN is unknown.
    n_samples : int

    Returns
    -------
    list of ndarray of int, shape (n_samples,)

    Raises
    ------
    ValueError
        If y has another shape or length.
    """
    labels = np.asarray(y, dtype=object)
    if labels.ndim not in (1, 2):
        raise ValueError(
            f"y must have shape (n_samples,) or (n_samples, n_attributes), got {labels.shape}"
        )
    if len(labels) != n_samples:
        raise ValueError(f"y must have one row per sample ({n_samples}), got {len(labels)}")
    columns = labels.reshape(n_samples, -1).T
    return [_encoded(column.tolist()) for column in columns]


def attribute_affinity(attribute, X, kind, n_neighbors, heat_width):
    """The affinity that one attribute's labels, or the samples' neighbourhood, give.

    Parameters
    ----------
    attribute : ndarray of int, shape (n,), or None
        None or all -1: the graph of nearest neighbours takes the labels' place.
    X : ndarray or SciPy sparse matrix, shape (k, n)
        What the supervised layer factorises.
    kind : {"binary", "heat", "knn"} or n x n matrix
        A matrix is returned as it is.
    n_neighbors : int
    heat_width : float

    Returns
    -------
    Affinity as `dsnmf.laplacian.affinity_terms` takes it
    """
    if not isinstance(kind, str):
        return kind
    if kind == "knn" or attribute is None or (attribute == UNKNOWN).all():
        return knn_affinity(X, n_neighbors=min(n_neighbors, X.shape[1] - 1))
    return label_affinity(attribute, _dense(X) if kind == "heat" else None, kind=kind, t=heat_width)


def _dense(X):
    if scipy.sparse.issparse(X):
        raise ValueError("affinity='heat' needs a dense X; for a sparse X use 'binary' or 'knn'")
    return X
