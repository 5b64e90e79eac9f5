"""Singular vectors from Gram matrices, which depend on neither threads nor dtype."""

import numpy as np
import scipy.linalg

#: Eigenvalues of the Gram matrix closer than this (relative) count as equal.
EQUAL_WIDTH = 1e-6

#: Share of the largest eigenvalue above which eigenvectors of a Gram matrix are clear of rounding.
#: Smaller ones come from the Gram matrix of the data outside the larger ones' span.
RESOLVED = 1e-8

#: Singular values of zero come out of float64 products as up to this times size · eps · σ_max.
ROUNDINGS = 16


def _orthonormal(directions):
    """The orthonormal basis of the columns by QR with a positive diagonal, which is unique."""
    Q, R = np.linalg.qr(directions)
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def complement(basis, count, rng):
    """`count` seeded unit vectors orthogonal to the basis, and mutually as far as there is room."""
    dimension, rank = basis.shape
    directions = rng.standard_normal((dimension, count))
    room = min(count, dimension - rank)
    free = directions[:, :room]
    for _ in range(2):  # the second pass removes what rounding left of the first
        free = free - basis @ (basis.T @ free)
    directions[:, :room] = _orthonormal(free)
    return directions / np.linalg.norm(directions, axis=0)


def eigen_of(gram):
    """Eigenvalues, ascending, and eigenvectors of a Gram matrix, which is overwritten."""
    return scipy.linalg.eigh(gram, driver="evd", overwrite_a=True, check_finite=False)


def least_error(values, rank):
    """The squared error of the best approximation of this rank, from ascending eigenvalues."""
    return float(np.maximum(values[: max(len(values) - rank, 0)], 0).sum())


def _resolve(eigen, k, floor, eps, gram_beside):
    """Eigenvalues, descending, and eigenvectors, as many as k and the floor require."""
    found, basis = np.empty(0), np.empty((len(eigen[0]), 0))
    share = ROUNDINGS * len(basis) * float(np.finfo(float).eps)
    noise = max(share, eps) * np.sqrt(max(eigen[0][-1], 0))
    while True:
        values, vectors = eigen[0][::-1], eigen[1][:, ::-1]
        clear = int((values > max(RESOLVED * values[0], noise**2)).sum())
        found, basis = np.r_[found, values[:clear]], np.hstack([basis, vectors[:, :clear]])
        rest_is_noise = floor.share >= RESOLVED and len(found) >= floor.least
        if clear == 0 or len(found) >= min(k, len(basis)) or rest_is_noise:
            return found, basis
        # The error of the last vectors may leave this much of them outside the basis.
        noise = max(noise, share * values[0] / np.sqrt(found[-1]))
        eigen = eigen_of(gram_beside(basis))


def beside(rows, basis):
    """The part of the rows outside a basis (orthonormal columns); float64."""
    rows = rows.astype(np.float64, copy=False)
    for _ in range(2):  # the second pass removes what rounding left of the first
        rows = rows - (rows @ basis) @ basis.T
    return rows


def determined_vectors(eigen, k, floor, rng, gram_beside, eps):
    """At most k leading eigenvectors above the noise floor, and the square roots of eigenvalues.

    Within a cluster of equal eigenvalues the basis is arbitrary, so it is drawn from the seed:
    a Gaussian block projected onto the cluster's subspace depends on neither threads nor dtype.

    Parameters
    ----------
    eigen : (ndarray, ndarray)
        `eigen_of` of the Gram matrix X Xᵀ.
    k : int >= 1
    floor : NoiseFloor
    rng : numpy.random.Generator
    gram_beside : callable
        From a basis to the Gram matrix of X outside of it.
    eps : float
        Relative rounding of X's dtype: σ up to this share of the largest are rounding.
    """
    found = resolve(eigen, k, floor, gram_beside, eps)
    return choose_vectors(*found, k, rng)


def resolve(eigen, k, floor, gram_beside, eps):
    """Eigenvalues above the noise floor, descending, at least k if there are, and eigenvectors.

    Parameters
    ----------
    eigen, k, floor, gram_beside, eps
        See `determined_vectors`.
    """
    values, vectors = _resolve(eigen, k, floor, eps, gram_beside)
    kept = floor.count(values)
    return values[:kept], vectors[:, :kept]


def choose_vectors(values, vectors, k, rng):
    """The result of `determined_vectors` from that of `resolve`."""
    kept = len(values)
    starts = np.flatnonzero(np.r_[True, values[:-1] - values[1:] > EQUAL_WIDTH * values[:-1]])
    k = min(k, kept)
    chosen = np.empty((len(vectors), k))
    for start, stop in zip(starts, np.r_[starts[1:], kept]):
        if start >= k:
            break
        basis = vectors[:, start:stop]
        if stop - start > 1:
            draw = rng.standard_normal((len(basis), min(stop, k) - start))
            basis = _orthonormal(basis @ (basis.T @ draw))
        chosen[:, start:stop] = basis
    return chosen, np.sqrt(values @ (vectors.T @ chosen) ** 2)
