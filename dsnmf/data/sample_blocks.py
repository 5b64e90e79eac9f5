"""Data read in blocks of samples, at the scale of the fit."""

import math
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property, partial

import numpy as np

from dsnmf.data.block_sums import Fingerprint, ScaledSums, check_finite
from dsnmf.data.centring import Centring, deviation_terms
from dsnmf.data.sources import Source, as_source
from dsnmf.data.store import Store
from dsnmf.initialisation.spectrum import eigen_of, least_error
from dsnmf.initialisation.triplets import LARGEST_GRAM, LARGEST_SPARSE_GRAM
from dsnmf.training.passes import pass_over
from dsnmf.training.reading import Reading
from dsnmf.validation import as_number, as_size

#: Entries of a block whose size is not given.
ENTRIES = 1 << 22

#: Most features for which the Gram matrix of dense rows is computed.
MOST_FEATURES = 20_000

#: Largest density at which sparse rows are faster than dense ones, and the least number of entries
#: that a row counts for in a block's size: its features are dense.
LARGEST_DENSITY, LEAST_STORED = 0.2, 64


def _sum_block(rows, has_gram):
    return [], [ScaledSums(rows, has_gram), Fingerprint(rows)]


def _as_read(rows):
    return rows


def _as_whole(function, rows, *inputs):
    return function(rows, rows, *inputs)


class Blocks:
    """A matrix that is not in memory, block after block of its samples.

    While the caller processes a block, a thread reads the next one. All rows are divided by one
    scale, see `Samples`. The first use of `scale`, `gram`, `squared_norm` or `fingerprint` reads
    all blocks once, and computes all four. Sums are added in the order of the blocks.

    Parameters
    ----------
    source : Source, n samples x p features
        See `dsnmf.data.sources.as_source`.
    block_size : int >= 1, optional
        Samples in a block; by default about 4 million entries (2²²), at least 1 sample. Of sparse
        rows the stored entries count, at least 64 for each row.
    scale : float > 0, optional
        Divisor of the samples; by default the root mean square of their norms, 1 if all are 0.
    gaps : bool
        Whether rows may have NaN, or masked entries, which become NaN.
    sparse : bool
        Whether rows that are read as sparse matrices may stay sparse; they do if few entries are
        stored.

    Attributes
    ----------
    shape : (int, int)
        p, n: features x samples.
    dtype : dtype
        float32 or float64.
    slices : list of slice
        The samples of each block, in order.
    scale : float
    fingerprint : int
        A checksum of the unscaled samples in their order and blocks.
    gram : ndarray, shape (p, p), float64, or None
        X Xᵀ at that scale; None if p exceeds 20000, or 1000 for sparse rows.
    eigen : (ndarray, ndarray), shapes (p,) and (p, p), or None
        Eigenvalues, ascending, and eigenvectors of `gram`; computed once.
    squared_norm : float
        ‖X‖² at that scale.
    offset : float >= 0
        Squared error of the data minus that of these blocks; 0 unless compressed.
    centring : Centring
        Applied to rows as they are read; none by default. Set it before the first pass.
    reading : Reading
        Counts the passes; replace it by one that shows them.
    is_local : bool
        Whether this process runs the passes.
    are_sparse : bool
        Whether rows are CSR matrices.

    Raises
    ------
    TypeError, ValueError
        If block_size or scale is not as described.
    ValueError
        While reading, if a block cannot be read, or contains infinity, or NaN where gaps are not
        allowed. Before that, if scale is beyond dtype's range.
    OSError
        While reading: if a file cannot be opened any more.

    Examples
    --------
    >>> import numpy as np, os, tempfile
    >>> from dsnmf.data.sample_blocks import Blocks
    >>> from dsnmf.data.sources import as_source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "X.npy")
    ...     np.save(path, 5.0 * np.eye(3))
    ...     blocks = Blocks(as_source([path]), block_size=2)
    ...     for block, rows in blocks:
    ...         print(block, rows.tolist())
    slice(0, 2, None) [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    slice(2, 3, None) [[0.0, 0.0, 1.0]]
    >>> blocks.shape, round(blocks.scale, 12), round(blocks.squared_norm, 12)
    ((3, 3), 5.0, 3.0)
    """

    offset = 0.0
    is_local = True
    centring = Centring()

    def __init__(self, source, block_size=None, scale=None, gaps=False, sparse=False):
        n, p = source.shape
        self.are_sparse = sparse and source.absent == "zero" and source.density <= LARGEST_DENSITY
        source.keeps_sparse, per_row = self.are_sparse, p
        if self.are_sparse:
            per_row = max(math.ceil(p * source.density), LEAST_STORED)
        # From the data alone, so that blocks and bits are the same on any machine.
        default = max(1, ENTRIES // per_row)
        size = default if block_size is None else as_size(block_size, "block_size")
        self.slices = [slice(start, min(start + size, n)) for start in range(0, n, size)]
        self.shape, self.dtype = (p, n), source.dtype
        self._source, self._gaps, self.reading = source, gaps, Reading()
        self._scale = None if scale is None else as_number(scale, "scale", 0, exclusive=True)

    @property
    def scale(self):
        return self._first_pass[0] if self._scale is None else self._scale

    @property
    def squared_norm(self):
        return self._first_pass[1]

    @property
    def gram(self):
        return self._first_pass[2]

    @property
    def energies(self):
        """Squared norms of the features; None where there is no Gram matrix."""
        return None if self.gram is None else np.diagonal(self.gram)

    @property
    def fingerprint(self):
        return self._first_pass[3]

    @cached_property
    def eigen(self):
        return None if self.gram is None else eigen_of(self.gram.copy())

    def least_error(self, rank):
        """See `Samples`; 0 unless the Gram matrix is small."""
        is_known = self.shape[0] <= LARGEST_GRAM and self.eigen is not None
        return least_error(self.eigen[0], rank) if is_known else 0.0

    @property
    def step_shape(self):
        """See `Samples`."""
        share = self._source.density if self.are_sparse else 1
        return self.slices[0].stop, max(1, self.shape[0] * share)

    def find_centring(self, center, scale):
        """Fit `centring` in one pass; see `Centring.from_matrix`."""
        (found,) = self._run_pass(_as_read, deviation_terms, stage="means")
        self.centring = Centring.from_deviations(found, center, scale, self.dtype)

    def ends(self):
        """The first and the last sample, not scaled: ndarray (2, p)."""
        n = self.shape[1]
        ends = [self._source.rows(i, i + 1) for i in (0, n - 1)]
        return np.concatenate([end.toarray() if self.are_sparse else end for end in ends])

    def __iter__(self):
        """Yields each block's slice and its rows (b, p), of `dtype`.

        Rows are C-contiguous arrays, or canonical CSR matrices if they `are_sparse`.
        """
        return self._read_ahead(self._at_scale())

    def run_pass(self, function, inputs=(), outputs=()):
        """Call a function of each block's rows, see `dsnmf.training.passes.pass_over`."""
        return self._run_pass(self._at_scale(), function, inputs, outputs)

    def run_pass_whole(self, function, inputs=(), outputs=()):
        """`run_pass`, where the function gets the uncompressed rows too, before the inputs."""
        return self.run_pass(partial(_as_whole, function), inputs, outputs)

    def _run_pass(self, prepared, function, inputs=(), outputs=(), stage=None):
        return pass_over(self._read_ahead(prepared, stage), function, inputs, outputs)

    def in_same_blocks(self, array):
        """Blocks of another array with a row per sample; same samples, not scaled."""
        return Blocks(as_source(array) or Source(array), self.slices[0].stop, scale=1.0)

    def distribute(self, array):
        """Send an array with a row per sample to where these blocks' passes run."""
        return array

    def store(self, folder):
        """A `Store` for arrays with a row per sample."""
        return Store(folder)

    def _at_scale(self):
        """The function that centres and scales the rows that were read."""
        limits = np.finfo(self.dtype)
        if not float(limits.tiny) <= self.scale <= float(limits.max):
            raise ValueError(
                f"the scale of X must be within {self.dtype}'s range, got {self.scale!r}: "
                "give X in another unit"
            )
        return partial(self.centring.apply_at_scale, unit=self.dtype.type(self.scale))

    def reduced(self, Z):
        """Z_1 for these blocks, from one for the data at their own scale."""
        return Z / self.scale

    def restored(self, Z):
        """Z_1 for the data at their own scale, from one for these blocks."""
        return Z * self.scale

    def _read_ahead(self, prepared, stage=None):
        """Yield slices and prepared rows; the thread ends with the loop, however that ends."""
        size, n = self._source.size, self.shape[1]
        with ThreadPoolExecutor(1) as thread, self.reading.count_pass(size, stage) as advance:
            # The thread gets the settings of the caller's context, such as its Dask client.
            read = partial(thread.submit, copy_context().run, self._read, prepared)
            coming = read(0)
            for number, block in enumerate(self.slices):
                rows = coming.result()
                if number + 1 < len(self.slices):
                    coming = read(number + 1)
                yield block, rows
                advance(size * block.stop // n - size * block.start // n)

    def _read(self, prepared, number):
        block = self.slices[number]
        read = self._source.rows_with_gaps if self._gaps else self._source.rows
        rows = read(block.start, block.stop)
        check_finite(rows, number, block, self._gaps)
        return prepared(rows)

    @cached_property
    def _first_pass(self):
        """Scale, energy, Gram matrix or None, fingerprint."""
        p, n = self.shape
        has_gram = p <= (LARGEST_SPARSE_GRAM if self.are_sparse else MOST_FEATURES)
        function = partial(_sum_block, has_gram=has_gram)
        stage = "scale and Gram matrix" if has_gram else "scale"
        summed, fingerprint = self._run_pass(self.centring.apply, function, stage=stage)
        unit, gram = summed.unit, summed.gram
        energy = float(np.trace(gram))
        root_mean_square = unit * math.sqrt(energy / n) if energy else 1.0
        ratio = unit / (self._scale or root_mean_square)
        gram *= ratio * ratio
        squared_norm = float(np.trace(gram))
        return root_mean_square, squared_norm, gram if has_gram else None, fingerprint.value
