"""A fit of data in memory: its factors, and the program that moves them."""

import contextlib
from functools import partial, reduce

import numpy as np

from dsnmf.initialisation.least_squares import regress
from dsnmf.solvers.gauge import settle_gauge
from dsnmf.solvers.program import Program
from dsnmf.symbolic.laplacian import affinity_values
from dsnmf.training import loop
from dsnmf.training.lending import lend
from dsnmf.training.modes import is_jax
from dsnmf.training.passes import pass_over
from dsnmf.training.stopping import FeatureTolerance


class Model:
    """A context in which `step` moves the factors; they remain after it.

    Parameters
    ----------
    data : Samples
    Zs, Hs : lists of m ndarray
        The start; copied.
    rule : type
        The `Rule`.
    nonlinearity : str or callable
    affinities : list of m affinities or None; or empty
    learning_rate : float
    l2 : float >= 0
        Weight of the penalty, see `SemiNMF`.
    mode : None, str or pytensor Mode

    Raises
    ------
    ValueError
        If an H has a negative entry and the rule needs H >= 0.
    """

    def __init__(
        self,
        data,
        Zs,
        Hs,
        rule,
        *,
        nonlinearity="identity",
        affinities=(),
        learning_rate=1e-3,
        l2=0.0,
        mode=None,
    ):
        self.data, self.nonlinearity, self.mode = data, nonlinearity, mode
        self.affinities, self.learning_rate, self.l2 = list(affinities), learning_rate, l2
        self._rule = rule
        dtype = data.start.dtype
        self._Zs, self._Hs = (
            [np.array(factor, dtype, order="C") for factor in factors] for factors in (Zs, Hs)
        )
        if not self._rule.raw_features:
            for i, H in enumerate(self._Hs, start=1):
                if not (H >= 0).all():
                    raise ValueError(f"H_{i} must be >= 0, got a negative entry or NaN")
        self._program, self._iteration = None, 0

    def __enter__(self):
        n, dtype = self.data.shape[1], str(self.data.start.dtype)
        of_graph = partial(affinity_values, dtype=dtype, n=n, dense=is_jax(self.mode))
        graphs = [(None, []) if W is None else of_graph(W) for W in self.affinities]
        kinds = tuple(kind for kind, _ in graphs)
        values = [*self.data.values(), *(value for _, values in graphs for value in values)]
        values += [*self._rule.values(self), *self._Zs, *self._Hs]
        variables, m = self.data.variables, len(self._Zs)
        settings = self._rule, variables, m, self.nonlinearity, dtype, kinds, self.mode
        with contextlib.ExitStack() as stack:
            program = stack.enter_context(lend(Program, *settings))
            stack.callback(program.unload)
            program.load(self.data.offset, values)
            self._ending = stack.pop_all()
        self._program = program
        self._Zs = self._Hs = None
        return self

    def __exit__(self, *error):
        self._Zs, self._Hs = self.Zs, self.Hs
        self._program = None
        self._ending.close()

    def _now(self, letter):
        if self._program is None:
            return self._Zs if letter == "Z" else self._Hs
        shared = self._program.Zs if letter == "Z" else self._program.Hs
        return [np.asarray(variable.get_value(borrow=True)) for variable in shared]  # of JAX too

    @property
    def Zs(self):
        """The current Zs, Z_1 in the coordinates of the data's X."""
        return self._now("Z")

    @Zs.setter
    def Zs(self, values):
        for variable, value in zip(self._program.Zs, values, strict=True):
            variable.set_value(value, borrow=True)

    @property
    def Hs(self):
        """The current Hs."""
        return self._now("H")

    @Hs.setter
    def Hs(self, values):
        for variable, value in zip(self._program.Hs, values, strict=True):
            variable.set_value(value, borrow=True)

    def Z_values(self):
        """Copies of the Zs' values, Z_1 for all features."""
        Z_1, *others = map(np.array, self.Zs)
        return [self.data.restored(Z_1), *others]

    def H_values(self):
        """Copies of the Hs' values."""
        return [*map(np.array, self.Hs)]

    def step(self):
        """A step for `loop.run`."""
        with_cost = self._iteration % loop.CHECK_EVERY == 0
        self._iteration += 1
        return self._program.step(with_cost)

    def cost(self, last):
        """The current cost; or `last`, that before the last step, if each step computes its own."""
        now = self._program.cost()
        return last if now is None else float(now)

    def settle(self):
        """Finish the fit by its rule's `settle`; no step follows."""
        self._program.forget()
        self._rule.settle(self)

    def settle_gauge(self):
        """Choose the least arbitrary form of H_m, see `dsnmf.solvers.gauge`."""
        H = np.array(self.Hs[-1])
        Z = settle_gauge(self.Zs, H.shape[1], partial(pass_over, [(slice(None), H.T)]), H.T)
        self.Zs, self.Hs = [*self.Zs[:-1], Z], [*self.Hs[:-1], H]

    def tolerance(self, tol):
        """Stops when the last layer's features have settled."""

        def run_pass(function, inputs, outputs):
            return pass_over([(slice(None), self.Hs[-1])], function, inputs, outputs)

        return FeatureTolerance(tol, run_pass, np.empty_like(self.Hs[-1]))

    def features(self):
        """Features of each layer, then those that H_m implies; two lists of arrays.

        The second list is for layer 1 alone in a linear model, otherwise for all layers.
        """
        return self._program.features()

    def layer_components(self):
        """(X H_i†)ᵀ of each layer, shape (k_i, p), for the unscaled data; after `settle`."""
        Zs, (features, implied) = self.Z_values(), self.features()
        X = self.data.completed(Zs[0], implied[0])
        eps = float(np.finfo(X.dtype).eps)
        inner = [regress(X, H, eps).T.astype(H.dtype) for H in features[:-1]]
        return [*inner, reduce(np.matmul, Zs).T]
