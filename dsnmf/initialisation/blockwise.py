"""The SVD start of all layers from data in blocks, with only a few blocks in memory."""

from functools import partial

import numpy as np
import scipy.linalg

from dsnmf.initialisation.directions import leading_directions
from dsnmf.initialisation.floor import as_noise_floor
from dsnmf.initialisation.pretraining import pretrain, pretrain_product
from dsnmf.initialisation.spectrum import complement, eigen_of
from dsnmf.initialisation.svd import lifted, raised, with_opposite, without_zeros
from dsnmf.training.passes import NeedsMemory, gram_terms, pass_over
from dsnmf.validation import as_generator, as_layers


class ArrayBlocks:
    """Rows of an array, in memory or memory-mapped, as blocks.

    Parameters
    ----------
    array : ndarray, shape (n, p)
    slices : list of slice
        Those of the blocks, in order; together all rows.

    Attributes
    ----------
    shape : tuple
        (p, n): features x samples.
    dtype : dtype
    eigen : (ndarray, ndarray), shapes (p,) and (p, p)
        Eigenvalues, ascending, and eigenvectors of X Xᵀ; computed at each use.
    """

    def __init__(self, array, slices):
        self.array, self.slices = array, slices
        self.shape, self.dtype = array.shape[::-1], array.dtype

    @property
    def eigen(self):
        (gram,) = self.run_pass(gram_terms)
        return eigen_of(gram)

    def __iter__(self):
        """Yields (slice, rows)."""
        return ((block, self.array[block]) for block in self.slices)

    def run_pass(self, function, inputs=(), outputs=()):
        """See `pass_over`."""
        return pass_over(self, function, inputs, outputs)

    def in_same_blocks(self, array):
        """Blocks of another array with the same rows."""
        return ArrayBlocks(array, self.slices)


class MappedBlocks:
    """Blocks of rows times a small matrix, multiplied in each pass; else as `ArrayBlocks`.

    Parameters
    ----------
    blocks : ArrayBlocks, or an object with its attributes and methods
    matrix : ndarray, shape (k, p), float64
    """

    def __init__(self, blocks, matrix):
        self._blocks, self._matrix = blocks, matrix
        self.shape, self.dtype = (len(matrix), blocks.shape[1]), matrix.dtype
        self.slices, self.in_same_blocks = blocks.slices, blocks.in_same_blocks

    @property
    def eigen(self):
        (gram,) = self.run_pass(gram_terms)
        return eigen_of(gram)

    def run_pass(self, function, inputs=(), outputs=()):
        """See `pass_over`."""
        return self._blocks.run_pass(partial(_call_mapped, function, self._matrix), inputs, outputs)


# These functions run on a block of samples, in this process or on another machine. V are the first
# c columns of H, before they become features.


def _call_mapped(function, matrix, rows, *inputs):
    return function(rows @ matrix.T, *inputs)


class _Peaks:
    """For each column of V the entry of largest magnitude, the first of several."""

    def __init__(self, V):
        self.values = np.take_along_axis(V, np.abs(V).argmax(axis=0)[None], axis=0)[0]

    def __iadd__(self, other):
        larger = np.abs(other.values) > np.abs(self.values)
        self.values = np.where(larger, other.values, self.values)
        return self


def _norms_and_peaks(V):
    """Squared norms of the columns and their peaks, as terms."""
    return [(V**2).sum(axis=0), _Peaks(V)]


def _project(rows, U, width):
    """V = rows U, padded with zeros to `width` columns."""
    V = rows @ U  # in float64, as U is
    return [np.hstack([V, np.zeros((len(V), width - V.shape[1]))])], _norms_and_peaks(V)


def _measure(H, c):
    return [], _norms_and_peaks(H[:, :c])


def _within_terms(H, rank, room):
    return [], [H[:, :rank].T @ H[:, rank:room]]


def _subtract(H, rank, room, within):
    H = H.copy()
    H[:, rank:room] -= H[:, :rank] @ within
    return [H], []


def _free_gram(H, rank, room):
    return gram_terms(H[:, rank:room])


def _divide(H, rank, room, R):
    H = H.copy()
    H[:, rank:room] = scipy.linalg.solve_triangular(R, H[:, rank:room].T, trans="T").T
    return [H], []


def _part_terms(rows, V, weights):
    """Products and squared norms of the positive and the negative part, which measure their fit."""
    parts = np.maximum(V * weights, 0)
    return [], [rows.T @ parts, (parts**2).sum(axis=0)]


def _lift_features(H, weights):
    """The features >= 0 made of V (see `lifted`), and their sum."""
    right = H[:, : len(weights)] * weights
    H = np.maximum(right, 0) if H.shape[1] == 1 else np.ascontiguousarray(lifted(right.T[::-1]).T)
    return [H], [H.sum()]


def _fill(H, mean, fill):
    return [fill(H, mean)], []


def _copy(H):
    return [H], []


def _draw_complement(blocks, H, norms, c, rng):
    """Draw columns of H up to c like `complement`; the first columns have the given norms.

    Columns without room for orthogonality are not normalised.
    """
    rank, room = len(norms), min(c, H.shape[0])
    for block in blocks.slices:  # row by row, so the same numbers in blocks of any size
        H[block, rank:c] = rng.standard_normal((block.stop - block.start, c - rank))
    of_features = blocks.in_same_blocks(H)
    for _ in range(2):  # the second pass removes what rounding left of the first, here and below
        (within,) = of_features.run_pass(partial(_within_terms, rank=rank, room=room))
        within /= norms[:, None] ** 2
        of_features.run_pass(partial(_subtract, rank=rank, room=room, within=within), outputs=[H])
    for _ in range(2):
        (gram,) = of_features.run_pass(partial(_free_gram, rank=rank, room=room))
        R = scipy.linalg.cholesky(gram)  # that of QR, its diagonal > 0
        of_features.run_pass(partial(_divide, rank=rank, room=room, R=R), outputs=[H])


def _triplets(blocks, H, c, noise_floor, rng):
    """The c leading triplets, as of `truncated_svd`.

    Returns
    -------
    U, S
    weights : ndarray, shape (c,)
        Factors of the columns in H that make them right singular vectors.
    """
    U, _ = leading_directions(blocks, c, noise_floor, rng)
    rank = U.shape[1]
    squares, peaks = blocks.run_pass(partial(_project, U=U, width=H.shape[1]), outputs=[H])
    S = np.r_[np.sqrt(squares), np.zeros(c - rank)]
    if rank < c:
        U = np.hstack([U, complement(U, c - rank, rng)])
        _draw_complement(blocks, H, np.sqrt(squares), c, rng)
        squares, peaks = blocks.in_same_blocks(H).run_pass(partial(_measure, c=c))
    signs = np.where(peaks.values < 0, -1.0, 1.0)
    return U * signs, S, signs / np.sqrt(squares)


def _better_part(blocks, H, weights):
    """The better of V's positive and negative part: its weights, and its Z."""
    weights = weights * [1, -1]
    products, squares = blocks.run_pass(partial(_part_terms, weights=weights), [H])
    squares = np.where(squares > 0, squares, np.inf)  # a part of zeros fits nothing
    better = (np.linalg.norm(products, axis=0) / np.sqrt(squares)).argmax()
    return weights[[better]], products[:, [better]] / squares[better]


def _factorise(blocks, H, aim, noise_floor, rng):
    """Factorise one layer: returns Z, and fills H with the features."""
    r = H.shape[1]
    fill = raised if aim == "product" and r > 1 else without_zeros
    U, S, weights = _triplets(blocks, H, max(r - 1, 1), noise_floor, rng)
    if r == 1:
        weights, Z = _better_part(blocks, H, weights)
    else:
        Z = with_opposite((U * S)[:, ::-1])
    of_features = blocks.in_same_blocks(H)
    (total,) = of_features.run_pass(partial(_lift_features, weights=weights), outputs=[H])
    if aim != "zeros":
        mean = total / (H.shape[0] * r)
        of_features.run_pass(partial(_fill, mean=mean, fill=fill), outputs=[H])
    return Z


def _convert(blocks, array, dtype, new_array):
    """The array if it has this dtype, otherwise a converted copy."""
    if array.dtype == dtype:
        return array
    result = new_array(array.shape, dtype)
    blocks.in_same_blocks(array).run_pass(_copy, outputs=[result])
    return result


def blockwise_svd_start(
    blocks, layers, new_array, *, noise_floor, random_state=None, aim="product"
):
    """The start of `pretrain` or `pretrain_product` by `appr_seminmf`, for data in blocks.

    With the same seed the result is that in memory, up to rounding, for blocks of any size. Only if
    both sides of a matrix exceed 2500 does `truncated_svd` use an iterative method in memory, while
    here the triplets are still the more exact ones of the Gram matrix.

    The data are read once, and five times more without their Gram matrix. One more read each is
    needed if the first layer has one component, and if fewer triplets than its components are clear
    of rounding. All other passes read H.

    Parameters
    ----------
    blocks : ArrayBlocks, or an object with its attributes and methods
    layers : sequence of int >= 1
        k_1 … k_m.
    new_array : callable
        From a shape (n, k) and a dtype to an array or numpy.memmap for H. For float32 data it also
        makes a float64 array for each layer, which is dropped in the end.
    noise_floor : float in [0, 1)
        See `truncated_svd`.
    random_state : None, int or numpy.random.Generator
        None is a fixed seed.
    aim : {"product", "layers", "zeros"}
        "product", for linear multiplicative rules: layers of `pretrain_product`, each `raised`
        (with one component: zeros filled). "layers", if each layer's features matter: layers of
        `pretrain`, zeros filled. "zeros": layers of `pretrain` with zeros.

    Returns
    -------
    Zs : list of ndarray, shapes (p, k_1), (k_1, k_2), …, float64
    Hs : list of array, shapes (n, k_1), (n, k_2), …, > 0, or >= 0 with "zeros"
        Made by new_array, of the data's dtype. Rows are samples.

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
        raise NeedsMemory(
            "data in blocks need at least as many samples as features, and as components of each "
            f"layer but the last: got {n} samples, {p} features and layers={layers}"
        )
    rng, Hs = as_generator(random_state), []

    def factorise(above, r):
        Hs.append(new_array((n, r), np.float64))
        Z = _factorise(above, Hs[-1], aim, noise_floor, rng)
        return Z, blocks.in_same_blocks(Hs[-1])

    if aim == "product":
        Zs, _ = pretrain_product(blocks, layers, factorise, lambda R, H: MappedBlocks(H, R))
    else:
        Zs, _ = pretrain(blocks, layers, factorise)
    return Zs, [_convert(blocks, H, blocks.dtype, new_array) for H in Hs]
