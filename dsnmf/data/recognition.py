"""Finds the class for a matrix: the only place that tests what kind of data it is."""

import sys

import numpy as np
import scipy.sparse

from dsnmf.data.compression import compress
from dsnmf.data.dense import Compressed, Dense, DenseVariables
from dsnmf.data.gaps import Gappy
from dsnmf.data.known import Known, known_entries
from dsnmf.data.observations import values_of
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import DaskArray, as_source
from dsnmf.data.sparse import CentredSparse, Sparse, SparseVariables
from dsnmf.initialisation.triplets import gram_eigen
from dsnmf.symbolic.centred import CentredMatrix


def as_lazy(X):
    """X as a `DaskArray`, or None if it is none; results of a Dask array are Dask arrays too."""
    source = as_source(X)
    return source if isinstance(source, DaskArray) else None


def _current_client():
    """The `distributed.Client` that Dask uses now, or None."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    client = getattr(sys.modules["dask"].base.get_scheduler(), "__self__", None)
    return client if isinstance(client, distributed.Client) else None


def in_memory(X):
    """X in memory: read whole if `as_source` finds it elsewhere, with NaN at masked entries."""
    source = None if isinstance(X, np.ndarray) else as_source(X)
    return X if source is None else source.rows_with_gaps(0, source.shape[0])


def as_blocks(X, block_size=None, scale=None, gaps=False, absent="zero", sparse=False):
    """Blocks of an X that is not in memory, if there are several, or if their size is given.

    For a Dask array on a cluster they are `ClusterBlocks`.

    Parameters
    ----------
    X : object
        See `dsnmf.data.sources.as_source`.
    block_size, scale, gaps, sparse
        See `dsnmf.data.sample_blocks.Blocks`. One block, which is read, may have gaps in any case.
    absent : {"zero", "unknown"}
        The meaning of the entries that sparse rows do not store; "unknown" makes them gaps.

    Returns
    -------
    X : object
        Unchanged, or read into memory if it is one block.
    Blocks or None

    Raises
    ------
    OSError, TypeError, ValueError
        See `as_source`; also when a single block is read.
    """
    source = as_source(X)
    if source is None:
        return X, None
    source.absent = absent
    client = _current_client() if isinstance(source, DaskArray) else None
    if client is None:
        blocks = Blocks(source, block_size, scale, gaps, sparse)
    else:
        from dsnmf.data.cluster_blocks import ClusterBlocks  # which needs distributed

        blocks = ClusterBlocks(source, client, block_size, scale, gaps)
    if block_size is None and len(blocks.slices) == 1:
        return source.rows_with_gaps(0, source.shape[0]), None
    return X, blocks


def unmasked(X):
    """X with NaN at masked and missing entries, or X itself if there are none.

    An AnnData object is replaced by its X. Masked arrays, and lists of them, have masked entries.
    Missing entries are those that pandas finds in columns of objects.
    """
    X = values_of(X)
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
    """A validated X in the form that solvers need: a sparse one sorted, unique, with int32 indices.

    Raises
    ------
    ValueError
        If a sparse X contains NaN or has more entries than int32 counts.
    """
    if not scipy.sparse.issparse(X):
        return X
    if np.isnan(X.data).any():
        raise ValueError(
            "a sparse X must not contain NaN; it cannot have gaps, but for absent='unknown' those "
            "entries that it does not store"
        )
    if X.nnz > np.iinfo(np.int32).max:
        raise ValueError(f"a sparse X may have up to 2³¹ - 1 stored entries, got {X.nnz}")
    rows = scipy.sparse.csr_matrix(X, copy=True)
    rows.sum_duplicates()
    indices, indptr = rows.indices.astype(np.int32), rows.indptr.astype(np.int32)
    return scipy.sparse.csr_matrix((rows.data, indices, indptr), shape=rows.shape)


def as_samples(
    X, how=False, *, noise_floor=0.0, whiten=0.0, scale=None, absent="zero", only_known=False
):
    """A validated matrix as an object of its subclass of `Samples`.

    Parameters
    ----------
    X : ndarray, canonical CSR matrix or CentredMatrix of one, shape (n_samples, n_features)
        float32 or float64, without infinities; NaN marks unknown entries of an array.
    how, noise_floor, whiten
        See `dsnmf.data.compression.compress`; "auto" leaves a sparse matrix and one with gaps.
    scale : float > 0, optional
        See `Samples`.
    absent : {"zero", "unknown"}
        The meaning of the entries that a sparse matrix does not store.
    only_known : bool
        Whether to convert an array to a sparse matrix of its known entries.

    Returns
    -------
    Samples

    Raises
    ------
    ValueError
        If compression is asked for a sparse matrix or one with gaps, or only_known for a sparse
        matrix whose absent entries are zeros.
    """
    is_centred = isinstance(X, CentredMatrix)
    is_sparse = is_centred or scipy.sparse.issparse(X)
    if only_known and is_sparse and absent == "zero":
        raise ValueError(
            "l2 > 0 of a sparse X needs absent='unknown': a penalty where absent entries are zeros "
            "there is of dense X only"
        )
    compressed = how not in ("auto", False) or whiten
    name = "whiten" if whiten else "compress"
    if only_known or (is_sparse and absent == "unknown"):
        if compressed:
            raise ValueError(f"{name} does not go with l2 > 0 and absent='unknown'")
        return Known((X if is_sparse else canonical(known_entries(X))).T, scale)
    if is_sparse:
        if compressed:
            raise ValueError(f"{name} needs a dense X without gaps, got a sparse one")
        return (CentredSparse if is_centred else Sparse)(X.T, scale)
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
        whole.set_eigen(eigen)
    return whole


def variables_of(rows):
    """The `DataVariables` of a block of samples, an array or a CSR matrix, shape (b, p)."""
    return SparseVariables if scipy.sparse.issparse(rows) else DenseVariables
