"""The leading left singular vectors of data in blocks."""

from functools import partial
from itertools import count

import numpy as np
import scipy.sparse

from dsnmf.initialisation.spectrum import beside, determined_vectors, eigen_of
from dsnmf.initialisation.triplets import FIRST_RANK, OVERSAMPLING
from dsnmf.training.passes import gram_terms

#: Reads of the data that find a given number of directions.
READS = 5

#: Without a Gram matrix, all directions above a noise floor are found up to this number.
MOST_DIRECTIONS = 1024


def _terms_beside(rows, basis, within):
    if within is not None:
        rows = rows @ within  # in float64, as these are
    elif scipy.sparse.issparse(rows):
        rows = rows.toarray()
    return gram_terms(beside(rows, basis))


def _gram_beside(basis, blocks, within=None):
    """The Gram matrix of the part of X, or withinᵀX, outside a basis; reads the data once."""
    (gram,) = blocks.run_pass(partial(_terms_beside, basis=basis, within=within))
    return gram


def _gram_times_terms(rows, Q):
    wide = rows.astype(np.float64, copy=False)
    return [], [wide.T @ (wide @ Q)]


def _gram_times(blocks, Q):
    """X Xᵀ Q; reads the data once."""
    (product,) = blocks.run_pass(partial(_gram_times_terms, Q=Q))
    return product


def _next_basis(basis, directions):
    """An orthonormal basis of what the directions add to a basis, as far as there is room."""
    Q = directions[:, : len(basis) - basis.shape[1]]
    for _ in range(2):  # the second pass removes what rounding left of the first
        Q = np.linalg.qr(Q - basis @ (basis.T @ Q))[0]
    return Q


def _by_range(blocks, k, floor, rng):
    """U and S of at most k directions, or of all (k is None), from the range of X Xᵀ.

    Halko, Martinsson & Tropp 2011, with a random block on the features' side, which does not depend
    on the samples. The basis has the products of all reads (Musco & Musco 2015), and is far more
    exact than the last product alone. All directions count as found if they fill at most half of
    the basis.
    """
    p = blocks.shape[0]
    width = min(k or FIRST_RANK, *blocks.shape) + OVERSAMPLING
    eps = float(np.finfo(blocks.dtype).eps)
    basis, gram, directions = np.empty((p, 0)), np.empty((0, 0)), rng.standard_normal((p, width))
    for read in count(1):
        Q = _next_basis(basis, directions)
        basis, directions = np.hstack([basis, Q]), _gram_times(blocks, Q)
        border = basis.T @ directions
        gram = np.vstack([np.hstack([gram, border[: len(gram)]]), border.T])
        values, _ = eigen = eigen_of(gram.copy())
        found = floor.count(values[::-1], width * float(np.finfo(float).eps) * values[-1])
        if len(gram) == p or (read >= READS and (k is not None or 2 * found <= len(gram))):
            gram_beside = partial(_gram_beside, blocks=blocks, within=basis)
            V, S = determined_vectors(eigen, k or found or 1, floor, rng, gram_beside, eps)
            return basis @ V, S
        if k is None and read > 1 and found > MOST_DIRECTIONS:
            return None


def leading_directions(blocks, k, floor, rng):
    """Leading left singular vectors above the noise floor, and their singular values.

    Parameters
    ----------
    blocks : Blocks, or an object with its shape (p, n), dtype, `run_pass`, and
        eigen: eigenvalues, ascending, and eigenvectors of X Xᵀ, or None where it is not made. Then
        the data are read five times for a given k, and in memory are p x 5 (k + 16) numbers.
    k : int >= 1 or None
        The most directions; None for all. Each read then adds 80 columns to a p x 400 array.
    floor : NoiseFloor
    rng : numpy.random.Generator

    Returns
    -------
    U : ndarray, shape (p, r), float64
    S : ndarray, shape (r,), > 0
        The norms of the rows of UᵀX.

    or None, if k is None, and without eigen more than `MOST_DIRECTIONS` are above the floor.
    """
    if blocks.eigen is None:
        return _by_range(blocks, k, floor, rng)
    gram_beside, eps = partial(_gram_beside, blocks=blocks), float(np.finfo(blocks.dtype).eps)
    k = k or min(blocks.shape)
    return determined_vectors(blocks.eigen, k, floor, rng, gram_beside, eps)
