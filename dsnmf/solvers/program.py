"""The compiled functions of one kind of fit, for data and factors of any size."""

import numpy as np

from dsnmf import symbolic
from dsnmf.symbolic.laplacian import SharedAffinity
from dsnmf.symbolic.shared import open_shared
from dsnmf.training.modes import compile_function


class Program:
    """A step of a rule, the cost and the features, over shared variables that a fit sets.

    To be had by `dsnmf.training.lending.lend`, one for each fit.

    Parameters
    ----------
    rule : type
        A `Rule`.
    data : type
        A `DataVariables`.
    layers : int
        Their number m.
    nonlinearity : str or callable
    dtype : {"float32", "float64"}
    affinities : tuple of m AffinityKind or None; or empty
    mode : None, str or pytensor Mode

    Attributes
    ----------
    data, nonlinearity, mode
    Zs, Hs : lists of m shared variables
    H : variable
        The last layer's features; relu(H_m) where H_m itself is free.
    affinities : list of m SharedAffinity or None; or empty
    forget : callable
        Lets go of what the rule knows beside the variables.
    is_broken : bool
        Whether a step was left in its middle.
    """

    def __init__(self, rule, data, layers, nonlinearity, dtype, affinities, mode):
        self.data, self.nonlinearity, self.mode = data(dtype), nonlinearity, mode
        self.Zs, self.Hs = (
            [open_shared(f"{letter}_{i}", dtype) for i in range(1, layers + 1)] for letter in "ZH"
        )
        self._offset = open_shared("offset", dtype, 0)
        self.affinities = [kind and SharedAffinity(kind, dtype) for kind in affinities]
        self.H = symbolic.relu(self.Hs[-1]) if rule.raw_features else self.Hs[-1]
        rule = rule(self)
        self._variables = [*self.data.variables, self._offset]
        for affinity in filter(None, self.affinities):
            self._variables += affinity.variables
        self._variables += [*rule.variables, *self.Zs, *self.Hs]
        self._empty = [variable.get_value() for variable in self._variables]
        self._has_cost = rule.knows_cost or rule.cost is not None
        self._move, self.forget = rule.make_step(), rule.forget
        if not self._has_cost:
            self._cost = compile_function([], self._half_cost(), mode=mode)
        self._features = compile_function(
            [], [*self._own_features(), *self._implied_features()], mode=mode
        )
        self.is_broken = False

    @property
    def X_filled(self):
        """The data, gaps filled from the reconstruction."""
        return self.data.filled(self.Zs, self.H, self.nonlinearity)

    def add_offset(self, error):
        """A squared error with what compression discarded."""
        return error + self._offset

    def _half_cost(self):
        """½ Σ (X - X̂)² over the known entries, and the graph penalties."""
        error = self.data.squared_error(self.Zs, self.H, self.nonlinearity)
        cost = self.add_offset(error) / np.asarray(2, dtype=self.H.dtype)
        for H, affinity in zip(self.Hs, self.affinities):
            if affinity is not None:
                cost = cost + symbolic.laplacian_penalty(H, affinity)
        return cost

    def _implied_features(self):
        """Features to which the last layer leads; in linear models of layer 1 alone."""
        linear = symbolic.is_linear(self.nonlinearity)
        layers = range(1, 2 if linear else len(self.Zs) + 1)
        return [symbolic.layer_features(self.Zs, self.H, i, self.nonlinearity) for i in layers]

    def _own_features(self):
        """Those of each layer. A raw H_m is the only one that moves: the others follow from it."""
        if self.H is self.Hs[-1]:
            return self.Hs
        layers = range(1, len(self.Zs) + 1)
        return [symbolic.layer_features(self.Zs, self.H, i, self.nonlinearity) for i in layers]

    def load(self, offset, values):
        """Set all variables: the values are the data's, the affinities', the rule's, Zs and Hs."""
        count = len(self.data.variables)
        offset = np.asarray(offset, self._offset.dtype)
        for variable, value in zip(
            self._variables, [*values[:count], offset, *values[count:]], strict=True
        ):
            variable.set_value(value, borrow=True)

    def unload(self):
        """Let go of all values."""
        for variable, value in zip(self._variables, self._empty):
            variable.set_value(value, borrow=True)
        self.forget()

    def step(self, with_cost):
        """One iteration; returns the cost before it, or None if it was not asked for."""
        self.is_broken = True
        cost = self._cost() if with_cost and not self._has_cost else None
        moved = self._move()
        self.is_broken = False
        return moved if self._has_cost else cost

    def cost(self):
        """The present one, or None of a rule whose every step computes it."""
        return None if self._has_cost else self._cost()

    def features(self):
        """Each layer's features, then those that H_m implies: two lists of arrays."""
        self.is_broken = True
        found = self._features()
        self.is_broken = False
        return found[: len(self.Hs)], found[len(self.Hs) :]
