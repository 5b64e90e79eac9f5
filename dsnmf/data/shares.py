"""The share of each feature in the squared norm of a matrix."""

import math
import warnings

import numpy as np
import scipy.sparse

from dsnmf.caller import stacklevel
from dsnmf.magnitude import largest_magnitude
from dsnmf.symbolic.centred import CentredMatrix

#: With a larger share of the squared norm, a feature leaves less than a fifth of the norm for the
#: others.
GOVERNING = 0.96

#: Entries that are squared at a time.
_BLOCK = 1 << 20


class GoverningFeatureWarning(UserWarning):
    """One feature holds nearly all of X's squared norm, so that a fit describes little else."""


def energies_of(X):
    """The sum of squares of each feature, in a common but arbitrary unit.

    Parameters
    ----------
    X : ndarray, SciPy sparse matrix or CentredMatrix, shape (n_samples, n_features)
        NaN counts as 0.

    Returns
    -------
    ndarray, shape (n_features,), float64
    """
    n, p = X.shape
    if isinstance(X, CentredMatrix):
        return (X / (largest_magnitude(X) or 1.0)).energies()
    values = X.data if scipy.sparse.issparse(X) else X
    top, bottom = (f.reduce(values, axis=None, initial=0) for f in (np.fmax, np.fmin))
    unit = max(float(top), -float(bottom)) or 1.0  # squares of the largest would leave float64
    if scipy.sparse.issparse(X):
        entries = X.tocoo()
        return np.bincount(entries.col, np.square(entries.data / unit), minlength=p)
    energies, height = np.zeros(p), max(1, _BLOCK // p)
    for start in range(0, n, height):
        energies += np.nansum(np.square(X[start : start + height] / unit), axis=0)
    return energies


def warn_of_governing(energies, names=None):
    """Tell the user if one of several features holds nearly all of the squared norm.

    Parameters
    ----------
    energies : ndarray, shape (n_features,)
        See `energies_of`.
    names : sequence of str, optional
        Names of the features.

    Warns
    -----
    GoverningFeatureWarning
        If the share of one exceeds `GOVERNING`.

    Examples
    --------
    >>> import numpy as np, warnings
    >>> from dsnmf.data.shares import energies_of, warn_of_governing
    >>> X = np.array([[61617.0, 3, 1], [61618, 2, 5], [61620, 4, 2]])
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warn_of_governing(energies_of(X), ["rownames", "A1", "A2"])
    >>> print(told[0].message)
    feature 0, rownames, holds 99.9 % or more of X's squared norm, so that a fit describes little
    else: leave it out if it only numbers or dates the samples, or scale the features alike
    """
    total = float(energies.sum())
    feature = int(np.argmax(energies))
    if len(energies) == 1 or not energies[feature] > GOVERNING * total:
        return
    name = f"feature {feature}" if names is None else f"feature {feature}, {names[feature]},"
    share = math.floor(999.99 * float(energies[feature]) / total) / 10
    warnings.warn(
        f"{name} holds {share} % or more of X's squared norm, so that a fit describes little else: "
        "leave it out if it only numbers or dates the samples, or scale the features alike",
        GoverningFeatureWarning,
        stacklevel=stacklevel(),
    )
