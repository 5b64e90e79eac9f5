"""Features by several methods, each a function from samples (rows) to a `Learned`."""

import math
from dataclasses import dataclass

import numpy as np
import pytensor

from dsnmf import updates
from dsnmf.dsnmf import DSNMF
from dsnmf.initialisation import appr_seminmf, pretrain
from dsnmf.selection.principal import Principal
from dsnmf.symbolic import reconstruction_cost
from dsnmf.training import loop
from dsnmf.training.modes import compile_function
from dsnmf.training.threads import ONCE, threads_for
from dsnmf.validation import as_generator


@dataclass(frozen=True, eq=False)
class Learned:
    """The result of a method.

    Attributes
    ----------
    features : ndarray, shape (n_samples, k)
    Zs : tuple of ndarray
        Z_1 … Z_m of a factorisation.
    history : tuple of float
        Σ (X - X̂)² before each iteration of the training.
    error : float or None
        ‖X - X̂‖_F, not squared; None if it was not computed.
    nonlinearity : str
        g between the layers of a factorisation.
    """

    features: np.ndarray | None
    Zs: tuple = ()
    history: tuple = ()
    error: float | None = None
    nonlinearity: str = "identity"

    def features_in_metric(self, metric):
        """Features of a factorisation in a metric, see the estimators' `metric`."""
        from dsnmf.estimators.mapping.metric import as_exponent, metric_of
        from dsnmf.estimators.mapping.spread import spread_of_features

        H, given = np.asarray(self.features.T), (list(self.Zs), self.nonlinearity, None)
        with _once(self.features.shape[0], *self.Zs[0].shape):
            spread = spread_of_features(*given, H)
            return metric_of(as_exponent(metric), *given, spread).apply(H).T


def _once(n, p, k=math.inf):
    """Threads for one decomposition of n samples with p features into k components, or all."""
    return threads_for(n, p, min(n, p, k), limit=ONCE)


def raw(data):
    """The samples themselves."""
    return Learned(data)


def pca(data, n_components, whiten=0.0):
    """Principal components, partly whitened: see `dsnmf.selection.principal`."""
    with _once(*data.shape):
        return Learned(Principal(n_components, whiten).fit_transform(data))


def svd_semi_nmf(data, n_components, seed=0):
    """Semi-NMF by `appr_seminmf` only, without iterations."""
    with _once(*data.shape):
        Z, H = appr_seminmf(data.T, n_components, random_state=seed)
    return Learned(H.T, (Z,))


def _raise_if_interrupted(stopped_by):
    """Raise KeyboardInterrupt: features of an unfinished training are no result."""
    if stopped_by == "interrupt":
        raise KeyboardInterrupt


def _share(value):
    value = np.array(value, order="C")
    return pytensor.shared(value, borrow=True, shape=value.shape)


def train(rule, X, Zs, Hs, iterations, stops=None, description="", progress=False):
    """Train a linear model X ≈ Z_1 … Z_m H_m by one of `dsnmf.updates`' rules.

    Parameters
    ----------
    rule : callable
        Takes the variables X, Zs, Hs; returns the updates.
    X : ndarray, shape (p, n)
    Zs, Hs : lists of m ndarrays
        The start.
    iterations : int >= 1
        Largest number of iterations.
    stops : callable, optional
        Takes the list of ‖X - X̂‖_F after iteration 1, 2, …; true to stop there. The errors are
        known one iteration late, so that one more iteration follows.
    description : str
    progress : bool

    Returns
    -------
    Zs, Hs : lists of m ndarrays
    history : list of float
        ‖X - X̂‖²_F before each iteration.
    """
    threads = threads_for(X.shape[1], *map(len, (X, *Hs)))
    X, Zs, Hs = _share(X), [_share(Z) for Z in Zs], [_share(H) for H in Hs]
    step = compile_function([], reconstruction_cost(X, Zs, Hs[-1]), updates=rule(X, Zs, Hs))
    history = []
    with threads:
        stopped_by = loop.run(
            lambda: 2 * step(),  # the rules' cost is half the sum of squares
            iterations,
            history=history,
            callback=stops and (lambda *_: stops(np.sqrt(history[1:]))),
            description=description,
            progress=progress,
        )
    _raise_if_interrupted(stopped_by)
    Zs, Hs = ([factor.get_value(borrow=True) for factor in factors] for factors in (Zs, Hs))
    return Zs, Hs, history


def _by_rule(rule, name, data, layers, iterations, seed, progress):
    """Train a linear model by rule(X, Zs, Hs), from `appr_seminmf` layer by layer."""
    rng = as_generator(seed)
    with _once(*data.shape):
        start = pretrain(data.T, layers, lambda H, k: appr_seminmf(H, k, random_state=rng))
    description = f"{name} {'-'.join(map(str, layers))}"
    Zs, Hs, history = train(
        rule, data.T, *start, iterations, description=description, progress=progress
    )
    return Learned(Hs[-1].T, tuple(Zs), tuple(history))


def semi_nmf_rule(X, Zs, Hs):
    """`dsnmf.updates.semi_nmf` for `train`, with lists of one factor."""
    return updates.semi_nmf(X, *Zs, *Hs)


def semi_nmf(data, n_components, iterations, seed=0, progress=False):
    """Semi-NMF by the multiplicative rule of Ding et al., from `appr_seminmf`."""
    return _by_rule(semi_nmf_rule, "Semi-NMF", data, (n_components,), iterations, seed, progress)


def deep_semi_nmf(data, layers, iterations, seed=0, progress=False):
    """Linear Deep Semi-NMF by Algorithm 1 of the ICML paper, from `appr_seminmf` per layer."""
    return _by_rule(updates.deep_semi_nmf, "Algorithm 1", data, layers, iterations, seed, progress)


def train_dsnmf(data, layers, epochs, seed=0, progress=False, compress=False):
    """Train a `DSNMF`; KeyboardInterrupt if its training was interrupted."""
    model = DSNMF(data, layers, random_state=seed, compress=compress)
    model.fit(epochs, progress=progress)
    _raise_if_interrupted(model.stopped_by)
    return model


def result_of(model):
    """The `Learned` of a trained `DSNMF`."""
    Zs = tuple(model.get_param_values()[:-1])
    history = tuple(model.history)
    return Learned(model.get_features().T, Zs, history, nonlinearity="relu")


def dsnmf(data, layers, epochs, seed=0, progress=False):
    """Deep Semi-NMF with rectifiers, trained by Adam: the class `DSNMF`."""
    return result_of(train_dsnmf(data, layers, epochs, seed, progress))
