"""Features of new samples under a fitted model with a graph: new samples are joined to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.estimators.projection import features_by_gaps, least_nonnegative
from dsnmf.extras import extra
from dsnmf.initialisation.least_squares import pseudo_inverse, without_rounding

if TYPE_CHECKING:
    from typing import Any

    from dsnmf.typing import Array


class NeighbourMap:
    """The h >= 0 with the least ½‖x - Ψh‖² + ½ (w / q) Σ_j ‖h - h_j‖², j a sample's q neighbours.

    This is the model's own cost for one more sample that is joined to q training samples, all else
    fixed. The neighbours are the training samples whose features are nearest to Ψ†x in a metric, so
    only the training samples' features are needed; neighbours in the data serve no better
    (measured, see the guide "choosing"). For a sample with gaps, the neighbours are those with the
    nearest reconstructions in the known entries. Each sample is mapped by itself.

    Parameters
    ----------
    Psi : ndarray, shape (p, k), float32 or float64
        At the scale of the fit.
    H : ndarray, shape (k, n)
        The features that the fit learned.
    weight : float >= 0
        w, the total weight of a sample's edges.
    n_neighbors : int >= 1
        q, at most the number of training samples.
    root : ndarray, shape (any, k), optional
        M of the distance ‖M (h - h')‖ between features h and h'; by default Ψ.
    """

    def __init__(
        self, Psi: Array, H: Array, weight: float, n_neighbors: int, root: Array | None = None
    ) -> None:
        self._Psi, self._H = Psi, np.asarray(H)
        self._weight, self._n_neighbors = weight, min(n_neighbors, self._H.shape[1])
        edge = np.sqrt(weight)
        wide = np.vstack([Psi.astype(np.float64), edge * np.eye(Psi.shape[1])])
        Q, self._R = without_rounding(wide, float(np.finfo(Psi.dtype).eps))
        self._inverse = pseudo_inverse(self._R)
        # Qᵀ (x, √w h̄) in two terms.
        self._of_sample, self._of_mean = Q[: len(Psi)].T.astype(Psi.dtype), Q[len(Psi) :].T * edge
        basis, coordinates = np.linalg.qr(Psi)
        if root is None:
            self._place = basis.T
        else:
            inverse = pseudo_inverse(Psi, float(np.finfo(Psi.dtype).eps))
            self._place, coordinates = (root @ inverse).astype(Psi.dtype), root
        NearestNeighbors = extra("sklearn.neighbors", "transform_method='neighbors'")
        search = NearestNeighbors.NearestNeighbors(n_neighbors=self._n_neighbors)
        self._search = search.fit((coordinates @ self._H.astype(Psi.dtype, copy=False)).T)

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
        places = np.asarray(self._place @ X).T
        neighbours = self._search.kneighbors(places, return_distance=False)
        means = self._H[:, neighbours].mean(axis=2, dtype=np.float64)
        target = np.asarray(self._of_sample @ X) + self._of_mean @ means
        H = self._inverse @ target
        bound = np.flatnonzero((H < 0).any(axis=0))
        H[:, bound] = least_nonnegative(self._R, target[:, bound])
        return H.astype(X.dtype)

    def map_gappy(self, X: Array, norms: Any = None) -> Array:
        """Features of samples with gaps, from the known entries only.

        Samples with the same known entries are mapped together; each such pattern costs a search
        structure over all training samples.

        Parameters
        ----------
        X : ndarray, shape (p, n)
            NaN marks unknown entries.
        norms : ignored

        Returns
        -------
        ndarray, shape (k, n), of Ψ's dtype
        """

        def map_of(rows):
            if rows.all():
                return self
            return NeighbourMap(self._Psi[rows], self._H, self._weight, self._n_neighbors)

        return features_by_gaps(X, self._Psi.shape[1], map_of)
