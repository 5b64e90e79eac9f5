"""Class labels as integer codes; unknown labels are -1."""

import contextlib
import sys

import numpy as np
import scipy.sparse

#: Unknown labels besides missing values. Also as text, because NumPy converts them to text in an
#: array of names; "None" and "" are names.
UNKNOWN_LABELS = frozenset({-1, "-1", "-1.0", "nan", "NaT", "<NA>", b"-1", b"-1.0", b"nan"})


def as_label_codes(labels, name="labels", n_samples=None):
    """Class labels as integer codes from 0, -1 where the label is unknown.

    Unknown are -1 of any numeric type, missing values (None, NaN, NaT, pandas.NA, masked entries)
    and the text that NumPy makes of these in arrays of names: "-1", "-1.0", "nan", "NaT", "<NA>".
    All other labels are classes: booleans, negative numbers, the empty string, "None". Equal labels
    are one class: 1 and 1.0 are, 1 and "1" are not.

    Parameters
    ----------
    labels : array_like, shape (n,) or (n, attributes)
        Numbers, strings, dates or other single values: a list, an array (masked ones too), a
        pandas Series, DataFrame or Categorical, whose index is ignored.
    name : str
        Their name in errors.
    n_samples : int, optional
        The required number of rows.

    Returns
    -------
    list of ndarray of int64, shape (n,)
        One per attribute. Codes follow the sorted labels, or their first appearance where they
        cannot be sorted.

    Raises
    ------
    TypeError
        If they are sparse, complex, or not single values.
    ValueError
        If the shape or the number of rows is wrong, a label is infinite, or a float so large that
        neighbouring integers are equal.

    Examples
    --------
    >>> from dsnmf.affinity.classes import as_label_codes
    >>> as_label_codes([["b", 3], ["a", -1.0], [None, 7]])
    [array([ 1,  0, -1]), array([ 0, -1,  1])]
    """
    return [codes for codes, _ in as_classes(labels, name, n_samples)]


def as_classes(labels, name="labels", n_samples=None):
    """The codes of `as_label_codes`, and the class of each code.

    Parameters
    ----------
    labels, name, n_samples
        See `as_label_codes`, also for errors.

    Returns
    -------
    list of (ndarray of int64, list)
        One pair per attribute: codes of shape (n,), and the label of each code from 0.
    """
    table = _as_label_table(labels, name)
    n = len(table) if table.ndim else 0
    if table.ndim not in (1, 2) or table.size == 0:
        raise ValueError(f"{name} must have shape (n,) or (n, attributes), got {table.shape}")
    if n_samples not in (None, n):
        raise ValueError(f"{name} must have one row per sample ({n_samples}), got {n}")
    values, hidden = np.ma.getdata(table, subok=False), np.ma.getmaskarray(table)
    attributes = []
    for column, masked in zip(values.reshape(n, -1).T, hidden.reshape(n, -1).T):
        codes = np.full(n, -1, dtype=np.int64)
        codes[~masked], classes = _column_codes(column[~masked], name)
        attributes.append((codes, classes))
    return attributes


def _as_label_table(labels, name):
    """An array, masked if the labels are; of objects where NumPy would merge 1 and "1"."""
    if scipy.sparse.issparse(labels):
        raise TypeError(f"{name} must be a dense array, got a sparse {type(labels).__name__}")
    try:
        if isinstance(labels, list | tuple):
            masked = any(isinstance(row, np.ma.MaskedArray) for row in labels)
            table = (np.ma if masked else np).array(labels, dtype=object)
        else:
            table = np.asanyarray(labels)
    except ValueError as error:
        raise ValueError(f"{name} must be a rectangular array of labels: {error}") from error
    if table.dtype.kind not in "biufMSTUO":
        raise TypeError(f"{name} must be numbers, strings or dates, got dtype {table.dtype}")
    return table


def _column_codes(column, name):
    labels, positions = _distinct(column, name)
    known = [label for label in labels if not _is_unknown(label)]
    for label in known:
        _check_label(label, name)
    with contextlib.suppress(TypeError):  # numbers beside strings, for example
        known = sorted(known)
    codes = {label: code for code, label in enumerate(known)}
    return np.array([codes.get(label, -1) for label in labels], dtype=np.int64)[positions], known


def _distinct(column, name):
    """The distinct labels of a column, and every sample's index among them."""
    if column.dtype.kind in "biufM":
        labels, positions = np.unique(column, return_inverse=True)
        return list(labels), positions
    order = {}
    labels = (None if label is np.ma.masked else label for label in column.tolist())
    try:
        positions = [order.setdefault(label, len(order)) for label in labels]
    except TypeError as error:
        raise TypeError(f"{name} must be numbers, strings or dates: {error}") from error
    return list(order), np.array(positions, dtype=np.intp)


def _is_unknown(label):
    pandas = sys.modules.get("pandas")  # not imported: then no label is its NA
    missing = label is None or label is getattr(pandas, "NA", None)
    return missing or label in UNKNOWN_LABELS or bool(label != label)


def _check_label(label, name):
    is_float = isinstance(label, float | np.floating)
    is_single = is_float or isinstance(label, str | bytes) or not np.iterable(label)
    if not is_single or isinstance(label, complex | np.complexfloating):
        raise TypeError(
            f"{name} must be numbers, strings or dates, one per sample and attribute, got {label!r}"
        )
    if is_float:
        limit = 2 / np.finfo(type(label)).eps
        if not abs(label) < limit:
            raise ValueError(
                f"{name} must be finite and, as floats, less than {limit:.0f}, from where they do "
                f"not tell integers apart, got {label!r}"
            )
