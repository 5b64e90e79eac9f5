"""Containers: samples in those of users, features in that of `set_output`."""

# scikit-learn's own wrapper names columns by `get_feature_names_out()`, for a single output, but
# each layer has features of its own.
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
    return canonical(validate_data(estimator, unmasked(X), reset=reset, **allowed))
