"""Least squares over the known entries of a matrix, in time proportional to their number.

The known entries are the stored entries of a CSR matrix, stored zeros included. A row x is
approximated by F w, with a row of F for each column.
"""

from itertools import pairwise

import numpy as np
import scipy.sparse
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.tensor.type import scalar
from scipy.optimize import nnls

#: Entries of an intermediate array that are computed at a time.
BLOCK = 1 << 20

#: Up to this many products per row, one sparse product gives the Gram matrices of all rows; with
#: more, a dense product for each row is faster.
LARGEST_SPARSE = 4000

#: Without a ridge, the squared distance from the current row is added with the weight
#: eps^`NEARNESS` · trace of the row's Gram matrix: it fixes what the known entries leave open.
NEARNESS = 0.75

#: Iterations of the non-negative least squares, per component: SciPy's default 3 is too few if
#: components are nearly dependent.
ITERATIONS = 30

#: Sweeps over the coordinates of a row with w >= 0.
SWEEPS = 3


def _row_blocks(X, k):
    """Slices of X's rows that limit the memory for Gram matrices and entries."""
    n = X.shape[0]
    entries = X.nnz / max(n, 1)
    height = max(1, int(BLOCK // (k * max(k, entries, 1))))
    return [slice(start, min(start + height, n)) for start in range(0, n, height)]


def _pairs(F):
    """Products of all pairs of F's columns, and the indices of the pairs."""
    first, second = np.tril_indices(F.shape[1])
    return F[:, first] * F[:, second], first, second


class GramMatrices:
    """For each row of X the Gram matrix F_iᵀF_i of the rows of F at its known entries.

    Parameters
    ----------
    X : CSR matrix, shape (n, p)
    F : ndarray, shape (p, k)
    """

    def __init__(self, X, F):
        self._X, self._F, k = X, F, F.shape[1]
        per_row = X.nnz / max(X.shape[0], 1) * k * (k + 1) / 2
        self._pairs = _pairs(F) if per_row <= LARGEST_SPARSE else None

    def compute(self, rows):
        """The Gram matrices of a slice of rows, shape (b, k, k)."""
        X, k = self._X[rows], self._F.shape[1]
        grams = np.empty((X.shape[0], k, k), self._F.dtype)
        if self._pairs is None:
            for gram, start, stop in zip(grams, X.indptr, X.indptr[1:]):
                known = self._F[X.indices[start:stop]]
                np.matmul(known.T, known, out=gram)
            return grams
        products, first, second = self._pairs
        ones = np.ones(X.nnz, self._F.dtype)
        sums = scipy.sparse.csr_matrix((ones, X.indices, X.indptr), shape=X.shape) @ products
        grams[:, first, second] = grams[:, second, first] = sums
        return grams


def known_per_row(X):
    """The number of known entries of each row, shape (n,)."""
    return np.diff(X.indptr)


def _systems(X, F, ridge, rows, grams):
    """F_iᵀF_i + ridge n_i and F_iᵀx_i for a slice of rows i with n_i known entries."""
    systems, k = grams.compute(rows), F.shape[1]
    counts = known_per_row(X)[rows].astype(F.dtype)
    systems[:, range(k), range(k)] += F.dtype.type(ridge) * counts[:, None]
    return systems, X[rows] @ F


def solve_rows(X, F, ridge, W):
    """For each row the w that minimises ‖x - F w‖² + ridge n ‖w‖² over its n known entries.

    Without a ridge several w may be minimal: it is the one nearest to the current w, up to
    rounding. So the sum never rises.

    Parameters
    ----------
    X : CSR matrix, shape (n, p)
    F : ndarray, shape (p, k)
    ridge : float >= 0
    W : ndarray, shape (n, k)
        The current rows.

    Returns
    -------
    ndarray, shape (n, k), of F's dtype
    """
    k, grams, result = F.shape[1], GramMatrices(X, F), np.empty_like(W)
    for rows in _row_blocks(X, k):
        systems, right = (part.astype(np.float64) for part in _systems(X, F, ridge, rows, grams))
        present = W[rows].astype(np.float64)
        traces = np.einsum("nii->n", systems)
        share = 0.0 if ridge else float(np.finfo(F.dtype).eps) ** NEARNESS
        near = np.where(traces > 0, share * traces, 1.0)
        # (S + near) (w - present) = right - S present
        residual = right - np.einsum("nij,nj->ni", systems, present)
        systems[:, range(k), range(k)] += near[:, None]
        result[rows] = present + np.linalg.solve(systems, residual[..., None])[..., 0]
    return result


def sweep_rows(X, F, ridge, W, sweeps=SWEEPS):
    """For each row a w >= 0 with a smaller ‖x - F w‖² + ridge n ‖w‖² over its n known entries.

    By coordinate descent: each coordinate in turn gets its best value >= 0.

    Parameters
    ----------
    X, F, ridge
        See `solve_rows`.
    W : ndarray, shape (n, k), >= 0
        The current rows.
    sweeps : int

    Returns
    -------
    ndarray, shape (n, k), >= 0, of F's dtype
    """
    k, grams, result = F.shape[1], GramMatrices(X, F), np.empty_like(W)
    for rows in _row_blocks(X, k):
        systems, right = _systems(X, F, ridge, rows, grams)
        # With rows last, each operation handles all rows.
        systems, right = np.ascontiguousarray(np.moveaxis(systems, 0, -1)), right.T.copy()
        H = np.ascontiguousarray(W[rows].T)
        for _ in range(sweeps):
            for c in range(k):
                curvature = systems[c, c]
                slope = right[c] - np.einsum("in,in->n", systems[c], H)
                step = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0)
                np.maximum(H[c] + step, 0, out=H[c])
        result[rows] = H.T
    return result


def best_nonnegative_rows(X, F, ridge):
    """For each row the w >= 0 with the least ‖x - F w‖² + ridge n ‖w‖² over its n known entries.

    Parameters
    ----------
    X, F, ridge
        See `solve_rows`.

    Returns
    -------
    ndarray, shape (n, k), of F's dtype
    """
    k, result = F.shape[1], np.empty((X.shape[0], F.shape[1]), F.dtype)
    for i, (start, stop) in enumerate(pairwise(X.indptr)):
        known, x = F[X.indices[start:stop]].astype(np.float64), X.data[start:stop]
        size = np.linalg.norm(x)
        if ridge:
            known = np.vstack([known, np.sqrt(ridge * len(x)) * np.eye(k)])
            x = np.r_[x, np.zeros(k)]
        # At unit norm, as SciPy's tolerance is absolute.
        result[i] = size * nnls(known, x / size, maxiter=ITERATIONS * k)[0] if size > 0 else 0
    return result


def balance(Z, H, of_Z, of_H):
    """Rescale the components between Z and H, so that the penalty is least.

    Parameters
    ----------
    Z : ndarray, shape (p, k)
    H : ndarray, shape (n, k)
    of_Z, of_H : ndarray, shapes (p,) and (n,)
        Weights of the rows' squared norms.

    Returns
    -------
    Z, H : ndarray
        With the same Z Hᵀ.
    shares : ndarray, shape (k,)
        The factors of Z's columns, and divisors of H's.
    """
    squares = [np.einsum("i,ik,ik->k", w, F, F) for w, F in ((of_Z, Z), (of_H, H))]
    alive = (squares[0] > 0) & (squares[1] > 0)
    shares = np.divide(squares[1], squares[0], out=np.ones(len(alive)), where=alive) ** 0.25
    shares = shares.astype(Z.dtype)
    return Z * shares, H / shares, shares


def squared_error_on_known(X, Z, H):
    """Σ (x_ij - z_i · h_j)² over the known entries of X, shape (p, n), in float64."""
    total = 0.0
    for rows in _row_blocks(X, H.shape[1]):
        part = X[rows]
        entries = part.tocoo()
        fitted = np.einsum("ek,ek->e", Z[rows][entries.row], H[entries.col])
        residual = part.data.astype(np.float64) - fitted
        total += float(residual @ residual)
    return total


class _SquaredError(Op):
    """X, Z, F ↦ Σ (X - Z F)² over the entries that the CSR matrix X stores; no gradient."""

    __props__ = ()

    def make_node(self, X, Z, F):
        return Apply(self, [X, Z, F], [scalar(dtype=Z.type.dtype)])

    def perform(self, node, inputs, outputs):
        X, Z, F = inputs
        outputs[0][0] = np.asarray(squared_error_on_known(X, Z, F.T), Z.dtype)


def known_squared_error(X, Z, F):
    """Σ (X - Z F)² over the stored entries of a CSR variable X; no gradient."""
    return _SquaredError()(X, Z, F)
