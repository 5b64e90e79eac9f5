"""The SVD start of all layers from data in blocks, no more than a few of which are in memory."""

from functools import partial

import numpy as np
import scipy.linalg

from dsnmf.initialisation.directions import leading_directions
from dsnmf.initialisation.pretraining import pretrain
from dsnmf.initialisation.svd import lifted, with_opposite, without_zeros
from dsnmf.initialisation.triplets import as_noise_floor, complement, eigen_of
from dsnmf.validation import as_generator, as_layers


def _product(A, B, slices):
    """AᵀB, summed block after block."""
    return sum(A[block].T @ B[block] for block in slices)


class ArrayBlocks:
    """Rows of an array, in memory or mapped to it, as blocks.

    Parameters
    ----------
    array : ndarray, shape (n, p), float64
    slices : list of slice
        Of the rows, in order, from the first to the last.

    Attributes
    ----------
    shape : tuple
        (p, n): features x samples.
    dtype : dtype
    eigen : (ndarray, ndarray), shapes (p,) and (p, p)
        Eigenvalues, ascending, and eigenvectors of X Xᵀ; computed anew each time.
    """

    def __init__(self, array, slices):
        self.array, self.slices = array, slices
        self.shape, self.dtype = array.shape[::-1], array.dtype

    @property
    def eigen(self):
        return eigen_of(_product(self.array, self.array, self.slices))

    def __iter__(self):
        """Yields (slice, rows)."""
        return ((block, self.array[block]) for block in self.slices)


def _draw_complement(V, norms, slices, rng):
    """Draws as `complement` does, next to V's first columns, which have these norms.

    Those that there is no room for are not normalised.
    """
    rank, room = len(norms), min(V.shape[1], len(V))
    basis, free, drawn = V[:, :rank], V[:, rank:room], V[:, rank:]
    for block in slices:  # row by row, so the same numbers in blocks of any size
        drawn[block] = rng.standard_normal(drawn[block].shape)
    for _ in range(2):  # the second pass removes what rounding left of the first, here and below
        within = _product(basis, free, slices) / norms[:, None] ** 2
        for block in slices:
            free[block] -= basis[block] @ within
    for _ in range(2):
        R = scipy.linalg.cholesky(_product(free, free, slices))  # that of QR, its diagonal > 0
        for block in slices:
            free[block] = scipy.linalg.solve_triangular(R, free[block].T, trans="T").T


def _norms_and_peaks(V, slices):
    """Of each column the norm and the entry of largest magnitude."""
    squares, peaks = 0, np.zeros((1, V.shape[1]))
    for block in slices:
        squares = squares + (V[block] ** 2).sum(axis=0)
        candidates = np.vstack([peaks, V[block]])
        largest = np.abs(candidates).argmax(axis=0)[None]
        peaks = np.take_along_axis(candidates, largest, axis=0)
    return np.sqrt(squares), peaks[0]


def _triplets(blocks, V, noise_floor, rng):
    """As many triplets as V has columns, those of `truncated_svd`.

    Returns
    -------
    U, S
    weights : ndarray, shape (k,)
        By which the columns that were put into V are to be multiplied.
    """
    k, slices = V.shape[1], blocks.slices
    U, _ = leading_directions(blocks, k, noise_floor, rng)
    rank = U.shape[1]
    for block, rows in blocks:
        V[block, :rank] = rows @ U  # in float64, as U is
    norms, peaks = _norms_and_peaks(V[:, :rank], slices)
    S = np.r_[norms, np.zeros(k - rank)]
    if rank < k:
        U = np.hstack([U, complement(U, k - rank, rng)])
        _draw_complement(V, norms, slices, rng)
        norms, peaks = _norms_and_peaks(V, slices)
    signs = np.where(peaks < 0, -1.0, 1.0)
    return U * signs, S, signs / norms


def _better_part(blocks, V, weights):
    """The weights, turned if V's negative part fits better than its positive one, and its Z."""
    weights = weights * [1, -1]
    products, squares = 0, 0
    for block, rows in blocks:
        parts = np.maximum(V[block] * weights, 0)
        products = products + rows.T @ parts
        squares = squares + (parts**2).sum(axis=0)
    squares = np.where(squares > 0, squares, np.inf)  # a part of zeros fits nothing
    better = (np.linalg.norm(products, axis=0) / np.sqrt(squares)).argmax()
    return weights[better], products[:, [better]] / squares[better]


def _put_features(V, weights, H, slices):
    """Puts the features >= 0 that V stands for into H, whose columns V are."""
    for block in slices:
        right = V[block] * weights
        H[block] = np.maximum(right, 0) if H.shape[1] == 1 else lifted(right.T[::-1]).T


def _fill_zeros(H, slices):
    mean = sum(H[block].sum() for block in slices) / H.size
    for block in slices:
        H[block] = without_zeros(H[block], mean)


def _factorised(blocks, r, new_array, fill_zeros, noise_floor, rng):
    """Z and H of one layer, H as `ArrayBlocks`."""
    H = new_array((blocks.shape[1], r), np.float64)
    V = H[:, : max(r - 1, 1)]
    U, S, weights = _triplets(blocks, V, noise_floor, rng)
    if r == 1:
        weights, Z = _better_part(blocks, V, weights)
    else:
        Z = with_opposite((U * S)[:, ::-1])
    _put_features(V, weights, H, blocks.slices)
    if fill_zeros:
        _fill_zeros(H, blocks.slices)
    return Z, ArrayBlocks(H, blocks.slices)


def _converted(blocks, dtype, new_array):
    """The array of `ArrayBlocks` if it has this dtype, otherwise a copy in a new one."""
    if blocks.dtype == dtype:
        return blocks.array
    result = new_array(blocks.array.shape, dtype)
    for block, rows in blocks:
        result[block] = rows
    return result


def blockwise_svd_start(
    blocks, layers, new_array, *, noise_floor, random_state=None, fill_zeros=True
):
    """The start of `pretrain` with `appr_seminmf` and `without_zeros`, from data in blocks.

    The same seed gives what matrices in memory give, up to rounding, with blocks of any size; only
    where both sides of a matrix exceed 2500, for which `truncated_svd` turns to an iterative
    method, are the triplets the more exact ones of the Gram matrix here too. The data are read
    once, five times more without their Gram matrix, and once more if the first layer has one
    component; all other passes go over H.

    Parameters
    ----------
    blocks : iterable of (slice, rows)
        Rows (b x p) of the data, in order, the same each time, with the attributes shape (p, n),
        dtype, slices (all of them, a list) and eigen: see `ArrayBlocks` and `leading_directions`.
    layers : sequence of int >= 1
        k_1 … k_m.
    new_array : callable
        From a shape (n, k) and a dtype to an array or numpy.memmap for H. For float32 data it
        is asked for a float64 array of each layer too, which is dropped in the end.
    noise_floor : float in [0, 1)
        See `truncated_svd`.
    random_state : None, int or numpy.random.Generator
        None is a fixed seed.
    fill_zeros : bool
        Every layer's zeros are filled before the next layer is computed, as multiplicative rules
        need it; otherwise they stay.

    Returns
    -------
    Zs : list of ndarray, shapes (p, k_1), (k_1, k_2), …, float64
    Hs : list of array, shapes (n, k_1), (n, k_2), …, > 0, or >= 0 where zeros stay
        From new_array, of the data's dtype. Rows are samples.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or if there are fewer samples than features or than
        components of a layer that is not the last.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation.blockwise import ArrayBlocks, blockwise_svd_start
    >>> rows = np.random.default_rng(0).normal(size=(20, 10))
    >>> blocks = ArrayBlocks(rows, [slice(0, 8), slice(8, 20)])
    >>> Zs, Hs = blockwise_svd_start(blocks, (5, 2), np.empty, noise_floor=0)
    >>> [Z.shape for Z in Zs], [H.shape for H in Hs]
    ([(10, 5), (5, 2)], [(20, 5), (20, 2)])
    """
    layers, noise_floor = as_layers(layers), as_noise_floor(noise_floor)
    p, n = blocks.shape
    if max((p, *layers[:-1])) > n:
        raise ValueError(
            "data in blocks need at least as many samples as features, and as components of each "
            f"layer but the last: got {n} samples, {p} features and layers={layers}"
        )
    factorise = partial(
        _factorised,
        new_array=new_array,
        fill_zeros=fill_zeros,
        noise_floor=noise_floor,
        rng=as_generator(random_state),
    )
    Zs, Hs = pretrain(blocks, layers, factorise)
    return Zs, [_converted(H, blocks.dtype, new_array) for H in Hs]
