"""What models of data in blocks share: the factors as others see them, and the end of a fit."""

import math
from functools import partial

import numpy as np
import pytensor

from dsnmf.estimators.outcome import SpanGram
from dsnmf.training.passes import Stacked

#: Scales of the same data differ by less, relatively; by nothing with as many BLAS threads.
SAME = 1e-11


def _ended(rows, whole, is_picked, *inputs, at_end, Z_1):
    """Of some samples, at the end of a fit: new rows; and terms.

    Those of the squared error, of the samples that are picked, of their `SpanGram`, the model's.
    """
    outputs, of_first, terms = at_end(rows, whole, *inputs)
    X_hat = (Z_1 @ of_first.astype(np.float64)).T
    span = SpanGram(Z_1)
    span.of_full(whole.T)
    error = float(np.square(whole - X_hat).sum())
    return outputs, [error, Stacked(whole[is_picked]), span.value, *terms]


class BlockFactors:
    """The factors Z_1, …, Z_m and H_m of data in blocks.

    Subclasses have `step`, what of their own an interrupted fit goes on from, and `_at_end`, which
    gives a function for `Blocks.passed_whole` with its inputs and outputs; besides new rows and
    terms the function returns the features of layer 1 that the last layer leads to, with a column
    per sample. `_take` takes the sums of the terms.

    Parameters
    ----------
    blocks : Blocks
    H : array, shape (n, k_m)
        H_mᵀ, of the blocks' dtype.
    mode : None, str or pytensor Mode

    Attributes
    ----------
    samples : Blocks
    Zs : list of m ndarray
        Z_1 for these blocks.
    H : array, shape (n, k_m)
        H_mᵀ as the solver holds it, changed in place.
    """

    def __init__(self, blocks, H, mode):
        self.samples, self.H = blocks, H
        self._mode = pytensor.config.mode if mode is None else mode  # the same on other machines
        self._iteration = 0

    def _narrow(self, *values):
        return [np.asarray(value, self.samples.dtype) for value in values]

    def Z_values(self):
        """Copies of the Zs, Z_1 for all features, at the data's own scale."""
        Z_1, *others = self.Zs
        return [Z.copy() for Z in self._narrow(self.samples.restored(Z_1), *others)]

    def H_values(self):
        """A copy of H_m; the other layers' features are inferred when the fit has ended."""
        return [np.array(self.H.T)]

    def finish(self, inner, picked):
        """Infer the inner layers' features, measure the error, and pick samples.

        Parameters
        ----------
        inner : list of m - 1 arrays, shape (n, k_i)
            To be filled with H_1ᵀ … H_{m-1}ᵀ.
        picked : ndarray of int
            Numbers of some samples, ascending.

        Returns
        -------
        float
            ‖X - X̂‖ at the data's own scale, exactly.
        ndarray, shape (len(picked), p)
            These samples, at the scale of the fit.
        ndarray, shape (k_1, k_1)
            See `dsnmf.estimators.outcome.SpanGram`; at the scale of the fit.
        """
        at_end, inputs, outputs = self._at_end(inner)
        function = partial(_ended, at_end=at_end, Z_1=self._wide_Z_1())
        is_picked = np.zeros(self.samples.shape[1], bool)
        is_picked[picked] = True
        inputs = [self.samples.placed(is_picked), *inputs]
        error, samples, gram, *terms = self.samples.passed_whole(function, inputs, outputs)
        self._take(*terms)
        return self.samples.scale * float(np.sqrt(error)), samples.rows(), gram

    def _wide_Z_1(self):
        """Z_1 for the samples that were not compressed, at the scale of the fit, in float64."""
        return self.Z_values()[0].astype(np.float64) / self.samples.scale

    def _take(self):
        """Nothing, where `_at_end` has no terms."""

    def large_arrays(self):
        """What the next iteration needs besides `state`: arrays with a row per sample, by name."""
        return {"H": self.H}

    def state(self):
        """What `restore` goes on from after the first iteration: small arrays by name."""
        Zs = {f"Z_{i}": Z for i, Z in enumerate(self.Zs, start=1)}
        data = {"scale": self.samples.scale, "fingerprint": self.samples.fingerprint}
        numbers = {name: np.array(value) for name, value in data.items()}
        return {**numbers, "iteration": np.array(self._iteration), **Zs, **self._own_state()}

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
        self._iteration = int(state["iteration"])
        self._restore_own(state)

    def priors(self):
        """After `finish`: see `Priors.learned`; a linear model has none."""
        return [], []
