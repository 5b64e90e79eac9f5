"""Truncated SVD with a noise floor; results depend on neither threads nor dtype."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg
import scipy.sparse.linalg
from scipy.sparse.linalg import LinearOperator

from dsnmf.initialisation.floor import NOISE_FLOOR, as_noise_floor
from dsnmf.initialisation.spectrum import beside, choose_vectors, complement, eigen_of, resolve
from dsnmf.magnitude import safe_unit
from dsnmf.symbolic.centred import CentredMatrix
from dsnmf.validation import as_generator, as_matrix, as_size

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from dsnmf.typing import Array, Matrix, Seed

#: Largest smaller side for which a Gram matrix is formed, of sparse and of dense matrices. Beyond
#: it, an iterative method is used if few triplets are needed.
LARGEST_SPARSE_GRAM = 1000
LARGEST_GRAM = 2500

#: The iterative method for dense matrices is used if this many times the number of triplets is at
#: most the smaller side.
FEW = 8
OVERSAMPLING = 16
SUBSPACE_ITERATIONS = 4
FIRST_RANK = 64

#: Entries of a matrix that are converted to float64 at a time.
_BLOCK = 1 << 20


def _by_lanczos(M, k, floor, rng):
    """At most k leading triplets of a large sparse matrix above the noise floor, seeded."""
    smaller = min(M.shape)
    if isinstance(M, CentredMatrix):
        M = LinearOperator(
            M.shape,
            matvec=M.__matmul__,
            rmatvec=M.T.__matmul__,
            matmat=M.__matmul__,
            rmatmat=M.T.__matmul__,
            dtype=M.dtype,
        )
    if k >= smaller:
        raise ValueError(f"k must be < {smaller} for a sparse M of shape {M.shape}, got {k}")
    U, S, Vt = scipy.sparse.linalg.svds(M, k, v0=rng.standard_normal(smaller))
    order = np.argsort(-S)
    rounding = smaller * np.finfo(float).eps * S.max() ** 2  # it works with X Xᵀ
    kept = order[: floor.count(S[order] ** 2, rounding)]
    return U[:, kept], S[kept], Vt[kept].T


def _blocks(M):
    """Yield slices of M's columns, and the columns in float64."""
    width = max(1, _BLOCK // len(M))
    for start in range(0, M.shape[1], width):
        columns = slice(start, start + width)
        yield columns, M[:, columns].astype(np.float64)


def _gram(small):
    """M Mᵀ in float64; columns of M are converted some at a time."""
    if isinstance(small, CentredMatrix):
        return small.gram()
    if scipy.sparse.issparse(small):
        return (small @ small.T).toarray()
    if small.dtype == np.float64:
        return small @ small.T
    gram = np.zeros((len(small),) * 2)
    for _, block in _blocks(small):
        gram += block @ block.T
    return gram


def project_onto(basis, M):
    """basisᵀ M in float64."""
    if not isinstance(M, np.ndarray) or M.dtype == np.float64:
        return np.asarray(basis.T @ M)
    result = np.empty((basis.shape[1], M.shape[1]))
    for columns, block in _blocks(M):
        result[:, columns] = basis.T @ block
    return result


def _gram_beside(small, basis):
    """The Gram matrix of M outside a basis of its smaller side, in blocks."""
    gram, width = np.zeros((small.shape[0],) * 2), max(1, _BLOCK // small.shape[0])
    for start in range(0, small.shape[1], width):
        columns = small[:, start : start + width]
        rows = columns.toarray().T if hasattr(columns, "toarray") else columns.T
        rest = beside(rows, basis)
        gram += rest.T @ rest
    return gram


def gram_eigen(M):
    """`eigen_of` of the Gram matrix of M's smaller side.

    None if M is not decomposed by it: too large, or with squares outside float64's range.
    """
    if min(M.shape) > LARGEST_GRAM or safe_unit(M) != 1:
        return None
    return eigen_of(_gram(_small(M)))


def _small(M):
    """M or its transpose, so that the rows are the smaller side."""
    return M if M.shape[0] <= M.shape[1] else M.T


def resolve_side(M, k, floor, eigen):
    """`resolve` for M's smaller side."""
    gram_beside, eps = partial(_gram_beside, _small(M)), float(np.finfo(M.dtype).eps)
    return resolve(eigen, k, floor, gram_beside, eps)


def _by_gram(M, k, floor, rng, eigen=None):
    """At most k leading triplets above the noise floor, from the smaller Gram matrix."""
    small = _small(M)
    found = resolve_side(M, k, floor, eigen or eigen_of(_gram(small)))
    vectors, _ = choose_vectors(*found, k, rng)
    projected = project_onto(vectors, small)
    S = np.linalg.norm(projected, axis=1)
    other = (projected / S[:, None]).T
    return (vectors, S, other) if small is M else (other, S, vectors)


def _by_range(M, k, floor, rng):
    """At most k leading triplets above the noise floor, by subspace iteration on a random block.

    Halko, Martinsson & Tropp 2011, algorithm 4.4, in M's dtype.
    """
    draw = rng.standard_normal((M.shape[1], k + OVERSAMPLING)).astype(M.dtype)
    Q = np.linalg.qr(M @ draw)[0]
    for _ in range(SUBSPACE_ITERATIONS):
        Q = np.linalg.qr(M @ np.linalg.qr(M.T @ Q)[0])[0]
    within = (M.T @ Q).T if isinstance(M, LinearOperator) else Q.T @ M
    left, S, Vt = scipy.linalg.svd(within.astype(np.float64), full_matrices=False)
    rounding = (len(S) * float(np.finfo(M.dtype).eps) * S[0]) ** 2
    kept = min(k, floor.count(S**2, rounding))
    return (Q @ left)[:, :kept], S[:kept], Vt[:kept].T


def leading_triplets(M, k, floor, rng, eigen=None):
    """The triplets that `truncated_svd` computes, before missing ones are drawn.

    Parameters
    ----------
    M : ndarray, SciPy sparse matrix, CentredMatrix or LinearOperator, shape (p, n)
        Squares of an operator's entries must stay in its dtype's range.
    k : int >= 1
    floor : NoiseFloor
    rng : numpy.random.Generator
    eigen : (ndarray, ndarray), optional
        `gram_eigen(M)`, if it is known.

    Returns
    -------
    U : ndarray, shape (p, r), float64
    S : ndarray, shape (r,), descending
    V : ndarray, shape (n, r)
        r <= k triplets, all above the noise floor.
    """
    if isinstance(M, LinearOperator):
        return _by_range(M, k, floor, rng)
    if eigen is not None:
        wide = M.astype(np.float64, copy=False) if scipy.sparse.issparse(M) else M
        return _by_gram(wide, k, floor, rng, eigen)
    unit = safe_unit(M)
    if unit != 1:
        U, S, V = leading_triplets(M / M.dtype.type(unit), k, floor, rng)
        return U, S * unit, V
    smaller = min(M.shape)
    if scipy.sparse.issparse(M) or isinstance(M, CentredMatrix):
        by = _by_lanczos if smaller > LARGEST_SPARSE_GRAM else _by_gram
        return by(M.astype(np.float64, copy=False), k, floor, rng)
    few = smaller > LARGEST_GRAM and FEW * (k + OVERSAMPLING) <= smaller
    return (_by_range if few else _by_gram)(M, k, floor, rng)


def all_triplets(M, floor, rng):
    """All triplets of a dense matrix above the noise floor, like `leading_triplets`.

    For large matrices it finds a few triplets first, then doubles the number while that is too few.
    """
    smaller = min(M.shape)
    k = smaller if smaller <= LARGEST_GRAM else FIRST_RANK
    while True:
        U, S, V = leading_triplets(M, k, floor, rng)
        if len(S) < k or k == smaller:
            return U, S, V
        k = 2 * k if FEW * 2 * k < smaller else smaller


def as_operand(M, name):
    """`as_matrix`, which may be sparse; a LinearOperator or CentredMatrix is returned unchanged."""
    return (
        M
        if isinstance(M, LinearOperator | CentredMatrix)
        else as_matrix(M, name, accept_sparse=True)
    )


def truncated_svd(
    M: Matrix,
    k: int,
    *,
    noise_floor: float = NOISE_FLOOR,
    random_state: Seed = None,
    dtype: DTypeLike | None = None,
) -> tuple[Array, Array, Array]:
    """The k leading singular triplets, those below the noise floor replaced by zeros.

    They come from the smaller Gram matrix in float64; small ones from the Gram matrix of the part
    outside the large ones' span. For dense matrices whose sides both exceed 2500, and k by far,
    they come from randomised subspace iteration. Directions that the spectrum does not determine (a
    cluster of equal singular values, or no direction left above the floor) are drawn from the seed,
    so the result depends on neither the number of threads nor the dtype.

    Parameters
    ----------
    M : array_like, SciPy sparse matrix or LinearOperator, shape (p, n), float32 or float64
        A sparse M is never made dense; if its smaller side exceeds 1000, its triplets come from a
        seeded Lanczos iteration. An operator of any size uses randomised subspace iteration.
    k : int >= 1
        Number of triplets; may exceed min(p, n), except in a Lanczos iteration.
    noise_floor : float in [0, 1)
        Triplets with σ² <= noise_floor · σ²_max get σ = 0 and seeded random unit vectors,
        orthogonal to all others while there is room. 0 turns it off down to rounding: σ up to eps
        of M's dtype, and up to 16 min(p, n) eps of float64, times σ_max.
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
    M, k = as_operand(M, "M"), as_size(k, "k")
    floor, rng = as_noise_floor(noise_floor), as_generator(random_state)
    return complete_triplets(M, k, floor, rng, M.dtype if dtype is None else dtype)


def complete_triplets(M, k, floor, rng, dtype, eigen=None):
    """`truncated_svd` for the arguments of `leading_triplets`."""
    U, S, V = leading_triplets(M, k, floor, rng, eigen)
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
    factors = U * signs, S, Vt * signs[:, None]
    U, S, Vt = (factor.astype(dtype, copy=False) for factor in factors)
    return U, S, Vt
