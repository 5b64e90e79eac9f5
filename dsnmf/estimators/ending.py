"""The result of a fit, and the last pass of a fit over data in blocks."""

from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse

from dsnmf import symbolic
from dsnmf.data.sparse import column_norms, squared_residual
from dsnmf.estimators.outcome import SpanGram
from dsnmf.estimators.search.priors import Priors
from dsnmf.estimators.search.probes import Probes, fixed_draws
from dsnmf.training.passes import Stacked


def _seen(rows, is_picked, *drawn_and_led, Z_1, nonlinearity):
    """A block's terms: squared error, picked samples, `SpanGram`, `Priors` and `Probes`."""
    *drawn, led = drawn_and_led
    X, F = rows.T, led[0].astype(np.float64)
    span = SpanGram(Z_1)
    span.map_full(X)
    picked = rows[is_picked]
    picked = picked.toarray() if scipy.sparse.issparse(picked) else picked
    terms = [squared_residual(X, Z_1, F), Stacked(picked), span.value]
    if not drawn:
        return terms
    norms, priors = column_norms(X), Priors(len(led), nonlinearity)
    priors.add(led, norms)
    return [*terms, priors, Probes(*drawn, norms, X.astype(np.float64), Z_1, F)]


class Ended(NamedTuple):
    """The result of a fit.

    Attributes
    ----------
    Zs, Hs : lists of m arrays
        The factors in the solver's form, with Z_1 for the data as given.
    features : list of m arrays, shape (k_i, n)
    error : float
        ‖X - X̂‖ at the data's own scale, exact, over the known entries.
    size : float
        ‖X‖ at the same scale, over the same entries.
    rows : ndarray or SciPy sparse matrix, shape (p, some)
        Some samples at the scale of the fit, gaps filled.
    norms : ndarray
        The norms of these samples.
    gram : ndarray, shape (k_1, k_1), or None
        See `SpanGram`; possibly at the scale of the fit.
    priors, probes : lists of ndarray
        See `Priors.summarise`; empty for linear models.
    """

    Zs: list
    Hs: list
    features: list
    error: float
    size: float
    rows: np.ndarray
    norms: np.ndarray
    gram: np.ndarray | None
    priors: list
    probes: list


def end_in_blocks(model, data, picked):
    """Compute a model's features and its result in the last pass over its blocks.

    Parameters
    ----------
    model : BlockModel
    data : Blocks
        Not compressed.
    picked : ndarray of int
        Numbers of the samples in `Ended.rows`, ascending.

    Returns
    -------
    Ended
    """
    n, scale, Zs = data.shape[1], data.scale, model.Z_values()
    Z_1 = Zs[0].astype(np.float64) / scale
    is_picked = np.zeros(n, bool)
    is_picked[picked] = True
    seen = partial(_seen, Z_1=Z_1, nonlinearity=model.nonlinearity)
    drawn = [] if symbolic.is_linear(model.nonlinearity) else [fixed_draws(n)]
    error, samples, gram, *others = model.end(seen, [is_picked, *drawn])
    rows, priors = samples.rows().T, ([], [])
    if others:
        of_layers, probes = others
        priors = of_layers.summarise(probes, Z_1)
    features = [H.T for H in model.Hs]
    norms = np.linalg.norm(rows.astype(np.float64, copy=False), axis=0)
    error, size = (scale * float(np.sqrt(square)) for square in (error, data.squared_norm))
    return Ended(Zs, [*features[:-1], model.H.T], features, error, size, rows, norms, gram, *priors)
