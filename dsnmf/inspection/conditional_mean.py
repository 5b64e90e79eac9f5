"""Unknown entries from the known ones, where features vary as those that a fit learned."""

import numpy as np

from dsnmf.estimators.projection import features_by_gaps, least_nonnegative

#: Noises that are tried, as multiples of the mean square that the fit leaves of a known entry.
NOISES = 10.0 ** np.arange(-4, 4.1, 0.5)

#: Least noise, as a share of the mean square of an entry: less is rounding.
LEAST_NOISE = 1e-12

#: What the noise is taken for where features are to be as the learned ones, as a multiple of the
#: mean square that the fit leaves: so their variances are near those of the learned ones.
DESCRIBED = 0.3

#: Least variance of the learned features along a direction, as a share of the largest.
_LEAST_VARIANCE = 1e-12

#: Numbers in an array that is worked on at once.
_BLOCK = 1 << 22

#: Diagonal of a Gram matrix that is added to it, as a share: learned features may be dependent.
_ROUNDING = 1e-10


def _blocks(count, size):
    step = max(1, _BLOCK // size)
    return (slice(start, start + step) for start in range(0, count, step))


def noise_of_fit(model, size=0.0):
    """Mean square of what the fit leaves of a known entry, which has this mean square itself."""
    n, p = model.H_[-1].shape[1], len(model.Z_[0])
    count = n * p - (getattr(model, "_record", {}).get("unknown") or 0)
    noise = float(model.reconstruction_err_) ** 2 / max(count, 1)
    return max(noise, LEAST_NOISE * size, float(np.finfo(np.float64).tiny))


class ConditionalMean:
    """The mean of x given its known entries, for x = Ψ h with noise, h and noise Gaussian.

    Mean and covariance of h are those of the learned features. The features found minimise
    ‖x - Ψh‖² / noise + (h - mean)ᵀ covariance⁻¹ (h - mean) over the known entries. Little noise
    makes a projection of it, much noise the mean of all samples. It is the same for (Ψ T⁻¹, T H).

    Parameters
    ----------
    Psi : ndarray, shape (p, k)
    H : ndarray, shape (k, n)
        Learned features.
    """

    def __init__(self, Psi, H):
        wide = np.asarray(H, np.float64)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(wide, bias=True)))
        self._directions = Psi @ (vectors * np.sqrt(np.maximum(values, 0)))
        self.mean = Psi @ wide.mean(axis=1)

    def _normal_equations(self, rows):
        known, B = ~np.isnan(rows), self._directions
        right = np.where(known, rows - self.mean, 0) @ B
        return np.matmul(B.T * known[:, None, :], B), right

    def of(self, X, noise):
        """Samples (n x p, NaN where unknown) as the model has them, all entries."""
        p, k = self._directions.shape
        found = np.empty(X.shape)
        for block in _blocks(len(X), p * k):
            gram, right = self._normal_equations(X[block])
            z = np.linalg.solve(gram + noise * np.eye(k), right[..., None])[..., 0]
            found[block] = self.mean + z @ self._directions.T
        return found

    def errors(self, X, hidden, true, noises):
        """For each noise the sum of squared errors at the hidden entries of X, which are NaN."""
        p, k = self._directions.shape
        sums = np.zeros(len(noises))
        for block in _blocks(len(X), p * k):
            gram, right = self._normal_equations(X[block])
            values, vectors = np.linalg.eigh(gram)
            turned = np.einsum("nij,ni->nj", vectors, right)
            at = hidden[block]
            for i, noise in enumerate(noises):
                z = np.einsum("nij,nj->ni", vectors, turned / (np.maximum(values, 0) + noise))
                missed = (self.mean + z @ self._directions.T - true[block])[at]
                sums[i] += np.square(missed).sum()
        return sums


def components_without(X, H):
    """Ψ by least squares of X (n x p, NaN where unknown) on the learned features (k x n).

    Entries that are hidden in X have no part in it, as they have in the components of the fit.
    """
    H = np.asarray(H, np.float64)
    k, n = H.shape
    Psi = np.empty((X.shape[1], k))
    for block in _blocks(X.shape[1], n * k):
        columns = X[:, block].T
        known = ~np.isnan(columns)
        gram = np.matmul(H * known[:, None, :], H.T)
        ridge = _ROUNDING * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(k)
        right = np.where(known, columns, 0) @ H.T
        Psi[block] = np.linalg.solve(gram + ridge, right[..., None])[..., 0]
    return Psi


class NearLearned:
    """Features h >= 0 of samples that compare with the learned ones.

    They minimise ‖x - Ψh‖² + noise (h - mean)ᵀ covariance⁻¹ (h - mean) over the known entries, with
    mean and covariance of the learned features, and a share of what the fit leaves as the noise.
    Without the second term they may differ by large amounts that hardly change Ψh.

    Parameters
    ----------
    Psi : ndarray, shape (p, k)
    H : ndarray, shape (k, n)
        Learned features.
    noise : float
        See `noise_of_fit`.
    """

    def __init__(self, Psi, H, noise):
        wide = np.asarray(H, np.float64)
        values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(wide, bias=True)))
        least = max(_LEAST_VARIANCE * float(values[-1]), float(np.finfo(np.float64).tiny))
        weights = np.sqrt(DESCRIBED * noise / np.maximum(values, least))
        self._Psi, self._penalty = Psi, weights[:, None] * vectors.T
        self._target = self._penalty @ wide.mean(axis=1)

    def of(self, rows):
        """Features (k x n) of rows (n x p), NaN where unknown."""
        return features_by_gaps(rows.T, self._Psi.shape[1], self._of_known)

    def _of_known(self, known):
        Q, R = np.linalg.qr(np.vstack([self._Psi[known], self._penalty]))
        m = np.count_nonzero(known)
        return _Rotated(Q[:m], R, Q[m:].T @ self._target)


class _Rotated:
    """The nonnegative features of samples with the same known entries."""

    def __init__(self, Q, R, target):
        self._Q, self._R, self._target = Q, R, target

    def map_full(self, X):
        return least_nonnegative(self._R, self._Q.T @ X + self._target[:, None])
