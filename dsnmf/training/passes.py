"""A pass over data in blocks: all code that reads the whole data goes through `pass_over`."""

from operator import iadd

import numpy as np

from dsnmf.files.pages import release


class NeedsMemory(ValueError):
    """What serves in memory, but not in blocks."""


class Stacked:
    """Rows of some blocks; sums of these are all their rows, in order."""

    def __init__(self, rows):
        self._parts = [rows]

    def __iadd__(self, other):
        self._parts += other._parts
        return self

    def rows(self):
        """All of them as one array."""
        return np.concatenate(self._parts)


def add_terms(total, terms):
    """The sums of two lists, entry by entry; the first is changed, None stands for no terms yet."""
    return terms if total is None else [iadd(*pair) for pair in zip(total, terms)]


def as_terms(terms):
    """Arrays of their own in float64, in which sums are made."""
    return [np.array(term, np.float64) for term in terms]


def gram_terms(rows):
    """No new rows; the term of the Gram matrix of their columns, in float64."""
    wide = rows.astype(np.float64, copy=False)
    return [], [wide.T @ wide]


def pass_over(blocks, function, inputs=(), outputs=()):
    """Call a function of each block, in order.

    Parameters
    ----------
    blocks : iterable of (slice, rows)
    function : callable
        From a block's rows and the same rows of the inputs to a list of new rows of the outputs,
        and a list of terms, which are its own, and can be added.
    inputs, outputs : sequences of array, shape (n, …)
        An array may be both.

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
    for samples, rows in blocks:
        values, terms = function(rows, *(array[samples] for array in inputs))
        for array, new in zip(outputs, values):
            array[samples] = new
        for array in (*inputs, *outputs):
            release(array)
        total = add_terms(total, terms)
    return total
