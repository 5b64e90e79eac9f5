"""How much of data a fitted model explains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_is_fitted

from dsnmf.data.choice import as_blocks
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.block_features import features_of_rows
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.fitted import FittedFactorisation
from dsnmf.estimators.maps import threads_of_model
from dsnmf.estimators.moments import Moments

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike

    from dsnmf.typing import Data


#: Share of Σ x² up to which Σ (x - mean)² is what rounding of the means leaves.
ROUNDING = (64 * float(np.finfo(np.float64).eps)) ** 2


def _as_mask(held_out, shape):
    """The mask as an array; ValueError if it does not mark entries of an X of this shape."""
    mask = np.asarray(held_out)
    if mask.dtype != bool or mask.shape != shape:
        raise ValueError(
            f"held_out must be a boolean array of X's shape {shape}, "
            f"got {mask.dtype} of shape {mask.shape}"
        )
    if not mask.any():
        raise ValueError("held_out must mark at least one entry, got none")
    return mask


def _in_blocks(X, scale):
    """Slices of samples and their rows as arrays, divided by the scale, of an X in memory."""
    unit = X.dtype.type(scale)
    for block in column_blocks(*X.shape[::-1]):
        rows = X[block]
        yield block, (rows.toarray() if scipy.sparse.issparse(rows) else rows) / unit


class _Explained:
    """1 - Σ (x - x̂)² / Σ (x - mean)² over some entries, the features' means over visible ones."""

    def __init__(self):
        self._error, self._visible, self._scored = 0.0, Moments(), Moments()

    def add(self, visible, scored, X_hat):
        """Add samples (p x b), NaN where an entry is not visible, or does not count."""
        self._visible += Moments.of(visible.astype(np.float64))
        self._scored += Moments.of(scored.astype(np.float64))
        self._error += float(np.nansum(np.square(scored.astype(np.float64) - X_hat)))

    def value(self):
        scored, visible = self._scored, self._visible
        baseless = np.flatnonzero((scored.count > 0) & (visible.count == 0))
        if len(baseless):
            raise ValueError(
                f"held_out must leave an entry of each feature in X, but hides all of {baseless[0]}"
            )
        total = float((scored.squares + scored.count * (scored.mean - visible.mean) ** 2).sum())
        size = float((scored.squares + scored.count * scored.mean**2).sum())
        if total <= ROUNDING * size:  # equal samples have a mean that is off by rounding
            raise ValueError(
                "X must differ from its features' means for its explained variance to be defined: "
                "give at least two samples that are not alike"
            )
        return 1 - self._error / total


class ScoredFactorisation(FittedFactorisation):
    """The score of a fitted factorisation, which has features and reconstructions of samples."""

    def score(self, X: Data, y: Any = None, *, held_out: ArrayLike | None = None) -> float:
        """Explained variance of X by its reconstruction from `transform`, in any `metric` the same.

        1 - Σ (x - x̂)² / Σ (x - mean)² over the known entries, with the features' means in X: 1 is
        perfect, 0 is as good as these means, and worse than that is negative (the models have no
        intercept). Comparable to the sum of PCA's `explained_variance_ratio_`.

        Without `held_out` each sample's features are found from the entries that are scored, so
        that more components nearly always score higher, on new samples too. `held_out` hides
        entries from the features and scores on them alone, which tells what a model has understood
        of the data from what it only repeats. To choose a number of components by
        `GridSearchCV`, route the mask to the score: see the guide "choosing".

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            As `transform` has it; samples are worked on block after block.
        y : ignored
        held_out : array-like of bool, shape (n_samples, n_features), optional
            True marks an entry that is hidden; where X is unknown it does not count.

        Returns
        -------
        float <= 1

        Raises
        ------
        ValueError
            If X is as `transform` refuses it, `held_out` is no mask of its shape, marks nothing,
            leaves a sample or a feature without a visible entry, or is given with
            transform_method="ridge", or all samples are alike.

        Examples
        --------
        >>> import numpy as np
        >>> from dsnmf import SemiNMF
        >>> rng = np.random.default_rng(0)
        >>> X = rng.random((50, 3)) @ rng.standard_normal((3, 8))
        >>> model = SemiNMF(3).fit(X)
        >>> round(model.score(X), 2), round(model.score(X, held_out=rng.random(X.shape) < 0.1), 2)
        (1.0, 1.0)
        """
        check_is_fitted(self)
        X, blocks = as_blocks(X, scale=self._scale, gaps=True)
        if blocks is None:
            X = as_data(self, X)
            shape, blocks = X.shape, _in_blocks(X, self._scale)
        else:
            shape = blocks.shape[::-1]
            self._check_features(shape[1])
        mask = None if held_out is None else _as_mask(held_out, shape)
        if mask is not None and self.transform_method == "ridge":
            raise ValueError(
                "held_out hides entries from transform, and transform_method='ridge' takes no "
                "samples with gaps: set_params(transform_method='auto') does"
            )
        explained = _Explained()
        for samples, rows in blocks:
            visible = scored = rows
            if mask is not None:
                visible = np.where(mask[samples], np.nan, rows)
                scored = np.where(mask[samples], rows, np.nan)
            empty = np.flatnonzero(np.isnan(visible).all(axis=1))
            if len(empty):
                raise ValueError(f"sample {samples.start + empty[0]} of X has no visible entry")
            explained.add(visible.T, scored.T, self._reconstructed(visible))
        return explained.value()

    def _reconstructed(self, rows):
        """X̂ (p x b) of rows that have the scale of the fit already, at that scale."""
        metric = self._metric(-1, None)
        with threads_of_model(self, len(rows)):
            return metric.samples(features_of_rows(self, rows, -1, 0)) / self._scale
