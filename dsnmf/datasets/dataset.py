"""The result of a loader, and scaling of samples to unit norm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dsnmf.typing import Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with classes or attributes.

    Attributes
    ----------
    name : str
    data : ndarray, shape (n_samples, n_features), float32
        The loaders of named sets give every sample unit l2 norm, the scale of the original
        notebook and of the authors' MATLAB files.
    target : ndarray, shape (n_samples,) or (n_samples, n_attributes), int64
    target_names : tuple of str
        One attribute: its classes, in ascending order of the integers in `target`. Several:
        the attributes, one per column.
    images : tuple of int or None
        Shape of one picture, such that `data[i].reshape(images)` is upright: (height, width)
        or (height, width, channels). None: the samples are no pictures.
    DESCR : str
        Content and source of the set.
    views : tuple of (str, int)
        Name and number of features of each view, if `data` has several views side by side.
    """

    name: str
    data: Array = field(repr=False)
    target: Array = field(repr=False)
    target_names: tuple[str, ...]
    images: tuple[int, ...] | None
    DESCR: str = field(repr=False)
    views: tuple[tuple[str, int], ...] = ()


def unit_norm(X: Array) -> Array:
    """X with every row scaled to unit l2 norm; rows of zeros stay as they are.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features), float

    Returns
    -------
    ndarray
        Same shape and dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.datasets import unit_norm
    >>> unit_norm(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8], [0. , 0. ]])
    """
    units = np.abs(X).max(axis=1, keepdims=True).astype(np.float64)
    wide = X / np.where(units > 0, units, 1)  # whose squares neither vanish nor overflow
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return (wide / np.where(lengths > 0, lengths, 1)).astype(X.dtype)
