"""The columns of each view in one matrix."""

from collections.abc import Mapping
from numbers import Integral

import numpy as np


def _find_columns(entry, names, view):
    """Numbers of the named columns."""
    if names is None:
        raise ValueError(
            f"view {view} names the column {entry[0]!r}, but X has no column names: give a frame, "
            "or widths, slices or numbers of columns"
        )
    places = {name: place for place, name in enumerate(names)}
    for name in entry:
        if name not in places:
            raise ValueError(f"view {view} names the column {name!r}, which X does not have")
    return np.array([places[name] for name in entry])


def _numbers(entry, p, names, view):
    """Column numbers of one view, from a slice, or numbers or names of columns."""
    if isinstance(entry, slice):
        return np.arange(p)[entry]
    if not isinstance(entry, str) and not np.iterable(entry):
        raise ValueError(f"view {view} must be names or numbers of columns, got {entry!r}")
    entry = [entry] if isinstance(entry, str) else list(entry)
    if len(entry) == p and all(isinstance(each, bool | np.bool_) for each in entry):
        return np.flatnonzero(entry)
    if entry and all(isinstance(each, str) for each in entry):
        return _find_columns(entry, names, view)
    for each in entry:
        if not isinstance(each, Integral) or isinstance(each, bool):
            raise ValueError(f"view {view} must be names or numbers of columns, got {each!r}")
    for each in entry:
        if not -p <= each < p:
            raise ValueError(f"view {view} has the column {each}, but X has {p} columns")
    return np.array([each % p for each in entry], int)


def _by_widths(widths, p):
    if min(widths) < 1 or sum(widths) != p:
        raise ValueError(
            f"views={list(widths)!r} are widths, which must be >= 1 and sum to X's {p} columns, "
            f"got {sum(widths)}"
        )
    return np.split(np.arange(p), np.cumsum(widths)[:-1])


def view_columns(views, p, names=None):
    """Numbers of the columns of each view, and the views' names.

    Parameters
    ----------
    views : None, or list or dict with an entry per view
        None: all columns are one view. Entries are either widths (int) of views that lie side by
        side, or each a slice, a mask, or a list of column numbers or names. The keys of a dict are
        the views' names.
    p : int
        Number of columns of X.
    names : sequence of str, optional
        Names of the columns.

    Returns
    -------
    list of ndarray of int
    list of str

    Raises
    ------
    ValueError
        If a view is empty or names a column that does not exist, two views have a column in common,
        or a column is in no view.
    """
    if views is None:
        return [np.arange(p)], ["0"]
    labels = list(map(str, views)) if isinstance(views, Mapping) else None
    entries = list(views.values()) if isinstance(views, Mapping) else list(views)
    labels = labels or [str(v) for v in range(len(entries))]
    if not entries:
        raise ValueError("views must have an entry per view, got none")
    if all(isinstance(each, Integral) and not isinstance(each, bool) for each in entries):
        return _by_widths([int(each) for each in entries], p), labels
    if any(isinstance(each, Integral) for each in entries):
        raise ValueError(f"views must be widths for all views or for none, got {views!r}")
    columns = [_numbers(each, p, names, label) for each, label in zip(entries, labels)]
    owner = np.full(p, -1)
    for v, (own, label) in enumerate(zip(columns, labels)):
        if not len(own):
            raise ValueError(f"view {label} has no columns")
        values, counts = np.unique(own, return_counts=True)
        if counts.max() > 1:
            raise ValueError(f"view {label} has the column {values[counts.argmax()]} twice")
        taken = own[owner[own] >= 0]
        if len(taken):
            first = labels[owner[taken[0]]]
            raise ValueError(f"views overlap: column {taken[0]} is in view {first} and {label}")
        owner[own] = v
    if (owner < 0).any():
        raise ValueError(f"column {int((owner < 0).argmax())} of X is in no view")
    return columns, labels
