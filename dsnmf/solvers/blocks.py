"""A fit of data in blocks: its factors, what an interrupted fit goes on from, and its end."""

import math
from functools import partial

import numpy as np
import pytensor

#: Scales of the same data differ by less, relatively; by nothing with as many BLAS threads.
SAME = 1e-11


def _at_end(rows, whole, *inputs, ended, seen, count):
    """New rows; terms, the model's own first."""
    outputs, led, terms = ended(rows, whole, *inputs[count:])
    return outputs, [*terms, *seen(whole, *inputs[:count], led)]


class BlockModel:
    """The factors Z_1, …, Z_m and H_m of data in blocks: what `Model` is for data in memory.

    A rule's subclass has `step`, what of its own an interrupted fit goes on from, and `at_end`,
    which gives a function for `Blocks.run_pass_whole` with its inputs and outputs. Between new
    rows and terms the function returns features to which the last layer leads, with a column per
    sample, those of layer 1 first. `take_end` takes the sums of the terms.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m arrays
        Z_1 for these blocks.
    Hs : list of m arrays, shape (n, k_i)
        H_1ᵀ, …, H_mᵀ, of the blocks' dtype; changed in place, and features at the end.
    rule : type
        The `Rule`.
    new_array : callable
        From a shape and a dtype to an array with a row per sample.
    nonlinearity : str or callable
        g; a function must treat each sample by itself.
    affinities : list of m LabelAffinity; or empty
        Of classes alone, without graph and constant.
    learning_rate : float
    mode : None, str or pytensor Mode

    Attributes
    ----------
    samples : Blocks
    Zs : list of m arrays
    H : array, shape (n, k_m)
        H_mᵀ as the solver holds it, changed in place.
    iteration : int
        How many there have been.
    """

    def __init__(
        self,
        blocks,
        Zs,
        Hs,
        rule,
        *,
        new_array,
        nonlinearity="identity",
        affinities=(),
        learning_rate=1e-3,
        mode=None,
    ):
        self.samples, self.Zs, self.Hs, self.H = blocks, list(Zs), Hs, Hs[-1]
        self.rule, self.nonlinearity, self.new_array = rule, nonlinearity, new_array
        self.affinities, self.learning_rate = affinities, learning_rate
        self.mode = pytensor.config.mode if mode is None else mode  # the same on other machines
        self.iteration = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def narrow(self, *values):
        """Arrays in the blocks' dtype."""
        return [np.asarray(value, self.samples.dtype) for value in values]

    def Z_values(self):
        """Copies of the Zs, Z_1 for all features, at the data's own scale."""
        Z_1, *others = self.Zs
        return [Z.copy() for Z in self.narrow(self.samples.restored(Z_1), *others)]

    def H_values(self):
        """Copies of the Hs that move."""
        return [np.array(self.H.T)]

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        raise NotImplementedError

    def settle_gauge(self):
        """Choose the least arbitrary form of H_m, see `dsnmf.solvers.gauge`."""
        raise NotImplementedError

    def at_end(self):
        """Function, inputs and outputs of the last pass."""
        raise NotImplementedError

    def take_end(self, sums):
        """Use the sums of that function's terms, the first ones, and return the others."""
        return sums

    def end(self, seen, given):
        """Fill `Hs` with all layers' features, and look at all samples once more.

        Parameters
        ----------
        seen : callable
            Called of each block as seen(rows, *given, led): the rows of the data, uncompressed, at
            the scale of the fit; the same rows of `given`; and a list of features to which the last
            layer leads, each of shape (k, b), those of layer 1 first. Returns a list of terms.
        given : list of array, shape (n, …)

        Returns
        -------
        list
            The sums of these terms.
        """
        ended, inputs, outputs = self.at_end()
        function = partial(_at_end, ended=ended, seen=seen, count=len(given))
        inputs = [*map(self.samples.distribute, given), *inputs]
        return self.take_end(self.samples.run_pass_whole(function, inputs, outputs))

    def large_arrays(self):
        """What the next iteration needs besides `state`: arrays with a row per sample, by name."""
        return {"H": self.H}

    def own_state(self):
        """Small arrays by name, besides the Zs."""
        raise NotImplementedError

    def restore_own(self, state):
        """Take them up."""
        raise NotImplementedError

    def state(self):
        """What `restore` goes on from after the first iteration: small arrays by name."""
        Zs = {f"Z_{i}": Z for i, Z in enumerate(self.Zs, start=1)}
        data = {"scale": self.samples.scale, "fingerprint": self.samples.fingerprint}
        numbers = {name: np.array(value) for name, value in data.items()}
        return {**numbers, "iteration": np.array(self.iteration), **Zs, **self.own_state()}

    def restore(self, state):
        """Take up a state; ValueError if it is that of other data."""
        was, scale = float(state["scale"]), self.samples.scale
        if not math.isclose(was, scale, rel_tol=SAME):
            raise ValueError(
                f"the checkpoint is that of a fit to other data: the root mean square of the "
                f"samples' norms was {was!r}, that of X is {scale!r}"
            )
        # Version 0.2.0 had no fingerprint.
        if "fingerprint" in state and state["fingerprint"] != self.samples.fingerprint:
            raise ValueError(
                "the checkpoint is that of a fit to other data: samples, or their order, changed"
            )
        self.Zs = [state[f"Z_{i}"] for i in range(1, len(self.Zs) + 1)]
        self.iteration = int(state["iteration"])
        self.restore_own(state)
