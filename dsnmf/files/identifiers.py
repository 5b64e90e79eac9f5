"""Columns of numbers or names that identify the samples, among features or labels."""

import numpy as np

#: What people call such a column, in any case.
_NAMES = ("id", "index")

#: Two samples prove nothing.
_ENOUGH = 3


def _are_different(values):
    return len(values) >= _ENOUGH and len({*values.tolist()}) == len(values)


def note_on_features(matrix, names):
    """What the user should know of a first feature that seems to number the samples.

    Parameters
    ----------
    matrix : ndarray, shape (n_samples, n_features)
    names : sequence of str
        Those of the features.

    Returns
    -------
    str or None
        A note if there are other features, and the first one holds whole numbers that count
        samples in their order, or are different and under a name like "id".

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.files.identifiers import note_on_features
    >>> note_on_features(np.array([[7, 0.5], [3, 0.1], [4, 0.2]]), ["ID", "height"])
    'its first column, ID, seems to number the samples, and is read as a feature'
    """
    column = matrix[:, 0]
    if matrix.shape[1] == 1 or not _are_different(column) or (column % 1 != 0).any():
        return None
    if names[0].lower() not in _NAMES and (np.diff(column) != 1).any():
        return None
    return f"its first column, {names[0]}, seems to number the samples, and is read as a feature"


def note_on_labels(labels):
    """What the user should know of a first attribute of which no label comes twice.

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
