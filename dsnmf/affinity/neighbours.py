"""Affinities from nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.extras import extra
from dsnmf.validation import as_matrix, as_number, as_size

if TYPE_CHECKING:
    from typing import Literal

    from dsnmf.typing import Matrix, SparseMatrix


def _rows(X):
    """The samples as rows, float32 or float64: a CSR matrix if X is sparse, else an array."""
    rows = as_matrix(X, "X", accept_sparse=True).T
    return rows.tocsr() if scipy.sparse.issparse(rows) else rows


def _nearest(rows, n_neighbors):
    """Distances to the nearest other rows, and their indices: two n x n_neighbors arrays."""
    NearestNeighbors = extra("sklearn.neighbors", "knn_affinity").NearestNeighbors
    return NearestNeighbors(n_neighbors=n_neighbors).fit(rows).kneighbors()


def _cosines(rows, distances, neighbours):
    """Cosines >= 0 by the law of cosines, 0 where a sample is zero."""
    squares = rows.multiply(rows) if scipy.sparse.issparse(rows) else np.square(rows)
    norms = np.sqrt(np.asarray(squares.sum(axis=1), np.float64).reshape(-1, 1))
    others = norms[neighbours, 0]
    products = norms * others
    doubled = norms**2 + others**2 - np.square(distances, dtype=np.float64)
    return np.maximum(doubled / np.where(products > 0, 2 * products, np.inf), 0)


def knn_affinity(
    X: Matrix,
    n_neighbors: int = 5,
    kind: Literal["binary", "heat", "cosine"] = "binary",
    t: float = 1.0,
) -> SparseMatrix:
    """Affinity of nearest neighbours: i and j are joined if either is among the other's nearest.

    Neighbours are the nearest in Euclidean distance, whatever the weights, as in the authors'
    graphs; a sample is not its own neighbour.

    Parameters
    ----------
    X : array_like or SciPy sparse matrix, shape (p, n)
        Columns are samples.
    n_neighbors : int, 1 … n - 1
    kind : {"binary", "heat", "cosine"}
        Weight of an edge: 1, exp(-‖x_i - x_j‖² / 2t²), or the cosine of x_i and x_j (0 where
        that is negative).
    t : float > 0
        Width of the heat kernel.

    Returns
    -------
    SciPy CSR matrix, shape (n, n)
        Symmetric, of X's dtype, at most 2·n·n_neighbors entries; nothing of size n x n is formed.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If scikit-learn is missing.

    Examples
    --------
    >>> from dsnmf.affinity import knn_affinity
    >>> knn_affinity([[0.0, 1.0, 5.0]], n_neighbors=1).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    if kind not in ("binary", "heat", "cosine"):
        raise ValueError(f"kind must be 'binary', 'heat' or 'cosine', got {kind!r}")
    t = as_number(t, "t", 0, exclusive=True)
    rows = _rows(X)
    n = rows.shape[0]
    n_neighbors = as_size(n_neighbors, "n_neighbors")
    if n_neighbors >= n:
        raise ValueError(f"n_neighbors must be less than the {n} samples, got {n_neighbors}")
    distances, neighbours = _nearest(rows, n_neighbors)
    weights = {
        "binary": lambda: np.ones(distances.shape),
        "heat": lambda: np.exp(-np.square(distances) / (2 * t**2)),
        "cosine": lambda: _cosines(rows, distances, neighbours),
    }[kind]()
    starts = np.arange(0, neighbours.size + 1, n_neighbors)
    directed = scipy.sparse.csr_matrix((weights.ravel(), neighbours.ravel(), starts), shape=(n, n))
    return directed.maximum(directed.T).tocsr().astype(rows.dtype)
