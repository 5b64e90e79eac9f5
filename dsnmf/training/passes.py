"""A pass over data in blocks: all code that reads the whole data goes through `pass_over`."""

from operator import iadd

import numpy as np

from dsnmf.files.pages import release


class NeedsMemory(ValueError):
    """X can be fitted in memory, but not in blocks."""


class Stacked:
    """Rows of a block as a term: a sum of terms holds all rows, in order."""

    def __init__(self, rows):
        self._parts = [rows]

    def __iadd__(self, other):
        self._parts += other._parts
        return self

    def rows(self):
        """All rows as one array."""
        return np.concatenate(self._parts)


def add_terms(total, terms):
    """Add a list of terms to a total, in place; None is an empty total."""
    return terms if total is None else [iadd(*pair) for pair in zip(total, terms)]


def as_terms(terms):
    """Copies of arrays in float64, as terms."""
    return [np.array(term, np.float64) for term in terms]


def gram_terms(rows):
    """No new rows; the Gram matrix of the columns as a term, in float64."""
    wide = rows.astype(np.float64, copy=False)
    return [], [wide.T @ wide]


def pass_over(blocks, function, inputs=(), outputs=()):
    """Call a function of each block, in order.

    Parameters
    ----------
    blocks : iterable of (slice, rows)
    function : callable
        From a block's rows and the same rows of the inputs to a list of new rows of the outputs,
        and a list of terms. Terms are added in place, so they must be new objects.
    inputs, outputs : sequences of array, shape (n, …)
        An array may be in both.

    Returns
    -------
    list
        The sums of the terms, added in the order of the blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.training.passes import pass_over
    >>> X, H = np.arange(6.0).reshape(3, 2), np.empty((3, 1))
    >>> blocks = [(slice(0, 2), X[:2]), (slice(2, 3), X[2:])]
    >>> pass_over(blocks, lambda rows: ([rows[:, :1]], [float(rows.sum())]), outputs=[H])
    [15.0]
    >>> H.ravel()
    array([0., 2., 4.])
    """
    total = None
    for block, rows in blocks:
        values, terms = function(rows, *(array[block] for array in inputs))
        for array, new in zip(outputs, values):
            array[block] = new
        for array in (*inputs, *outputs):
            release(array)
        total = add_terms(total, terms)
    return total
