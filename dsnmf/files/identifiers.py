"""Columns of numbers or names that identify the samples, among features or labels."""

import re
import shlex

import numpy as np

#: Usual names of such a column, in any case, possibly after the name of the samples.
_NUMBERING = re.compile(
    r"(.*[\W_])?(id|index|row|row[\W_]?(id|name|number)s?|unnamed: 0)|.*(?-i:[a-z]Id)",
    re.IGNORECASE,
)
_TIME = re.compile(r"(.*[\W_])?(t|date|datetime|time|time[\W_]?stamp)", re.IGNORECASE)

#: Two samples are too few, and fewer than five may be in equal steps by chance.
_ENOUGH, _MANY = 3, 5

#: Tolerance for equal steps of printed times, as a share of a step.
_ROUNDING = 0.1


def _are_different(values):
    return len(values) >= _ENOUGH and len({*values.tolist()}) == len(values)


def _are_in_steps(values):
    """True if they are whole and rise by one, or are many and in equal steps."""
    if (np.diff(values) == 1).all() and (values % 1 == 0).all():
        return True
    expected = np.linspace(values[0], values[-1], len(values))
    step = abs(expected[1] - expected[0])
    return len(values) >= _MANY and bool((np.abs(values - expected) <= _ROUNDING * step).all())


def note_on_features(matrix, names, transpose=False):
    """A warning about a first feature that seems to number or date the samples.

    Parameters
    ----------
    matrix : ndarray, shape (n_samples, n_features)
    names : sequence of str
        Names of the features.
    transpose : bool
        True if the rows are the features.

    Returns
    -------
    str or None
        A note if there are other features, and the first one has numbers in equal steps, different
        whole numbers under a name like "id", or rising numbers under a name like "time".

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.files.identifiers import note_on_features
    >>> note_on_features(np.array([[7, 0.5], [3, 0.1], [4, 0.2]]), ["ID", "height"])
    'its first column, ID, seems to number or date the samples, and is read as a feature; \
--index ID reads it as their names'
    """
    column, name = matrix[:, 0].astype(np.float64), names[0]
    if matrix.shape[1] == 1 or not _are_different(column) or not np.isfinite(column).all():
        return None
    numbers = _NUMBERING.fullmatch(name) and (column % 1 == 0).all()
    dates = _TIME.fullmatch(name) and (np.diff(column) > 0).all()
    if not (numbers or dates or _are_in_steps(column)):
        return None
    rows, read = ("features", "sample") if transpose else ("samples", "feature")
    role = f"seems to number or date the {rows}, and is read as a {read}"
    return f"its first column, {name}, {role}; --index {shlex.quote(name)} reads it as their names"


def note_on_labels(labels):
    """A warning about a first attribute without repeated labels.

    Parameters
    ----------
    labels : ndarray, shape (n_samples,) or (n_samples, n_attributes)

    Returns
    -------
    str or None
        A note if there are other attributes.
    """
    if labels.ndim == 1 or labels.shape[1] == 1 or not _are_different(labels[:, 0]):
        return None
    return "its first column seems to number or name the samples, and is read as labels"
