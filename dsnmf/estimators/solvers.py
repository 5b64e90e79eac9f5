"""What each solver minimises, and the update rule that does it."""

from dataclasses import dataclass, field
from functools import cached_property, partial

import numpy as np

from dsnmf import symbolic, updates
from dsnmf.data.samples import Samples
from dsnmf.estimators.gauge import settle_gauge
from dsnmf.estimators.inner_features import inner_features
from dsnmf.training import loop
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import pass_over
from dsnmf.training.stopping import FeatureTolerance
from dsnmf.updates.one_read import first_sums, one_read


@dataclass(frozen=True)
class Model:
    """Shared factors, the data that they are to reproduce, and everything that rules need.

    Attributes
    ----------
    samples : Samples
    Zs, Hs : lists of m shared variables
    nonlinearity : str or callable
    affinities : list of m affinities or None
    learning_rate : float
    raw_features : bool
        Whether H_m may be negative and relu(H_m) are the features, as in DSNMF.
    """

    samples: Samples
    Zs: list
    Hs: list
    nonlinearity: object = "identity"
    affinities: list = field(default_factory=list)
    learning_rate: float = 1e-3
    raw_features: bool = False

    @cached_property
    def H(self):
        """The last layer's features; relu(H_m) where H_m itself is free."""
        return symbolic.relu(self.Hs[-1]) if self.raw_features else self.Hs[-1]

    def Z_values(self):
        """Copies of the Zs' values, Z_1 for all features."""
        Z_1, *others = [np.array(Z.get_value(borrow=True)) for Z in self.Zs]
        return [self.samples.restored(Z_1), *others]

    def H_values(self):
        """Copies of the Hs' values."""
        return [np.array(H.get_value(borrow=True)) for H in self.Hs]

    def settle_gauge(self):
        """Choose the least arbitrary form of H_m, see `dsnmf.estimators.gauge`."""
        Zs = [np.asarray(Z.get_value(borrow=True)) for Z in self.Zs]
        H = np.array(self.Hs[-1].get_value(borrow=True))
        Z = settle_gauge(Zs, H.shape[1], partial(pass_over, [(slice(None), H.T)]), H.T)
        self.Zs[-1].set_value(Z, borrow=True)
        self.Hs[-1].set_value(H, borrow=True)

    def tolerance(self, tol):
        """When the last layer's features have settled."""
        H = self.Hs[-1]

        def passed(function, inputs, outputs):
            whole = [(slice(None), H.get_value(borrow=True))]
            return pass_over(whole, function, inputs, outputs)

        return FeatureTolerance(tol, passed, np.empty_like(H.get_value(borrow=True)))

    @property
    def X_filled(self):
        """The data, gaps filled from the reconstruction."""
        X_hat = symbolic.reconstruction(self.Zs, self.H, self.nonlinearity)
        return self.samples.filled(X_hat)

    def squared_error(self):
        """Σ (X - X̂)² over the known entries."""
        return self.completed(self.samples.squared_error(self.Zs, self.H, self.nonlinearity))

    def completed(self, error):
        """A squared error with what compression discarded."""
        return error + np.asarray(self.samples.offset, dtype=self.Hs[-1].dtype)

    def cost(self):
        """½ Σ (X - X̂)² and the graph penalties."""
        cost = self.squared_error() / np.asarray(2, dtype=self.Hs[-1].dtype)
        for H, affinity in zip(self.Hs, self.affinities):
            if affinity is not None:
                cost = cost + symbolic.laplacian_penalty(H, affinity)
        return cost


def _is_read_once(model, solver):
    linear = symbolic.is_linear(model.nonlinearity)
    return solver == "multiplicative" and linear and model.samples.is_complete


def _multiplicative(model):
    if _is_read_once(model, "multiplicative"):
        sums = first_sums(model.samples.start, model.Hs[-1].get_value(borrow=True))
        return one_read(model.samples.X, model.Zs, model.Hs, sums, model.affinities or None)
    if len(model.Zs) == 1:
        affinity = model.affinities[0] if model.affinities else None
        return updates.semi_nmf(model.X_filled, model.Zs[0], model.Hs[0], affinity)
    if not symbolic.is_linear(model.nonlinearity):
        return updates.nonlinear_deep_semi_nmf(
            model.X_filled, model.Zs, model.Hs, model.nonlinearity
        )
    affinities = model.affinities or None
    return updates.deep_semi_nmf(model.X_filled, model.Zs, model.Hs, affinities)


def _bcd(model):
    return updates.bcd_semi_nmf(model.X_filled, model.Zs[0], model.Hs[0])


_RULES = {"multiplicative": _multiplicative, "bcd": _bcd}


def compile_solver(model, solver, mode):
    """A step for `loop.run`.

    Parameters
    ----------
    model : Model
    solver : {"multiplicative", "bcd", "adam"}
    mode : None, str or pytensor Mode

    Returns
    -------
    step : callable
        One iteration; returns the cost before it where `loop.run` needs it, else None.
    """
    if solver == "adam":
        return _adam_step(model, mode)
    move = compile_function([], updates=_RULES[solver](model), mode=mode)
    cost = compile_function([], model.cost(), mode=mode)
    iteration = 0

    def step():
        nonlocal iteration
        value = cost() if iteration % loop.CHECK_EVERY == 0 else None
        iteration += 1
        move()
        return value

    return step


def _adam_step(model, mode):
    """DSNMF's training: Σ (X - X̂)², all Z_i and the raw H_m free, relu around H_m."""
    params = [*model.Zs, model.Hs[-1]]
    error, gradients = model.samples.error_and_gradients(
        model.Zs, model.H, model.nonlinearity, params
    )
    rule = updates.adam(gradients, params, model.learning_rate)
    return compile_function([], model.completed(error), updates=rule, mode=mode)


def settle(model, solver, mode):
    """Give layers below the last, whose features no rule has moved, those that fit the final Zs."""
    if len(model.Hs) > 1 and not model.affinities and _is_read_once(model, solver):
        Zs = [Z.get_value(borrow=True) for Z in model.Zs]
        H = model.Hs[-1].get_value(borrow=True)
        for H_i, features in zip(model.Hs, inner_features(model.samples.start, Zs, H, mode)):
            H_i.set_value(features, borrow=True)


def all_features(model, solver):
    """Variables of each layer's features, and of those to which the last layer leads.

    "adam" keeps only the last layer's features, from which the others follow. Of linear models only
    those of layer 1 are led to, as nothing asks for the others.
    """
    layers = range(1, len(model.Zs) + 1)
    led = [symbolic.layer_features(model.Zs, model.H, i, model.nonlinearity) for i in layers]
    if solver == "adam":
        return led, led
    return model.Hs, led[:1] if symbolic.is_linear(model.nonlinearity) else led
