"""The compiled functions of one kind of fit, for data and factors of any size."""

import numpy as np

from dsnmf import symbolic
from dsnmf.symbolic.laplacian import SharedAffinity
from dsnmf.symbolic.shared import open_shared
from dsnmf.training.modes import compile_function


class Program:
    """Compiled step, cost and features of a rule, over shared variables that a fit sets.

    Each fit gets one from `dsnmf.training.lending.lend`.

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
        Drops what the rule stores besides the variables.
    is_broken : bool
        Whether a step was interrupted.
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
        """X, any gaps filled from the reconstruction."""
        return self.data.filled(self.Zs, self.H, self.nonlinearity)

    def add_offset(self, error):
        """A squared error plus the energy that compression discarded."""
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
        """The features that H_m implies; in linear models those of layer 1 alone."""
        linear = symbolic.is_linear(self.nonlinearity)
        layers = range(1, 2 if linear else len(self.Zs) + 1)
        return [symbolic.layer_features(self.Zs, self.H, i, self.nonlinearity) for i in layers]

    def _own_features(self):
        """The features of each layer. If H_m is raw, only it moves, and implies the others."""
        if self.H is self.Hs[-1]:
            return self.Hs
        layers = range(1, len(self.Zs) + 1)
        return [symbolic.layer_features(self.Zs, self.H, i, self.nonlinearity) for i in layers]

    def load(self, offset, values):
        """Set all variables to the values of the data, the affinities, the rule, Zs and Hs."""
        count = len(self.data.variables)
        offset = np.asarray(offset, self._offset.dtype)
        for variable, value in zip(
            self._variables, [*values[:count], offset, *values[count:]], strict=True
        ):
            variable.set_value(value, borrow=True)

    def unload(self):
        """Drop all values."""
        for variable, value in zip(self._variables, self._empty):
            variable.set_value(value, borrow=True)
        self.forget()

    def step(self, with_cost):
        """One iteration; returns the cost before it, or None without with_cost."""
        self.is_broken = True
        cost = self._cost() if with_cost and not self._has_cost else None
        moved = self._move()
        self.is_broken = False
        return moved if self._has_cost else cost

    def cost(self):
        """The current cost, or None if each step of the rule computes its own."""
        return None if self._has_cost else self._cost()

    def features(self):
        """Each layer's features, then those that H_m implies: two lists of arrays."""
        self.is_broken = True
        found = self._features()
        self.is_broken = False
        return found[: len(self.Hs)], found[len(self.Hs) :]
