"""Labels in files: integers or names."""

from decimal import Decimal

import numpy as np

#: The unknown label among integers, and the limit of integers.
_UNKNOWN, _LIMIT = -1, 2.0**63


def _refuse(source, value):
    raise ValueError(
        f"{source} must hold integers, -1 where a label is unknown, or names, got {value}"
    )


def _whole(source, values):
    """Numbers as int64, NaN as -1."""
    unknown = np.isnan(values)
    with np.errstate(invalid="ignore"):  # the remainder of an infinity is NaN
        odd = ~unknown & ((values % 1 != 0) | (np.abs(values) >= _LIMIT))
        labels = values.astype(np.int64)
    if odd.any():
        _refuse(source, values[odd][0])
    labels[unknown] = _UNKNOWN
    return labels


def _label(source, value):
    """A name, an int, or None."""
    if value is None or isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float | np.bool_ | np.integer | np.floating | Decimal):
        _refuse(source, f"a {type(value).__name__}")
    if value != value:
        return None
    if value % 1 != 0 or abs(value) >= _LIMIT:
        _refuse(source, value)
    return int(value)


def as_labels(source, values):
    """Convert labels to the form for estimators.

    Parameters
    ----------
    source : str
        The labels' source, for the error's text.
    values : ndarray, shape (n_samples,) or (n_samples, n_attributes)
        Numbers, texts, or objects that are either; None or NaN for unknown labels.

    Returns
    -------
    ndarray of int64, -1 for unknown labels; if any label is a text, of objects: str, int, or None
    for unknown labels. Texts are not changed.

    Raises
    ------
    ValueError
        If a number is not whole or not below 2**63, or a value is neither number nor text.
    """
    if values.dtype.kind in "fiub":
        return _whole(source, values)
    if values.dtype.kind == "S":
        values = np.char.decode(values)
    if values.dtype.kind not in "UO":
        _refuse(source, values.dtype)
    labels = np.array([_label(source, value) for value in values.ravel().tolist()], dtype=object)
    if not any(isinstance(label, str) for label in labels):
        labels = np.array([_UNKNOWN if label is None else label for label in labels], np.int64)
    return labels.reshape(values.shape)


def without_labels(values, unknown):
    """Replace values that stand for unknown labels by None.

    Parameters
    ----------
    values : ndarray
    unknown : sequence of str
        As written in the file: "unassigned", "-9".

    Returns
    -------
    ndarray, of objects if there are such values
    """
    tokens = {*unknown}
    hits = [str(v) in tokens or _as_whole(v) in tokens for v in values.ravel().tolist()]
    if not any(hits):
        return values
    kept = values.astype(object)
    kept[np.reshape(hits, kept.shape)] = None
    return kept


def _as_whole(value):
    return str(int(value)) if isinstance(value, float) and value.is_integer() else None
