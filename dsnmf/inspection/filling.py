"""Filling of samples' unknown entries by a fitted model."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal, overload

import numpy as np
import scipy.sparse

from dsnmf.data.recognition import in_memory
from dsnmf.estimators.containers import as_data
from dsnmf.inspection.conditional_mean import (
    NOISES,
    ConditionalMean,
    components_without,
    noise_of_fit,
)
from dsnmf.inspection.given_samples import array_model, has_views, is_error_of_fit, is_plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array

#: Share of the known entries that is hidden for the test, of at most so many samples; with fewer
#: hidden entries than the last number there is no test.
HIDDEN, TESTED, LEAST = 0.1, 500, 20

#: Noise without a test, as a multiple of the fit's mean squared error.
UNTESTED = 3.0

#: Name of the fill if the model's error is larger than that of the means.
BY_MEANS = "the features' means, which err less than the model"

#: A fill whose error is more than this share of the means' error is not worth much.
POOR = 0.9


@dataclass(frozen=True)
class FillTest:
    """Test of a fill on known entries that were hidden.

    Attributes
    ----------
    by : str
        The method that fills the gaps.
    n_hidden : int
        Number of hidden known entries; 0 without a test: with too few, or several views.
    error, means_error : float or None
        Root mean square error of the fill and of the features' means on them; with `scale`, of the
        scaled features.
    """

    by: str
    n_hidden: int
    error: float | None
    means_error: float | None

    def __str__(self) -> str:
        text = f"Filled by {self.by}."
        if self.error is None or self.means_error is None:
            return f"{text} Not tested."
        text += (
            f" Test on {self.n_hidden} known entries that were hidden: root mean square error "
            f"{self.error:.3g}, that of the features' means {self.means_error:.3g}."
        )
        if self.error > POOR * self.means_error:
            text += " The model says little about the gaps."
        return text


def are_of_fit(model, X, X_hat):
    """True if samples are those of a model's fit, by their error."""
    X, X_hat = (model._as_factorised(rows) for rows in (X, X_hat))
    size = np.sqrt(np.nansum(np.square(X, dtype=np.float64)))
    error = np.sqrt(np.nansum(np.square(X - X_hat.astype(np.float64))))
    return is_error_of_fit(model, error, size)


def _hidden_for_test(X):
    """Numbers of samples, those with gaps first, and a mask of their known entries to hide.

    Each sample and each feature keeps a known entry.
    """
    rng, known = np.random.default_rng(0), ~np.isnan(X)
    order = np.argsort(known.all(axis=1) + rng.random(len(X)) / 2, kind="stable")
    picked = np.sort(order[:TESTED])
    hidden = np.zeros(X.shape, bool)
    hidden[picked] = known[picked] & (rng.random((len(picked), X.shape[1])) < HIDDEN)
    for axis in (0, 1):
        hidden &= (known & ~hidden).any(axis=axis, keepdims=True)
    return picked, hidden


def _means(X, otherwise):
    """Means of the features' known entries; others where there is none."""
    count = (~np.isnan(X)).sum(axis=0)
    return np.where(count > 0, np.nansum(X, axis=0) / np.maximum(count, 1), otherwise)


def _rms(missed):
    return float(np.sqrt(np.mean(np.square(missed, dtype=np.float64))))


def _by_conditional_mean(model, rows, of_fit):
    """The model's values of all entries of rows at the scale of the fit, and the `FillTest`."""
    Psi, H = reduce(np.matmul, [Z.astype(np.float64) for Z in model.Z_]), model.H_[-1]
    noise = noise_of_fit(model, float(np.nanmean(np.square(rows))))
    learned = ConditionalMean(Psi, H)
    picked, hidden = _hidden_for_test(rows)
    by, count = "the learned components", int(hidden.sum())
    if count < LEAST:
        return learned.complete(rows, UNTESTED * noise), FillTest(by, 0, None, None)
    visible = np.where(hidden, np.nan, rows)
    if of_fit and not model.l2:  # its components depend on the hidden entries
        tested = ConditionalMean(components_without(visible, H), H)
    else:
        tested = learned
    means = _rms((_means(visible, learned.mean) - rows)[hidden])
    sums = tested.errors(visible[picked], hidden[picked], rows[picked], NOISES * noise)
    error = float(np.sqrt(sums.min() / count))
    if error < means:
        return learned.complete(rows, NOISES[sums.argmin()] * noise), FillTest(
            by, count, error, means
        )
    filled = np.broadcast_to(_means(rows, learned.mean), rows.shape)
    return filled, FillTest(BY_MEANS, count, means, means)


def _reconstructed(model, X):
    return model.inverse_transform(np.asarray(model.transform(X)))


def _by_transform(model, X):
    """All entries of X from the features of `transform`, and the `FillTest`."""
    picked, hidden = _hidden_for_test(X)
    by, count = "the features of transform", int(hidden.sum())
    X_hat = _reconstructed(model, X)
    if count < LEAST:
        return X_hat, FillTest(by, 0, None, None)
    visible = np.where(hidden, np.nan, X)
    as_found = np.array(X)
    as_found[picked] = _reconstructed(model, visible[picked])
    means = np.broadcast_to(_means(visible, 0), X.shape)
    rows = model._as_factorised(X)
    error, means = (_rms((model._as_factorised(f) - rows)[hidden]) for f in (as_found, means))
    if error < means:
        return X_hat, FillTest(by, count, error, means)
    return np.broadcast_to(_means(X, 0), X.shape), FillTest(BY_MEANS, count, means, means)


def _filled(model, X):
    """All entries of X as the model has them, and the `FillTest`."""
    learned, of_fit = None, False
    if hasattr(model, "H_") and model.H_[-1].shape[1] == len(X):
        learned = model.inverse_transform(model.H_[-1].T)
        of_fit = are_of_fit(model, X, learned)
    if has_views(model):  # which lack whole views
        by = "the learned features" if of_fit else "the features of transform"
        return learned if of_fit else _reconstructed(model, X), FillTest(by, 0, None, None)
    if not is_plain(model):
        return _by_transform(model, X)
    rows = model._centring.apply(X).astype(np.float64)
    found, test = _by_conditional_mean(model, rows, of_fit)
    return model._centring.undo(found), test


@overload
def fill(model: Factorisation, X: ArrayLike, *, return_test: Literal[False] = ...) -> Array: ...


@overload
def fill(
    model: Factorisation, X: ArrayLike, *, return_test: Literal[True]
) -> tuple[Array, FillTest | None]: ...


def fill(
    model: Factorisation, X: ArrayLike, *, return_test: bool = False
) -> Array | tuple[Array, FillTest | None]:
    """Fill the unknown entries of samples; known entries keep their bits.

    In linear models a gap gets its mean given the sample's known entries, for features with the
    mean and covariance of the learned ones, and noisy entries. The noise is the one with the least
    error on known entries that are hidden for a test; if the features' means are better, they fill
    the gaps. This is never far from the best of `H_`, nonnegative features, projection and means,
    and often better: see the guide "data", Gaps. In non-linear models, and after `partial_fit`, the
    features of `transform` or the means fill the gaps. Models of several views fill samples of the
    fit (the same number, with the fit's error) from `H_`, others by `transform`, without a test.

    Parameters
    ----------
    model : fitted estimator
    X : array-like, shape (n_samples, n_features)
        NaN and masks mark unknown entries.
    return_test : bool
        True to return the test too.

    Returns
    -------
    filled : ndarray, shape (n_samples, n_features)
    test : FillTest or None
        None if X has no gaps. Only with `return_test`. Its text says what fills the gaps, and how
        well it fills known entries that were hidden.

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
    >>> model = SemiNMF(2, max_iter=5000, tol=1e-9).fit(gaps)
    >>> filled, test = fill(model, gaps, return_test=True)
    >>> bool(np.abs(filled - X).max() < 0.05), test.error < 0.1 * test.means_error
    (True, True)
    """
    if scipy.sparse.issparse(X):
        raise TypeError("X must be dense: absent entries of a sparse matrix are zeros, not gaps")
    if not hasattr(X, "shape") and not np.isscalar(X) and has_views(model):
        raise TypeError(
            "X must be one matrix: of views, model.inverse_transform(model.transform(Xs)) has all "
            "that they lack"
        )
    model = array_model(model, X)
    X = as_data(model, in_memory(X))
    gaps = np.isnan(X)
    if not gaps.any():
        return (X.copy(), None) if return_test else X.copy()
    empty = np.flatnonzero(gaps.all(axis=1))
    if len(empty):
        raise ValueError(f"sample {empty[0]} of X has no known entry")
    plain = copy.copy(model).set_output(transform="default")
    X_hat, test = _filled(plain, X)
    filled = np.where(gaps, X_hat, X).astype(X.dtype, copy=False)
    return (filled, test) if return_test else filled
