"""Affinities from nearest neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from scipy.spatial.distance import cdist

from dsnmf.extras import extra, tqdm_bar
from dsnmf.magnitude import largest_magnitude, power_of_two
from dsnmf.validation import as_matrix, as_number, as_size

if TYPE_CHECKING:
    from typing import Literal

    from dsnmf.typing import Matrix, SparseMatrix


#: Share of the largest squared norm. Neighbours with smaller squared distances may be ranked by the
#: rounding of |x|² - 2xy + |y|², so they are searched by differences.
DOUBTFUL = 1e-9

#: Distance, in widths of the heat kernel, at which its weights are 0 in float64.
FAR = 100.0

#: Differences that are computed at a time.
BLOCK = 1 << 22

#: Samples whose neighbours are searched at a time: a step of the progress bar.
STEP = 1 << 13

#: Neighbours of each sample, with itself, that the approximate search keeps: with fewer it misses
#: far more of the nearest.
KEPT = 32


def _rows(X):
    """The samples as rows, a CSR matrix if X is sparse."""
    rows = as_matrix(X, "X", accept_sparse=True).T
    return rows.tocsr() if scipy.sparse.issparse(rows) else rows


def _centred(rows):
    """Rows minus their median: distances stay the same, and their squares round less.

    Sparse rows are unchanged, as they would become dense.
    """
    if scipy.sparse.issparse(rows):
        return rows
    return rows - np.median(rows, axis=0)


def _of_others(distances, neighbours, own):
    """Drop the sample itself from one neighbour more than needed, or else the last one."""
    others = neighbours != own[:, None]
    others[others.all(axis=1), -1] = False  # equal samples may come before the sample itself
    shape = len(own), neighbours.shape[1] - 1
    return distances[others].reshape(shape), neighbours[others].reshape(shape)


def _exact(rows, n_neighbors, verbose):
    """Distances to the nearest other rows, and their indices: two n x n_neighbors arrays."""
    NearestNeighbors = extra("sklearn.neighbors", "knn_affinity").NearestNeighbors
    search, n = NearestNeighbors(n_neighbors=n_neighbors + 1).fit(rows), rows.shape[0]
    found = []
    with tqdm_bar(verbose, total=n, desc="neighbours", unit="sample") as bar:
        for own in np.split(np.arange(n), range(STEP, n, STEP)):
            found.append(_of_others(*search.kneighbors(rows[own[0] : own[-1] + 1]), own))
            bar.update(len(own))
    distances, neighbours = (np.concatenate(parts) for parts in zip(*found))
    if scipy.sparse.issparse(rows):
        return distances, neighbours
    largest = np.einsum("ij,ij->i", rows, rows).max()
    doubtful = np.flatnonzero(np.square(distances[:, -1]) <= DOUBTFUL * largest)
    return _by_differences(rows, doubtful, distances, neighbours)


def _approximate(rows, n_neighbors, verbose):
    """Nearly the result of `_exact`, for many rows in far less time."""
    NNDescent = extra("pynndescent", "search='approximate'", "neighbors").NNDescent
    kept = min(max(KEPT, n_neighbors + 1), rows.shape[0])
    index = NNDescent(rows, n_neighbors=kept, random_state=0, verbose=verbose)
    neighbours, distances = (found[:, : n_neighbors + 1] for found in index.neighbor_graph)
    distances, neighbours = _of_others(distances, neighbours, np.arange(len(neighbours)))
    missed = np.flatnonzero((neighbours < 0).any(axis=1))
    dense = rows.toarray() if len(missed) and scipy.sparse.issparse(rows) else rows
    return _by_differences(dense, missed, distances, neighbours)


def _by_differences(rows, doubtful, distances, neighbours):
    """Replace the neighbours of doubtful rows by those found from the differences to all rows."""
    n_neighbors = neighbours.shape[1]
    step = max(1, BLOCK // rows.shape[0])
    for start in range(0, len(doubtful), step):
        samples = doubtful[start : start + step]
        exact = cdist(rows[samples], rows)
        exact[np.arange(len(samples)), samples] = np.inf
        order = np.argsort(exact, axis=1, kind="stable")[:, :n_neighbors]
        neighbours[samples] = order
        distances[samples] = np.take_along_axis(exact, order, axis=1)
    return distances, neighbours


#: Ways to look for neighbours.
SEARCHES = {"exact": _exact, "approximate": _approximate}


def _cosines(rows, neighbours):
    """Cosines with the neighbours; 0 instead of negative ones, and for zero samples."""
    sizes = np.asarray(abs(rows).max(axis=1).todense()) if scipy.sparse.issparse(rows) else None
    sizes = np.abs(rows).max(axis=1) if sizes is None else sizes.ravel()
    rows = scipy.sparse.diags(1 / np.where(sizes > 0, sizes, 1)) @ rows
    norms = np.sqrt(_row_products(rows, rows))
    units = scipy.sparse.diags(1 / np.where(norms > 0, norms, 1)) @ rows
    return np.maximum(np.stack([_row_products(units, units[j]) for j in neighbours.T], axis=1), 0)


def _row_products(A, B):
    """The inner product of each row of A with the same row of B."""
    if scipy.sparse.issparse(A):
        return np.asarray(A.multiply(B).sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", A, B)


def knn_affinity(
    X: Matrix,
    n_neighbors: int = 5,
    kind: Literal["binary", "heat", "cosine"] = "binary",
    t: float = 1.0,
    *,
    search: Literal["exact", "approximate"] = "exact",
    verbose: bool | int = 0,
) -> SparseMatrix:
    """Affinity of nearest neighbours: i and j are joined if either is among the other's nearest.

    Neighbours are the nearest in Euclidean distance for all kinds of weights, as in the authors'
    graphs. A sample is not its own neighbour.

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
    search : {"exact", "approximate"}
        "exact" compares each sample with all others, or uses a tree (scikit-learn). "approximate"
        finds nearly all neighbours, and takes far less time for hundreds of thousands of samples
        (NN-descent, Dong, Moses & Li 2011, by pynndescent).
    verbose : bool or int
        1 shows the progress (needs tqdm).

    Returns
    -------
    SciPy CSR matrix, shape (n, n)
        Symmetric, of X's dtype, at most 2·n·n_neighbors entries; nothing of size n x n is formed.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError
        If scikit-learn, pynndescent or tqdm is needed and missing.

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
    if search not in SEARCHES:
        raise ValueError(f"search must be one of {list(SEARCHES)}, got {search!r}")
    t = as_number(t, "t", 0, exclusive=True)
    rows = _rows(X)
    unit = power_of_two(largest_magnitude(rows))
    rows = rows / unit  # squares of what is very large or small leave the dtype
    n = rows.shape[0]
    n_neighbors = as_size(n_neighbors, "n_neighbors")
    if n_neighbors >= n:
        raise ValueError(f"n_neighbors must be less than the {n} samples, got {n_neighbors}")
    distances, neighbours = SEARCHES[search](_centred(rows), n_neighbors, bool(verbose))
    weights = {
        "binary": lambda: np.ones(distances.shape),
        "heat": lambda: np.exp(-np.square(np.minimum(distances * (unit / t), FAR)) / 2),
        "cosine": lambda: _cosines(rows, neighbours),
    }[kind]()
    starts = np.arange(0, neighbours.size + 1, n_neighbors)
    directed = scipy.sparse.csr_matrix((weights.ravel(), neighbours.ravel(), starts), shape=(n, n))
    return directed.maximum(directed.T).tocsr().astype(rows.dtype)
