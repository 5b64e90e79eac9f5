"""What a fit to data in blocks sees of them when it ends, in one pass."""

from functools import partial

import numpy as np

from dsnmf import symbolic
from dsnmf.estimators.outcome import SpanGram
from dsnmf.estimators.priors import Priors
from dsnmf.estimators.probes import Probes, draws
from dsnmf.training.passes import Stacked


def _seen(rows, is_picked, *drawn_and_led, Z_1, nonlinearity):
    """Terms of the squared error, of the picked samples, of `SpanGram`, `Priors` and `Probes`."""
    *drawn, led = drawn_and_led
    X, F = rows.T, led[0].astype(np.float64)
    span = SpanGram(Z_1)
    span.of_full(X)
    terms = [float(np.square(X - Z_1 @ F).sum()), Stacked(rows[is_picked]), span.value]
    if not drawn:
        return terms
    wide = rows.astype(np.float64).T
    norms, priors = np.linalg.norm(wide, axis=0), Priors(len(led), nonlinearity)
    priors.add(led, norms)
    return [*terms, priors, Probes(*drawn, norms, wide, Z_1, F)]


class Ending:
    """Fills a model's features, and looks at all samples.

    Parameters
    ----------
    model : BlockModel
    picked : ndarray of int
        Numbers of some samples, ascending.

    Attributes
    ----------
    error : float
        ‖X - X̂‖ at the data's own scale, exactly.
    rows : ndarray, shape (len(picked), p)
        These samples, at the scale of the fit.
    gram : ndarray, shape (k_1, k_1)
        See `dsnmf.estimators.outcome.SpanGram`; at the scale of the fit.
    priors, probes : lists of ndarray
        See `Priors.learned`; empty for linear models.
    """

    def __init__(self, model, picked):
        n, scale = model.samples.shape[1], model.samples.scale
        Z_1 = model.Z_values()[0].astype(np.float64) / scale
        is_picked = np.zeros(n, bool)
        is_picked[picked] = True
        seen = partial(_seen, Z_1=Z_1, nonlinearity=model.nonlinearity)
        drawn = [] if symbolic.is_linear(model.nonlinearity) else [draws(n)]
        error, samples, self.gram, *others = model.end(seen, [is_picked, *drawn])
        self.error, self.rows = scale * float(np.sqrt(error)), samples.rows()
        self.priors = self.probes = []
        if others:
            priors, probes = others
            self.priors, self.probes = priors.learned(probes, Z_1)
