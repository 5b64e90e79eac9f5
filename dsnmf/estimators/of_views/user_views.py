"""Reading views in the forms in which users give them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_array

from dsnmf.data.recognition import canonical, unmasked
from dsnmf.data.samples import BLOCK
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.of_views.columns import view_columns
from dsnmf.estimators.of_views.multimodal import is_multimodal, modalities


class Read(NamedTuple):
    """Views that have been read.

    Attributes
    ----------
    matrices : list of V ndarray or CSR matrix, shape (n, p_v)
    present : ndarray of bool, shape (V, n)
    columns : list of V ndarray of int
        The views' columns in one matrix of all features.
    names : list of V str
    features : list of V ndarray of str
        Names of the views' features; empty for a view without names.
    frame : object
        The frame with the samples' index.
    is_apart : bool
        True if the views were a list or dict.
    """

    matrices: list
    present: np.ndarray
    columns: list
    names: list
    features: list
    frame: object
    is_apart: bool


def are_views(X):
    """True if X is a list or dict of matrices or a MuData, False if it is one matrix."""
    if is_multimodal(X):
        return True
    if isinstance(X, Mapping) and not hasattr(X, "shape"):  # SciPy's dok_matrix is a dict
        return True
    if not isinstance(X, list | tuple) or not len(X):
        return False
    return any(_is_matrix(each) for each in X) or all(each is None for each in X)


def _is_matrix(X):
    return len(getattr(X, "shape", ())) == 2


def _where_present(X, name):
    """For each sample, True if it has the view; ValueError if it has only a part of it."""
    if scipy.sparse.issparse(X) or not np.isnan(X.sum()):  # infinities raise elsewhere
        return np.ones(X.shape[0], bool)
    unknown = np.isnan(X)
    absent = unknown.all(axis=1)
    partly = np.flatnonzero(unknown.any(axis=1) & ~absent)
    if len(partly):
        raise ValueError(
            f"view {name} has gaps within sample {partly[0]}: there is no rule for them. Fill "
            "them, or let NaN in all features say that the sample lacks this view"
        )
    return ~absent


def read_columns(estimator, X, views, *, reset=False):
    """Read the views of one matrix."""
    rows = as_data(estimator, X, reset=reset)
    names = getattr(estimator, "feature_names_in_", None)
    columns, labels = view_columns(views, rows.shape[1], names)
    matrices = [rows[:, _as_slice(own)] for own in columns]
    if scipy.sparse.issparse(rows):
        matrices = [canonical(matrix) for matrix in matrices]
    present = np.array([_where_present(*each) for each in zip(matrices, labels)])
    return Read(matrices, present, columns, labels, [np.array([], str)] * len(columns), X, False)


def _as_slice(columns):
    """A slice, which copies nothing, if the columns follow each other; else the columns."""
    first = int(columns[0])
    is_run = (np.diff(columns) == 1).all()
    return slice(first, first + len(columns)) if is_run else columns


def _feature_names(X):
    names = getattr(X, "columns", None)
    are_text = names is not None and all(isinstance(name, str) for name in names)
    return np.array(list(names), str) if are_text else np.array([], str)


def _index_of(X):
    """The index of a pandas frame or series; None for other objects."""
    index = getattr(X, "index", None)
    return index if hasattr(index, "get_indexer") else None


def _is_count(index):
    """True if an index only counts the rows."""
    return getattr(index, "start", None) == 0 and getattr(index, "step", None) == 1


def _name_samples(indices):
    """True if rows with the same name in several indices are the same sample."""
    if any(index is None for index in indices):
        return False
    named = [index for index in indices if not _is_count(index)]
    has_counts = len(named) < len(indices)
    return bool(named) and not (has_counts and any(index.dtype.kind not in "iu" for index in named))


def _align(given, names):
    """Align the frames: each gets all rows, NaN where it lacks one; also returns one of them."""
    indices = {v: _index_of(X) for v, X in given.items()}
    if not _name_samples(indices.values()):
        return given, next(iter(given.values()))
    for v, index in indices.items():
        if not index.is_unique:
            name = index[index.duplicated()][0]
            raise ValueError(f"view {names[v]} has several rows that are named {name!r}")
    first, *others = indices.values()
    union = first
    for index in others:
        union = union.append(index.difference(union, sort=False))
    if all(index.equals(union) for index in indices.values()):
        return given, given[next(iter(given))]
    frames = {v: X.reindex(union) for v, X in given.items()}
    return frames, frames[next(iter(frames))]


def align_labels(y, frame):
    """Put labels with an index into the order of the samples, if these have names."""
    indices = _index_of(y), _index_of(frame)
    if not _name_samples(indices) or indices[0].equals(indices[1]):
        return y
    own, samples = indices
    lacking = samples[own.get_indexer_for(samples) < 0] if own.is_unique else samples
    if len(own) != len(samples) or len(lacking):
        raise ValueError(
            f"y must have a label for each sample by its name, once: it has {len(own)} for "
            f"{len(samples)} samples" + (f", {lacking[0]!r} has none" if len(lacking) else "")
        )
    return y.reindex(samples)


def read_list(Xs, known=None):
    """Read views from a list or dict of matrices.

    Parameters
    ----------
    Xs : list or dict of arrays, sparse matrices or frames, or a MuData
        Frames with an index are aligned by it. No sample has a view that is None, or whose name
        this dict lacks.
    known : list of (str, int, ndarray of str), optional
        Names, widths and feature names that the views must have.
    """
    if is_multimodal(Xs):
        matrices, present = modalities(Xs)
        read = read_list(matrices, known)
        there = [present.get(name, np.zeros(len(Xs.obs_names), bool)) for name in read.names]
        features = [_variables(Xs.mod.get(name)) for name in read.names]
        for own, (name, _, wanted) in zip(features, known or ()):
            _check_features(name, own, wanted)
        return read._replace(present=read.present & there, frame=Xs.obs, features=features)
    named = isinstance(Xs, Mapping)
    names = [str(key) for key in Xs] if named else [str(v) for v in range(len(Xs))]
    if len(set(names)) < len(names):
        raise ValueError(f"views must differ in name, got {names}")
    values = dict(zip(names, Xs.values() if named else Xs))
    if known is not None:
        wanted = [name for name, *_ in known]
        unknown = [name for name in names if name not in wanted]
        if unknown or (not named and len(names) != len(wanted)):
            raise ValueError(f"the model's views are {wanted}, got {names}")
        names = wanted
    given = {v: values[name] for v, name in enumerate(names) if values.get(name) is not None}
    if not given or (known is None and len(given) < len(names)):
        raise ValueError("each view must be a matrix, got None or no views")
    features = [_feature_names(given.get(v)) for v in range(len(names))]
    given, frame = _align(given, names)
    matrices = {v: _check_views(X, names[v]) for v, X in given.items()}
    rows = {names[v]: X.shape[0] for v, X in matrices.items()}
    if len(set(rows.values())) > 1:
        raise ValueError(f"views must have the same samples, one a row, got {rows} rows")
    return _gather(matrices, names, features, known, frame)


def _check_views(X, name):
    if np.ndim(X) != 2 and not _is_matrix(X):
        shape = getattr(X, "shape", type(X).__name__)
        raise ValueError(f"view {name} must be a matrix, samples x features, got {shape}")
    checked = check_array(
        unmasked(X),
        accept_sparse=("csr", "csc"),
        dtype=(np.float64, np.float32),
        ensure_all_finite="allow-nan",
        input_name=f"view {name}",
    )
    return canonical(checked)


def _variables(modality):
    """Names of a modality's features; empty if it is missing or has none."""
    names = getattr(modality, "var_names", None)
    return np.array([] if names is None else list(names), str)


def _check_features(name, given, wanted):
    """Raise ValueError if a view's features have other names than in fit."""
    if len(wanted) and len(given) and list(wanted) != list(given):
        raise ValueError(f"view {name} has other columns than in fit, or another order")


def _gather(matrices, names, features, known, frame):
    first = next(iter(matrices.values()))
    result, present = [], []
    for v, name in enumerate(names):
        X = matrices.get(v)
        if known is not None:
            _, width, columns = known[v]
            X = np.full((first.shape[0], width), np.nan, first.dtype) if X is None else X
            if X.shape[1] != width:
                raise ValueError(f"view {name} has {X.shape[1]} features, the model's has {width}")
            _check_features(name, features[v], columns)
        result.append(X)
        present.append(_where_present(X, name))
    ends = np.cumsum([0, *(X.shape[1] for X in result)])
    columns = [np.arange(a, b) for a, b in pairwise(ends)]
    return Read(result, np.array(present), columns, names, features, frame, True)


def check_presence(read):
    """Raise ValueError if a sample has no view, or no sample has some view."""
    alone = np.flatnonzero(~read.present.any(axis=0))
    if len(alone):
        raise ValueError(f"sample {alone[0]} has no view: NaN in all of them")
    empty = np.flatnonzero(~read.present.any(axis=1))
    if len(empty):
        raise ValueError(f"view {read.names[empty[0]]} is missing in all samples")


def in_one(read, multipliers):
    """All views as one matrix: NaN for missing views, columns times the multipliers."""
    p = sum(map(len, read.columns))
    dtype = np.result_type(*(X.dtype for X in read.matrices))
    if read.present.all() and all(scipy.sparse.issparse(X) for X in read.matrices):
        stacked = scipy.sparse.hstack(read.matrices, format="csc")
        places = np.empty(p, int)
        places[np.concatenate(read.columns)] = np.arange(p)
        stacked = stacked[:, places] @ scipy.sparse.diags(multipliers)
        return canonical(stacked.tocsr().astype(dtype))
    result = np.empty((read.present.shape[1], p), dtype)
    for X, own, present in zip(read.matrices, read.columns, read.present):
        dense = X.toarray() if scipy.sparse.issparse(X) else X
        result[:, own] = np.where(present[:, None], dense, np.nan) * multipliers[own].astype(dtype)
    return result


def in_blocks(read, multipliers):
    """`in_one` in blocks of samples, so that sparse views do not become one dense matrix."""
    n, p = read.present.shape[1], sum(map(len, read.columns))
    step = max(1, BLOCK // p)
    for start in range(0, n, step):
        rows = slice(start, start + step)
        matrices, present = [X[rows] for X in read.matrices], read.present[:, rows]
        yield in_one(read._replace(matrices=matrices, present=present), multipliers)
