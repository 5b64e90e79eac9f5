"""Sums over the samples of a stream, and the components that fit these samples best."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from dsnmf.data.samples import column_blocks
from dsnmf.solvers.components_step import run_components_step
from dsnmf.solvers.features import step_features, sweep_features
from dsnmf.updates.one_read import Sums

#: Iterations of the multiplicative H rule for each batch. The features with the least error
#: (non-negative least squares) take several times as long, and their zeros slow the components: on
#: PIE the error of new samples falls to 13 % with them, to 11 % with these.
STEPS = 20

#: Eigenvalues of ΨᵀΨ up to this share of the largest are left out of the features' start.
NEGLIGIBLE = 1e-10

#: Weight of the old components against the samples; components that no sample uses stay as they
#: are. It is large enough that single precision does not round it off.
HOLD = 1e-6

#: Attributes that a fit has and a stream does not.
OF_FITS = ("H_", "_raw_H", "history_", "n_iter_", "stopped_by_", "reconstruction_err_", "_record")


def features_of_batch(X, Zs, solver, mode):
    """H >= 0, shape (k_m, b), of samples X ≈ Z_1 … Z_m H; each column depends on its own sample."""
    Psi = reduce(np.matmul, Zs)
    A, B = np.asarray(Psi.T @ X), Psi.T @ Psi
    start = np.linalg.pinv(B, rcond=NEGLIGIBLE, hermitian=True) @ A
    if solver == "hals":
        return sweep_features(A, B, start, mode)
    return step_features(A, B, start, STEPS, mode)


def rank_of(Zs):
    """Largest number of directions that the components Z_1 … Z_m can get: the least rank of a Z."""
    return min(np.linalg.matrix_rank(Z, rtol=math.sqrt(NEGLIGIBLE)) for Z in Zs)


@dataclass(frozen=True)
class Stream:
    """Sums over the samples so far, at the scale of the fit, in float64.

    Attributes
    ----------
    XH : ndarray, shape (p, k_m)
        Σ w x hᵀ over the samples x and their features h, from the time when the sample arrived.
    HH : ndarray, shape (k_m, k_m)
        Σ w h hᵀ.
    batch_size : int
        Number of samples in the first batch.
    n_samples, n_steps : int
        Numbers of samples and batches so far.
    total : ndarray, shape (k_m,), or 0.0
        Σ w h; 0 in streams that version 0.2.0 wrote.
    weight : float
        Σ w; 1 in streams that version 0.2.0 wrote.
    """

    XH: np.ndarray
    HH: np.ndarray
    batch_size: int
    n_samples: int
    n_steps: int
    total: np.ndarray | float = 0.0
    weight: float = 1.0

    @classmethod
    def after_fit(cls, Zs, H, batch_size):
        """The stream of a fitted model with features H (k_m x n), where X Hᵀ = Z_1 … Z_m H Hᵀ."""
        HH, total = np.zeros((len(H), len(H))), np.zeros(len(H))
        for samples in column_blocks(*H.shape):
            part = np.asarray(H[:, samples], np.float64)  # after a fit on a cluster, a Dask array
            HH, total = HH + part @ part.T, total + part.sum(axis=1)
        n = H.shape[1]
        return cls(reduce(np.matmul, Zs) @ HH, HH, batch_size, n, 0, total, float(n))

    @property
    def covariance(self):
        """Covariance of the features so far, ndarray (k_m, k_m)."""
        mean = self.total / self.weight
        return self.HH / self.weight - np.multiply.outer(mean, mean)

    @property
    def is_silent(self):
        """True if all samples so far were zero."""
        return not self.XH.any()

    def make_samples(self, Zs, n):
        """n samples (p x n) that stand for those so far: the Zs give them the same Gram matrix."""
        values, vectors = np.linalg.eigh(self.HH)
        X = np.zeros((len(Zs[0]), n))
        X[:, : len(values)] = reduce(np.matmul, Zs) @ (vectors * np.sqrt(np.maximum(values, 0)))
        return X

    def change_components(self, H):
        """The stream for other components, of which the present ones are combinations by H >= 0."""
        total = H @ np.broadcast_to(self.total, len(self.HH))
        return replace(self, XH=self.XH @ H.T, HH=H @ self.HH @ H.T, total=total)

    def add_batch(self, X, H, forget_factor):
        """The stream with one more batch X (p x b) of features H."""
        b = X.shape[1]
        kept = forget_factor ** (b / self.batch_size)
        XH, HH = kept * self.XH + np.asarray(X @ H.T), kept * self.HH + H @ H.T
        total, weight = kept * self.total + H.sum(axis=1), kept * self.weight + b
        counts = self.batch_size, self.n_samples + b, self.n_steps + 1
        return Stream(XH, HH, *counts, total, weight)

    def solve_components(self, Zs, dtype, mode):
        """Solve for the Zs that fit the samples so far best, in this dtype."""
        k = len(self.HH)
        hold = HOLD * np.trace(self.HH) or 1.0
        L = np.linalg.cholesky(self.HH + hold * np.eye(k))
        XQ = np.linalg.solve(L, (self.XH + hold * reduce(np.matmul, Zs)).T).T
        return run_components_step(Zs, Sums(XQ, np.eye(k), L), self.n_samples, dtype, mode=mode).Zs
