"""What is known of the samples of a stream, and the components that are best for them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from dsnmf.data.samples import column_blocks
from dsnmf.solvers.components_step import run_components_step
from dsnmf.solvers.features import step_features, sweep_features
from dsnmf.updates.one_read import Sums

#: Of the multiplicative H rule for each batch. The features with the least error (non-negative
#: least squares) take several times as long, and have zeros that hold the components fast: on PIE
#: the error of new samples falls to 13 % with them, to 11 % with these.
STEPS = 20

#: Eigenvalues of ΨᵀΨ up to this share of the largest are left out where features start.
NEGLIGIBLE = 1e-10

#: Weight of the old components against the samples; components that no sample uses stay as they
#: are. It is large enough that single precision does not round it off.
HOLD = 1e-6

#: What a fit leaves beside the model, and a stream does not have.
OF_FITS = ("H_", "_raw_H", "history_", "n_iter_", "stopped_by_", "reconstruction_err_", "_record")


def features_of_batch(X, Zs, solver, mode):
    """H >= 0, shape (k_m, b), of samples X ≈ Z_1 … Z_m H; each depends on its sample alone."""
    Psi = reduce(np.matmul, Zs)
    A, B = np.asarray(Psi.T @ X), Psi.T @ Psi
    start = np.linalg.pinv(B, rcond=NEGLIGIBLE, hermitian=True) @ A
    if solver == "hals":
        return sweep_features(A, B, start, mode)
    return step_features(A, B, start, STEPS, mode)


def rank_of(Zs):
    """How many directions the components Z_1 … Z_m can come to have: the least rank of a Z."""
    return min(np.linalg.matrix_rank(Z, rtol=math.sqrt(NEGLIGIBLE)) for Z in Zs)


@dataclass(frozen=True)
class Stream:
    """All that is known of the samples so far, at the scale of the fit, in float64.

    Attributes
    ----------
    XH : ndarray, shape (p, k_m)
        Σ w x hᵀ over the samples x and their features h, as they were when the sample came.
    HH : ndarray, shape (k_m, k_m)
        Σ w h hᵀ.
    batch_size : int
        Samples in the first batch.
    n_samples, n_steps : int
        Samples and batches so far.
    total : ndarray, shape (k_m,), or 0.0
        Σ w h; 0 in streams that version 0.2.0 wrote.
    weight : float
        Σ w; 1 in those.
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
        """Of a model whose Zs are the best for the features H (k_m x n): X Hᵀ = Z_1 … Z_m H Hᵀ."""
        HH, total = np.zeros((len(H), len(H))), np.zeros(len(H))
        for samples in column_blocks(*H.shape):
            part = np.asarray(H[:, samples], np.float64)  # of a fit on a cluster it is Dask's
            HH, total = HH + part @ part.T, total + part.sum(axis=1)
        n = H.shape[1]
        return cls(reduce(np.matmul, Zs) @ HH, HH, batch_size, n, 0, total, float(n))

    @property
    def covariance(self):
        """Of the features so far, ndarray (k_m, k_m)."""
        mean = self.total / self.weight
        return self.HH / self.weight - np.multiply.outer(mean, mean)

    @property
    def is_silent(self):
        """Whether all samples so far were zero."""
        return not self.XH.any()

    def samples(self, Zs, n):
        """n samples (p x n) that stand for those so far: of their Gram matrix, as Zs have it."""
        values, vectors = np.linalg.eigh(self.HH)
        X = np.zeros((len(Zs[0]), n))
        X[:, : len(values)] = reduce(np.matmul, Zs) @ (vectors * np.sqrt(np.maximum(values, 0)))
        return X

    def of_components(self, H):
        """The stream of other components, by which H (>= 0) makes up the present ones."""
        total = H @ np.broadcast_to(self.total, len(self.HH))
        return replace(self, XH=self.XH @ H.T, HH=H @ self.HH @ H.T, total=total)

    def moved(self, X, H, forget_factor):
        """The stream after a batch X (p x b) with features H."""
        b = X.shape[1]
        kept = forget_factor ** (b / self.batch_size)
        XH, HH = kept * self.XH + np.asarray(X @ H.T), kept * self.HH + H @ H.T
        total, weight = kept * self.total + H.sum(axis=1), kept * self.weight + b
        counts = self.batch_size, self.n_samples + b, self.n_steps + 1
        return Stream(XH, HH, *counts, total, weight)

    def fitted(self, Zs, dtype, mode):
        """The Zs, kept in this dtype, that are best for the samples so far."""
        k = len(self.HH)
        hold = HOLD * np.trace(self.HH) or 1.0
        L = np.linalg.cholesky(self.HH + hold * np.eye(k))
        XQ = np.linalg.solve(L, (self.XH + hold * reduce(np.matmul, Zs)).T).T
        return run_components_step(Zs, Sums(XQ, np.eye(k), L), self.n_samples, dtype, mode=mode).Zs
