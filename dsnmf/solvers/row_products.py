"""Products of a tall matrix with narrow ones, some rows at a time."""

import numpy as np

#: Up to this many multiplications OpenBLAS multiplies without copying the matrices first: twice as
#: fast with ten columns. Other libraries are no slower with such steps.
MULTIPLICATIONS = 10**6

#: With fewer rows at a time nothing is gained.
LEAST_ROWS = 16


def _steps(X, k):
    """Slices of rows, or None if X is sparse or too wide."""
    n, p = X.shape
    rows = MULTIPLICATIONS // max(1, p * k)
    if not isinstance(X, np.ndarray) or rows < LEAST_ROWS:
        return None
    return [slice(start, start + rows) for start in range(0, n, rows)]


def rows_times(X, M, out):
    """Write X M, shape (n, k), to out; X is an array or sparse, (n, p)."""
    steps = _steps(X, M.shape[1])
    if steps is None:
        out[:] = X @ M
        return
    for rows in steps:
        np.dot(X[rows], M, out=out[rows])


def rows_against(X, Q):
    """Xᵀ Q, shape (p, k), float64; X is an array or sparse, (n, p)."""
    steps = _steps(X, Q.shape[1])
    if steps is None:
        return np.asarray(X.T @ Q, np.float64)
    total = np.zeros((X.shape[1], Q.shape[1]))
    term = np.empty(total.shape, Q.dtype)
    for rows in steps:
        total += np.dot(X[rows].T, Q[rows], out=term)
    return total
