"""Features of new samples under a fitted linear model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pytensor.compile.sharedvalue import SharedVariable
from scipy.optimize import nnls

from dsnmf.data.known import known_entries
from dsnmf.initialisation.least_squares import pseudo_inverse, without_rounding
from dsnmf.symbolic.known_entries import best_nonnegative_rows, solve_rows
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dsnmf.typing import Array, Matrix

#: Iterations of the non-negative least squares, per component: SciPy's 3 are too few for nearly
#: dependent components.
NNLS_ITERATIONS = 30

#: Number of patterns of known entries whose maps are cached: a broken sensor is missing in many
#: calls.
KEPT_PATTERNS = 16


def _basis(Zs, layer):
    """Z_1 … Z_layer as one matrix."""
    if not 1 <= layer <= len(Zs):
        raise ValueError(f"layer must be in 1 … {len(Zs)}, got {layer!r}")
    values = [Z.get_value(borrow=True) if isinstance(Z, SharedVariable) else Z for Z in Zs]
    Psi = as_matrix(values[0], "Z_1")
    for i, Z in enumerate(values[1:layer], start=2):
        Z = as_matrix(Z, f"Z_{i}")
        if len(Z) != Psi.shape[1]:
            raise ValueError(f"Z_{i} must have {Psi.shape[1]} rows, got shape {Z.shape}")
        Psi = Psi @ Z
    return Psi


def least_nonnegative(Psi: Array, X: Array) -> Array:
    """Solve min ‖x - Ψh‖ over h >= 0 for each column x."""
    H = np.zeros((Psi.shape[1], X.shape[1]))
    for j, x in enumerate(X.T):
        size = np.linalg.norm(x)
        if size > 0:  # to unit norm, because SciPy's tolerance is absolute
            H[:, j] = size * nnls(Psi, x / size, maxiter=NNLS_ITERATIONS * len(H))[0]
    return H


def features_by_gaps(X: Array, n_features: int, map_of: Callable[[Array], Any]) -> Array:
    """Features of samples with gaps; samples with the same known entries are mapped together.

    Parameters
    ----------
    X : ndarray, shape (p, n)
        NaN marks unknown entries.
    n_features : int
    map_of : callable
        Takes the known entries, ndarray of bool, shape (p,), and returns the map for them.

    Returns
    -------
    ndarray, shape (n_features, n), of X's dtype
    """
    patterns, of_sample = np.unique(~np.isnan(X), axis=1, return_inverse=True)
    features = np.empty((n_features, X.shape[1]), X.dtype)
    for i, known in enumerate(patterns.T):
        samples = np.flatnonzero(of_sample.ravel() == i)
        features[:, samples] = map_of(known).map_full(X[np.ix_(known, samples)])
    return features


class Projection:
    """The map from samples to their features under X ≈ Ψ H, ready for many calls.

    A sample's features depend on this sample alone, and scale with it.

    Parameters
    ----------
    Psi : ndarray, shape (p, k), float32 or float64
    nonnegative : bool
        False: Ψ†x. True: the h >= 0 with the least ‖x - Ψh‖.
    ridge : float >= 0
        λ: the cost gets λ ‖h‖² for each known entry of x.
    """

    def __init__(self, Psi: Array, nonnegative: bool, ridge: float = 0.0) -> None:
        self._Psi, self._nonnegative, self._ridge = Psi, nonnegative, ridge
        self._parts: dict[Any, Projection] = {}
        eps, p = float(np.finfo(Psi.dtype).eps), len(Psi)
        if ridge:
            Psi = np.vstack([Psi, np.sqrt(ridge * p) * np.eye(Psi.shape[1])])
        if nonnegative:
            Q, self._R = without_rounding(Psi, eps)
            self._Q = Q[:p]
        else:
            self._inverse = pseudo_inverse(Psi, eps)[:, :p].astype(self._Psi.dtype)

    def map_full(self, X: Any, norms: Any = None) -> Array:
        """Features of samples without gaps.

        Parameters
        ----------
        X : ndarray or SciPy sparse matrix, shape (p, n)
            Of Ψ's dtype.
        norms : ignored

        Returns
        -------
        ndarray, shape (k, n), of Ψ's dtype
        """
        if not self._nonnegative:
            return np.asarray(self._inverse @ X)
        return least_nonnegative(self._R, self._Q.T @ X).astype(X.dtype)

    def map_gappy(self, X: Array, norms: Any = None) -> Array:
        """Features of samples with gaps, which fit the known entries best.

        Samples with the same known entries are mapped together.

        Parameters
        ----------
        X : ndarray, shape (p, n)
            NaN marks unknown entries.
        norms : ignored

        Returns
        -------
        ndarray, shape (k, n), of Ψ's dtype
        """
        if self._ridge:
            return self.map_known(known_entries(X))
        return features_by_gaps(
            X,
            self._Psi.shape[1],
            lambda rows: self._cached_map(np.packbits(rows).tobytes(), rows),
        )

    def map_known(self, X: Any, norms: Any = None) -> Array:
        """Like `map_gappy`, in time proportional to the number of known entries.

        Parameters
        ----------
        X : CSR matrix, shape (p, n)
            Entries that it does not store are unknown.
        norms : ignored

        Returns
        -------
        ndarray, shape (k, n), of Ψ's dtype
        """
        by_sample = X.T.tocsr()
        if self._nonnegative:
            return best_nonnegative_rows(by_sample, self._Psi, self._ridge).T
        start = np.zeros((by_sample.shape[0], self._Psi.shape[1]), self._Psi.dtype)
        return solve_rows(by_sample, self._Psi, self._ridge, start).T

    def _cached_map(self, key, rows):
        """The map of samples with these known entries; the last few maps are cached."""
        if key not in self._parts:
            if len(self._parts) >= KEPT_PATTERNS:
                self._parts.pop(next(iter(self._parts)), None)
            self._parts[key] = Projection(self._Psi[rows], self._nonnegative)
        return self._parts[key]


def project(
    X_new: Matrix, Zs: Sequence[Any], layer: int | None = None, *, nonnegative: bool = False
) -> Array:
    """H_new = (Z_1 … Z_j)† X_new, the features of layer j of new samples.

    Parameters
    ----------
    X_new : array_like or SciPy sparse matrix, shape (p, n)
        Features x samples, prepared like the training data.
    Zs : list of m arrays or shared variables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    layer : int, optional
        j, from 1 to m; by default m.
    nonnegative : bool
        False: the projection itself, as in the authors' code; it may have negative entries.
        True: for each sample the h >= 0 with the least ‖x - Z_1 … Z_jh‖. The H rule of Semi-NMF
        converges to it with fixed Zs.

    Returns
    -------
    ndarray, shape (k_j, n)
        Of the dtype of X_new and Zs.

    Raises
    ------
    TypeError
        If X_new or a Z does not hold real numbers.
    ValueError
        If layer is not in 1 … m, sizes do not fit, or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.estimators.projection import project
    >>> Zs = [np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])]
    >>> project([[1.0], [-2.0], [3.0]], Zs)
    array([[ 1.],
           [-1.]])
    >>> project([[1.0], [-2.0], [3.0]], Zs, nonnegative=True)
    array([[1.],
           [0.]])
    """
    Psi = _basis(Zs, len(Zs) if layer is None else layer)
    X = as_matrix(X_new, "X_new", accept_sparse=True)
    if X.shape[0] != len(Psi):
        raise ValueError(f"X_new must have {len(Psi)} rows (features), got shape {X.shape}")
    dtype = np.result_type(X.dtype, Psi.dtype)
    projection = Projection(Psi.astype(dtype, copy=False), nonnegative)
    return projection.map_full(X.astype(dtype, copy=False))
