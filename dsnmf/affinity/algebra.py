"""Degrees, Laplacians and weighted sums of affinities."""

from functools import reduce
from operator import add

import numpy as np
import scipy.sparse

from dsnmf.affinity.labels import LabelAffinity
from dsnmf.validation import as_matrix, as_number


def _checked(affinity):
    """A LabelAffinity as it is, any sparse form as a CSR matrix, anything else as an array."""
    if isinstance(affinity, LabelAffinity):
        return affinity
    is_sparse = scipy.sparse.issparse(affinity)
    W = scipy.sparse.csr_matrix(affinity) if is_sparse else as_matrix(affinity, "affinity")
    if W.shape[0] != W.shape[1]:
        raise ValueError(f"affinity must be n x n, got shape {W.shape}")
    return W


def _as_matrix_form(affinity):
    return affinity.tosparse() if isinstance(affinity, LabelAffinity) else affinity


def degrees(affinity):
    """Row sums of an affinity (any form), ndarray of shape (n,): the diagonal of D."""
    W = _checked(affinity)
    return W.degrees if isinstance(W, LabelAffinity) else np.asarray(W.sum(axis=1)).ravel()


def laplacian(affinity):
    """L = D - W, D the diagonal matrix of W's row sums.

    Parameters
    ----------
    affinity : LabelAffinity, SciPy sparse matrix or ndarray, shape (n, n)

    Returns
    -------
    SciPy CSR matrix, or ndarray if the affinity is one
        Symmetric, positive semi-definite, with rows that sum to 0.

    Examples
    --------
    >>> from dsnmf.affinity import label_affinity, laplacian
    >>> laplacian(label_affinity([0, 0, 1])).toarray()
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    W = _as_matrix_form(_checked(affinity))
    if scipy.sparse.issparse(W):
        return (scipy.sparse.diags(degrees(W)) - W).tocsr()
    return np.diag(degrees(W)) - W


def combine(affinities, weights=None):
    """Σ_a weight_a W_a: one affinity for several attributes (multi-attribute WSF).

    Parameters
    ----------
    affinities : sequence of LabelAffinity, SciPy sparse matrices or ndarrays, all n x n
    weights : sequence of float >= 0, optional
        One per affinity; all 1 if not given.

    Returns
    -------
    LabelAffinity, SciPy CSR matrix or ndarray
        Factored if all are and end up with the same weight; dense if any is.

    Raises
    ------
    ValueError
        If there are no affinities, their sizes differ, or the weights do not fit them.

    Examples
    --------
    >>> from dsnmf.affinity import combine, label_affinity
    >>> combine([label_affinity([0, 0, 1]), label_affinity([0, 1, 1])], [0.1, 0.1]).toarray()
    array([[0. , 0.1, 0. ],
           [0.1, 0. , 0.1],
           [0. , 0.1, 0. ]])
    """
    affinities = [_checked(W) for W in affinities]
    weights = [1.0] * len(affinities) if weights is None else list(weights)
    if not affinities or len(weights) != len(affinities):
        raise ValueError(
            f"affinities must not be empty and have one weight each, got {len(affinities)} "
            f"affinities and {len(weights)} weights"
        )
    sizes = sorted({W.shape[0] for W in affinities})
    if len(sizes) > 1:
        raise ValueError(f"affinities must be of one size, got {sizes} samples")
    scaled = [as_number(w, "weights", 0) * W for w, W in zip(weights, affinities)]
    if all(isinstance(W, LabelAffinity) for W in scaled) and len({W.weight for W in scaled}) == 1:
        indicators = scipy.sparse.hstack([W.indicators for W in scaled], format="csr")
        return LabelAffinity(indicators, scaled[0].weight)
    total = reduce(add, map(_as_matrix_form, scaled))
    return scipy.sparse.csr_matrix(total) if scipy.sparse.issparse(total) else np.asarray(total)
