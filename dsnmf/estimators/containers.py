"""Containers: samples in those of users, features in that of `set_output`."""

# scikit-learn's own wrapper names columns by `get_feature_names_out()`: it knows one output only,
# but each layer has features of its own.
import contextlib
import os

import numpy as np
from sklearn.utils._set_output import ADAPTERS_MANAGER, _get_output_config
from sklearn.utils.validation import check_array, validate_data

from dsnmf.data.observations import is_annotated, names_frame
from dsnmf.data.recognition import canonical, unmasked
from dsnmf.extras import extra

#: Attributes of an estimator with which `transform` returns arrays.
GIVES_ARRAYS = {"_sklearn_output_config": {"transform": "default"}}


def _kind(estimator):
    return _get_output_config("transform", estimator)["dense"]


def in_container(features, names, X, estimator):
    """An array, a pandas or a polars frame of features (n x k), with X's index where it has one."""
    kind = _kind(estimator)
    if kind == "default":
        return features
    adapter = ADAPTERS_MANAGER.adapters[kind]
    X = X.obs if is_annotated(X) else X  # a frame with the names of the samples
    return adapter.create_container(features, X, columns=lambda: names)


def in_lazy_container(features, names, estimator):
    """A Dask array of features, as it is or as a Dask frame, whose partitions are pandas frames."""
    kind = _kind(estimator)
    if kind == "default":
        return features
    if kind != "pandas":
        raise ValueError(
            f"set_output(transform={kind!r}) is for arrays in memory; of a Dask array there are "
            "'pandas' and 'default'"
        )
    purpose = "set_output(transform='pandas') of a Dask array"
    frames = extra("dask.dataframe", purpose, "blocks,files")
    return frames.from_dask_array(features, columns=names)


def are_rows_of(H, arrays):
    """True if H is a view of one of the arrays."""
    arrays = [array for array in arrays if isinstance(array, np.ndarray)]
    return isinstance(H, np.ndarray) and any(np.may_share_memory(H, array) for array in arrays)


def _text_columns(X):
    """Names of a frame's columns that are no numbers."""
    for name in X.columns:
        try:
            np.asarray(X[name]).astype(np.float64)
        except (ValueError, TypeError):
            yield str(name)


def _is_temporal(dtype):
    return getattr(dtype, "kind", "") in ("m", "M") or getattr(dtype, "is_temporal", bool)()


def _refuse_dates(X):
    """ValueError for what NumPy would take as nanoseconds, and a missing date as -9.2e18."""
    columns = getattr(X, "columns", None)
    types = [getattr(X, "dtype", None)] if columns is None else X.dtypes
    names = ["X"] if columns is None else columns
    found = [str(name) for name, dtype in zip(names, types) if _is_temporal(dtype)]
    if found:
        where = "X holds" if columns is None else f"columns {', '.join(found[:3])} of X hold"
        raise ValueError(f"{where} dates or times: leave them out, or give numbers, such as days")


@contextlib.contextmanager
def faults_named(X):
    """Errors of what checks X, that say what to do where that is known."""
    if isinstance(X, str | os.PathLike):
        raise ValueError("X is a file name; read it with dsnmf.files.named_tables.read_table")
    _refuse_dates(X)
    try:
        yield
    except ValueError as error:
        if "could not convert" not in str(error) or not hasattr(X, "columns"):
            raise
        names = [*_text_columns(X)]
        if not names:
            raise
        shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        what = "columns" if len(names) > 1 else "a column"
        raise ValueError(
            f"X has {what} of text: {shown}; leave out what is no feature, e.g. "
            f"X.drop(columns={names[:3]}) ({error})"
        ) from error


def as_data(estimator, X, *, reset=False):
    """X validated: an array with NaN in its gaps, or a canonical CSR matrix.

    With `reset`, the estimator will be fitted to it, and takes its feature names.
    """
    allowed = {
        "accept_sparse": ("csr", "csc"),
        "dtype": (np.float64, np.float32),
        "ensure_all_finite": "allow-nan",
        "ensure_min_samples": 2 if reset else 1,
    }
    if is_annotated(X):
        values = check_array(unmasked(X), estimator=estimator, input_name="X", **allowed)
        validate_data(estimator, names_frame(X), reset=reset, skip_check_array=True)
        return canonical(values)
    with faults_named(X):
        return canonical(validate_data(estimator, unmasked(X), reset=reset, **allowed))
