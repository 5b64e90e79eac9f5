"""Affinities in every form: validation, degrees, Laplacians and weighted sums."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.affinity.labels import LabelAffinity
from dsnmf.validation import as_matrix, as_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import Array, SparseMatrix


def as_affinity(affinity, n=None):
    """Validate an affinity: a LabelAffinity unchanged, sparse ones as CSR, others as an array.

    Parameters
    ----------
    affinity : LabelAffinity, SciPy sparse matrix or array, or array_like; shape (n, n)
    n : int, optional
        The required number of samples.

    Returns
    -------
    LabelAffinity, SciPy CSR matrix or ndarray, the latter two float32 or float64
        May share memory with the argument.

    Raises
    ------
    TypeError
        If it does not hold real numbers.
    ValueError
        If it is not n x n, not finite or not symmetric.
    """
    if isinstance(affinity, LabelAffinity):
        W = affinity
    else:
        W = as_matrix(affinity, "affinity", accept_sparse=True)
    if W.shape[0] != W.shape[1] or n not in (None, W.shape[0]):
        size = "n x n" if n is None else f"{n} x {n}"
        raise ValueError(f"affinity must be {size} (samples x samples), got shape {W.shape}")
    if isinstance(W, LabelAffinity):
        return W
    asymmetry = abs(W - W.T).max()
    if asymmetry > 1e-6 * abs(entries(W)).max(initial=0):
        raise ValueError(f"affinity must be symmetric, got a difference of {asymmetry:g}")
    return W


def entries(W):
    """The stored entries of a CSR matrix or ndarray."""
    return W.data if scipy.sparse.issparse(W) else W


def row_sums(W):
    """`degrees` for a result of `as_affinity`."""
    return W.degrees if isinstance(W, LabelAffinity) else np.asarray(W.sum(axis=1)).ravel()


def degrees(affinity: Affinity) -> Array:
    """Row sums of an affinity (any form), ndarray of shape (n,): the diagonal of D."""
    return row_sums(as_affinity(affinity))


def _as_matrix_form(W):
    """W as a CSR matrix, or as an ndarray if it is one or has a constant."""
    if not isinstance(W, LabelAffinity):
        return W
    return W.toarray() if W.constant else W.tosparse()


def laplacian(affinity: Affinity) -> SparseMatrix | Array:
    """L = D - W, D the diagonal matrix of W's row sums.

    Parameters
    ----------
    affinity : LabelAffinity, SciPy sparse matrix or ndarray, shape (n, n)

    Returns
    -------
    SciPy CSR matrix, or ndarray if the affinity is one or has a constant
        Symmetric, with rows that sum to 0; positive semi-definite if the affinity is >= 0.

    Examples
    --------
    >>> from dsnmf.affinity import label_affinity, laplacian
    >>> laplacian(label_affinity([0, 0, 1])).toarray()
    array([[ 1., -1.,  0.],
           [-1.,  1.,  0.],
           [ 0.,  0.,  0.]])
    """
    W = _as_matrix_form(as_affinity(affinity))
    if scipy.sparse.issparse(W):
        return (scipy.sparse.diags(row_sums(W)) - W).tocsr()
    return np.diag(row_sums(W)) - W


def _as_factored(W):
    """A LabelAffinity unchanged; a CSR matrix as a LabelAffinity without classes."""
    if isinstance(W, LabelAffinity):
        return W
    return LabelAffinity(scipy.sparse.csr_matrix((W.shape[0], 0)), np.empty(0), W)


def combine(
    affinities: Sequence[Affinity], weights: Sequence[float] | None = None, constant: float = 0.0
) -> LabelAffinity | SparseMatrix | Array:
    """Σ_a weight_a W_a + constant: one affinity for several attributes (multi-attribute WSF).

    Parameters
    ----------
    affinities : sequence of LabelAffinity, SciPy sparse matrices or ndarrays, all n x n
    weights : sequence of float >= 0, optional
        One per affinity; all 1 if not given.
    constant : float
        Added to every entry, also on the diagonal. The authors' multi-attribute WSF subtracts a
        "correlation", a negative constant; `dsnmf.updates.semi_nmf` describes the consequences.

    Returns
    -------
    LabelAffinity, SciPy CSR matrix or ndarray
        Dense if one of them is. Otherwise nothing of size n x n is formed: it is a CSR matrix if
        all are sparse and there is no constant, else a LabelAffinity.

    Raises
    ------
    ValueError
        If there are no affinities, their sizes differ, or the weights do not fit them.

    Examples
    --------
    >>> from dsnmf.affinity import combine, label_affinity
    >>> combine([label_affinity([0, 0, 1]), label_affinity([0, 1, 1])], [0.1, 0.2]).toarray()
    array([[0. , 0.1, 0. ],
           [0.1, 0. , 0.2],
           [0. , 0.2, 0. ]])
    >>> combine([label_affinity([0, 0, 1])], constant=-0.01).toarray()
    array([[-0.01,  0.99, -0.01],
           [ 0.99, -0.01, -0.01],
           [-0.01, -0.01, -0.01]])
    """
    affinities = [as_affinity(W) for W in affinities]
    weights = [1.0] * len(affinities) if weights is None else weights
    if not np.iterable(weights):
        raise TypeError(f"weights must be a sequence, one per affinity, got {weights!r}")
    weights = list(weights)
    if not affinities or len(weights) != len(affinities):
        raise ValueError(
            f"affinities must not be empty and have one weight each, got {len(affinities)} "
            f"affinities and {len(weights)} weights"
        )
    sizes = sorted({W.shape[0] for W in affinities})
    if len(sizes) > 1:
        raise ValueError(f"affinities must be of one size, got {sizes} samples")
    constant = as_number(constant, "constant", -np.inf)
    scaled = [as_number(w, "weights", 0) * W for w, W in zip(weights, affinities)]
    if len(scaled) == 1 and constant == 0:
        return scaled[0]
    if any(isinstance(W, np.ndarray) for W in scaled):
        return np.asarray(reduce(add, map(_as_matrix_form, scaled))) + constant
    if constant == 0 and all(map(scipy.sparse.issparse, scaled)):
        return reduce(add, scaled)
    parts = [_as_factored(W) for W in scaled]
    return LabelAffinity(
        scipy.sparse.hstack([part.indicators for part in parts], format="csr"),
        np.concatenate([part.weights for part in parts]),
        reduce(add, [part.graph for part in parts]),
        sum((part.constant for part in parts), constant),
    )
