"""Truncated SVD with a noise floor, the same for every dtype and number of threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

from dsnmf.validation import as_generator, as_matrix, as_number, as_size

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from dsnmf.typing import Array, Matrix, Seed

#: Share of the largest σ² below which a component counts as noise: what
#: scipy.sparse.linalg.svds did to float32 data up to SciPy 1.8. The papers' results need it, in
#: every dtype; without it the first layer carries hundreds of noise components.
NOISE_FLOOR = 1e3 * float(np.finfo(np.float32).eps)

#: Eigenvalues of the Gram matrix closer than this (relative) count as equal.
EQUAL_WIDTH = 1e-6

#: Smaller side up to which a Gram matrix is formed, for sparse and for dense matrices; beyond, an
#: iterative method where it finds few enough triplets.
LARGEST_SPARSE_GRAM = 1000
LARGEST_GRAM = 2500

#: The iterative method for dense matrices pays where this many times the triplets fit into the
#: smaller side.
FEW = 8
OVERSAMPLING = 16
SUBSPACE_ITERATIONS = 4
FIRST_RANK = 64

#: Entries of a matrix that are taken to float64 at once.
_BLOCK = 1 << 20


def as_noise_floor(value):
    """A float in [0, 1); TypeError or ValueError otherwise."""
    value = as_number(value, "noise_floor", 0)
    if value >= 1:
        raise ValueError(f"noise_floor must be in [0, 1), got {value!r}")
    return value


def _orthonormal(directions):
    """Orthonormal basis of the columns' span, unique for given directions."""
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


def determined_vectors(eigen, k, noise_floor, rng):
    """At most k leading eigenvectors above the noise floor, of those that `eigen_of` gives.

    Within a cluster of equal eigenvalues the basis is arbitrary, so it is drawn from the seed:
    a Gaussian block projected onto the cluster's subspace depends on neither threads nor dtype.
    """
    values, vectors = eigen[0][::-1], eigen[1][:, ::-1]
    rounding = len(values) * np.finfo(float).eps
    kept = int((values > max(noise_floor, rounding) * max(values[0], 0)).sum())
    values, vectors = values[:kept], vectors[:, :kept]
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
    return chosen


def _by_lanczos(M, k, noise_floor, rng):
    """At most k leading triplets of a large sparse matrix above the noise floor, seeded."""
    smaller = min(M.shape)
    if k >= smaller:
        raise ValueError(f"k must be < {smaller} for a sparse M of shape {M.shape}, got {k}")
    U, S, Vt = scipy.sparse.linalg.svds(M, k, v0=rng.standard_normal(smaller))
    order = np.argsort(-S)
    rounding = smaller * np.finfo(float).eps
    kept = order[S[order] ** 2 > max(noise_floor, rounding) * S.max() ** 2]
    return U[:, kept], S[kept], Vt[kept].T


def _blocks(M):
    """Slices of M's columns with the columns themselves, in float64."""
    width = max(1, _BLOCK // len(M))
    for start in range(0, M.shape[1], width):
        columns = slice(start, start + width)
        yield columns, M[:, columns].astype(np.float64)


def _gram(small):
    """M Mᵀ in float64, with no copy of M in another dtype."""
    if scipy.sparse.issparse(small):
        return (small @ small.T).toarray()
    if small.dtype == np.float64:
        return small @ small.T
    gram = np.zeros((len(small),) * 2)
    for _, block in _blocks(small):
        gram += block @ block.T
    return gram


def _projected(basis, M):
    """basisᵀ M in float64."""
    if scipy.sparse.issparse(M) or M.dtype == np.float64:
        return np.asarray(basis.T @ M)
    result = np.empty((basis.shape[1], M.shape[1]))
    for columns, block in _blocks(M):
        result[:, columns] = basis.T @ block
    return result


def _by_gram(M, k, noise_floor, rng):
    """At most k leading triplets above the noise floor, from the smaller Gram matrix."""
    wide = M.shape[0] <= M.shape[1]
    small = M if wide else M.T  # rows are the smaller side
    vectors = determined_vectors(eigen_of(_gram(small)), k, noise_floor, rng)
    projected = _projected(vectors, small)
    S = np.linalg.norm(projected, axis=1)
    other = (projected / S[:, None]).T
    return (vectors, S, other) if wide else (other, S, vectors)


def _by_range(M, k, noise_floor, rng):
    """At most k leading triplets above the noise floor, by subspace iteration on a random block.

    Halko, Martinsson & Tropp 2011, algorithm 4.4, in M's dtype.
    """
    draw = rng.standard_normal((M.shape[1], k + OVERSAMPLING)).astype(M.dtype)
    Q = np.linalg.qr(M @ draw)[0]
    for _ in range(SUBSPACE_ITERATIONS):
        Q = np.linalg.qr(M @ np.linalg.qr(M.T @ Q)[0])[0]
    left, S, Vt = scipy.linalg.svd((Q.T @ M).astype(np.float64), full_matrices=False)
    kept = np.flatnonzero(S[:k] ** 2 > max(noise_floor, len(S) * np.finfo(M.dtype).eps) * S[0] ** 2)
    return (Q @ left)[:, kept], S[kept], Vt[kept].T


def leading_triplets(M, k, noise_floor, rng):
    """The triplets that `truncated_svd` computes, before missing ones are drawn.

    Parameters
    ----------
    M : ndarray or SciPy sparse matrix, shape (p, n)
    k : int >= 1
    noise_floor : float in [0, 1)
    rng : numpy.random.Generator

    Returns
    -------
    U : ndarray, shape (p, r), float64
    S : ndarray, shape (r,), descending
    V : ndarray, shape (n, r)
        r <= k triplets, all above the noise floor.
    """
    smaller = min(M.shape)
    if scipy.sparse.issparse(M):
        by = _by_lanczos if smaller > LARGEST_SPARSE_GRAM else _by_gram
        return by(M.astype(np.float64, copy=False), k, noise_floor, rng)
    few = smaller > LARGEST_GRAM and FEW * (k + OVERSAMPLING) <= smaller
    return (_by_range if few else _by_gram)(M, k, noise_floor, rng)


def all_triplets(M, noise_floor, rng):
    """All triplets of a dense matrix above the noise floor, like `leading_triplets`.

    Of large matrices few are looked for first, and twice as many each time they do not do.
    """
    smaller = min(M.shape)
    k = smaller if smaller <= LARGEST_GRAM else FIRST_RANK
    while True:
        U, S, V = leading_triplets(M, k, noise_floor, rng)
        if len(S) < k or k == smaller:
            return U, S, V
        k = 2 * k if FEW * 2 * k < smaller else smaller


def truncated_svd(
    M: Matrix,
    k: int,
    *,
    noise_floor: float = NOISE_FLOOR,
    random_state: Seed = None,
    dtype: DTypeLike | None = None,
) -> tuple[Array, Array, Array]:
    """The k leading singular triplets, those below the noise floor replaced by zeros.

    Computed from the smaller Gram matrix in float64, or, of a dense matrix whose sides both exceed
    2500 by far more than k, by randomised subspace iteration. Directions that the spectrum does
    not determine (a cluster of equal singular values, or no direction left above the floor) are
    drawn from the seed, so the result depends on neither the number of threads nor the dtype.

    Parameters
    ----------
    M : array_like or SciPy sparse matrix, shape (p, n), float32 or float64
        A sparse M is never densified; from a smaller side of 1000 on, its triplets come from a
        seeded Lanczos iteration.
    k : int >= 1
        Number of triplets; may exceed min(p, n), except in a Lanczos iteration.
    noise_floor : float in [0, 1)
        Triplets with σ² <= noise_floor · σ²_max get σ = 0 and seeded random unit vectors,
        orthogonal to all others while there is room. 0 turns it off down to rounding
        (σ² <= min(p, n) · eps · σ²_max, what a Gram matrix can resolve).
    random_state : None, int or numpy.random.Generator
        None is a fixed seed.
    dtype : dtype, optional
        Of the result; M's by default.

    Returns
    -------
    U : ndarray, shape (p, k)
    S : ndarray, shape (k,), descending, >= 0
    Vt : ndarray, shape (k, n)
        The largest entry (in magnitude) of each row of Vt is positive.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import truncated_svd
    >>> U, S, Vt = truncated_svd(np.diag([3.0, 2.0, 0.001]), 3)
    >>> S
    array([3., 2., 0.])
    """
    M = as_matrix(M, "M", accept_sparse=True)
    k = as_size(k, "k")
    noise_floor = as_noise_floor(noise_floor)
    rng = as_generator(random_state)
    U, S, V = leading_triplets(M, k, noise_floor, rng)
    missing = k - len(S)
    if missing:
        # The smaller side is drawn first, whichever it is.
        sides = sorted([U, V], key=len)
        sides = [np.hstack([side, complement(side, missing, rng)]) for side in sides]
        U, V = sides if len(U) <= len(V) else sides[::-1]
        S = np.r_[S, np.zeros(missing)]
    Vt = V.T
    peaks = Vt[np.arange(k), np.abs(Vt).argmax(axis=1)]
    signs = np.where(peaks < 0, -1.0, 1.0)
    dtype = M.dtype if dtype is None else dtype
    factors = U * signs, S, Vt * signs[:, None]
    U, S, Vt = (factor.astype(dtype, copy=False) for factor in factors)
    return U, S, Vt
