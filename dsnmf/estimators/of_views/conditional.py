"""Features of samples that lack a view: their expectation given the known views."""

import numpy as np

#: Samples worked on at once lack the same entries. Least noise, as a share of the features'
#: variance in the data: without any, nothing is left to weigh.
LEAST_NOISE = 1e-12


class ConditionalMap:
    """The projection Ψ†x of complete samples; for others, the mean of h given x's known entries.

    h is Gaussian with the learned mean and covariance; x = Ψ h plus Gaussian noise of the same
    variance in each entry. The mean is the h that minimises
    ‖x - Ψh‖² / noise + (h - mean)ᵀ covariance⁻¹ (h - mean) over the known entries. A projection on
    a few known entries would follow their noise.

    Parameters
    ----------
    projection : Projection
        The map of complete samples.
    Psi : ndarray, shape (p, k)
    H : ndarray, shape (k, n)
        Learned features.
    noise : float
        Mean square of an entry of x - Ψh.
    """

    def __init__(self, projection, Psi, H, noise):
        self._projection, self._Psi = projection, Psi.astype(np.float64)
        wide = np.asarray(H, np.float64)
        self._mean = wide.mean(axis=1)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(wide, bias=True)))
        self._root = vectors * np.sqrt(np.maximum(values, 0))
        size = float(np.square(self._Psi @ self._root).sum()) / len(self._Psi)
        self._noise = max(noise, LEAST_NOISE * size, float(np.finfo(np.float64).tiny))

    def map_full(self, X, norms=None):
        """See `Projection`."""
        return self._projection.map_full(X, norms)

    def map_gappy(self, X, norms=None):
        """See `Projection`."""
        known = ~np.isnan(X)
        patterns, which = np.unique(known, axis=1, return_inverse=True)
        which, k = which.ravel(), len(self._mean)
        H = np.empty((k, X.shape[1]), X.dtype)
        for number, pattern in enumerate(patterns.T):
            samples = np.flatnonzero(which == number)
            G = self._Psi[pattern] @ self._root
            rest = X[np.ix_(pattern, samples)] - (self._Psi[pattern] @ self._mean)[:, None]
            z = np.linalg.solve(G.T @ G + self._noise * np.eye(k), G.T @ rest)
            H[:, samples] = self._mean[:, None] + self._root @ z
        return H
