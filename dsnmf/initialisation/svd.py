"""Truncated SVD with a noise floor, and the SVD initialiser of Semi-NMF built on it."""

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

from dsnmf.validation import as_generator, as_matrix, as_number, as_size

#: Share of the largest σ² below which a component counts as noise: what
#: scipy.sparse.linalg.svds did to float32 data up to SciPy 1.8. The papers' results need it, in
#: every dtype; without it the first layer carries hundreds of noise components.
NOISE_FLOOR = 1e3 * float(np.finfo(np.float32).eps)

#: Eigenvalues of the Gram matrix closer than this (relative) count as equal.
EQUAL_WIDTH = 1e-6

#: Smaller side up to which a sparse matrix's Gram matrix is formed; beyond, Lanczos iteration.
LARGEST_SPARSE_GRAM = 1000


def _orthonormal(directions):
    """Orthonormal basis of the columns' span, unique for given directions."""
    Q, R = np.linalg.qr(directions)
    return Q * np.where(np.diag(R) < 0, -1.0, 1.0)


def _complement(basis, count, rng):
    """`count` seeded unit vectors orthogonal to the basis, and mutually as far as there is room."""
    dimension, rank = basis.shape
    directions = rng.standard_normal((dimension, count))
    room = min(count, dimension - rank)
    free = directions[:, :room]
    for _ in range(2):  # the second pass removes what rounding left of the first
        free = free - basis @ (basis.T @ free)
    directions[:, :room] = _orthonormal(free)
    return directions / np.linalg.norm(directions, axis=0)


def _determined_vectors(gram, k, noise_floor, rng):
    """At most k leading eigenvectors above the noise floor.

    Within a cluster of equal eigenvalues the basis is arbitrary, so it is drawn from the seed:
    a Gaussian block projected onto the cluster's subspace depends on neither threads nor dtype.
    """
    values, vectors = scipy.linalg.eigh(gram, driver="evd", overwrite_a=True, check_finite=False)
    values, vectors = values[::-1], vectors[:, ::-1]
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


def _by_gram(M, k, noise_floor, rng):
    """At most k leading triplets above the noise floor, from the smaller Gram matrix."""
    wide = M.shape[0] <= M.shape[1]
    small = M if wide else M.T  # rows are the smaller side
    gram = small @ small.T
    gram = gram.toarray() if scipy.sparse.issparse(gram) else gram
    vectors = _determined_vectors(gram, k, noise_floor, rng)
    projected = np.asarray(vectors.T @ small)
    S = np.linalg.norm(projected, axis=1)
    other = (projected / S[:, None]).T
    return (vectors, S, other) if wide else (other, S, vectors)


def truncated_svd(M, k, *, noise_floor=NOISE_FLOOR, random_state=None):
    """The k leading singular triplets, those below the noise floor replaced by zeros.

    Computed from the smaller Gram matrix in float64. Directions that the spectrum does
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

    Returns
    -------
    U : ndarray, shape (p, k)
    S : ndarray, shape (k,), descending, >= 0
    Vt : ndarray, shape (k, n)
        All of M's dtype; the largest entry (in magnitude) of each row of Vt is positive.

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
    noise_floor = as_number(noise_floor, "noise_floor", 0)
    if noise_floor >= 1:
        raise ValueError(f"noise_floor must be in [0, 1), got {noise_floor!r}")
    rng = as_generator(random_state)
    large = scipy.sparse.issparse(M) and min(M.shape) > LARGEST_SPARSE_GRAM
    U, S, V = (_by_lanczos if large else _by_gram)(
        M.astype(np.float64, copy=False), k, noise_floor, rng
    )
    missing = k - len(S)
    if missing:
        # The smaller side is drawn first, whichever it is.
        sides = sorted([U, V], key=len)
        sides = [np.hstack([side, _complement(side, missing, rng)]) for side in sides]
        U, V = sides if len(U) <= len(V) else sides[::-1]
        S = np.r_[S, np.zeros(missing)]
    Vt = V.T
    peaks = Vt[np.arange(k), np.abs(Vt).argmax(axis=1)]
    signs = np.where(peaks < 0, -1.0, 1.0)
    return (
        (U * signs).astype(M.dtype, copy=False),
        S.astype(M.dtype, copy=False),
        (Vt * signs[:, None]).astype(M.dtype, copy=False),
    )


def _rank_one(M, **svd_options):
    """V: the positive or negative part of the leading right vector that fits better; U = M V†."""
    _, _, leading = truncated_svd(M, 1, **svd_options)
    parts = [part for part in (np.maximum(leading, 0), np.maximum(-leading, 0)) if part.any()]
    fits = [(M @ V.T / (V @ V.T), V) for V in parts]
    return max(fits, key=lambda fit: np.linalg.norm(fit[0]) * np.linalg.norm(fit[1]))


def appr_seminmf(M, r, *, noise_floor=NOISE_FLOOR, random_state=None):
    """SVD initialiser of Semi-NMF, Gillis & Kumar 2014, as the original module has it.

    From the rank r-1 SVD A B of M, with each row of B turned so that its largest magnitude is
    positive: U = [A, -A 1], V = [B; 0] - min(0, column minima of B), so that U V = A B and
    V >= 0. The error is at most that of the best rank r-1 approximation (exactly that, without
    a noise floor). Components stand in ascending order of their singular values.

    Parameters
    ----------
    M : array_like or SciPy sparse matrix, shape (n_features, n_samples), float32 or float64
    r : int >= 1
        Number of components. r = 1 (which the original refuses) takes the positive or the
        negative part of the leading right singular vector, whichever fits M better.
    noise_floor, random_state
        See `truncated_svd`.

    Returns
    -------
    U : ndarray, shape (n_features, r)
    V : ndarray, shape (r, n_samples), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import appr_seminmf
    >>> M = np.outer([1.0, -2.0, 3.0], [1.0, 0.5, 2.0, 0.0])
    >>> U, V = appr_seminmf(M, 2)
    >>> bool(V.min() >= 0), bool(np.allclose(U @ V, M))
    (True, True)
    """
    M = as_matrix(M, "M", accept_sparse=True)
    r = as_size(r, "r")
    options = {"noise_floor": noise_floor, "random_state": random_state}
    if r == 1:
        return _rank_one(M, **options)
    A, S, B = truncated_svd(M, r - 1, **options)
    A, B = (A * S)[:, ::-1], B[::-1]
    turn = np.where(B.min(axis=1) < -B.max(axis=1), -1, 1).astype(M.dtype)
    A, B = A * turn, B * turn[:, None]
    U = np.hstack([A, -A.sum(axis=1, keepdims=True)])
    V = np.vstack([B, np.zeros((1, B.shape[1]), M.dtype)])
    return U, V - np.minimum(0, B.min(axis=0))


def init_weights(X, num_components, svd_init=True, *, noise_floor=NOISE_FLOOR, random_state=None):
    """Starting values of one layer.

    Parameters
    ----------
    X : array_like, shape (n_features, n_samples), float32 or float64
    num_components : int >= 1
    svd_init : bool
        True: `appr_seminmf`. False: 0.08 times uniform numbers in [0, 1), Z drawn before H.
    noise_floor, random_state
        See `truncated_svd`.

    Returns
    -------
    Z : ndarray, shape (n_features, num_components)
    H : ndarray, shape (num_components, n_samples), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import init_weights
    >>> Z, H = init_weights(np.eye(4, 6), 2, svd_init=False, random_state=0)
    >>> Z.shape, H.shape, bool(Z.max() < 0.08)
    ((4, 2), (2, 6), True)
    """
    if svd_init:
        return appr_seminmf(X, num_components, noise_floor=noise_floor, random_state=random_state)
    X = as_matrix(X, "X", accept_sparse=True)
    k = as_size(num_components, "num_components")
    rng = as_generator(random_state)
    Z = 0.08 * rng.random((X.shape[0], k))
    H = 0.08 * rng.random((k, X.shape[1]))
    return Z.astype(X.dtype), H.astype(X.dtype)
