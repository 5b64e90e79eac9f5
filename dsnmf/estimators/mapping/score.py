"""The share of the data's variance that a fitted model explains."""

import numpy as np
import scipy.sparse

from dsnmf.data.known import with_gaps
from dsnmf.data.recognition import as_blocks
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.mapping.block_features import features_of_rows
from dsnmf.estimators.mapping.maps import threads_of_model
from dsnmf.estimators.search.moments import Moments

#: Share of Σ x² up to which Σ (x - mean)² is rounding error of the means.
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


def rows_in_blocks(X, centring, scale, absent):
    """Slices of samples and their rows as arrays at the scale of the fit, of an X in memory."""
    unit = X.dtype.type(scale)
    for block in column_blocks(*X.shape[::-1]):
        rows = X[block]
        if scipy.sparse.issparse(rows):
            rows = with_gaps(rows) if absent == "unknown" else rows.toarray()
        rows = centring.apply(rows)
        yield block, rows / unit


class _Explained:
    """1 - Σ (x - x̂)² / Σ (x - mean)² over some entries, the features' means over visible ones."""

    def __init__(self):
        self._error, self._visible, self._scored = 0.0, Moments(), Moments()

    def add(self, visible, scored, X_hat):
        """Add samples (p x b): NaN marks entries that are not visible, or not scored."""
        self._visible += Moments.from_values(visible.astype(np.float64))
        self._scored += Moments.from_values(scored.astype(np.float64))
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


def _reconstruct(estimator, rows):
    """X̂ (p x b) of rows at the scale of the fit."""
    metric = estimator._metric(-1, None)
    with threads_of_model(estimator, len(rows)):
        return metric.reconstruct(features_of_rows(estimator, rows, -1, 0)) / estimator._scale


def explained_variance(estimator, X, held_out):
    """Explained variance of X by its reconstruction, see `SemiNMF.score`."""
    X, blocks = as_blocks(X, scale=estimator._scale, gaps=True, absent=estimator.absent)
    if blocks is None:
        return explained_in_memory(estimator, as_data(estimator, X), held_out)
    blocks.centring = estimator._centring
    shape = blocks.shape[::-1]
    estimator._check_features(shape[1])
    return _explained_of_blocks(estimator, shape, blocks, held_out)


def explained_in_memory(estimator, X, held_out):
    """`explained_variance` of a valid X in memory, an array or a CSR matrix."""
    given = estimator._centring, estimator._scale, estimator.absent
    return _explained_of_blocks(estimator, X.shape, rows_in_blocks(X, *given), held_out)


def _explained_of_blocks(estimator, shape, blocks, held_out):
    mask = None if held_out is None else _as_mask(held_out, shape)
    if mask is not None and estimator.transform_method == "ridge":
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
        explained.add(visible.T, scored.T, _reconstruct(estimator, visible))
    return explained.value()
