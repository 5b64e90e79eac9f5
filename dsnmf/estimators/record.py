"""The record that a model keeps of its data."""

import inspect

import numpy as np
import scipy.sparse

from dsnmf.affinity.classes import as_classes
from dsnmf.symbolic.centred import CentredMatrix

#: Entries per block.
_BLOCK = 1 << 20

#: Number of classes whose names are recorded.
_CLASSES = 50


def _variation_of_sparse(X, scale, stored_alone):
    """Σ (x - mean)² at that scale; entries that are not stored are zeros, or unknown."""
    entries = X.tocoo()
    values = entries.data.astype(np.float64) / scale
    sums = np.bincount(entries.col, values, minlength=X.shape[1])
    if stored_alone:
        counts = np.maximum(np.bincount(entries.col, minlength=X.shape[1]), 1)
        return float(np.square(values - (sums / counts)[entries.col]).sum())
    return max(float(np.square(values).sum() - np.square(sums).sum() / X.shape[0]), 0.0)


def variation_of(X, scale=1.0, stored_alone=False):
    """Σ (x - mean)² over the known entries, each feature about its own mean.

    Parameters
    ----------
    X : ndarray or SciPy sparse matrix, shape (n_samples, n_features)
        NaN marks unknown entries.
    scale : float > 0
        X is divided by it first.
    stored_alone : bool
        True if entries that a sparse X does not store are unknown.

    Returns
    -------
    float

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.estimators.record import variation_of
    >>> variation_of(np.array([[1.0, 5], [3, np.nan]]))
    2.0
    """
    return _variation_and_known(X, scale, stored_alone)[0]


def _variation_and_known(X, scale, stored_alone):
    """`variation_of`, and the number of known entries."""
    if scipy.sparse.issparse(X):
        known = X.nnz if stored_alone else X.shape[0] * X.shape[1]
        return _variation_of_sparse(X, scale, stored_alone), known
    n, p = X.shape
    height = max(1, _BLOCK // p)
    sums, counts = np.zeros(p), np.zeros(p)
    for start in range(0, n, height):
        rows = X[start : start + height] / scale
        sums += np.nansum(rows, axis=0, dtype=np.float64)
        counts += (rows == rows).sum(axis=0)
    means, total = sums / np.maximum(counts, 1), 0.0
    for start in range(0, n, height):
        total += float(np.nansum(np.square(X[start : start + height] / scale - means)))
    return total, int(counts.sum())


def describe_labels(y):
    """For each attribute, its classes and the number of unknown labels."""
    return [
        {
            "classes": len(classes),
            "names": [str(name) for name in classes[:_CLASSES]],
            "unknown": int((codes < 0).sum()),
        }
        for codes, classes in as_classes(y, "y")
    ]


def record_of_memory(X, y, scale, stored_alone=False):
    """The record of data in memory.

    Parameters
    ----------
    X : ndarray, SciPy sparse matrix or CentredMatrix, shape (n_samples, n_features)
        The factorised data.
    y : array-like or None
        Labels that the fit has used.
    scale : float > 0
        The scale of the fit.
    stored_alone : bool
        See `variation_of`.

    Returns
    -------
    dict
        "n_samples", "n_features"; "unknown", the number of unknown entries; "variation", see
        `variation_of`, in units of the scale's square; "labels", one dict per attribute, or None.
    """
    if isinstance(X, CentredMatrix):
        X = X.entries  # the means do not change the record
    n, p = X.shape
    variation, known = _variation_and_known(X, scale, stored_alone)
    return {
        "n_samples": n,
        "n_features": p,
        "unknown": n * p - known,
        "variation": variation,
        "labels": None if y is None else describe_labels(y),
    }


def record_of_blocks(blocks, y):
    """The record of data in blocks, without their variation."""
    p, n = blocks.shape
    labels = None if y is None else describe_labels(y)
    return {"n_samples": n, "n_features": p, "unknown": 0, "variation": None, "labels": labels}


def changed_parameters(estimator):
    """Names of the parameters with other than default values, in the constructor's order."""
    expected = inspect.signature(type(estimator)).parameters
    return [
        name
        for name, value in estimator.get_params(deep=False).items()
        if name not in expected or repr(value) != repr(expected[name].default)
    ]
