"""Blocks of UᵀX, U the leading left singular vectors of X, stored in an array."""

from functools import cached_property, partial

import numpy as np

from dsnmf.data.compression import (
    Compression,
    as_compress_options,
    check_rank,
    fix_signs,
    is_worthwhile,
)
from dsnmf.initialisation.directions import MOST_DIRECTIONS, leading_directions
from dsnmf.initialisation.floor import NOISE_FLOOR, as_noise_floor
from dsnmf.initialisation.spectrum import eigen_of, least_error
from dsnmf.training.passes import gram_terms


def _reduce_block(rows, compression):
    """Rows of (UᵀX)ᵀ, and the Gram matrix of their columns."""
    small = compression.reduced(rows.T).T
    return [small], gram_terms(small)[1]


def _small_first(function, whole, small, *inputs):
    return function(small, whole, *inputs)


class CompressedBlocks:
    """Blocks of UᵀX, see `dsnmf.data.compression`; one pass over the data computes them.

    The other attributes and methods are those of `Blocks`.

    Parameters
    ----------
    whole : Blocks
    compression : Compression
    array : array, shape (n, r)
        Filled with (UᵀX)ᵀ at the scale of the fit.
    """

    def __init__(self, whole, compression, array):
        (self.gram,) = whole.run_pass(
            partial(_reduce_block, compression=compression), outputs=[array]
        )
        self._whole, self._compression, self._array = whole, compression, array
        self._small = whole.in_same_blocks(array)
        self.shape, self.dtype, self.slices = array.shape[::-1], whole.dtype, whole.slices
        self.scale, self.offset = whole.scale, compression.offset
        self.are_sparse = False
        self.fingerprint = whole.fingerprint
        self.squared_norm = float(np.trace(self.gram))
        self.in_same_blocks, self.distribute = whole.in_same_blocks, whole.distribute
        self.reading = self._small.reading = whole.reading

    @property
    def step_shape(self):
        return self.slices[0].stop, self.shape[0]

    @cached_property
    def eigen(self):
        return eigen_of(self.gram.copy())

    def least_error(self, rank):
        """See `Samples.least_error`."""
        return self.offset + least_error(self.eigen[0], rank)

    def __iter__(self):
        return iter(self._small)

    def run_pass(self, function, inputs=(), outputs=()):
        return self._small.run_pass(function, inputs, outputs)

    def run_pass_whole(self, function, inputs=(), outputs=()):
        function = partial(_small_first, function)
        return self._whole.run_pass(function, [self._array, *inputs], outputs)

    def reduced(self, Z):
        return self._compression.reduced(self._whole.reduced(Z))

    def restored(self, Z):
        return self._whole.restored(self._compression.restored(Z))


def compress_blocks(blocks, how, new_array, *, noise_floor=NOISE_FLOOR, whiten=0.0):
    """Compress blocks, as `dsnmf.data.compression.compress` does a matrix.

    U comes from the Gram matrix of the features. Where that is not made, five passes compute U, or
    more if over 200 directions are above the noise floor (see `leading_directions`). One more pass
    computes UᵀX.

    Parameters
    ----------
    blocks : Blocks
    how : {"auto", True, False} or int >= 1
        See `dsnmf.data.compression.compress`; "auto" leaves sparse blocks.
    new_array : callable
        From a shape (n, r) and a dtype to an array or numpy.memmap for UᵀX.
    noise_floor, whiten
        See `dsnmf.data.compression.compress`.

    Returns
    -------
    CompressedBlocks, or the blocks themselves

    Raises
    ------
    TypeError, ValueError
        See `compress`, and for errors while reading `Blocks`. Also if without the Gram matrix over
        1024 directions are above the noise floor, unless how is "auto" and the data may stay
        uncompressed.
    OSError
        If a file cannot be opened, or there is no room for the array.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from dsnmf.data.sample_blocks import Blocks
    >>> from dsnmf.data.compressed_blocks import compress_blocks
    >>> from dsnmf.data.sources import as_source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "X.npy")
    ...     np.save(path, np.outer(np.ones(20), np.arange(6.0)))
    ...     blocks = Blocks(as_source([path]), block_size=8)
    ...     small = compress_blocks(blocks, "auto", np.empty)
    >>> blocks.shape, small.shape, len(small.slices)
    ((6, 20), (1, 20), 3)
    """
    how, whiten = as_compress_options(how, whiten)
    if how is False or (how == "auto" and not whiten and blocks.are_sparse):
        return blocks
    check_rank(how, blocks.shape)
    given = how is not True and how != "auto"
    k, floor = how if given else None, as_noise_floor(0 if given else noise_floor)
    found, (p, n) = leading_directions(blocks, k, floor, np.random.default_rng(0)), blocks.shape
    if found is None and how == "auto" and not whiten and n >= p:
        return blocks
    if found is None:
        raise ValueError(
            f"more than {MOST_DIRECTIONS} directions of X, which has {p} features, are above the "
            "noise floor: give their number, as in compress=200, or a noise_floor above "
            f"{floor.share:g}"
        )
    U, S = found
    if not is_worthwhile(len(S), p, how, whiten):
        return blocks
    compression = Compression.from_svd(fix_signs(U), S, blocks.squared_norm, whiten, blocks.dtype)
    return CompressedBlocks(blocks, compression, new_array((n, U.shape[1]), blocks.dtype))
