"""Which kind of data a matrix is; asked here and nowhere else."""

import sys

import numpy as np
import scipy.sparse

from dsnmf.data.compression import compress
from dsnmf.data.dense import Compressed, Dense, DenseVariables
from dsnmf.data.gaps import Gappy
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import DaskArray, as_source
from dsnmf.data.sparse import Sparse, SparseVariables
from dsnmf.initialisation.triplets import gram_eigen


def as_lazy(X):
    """A `DaskArray`, if X is one: what is made of it is to be one as well; else None."""
    source = as_source(X)
    return source if isinstance(source, DaskArray) else None


def _current_client():
    """The `distributed.Client` that Dask computes with at present, or else None."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    client = getattr(sys.modules["dask"].base.get_scheduler(), "__self__", None)
    return client if isinstance(client, distributed.Client) else None


def in_memory(X):
    """All of X, read if it is not in memory, as `as_source` has it; masked entries are NaN then."""
    source = None if isinstance(X, np.ndarray) else as_source(X)
    return X if source is None else source.rows_with_gaps(0, source.shape[0])


def as_blocks(X, block_size=None, scale=None, gaps=False):
    """What is not in memory in blocks, if it is more than one, or if their size is given.

    A Dask array that would be computed on a cluster is worked on there, see `ClusterBlocks`.

    Parameters
    ----------
    X : object
        See `dsnmf.data.sources.as_source`.
    block_size, scale, gaps
        See `dsnmf.data.sample_blocks.Blocks`. One block, which is read, may have gaps in any case.

    Returns
    -------
    X : object
        As it is; read into memory if it is one block.
    Blocks or None

    Raises
    ------
    OSError, TypeError, ValueError
        As `as_source` has it, and when a single block is read.
    """
    source = as_source(X)
    if source is None:
        return X, None
    client = _current_client() if isinstance(source, DaskArray) else None
    if client is None:
        blocks = Blocks(source, block_size, scale, gaps)
    else:
        from dsnmf.data.cluster_blocks import ClusterBlocks  # which needs distributed

        blocks = ClusterBlocks(source, client, block_size, scale, gaps)
    if block_size is None and len(blocks.slices) == 1:
        return source.rows_with_gaps(0, source.shape[0]), None
    return X, blocks


def unmasked(X):
    """X with NaN in the place of masked and missing entries; what has none stays as it is.

    Masked are entries of masked arrays, and of lists of these; missing those that pandas knows in
    columns of objects.
    """
    if isinstance(X, list | tuple) and any(isinstance(row, np.ma.MaskedArray) for row in X):
        X = np.ma.array(X)
    if isinstance(X, np.ma.MaskedArray):
        if not X.mask.any():
            return X.data
        return X.astype(X.dtype if X.dtype.kind == "f" else np.float64).filled(np.nan)
    if hasattr(X, "notna") and any(dtype.kind == "O" for dtype in X.dtypes):
        return X.where(X.notna(), np.nan)
    return X


def canonical(X):
    """A validated X as all solvers can use it: a sparse one sorted, without duplicates, in int32.

    Raises
    ------
    ValueError
        If a sparse X contains NaN or has more entries than int32 counts.
    """
    if not scipy.sparse.issparse(X):
        return X
    if np.isnan(X.data).any():
        raise ValueError("a sparse X must not contain NaN: its absent entries are zeros")
    if X.nnz > np.iinfo(np.int32).max:
        raise ValueError(f"a sparse X may have up to 2³¹ - 1 stored entries, got {X.nnz}")
    rows = scipy.sparse.csr_matrix(X, copy=True)
    rows.sum_duplicates()
    indices, indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return scipy.sparse.csr_matrix((rows.data, indices, indptr), shape=rows.shape)


def as_samples(X, how=False, *, noise_floor=0.0, whiten=0.0, scale=None):
    """A validated matrix as the kind of data that it is.

    Parameters
    ----------
    X : ndarray or canonical CSR matrix, shape (n_samples, n_features)
        float32 or float64, without infinities; NaN marks unknown entries of an array.
    how, noise_floor, whiten
        See `dsnmf.data.compression.compress`; "auto" leaves a sparse matrix and one with gaps.
    scale : float > 0, optional
        See `Samples`.

    Returns
    -------
    Samples

    Raises
    ------
    ValueError
        If a matrix with gaps or a sparse one is to be compressed.
    """
    compressed = how not in ("auto", False) or whiten
    name = "whiten" if whiten else "compress"
    if scipy.sparse.issparse(X):
        if compressed:
            raise ValueError(f"{name} needs a dense X without gaps, got a sparse one")
        return Sparse(X.T, scale)
    if np.isnan(X.min()):  # makes no array of X's size
        if compressed:
            raise ValueError(f"{name} needs an X without gaps, got NaN")
        return Gappy(X.T, scale)
    whole = Dense(X.T, scale)
    if how is False:
        return whole
    eigen = gram_eigen(whole.given)
    small, compression = compress(
        whole.given, how, noise_floor=noise_floor, whiten=whiten, scale=whole.scale, eigen=eigen
    )
    if compression is not None:
        return Compressed(whole, small, compression)
    if eigen is not None:
        whole.know_eigen(eigen)
    return whole


def variables_of(rows):
    """The `DataVariables` of a block of samples, an array or a CSR matrix, shape (b, p)."""
    return SparseVariables if scipy.sparse.issparse(rows) else DenseVariables
