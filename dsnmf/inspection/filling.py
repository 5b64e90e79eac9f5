"""Filling of samples' unknown entries by a fitted model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse

from dsnmf.data.recognition import in_memory
from dsnmf.estimators.containers import as_data
from dsnmf.inspection.given_samples import array_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array

#: Samples are those of the fit if their reconstruction from the learned features has the fit's
#: error, up to this share.
NEAR = 1e-3


def are_of_fit(model, X, X_hat):
    """True if samples are those of a model's fit, by their error."""
    X, X_hat = (model._as_factorised(rows) for rows in (X, X_hat))
    size = np.sqrt(np.nansum(np.square(X, dtype=np.float64)))
    error = np.sqrt(np.nansum(np.square(X - X_hat.astype(np.float64))))
    expected = model.reconstruction_err_
    return abs(error - expected) <= NEAR * max(expected, NEAR * size)


def fill(model: Factorisation, X: ArrayLike) -> Array:
    """Fill the unknown entries of samples; known entries keep their bits.

    Samples of the fit (the same number, with the fit's error) are filled from the learned features
    `H_`, others from those of `transform`.

    Parameters
    ----------
    model : fitted estimator
    X : array-like, shape (n_samples, n_features)
        NaN and masks mark unknown entries.

    Returns
    -------
    ndarray, shape (n_samples, n_features)

    Raises
    ------
    TypeError
        If X is sparse, because its absent entries are zeros.
    ValueError
        If `transform` refuses X.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.inspection import fill
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((50, 2)) @ rng.standard_normal((2, 6))
    >>> gaps = np.where(rng.random(X.shape) < 0.1, np.nan, X)
    >>> filled = fill(SemiNMF(2, max_iter=5000, tol=1e-9).fit(gaps), gaps)
    >>> bool(np.abs(filled - X).max() < 0.05)
    True
    """
    if scipy.sparse.issparse(X):
        raise TypeError("X must be dense: absent entries of a sparse matrix are zeros, not gaps")
    if not hasattr(X, "shape") and not np.isscalar(X) and hasattr(model, "view_names_"):
        raise TypeError(
            "X must be one matrix: of views, model.inverse_transform(model.transform(Xs)) has all "
            "that they lack"
        )
    model = array_model(model, X)
    X = as_data(model, in_memory(X))
    gaps = np.isnan(X)
    if not gaps.any():
        return X.copy()
    if hasattr(model, "H_") and model.H_[-1].shape[1] == len(X):
        X_hat = model.inverse_transform(model.H_[-1].T)
        if are_of_fit(model, X, X_hat):
            return np.where(gaps, X_hat, X).astype(X.dtype, copy=False)
    X_hat = model.inverse_transform(np.asarray(model.transform(X)))
    return np.where(gaps, X_hat, X).astype(X.dtype, copy=False)
