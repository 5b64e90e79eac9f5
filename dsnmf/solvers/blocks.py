"""A fit of data in blocks: its factors, its state for checkpoints, and its end."""

import math
from functools import partial

import numpy as np
import pytensor

#: Largest relative difference of scales of the same data: summation depends on BLAS's threads.
SAME = 1e-11


def _at_end(rows, whole, *inputs, ended, seen, count):
    """New rows, then the model's own terms, then those of `seen`."""
    outputs, implied, terms = ended(rows, whole, *inputs[count:])
    return outputs, [*terms, *seen(whole, *inputs[:count], implied)]


class BlockModel:
    """The factors Z_1, …, Z_m and H_m of data in blocks; `Model` is that for data in memory.

    A rule's subclass defines `step`, its own state for checkpoints, and `at_end`. The latter
    returns a function for `Blocks.run_pass_whole`, its inputs and its outputs. The function returns
    new rows, the features that H_m implies (a column per sample, layer 1 first), and terms.
    `take_end` gets the sums of the terms.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m arrays
        Z_1 for these blocks.
    Hs : list of m arrays, shape (n, k_i)
        H_1ᵀ, …, H_mᵀ, of the blocks' dtype; changed in place. At the end they hold the features.
    rule : type
        The `Rule`.
    new_array : callable
        From a shape and a dtype to an array with a row per sample.
    nonlinearity : str or callable
        g; a function must act on each sample separately.
    affinities : list of m LabelAffinity; or empty
        Without graph and constant.
    learning_rate : float
    mode : None, str or pytensor Mode

    Attributes
    ----------
    data : Blocks
    Zs : list of m arrays
    H : array, shape (n, k_m)
        The solver's H_mᵀ, changed in place.
    iteration : int
        Number of iterations so far.
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
        self.data, self.Zs, self.Hs, self.H = blocks, list(Zs), Hs, Hs[-1]
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
        return [np.asarray(value, self.data.dtype) for value in values]

    def Z_values(self):
        """Copies of the Zs, Z_1 for all features, at the data's own scale."""
        Z_1, *others = self.Zs
        return [Z.copy() for Z in self.narrow(self.data.restored(Z_1), *others)]

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
        """The function, inputs and outputs of the last pass."""
        raise NotImplementedError

    def take_end(self, sums):
        """Use the sums of that function's terms, which come first; return the others."""
        return sums

    def end(self, seen, given):
        """Fill `Hs` with the features of all layers, in a last pass that also calls `seen`.

        Parameters
        ----------
        seen : callable
            Called for each block as seen(rows, *given, implied): the uncompressed rows of the data
            at the scale of the fit, the same rows of `given`, and a list of the features that H_m
            implies, each of shape (k, b), layer 1 first. Returns a list of terms.
        given : list of array, shape (n, …)

        Returns
        -------
        list
            The sums of these terms.
        """
        ended, inputs, outputs = self.at_end()
        function = partial(_at_end, ended=ended, seen=seen, count=len(given))
        inputs = [*map(self.data.distribute, given), *inputs]
        return self.take_end(self.data.run_pass_whole(function, inputs, outputs))

    def large_arrays(self):
        """Arrays with a row per sample that the next iteration needs besides `state`, by name."""
        return {"H": self.H}

    def own_state(self):
        """The subclass's small arrays for `state`, by name, without the Zs."""
        raise NotImplementedError

    def restore_own(self, state):
        """Continue from the `own_state` in a state."""
        raise NotImplementedError

    def state(self):
        """The state for `restore`, after the first iteration: small arrays by name."""
        Zs = {f"Z_{i}": Z for i, Z in enumerate(self.Zs, start=1)}
        identity = {"scale": self.data.scale, "fingerprint": self.data.fingerprint}
        numbers = {name: np.array(value) for name, value in identity.items()}
        return {**numbers, "iteration": np.array(self.iteration), **Zs, **self.own_state()}

    def restore(self, state):
        """Continue from a state; ValueError if it belongs to other data."""
        was, scale = float(state["scale"]), self.data.scale
        if not math.isclose(was, scale, rel_tol=SAME):
            raise ValueError(
                f"the checkpoint is that of a fit to other data: the root mean square of the "
                f"samples' norms was {was!r}, that of X is {scale!r}"
            )
        # Version 0.2.0 had no fingerprint.
        if "fingerprint" in state and state["fingerprint"] != self.data.fingerprint:
            raise ValueError(
                "the checkpoint is that of a fit to other data: samples, or their order, changed"
            )
        self.Zs = [state[f"Z_{i}"] for i in range(1, len(self.Zs) + 1)]
        self.iteration = int(state["iteration"])
        self.restore_own(state)
