"""Products of a tall matrix with narrow ones, some rows at a time."""

import numpy as np

#: OpenBLAS multiplies matrices without copies of them first where a product has at most so many
#: multiplications: twice as fast at ten columns, and no slower with libraries that do not.
MULTIPLICATIONS = 10**6

#: Of fewer rows at a time nothing is gained.
LEAST_ROWS = 16


def _steps(X, k):
    """Slices of rows, or None where X is sparse or too wide for it."""
    n, p = X.shape
    rows = MULTIPLICATIONS // max(1, p * k)
    if not isinstance(X, np.ndarray) or rows < LEAST_ROWS:
        return None
    return [slice(start, start + rows) for start in range(0, n, rows)]


def rows_times(X, M, out):
    """X M, shape (n, k), into out; X an array or sparse, (n, p)."""
    steps = _steps(X, M.shape[1])
    if steps is None:
        out[:] = X @ M
        return
    for rows in steps:
        np.dot(X[rows], M, out=out[rows])


def rows_against(X, Q):
    """Xᵀ Q, shape (p, k), float64; X an array or sparse, (n, p)."""
    steps = _steps(X, Q.shape[1])
    if steps is None:
        return np.asarray(X.T @ Q, np.float64)
    total = np.zeros((X.shape[1], Q.shape[1]))
    term = np.empty(total.shape, Q.dtype)
    for rows in steps:
        total += np.dot(X[rows].T, Q[rows], out=term)
    return total
