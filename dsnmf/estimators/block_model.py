"""A linear model while it is fitted to data in blocks: every iteration reads the data once."""

import math

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.data.store import release
from dsnmf.estimators.inner_features import inner_features
from dsnmf.symbolic.gram import nonsingular_factor
from dsnmf.training import loop
from dsnmf.updates.deep_semi_nmf import FLOOR
from dsnmf.updates.one_read import Sums, cost_of_sums, small_step, sum_terms
from dsnmf.updates.semi_nmf import FLOOR as FLOOR_OF_ONE_LAYER
from dsnmf.updates.semi_nmf import multiplicative_step

#: Scales of the same data differ by less, relatively; by nothing with as many BLAS threads.
SAME = 1e-11


def _compiled_small_step(m, n, dtype, mode):
    """(XQ, QQ, L, ‖X‖², Ψ, Z_1, …, Z_m) ↦ cost before, L, L⁻¹, Z_1, …, Z_m."""
    sums, squared_norm, Psi = Sums(*(pt.dmatrix() for _ in range(3))), pt.dscalar(), pt.dmatrix()
    Zs = [pt.dmatrix() for _ in range(m)]
    moved = small_step(Zs, sums, n, dtype)
    cost = cost_of_sums(Psi, sums, squared_norm, n, dtype)
    inputs = [*vars(sums).values(), squared_norm, Psi, *Zs]
    outputs = [cost, moved.L, moved.inverse, *moved.Zs]
    # Nothing depends on the old Z_1.
    return pytensor.function(inputs, outputs, mode=mode, on_unused_input="ignore")


def _compiled_block_step(floor, dtype, mode):
    """(X, H, Ψ, ΨᵀΨ, L⁻¹) of some samples, which are rows, ↦ new H, X Qᵀ, Q Qᵀ."""
    rows, features, Psi, B, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(5)]
    H = multiplicative_step(features.T, pt.dot(Psi.T, rows.T), B, floor)
    return pytensor.function(inputs, [H.T, *sum_terms(rows.T, H, inverse)], mode=mode)


def _compiled_sum_terms(dtype, mode):
    """(X, H, L⁻¹) of some samples, which are rows, ↦ X Qᵀ, Q Qᵀ."""
    rows, features, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(3)]
    return pytensor.function(inputs, sum_terms(rows.T, features.T, inverse), mode=mode)


class BlockModel:
    """The factors of X ≈ Z_1 … Z_m H_m.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m ndarray
        Z_1 at the scale of the fit.
    H : ndarray or memmap, shape (n, k_m)
        H_mᵀ, of the blocks' dtype; changed in place.
    mode : None, str or pytensor Mode

    Attributes
    ----------
    samples : Blocks
    Zs : list of m ndarray, float64
    H
    """

    def __init__(self, blocks, Zs, H, mode=None):
        self.samples, self.H, self._mode = blocks, H, mode
        self.Zs = [np.asarray(Z, np.float64) for Z in Zs]
        floor = FLOOR if len(Zs) > 1 else FLOOR_OF_ONE_LAYER
        dtype = str(blocks.dtype)
        self._small_step = _compiled_small_step(len(Zs), blocks.shape[1], dtype, mode)
        self._block_step = _compiled_block_step(floor, dtype, mode)
        self._sums = None
        self._iteration = 0

    def _narrow(self, *values):
        return [np.asarray(value, self.samples.dtype) for value in values]

    @property
    def Psi(self):
        """Z_1 … Z_m."""
        return np.linalg.multi_dot([*self.Zs, np.eye(self.H.shape[1])])

    def _first_sums(self):
        (n, k), dtype = self.H.shape, str(self.samples.dtype)
        K = np.zeros((k, k))
        for samples in self.samples.slices:
            wide = self.H[samples].astype(np.float64)
            K += wide.T @ wide
        L, inverse = (f.eval() for f in nonsingular_factor(pt.constant(K), max(n, k), dtype))
        terms, (narrow,) = _compiled_sum_terms(dtype, self._mode), self._narrow(inverse)
        return self._summed(L, lambda samples, rows: terms(rows, self.H[samples], narrow))

    def _summed(self, L, terms):
        """Sums of the terms of all blocks, in their order."""
        XQ, QQ = 0.0, 0.0
        for samples, rows in self.samples:
            by_X, by_Q = terms(samples, rows)
            XQ, QQ = XQ + by_X.astype(np.float64), QQ + by_Q.astype(np.float64)
            release(self.H)
        return Sums(XQ, QQ, L)

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        if self._sums is None:
            self._sums = self._first_sums()
        given = [*vars(self._sums).values(), self.samples.squared_norm, self.Psi, *self.Zs]
        cost, L, inverse, *self.Zs = self._small_step(*given)
        Psi = self.Psi
        narrow = self._narrow(Psi, Psi.T @ Psi, inverse)

        def terms(samples, rows):
            self.H[samples], *summands = self._block_step(rows, self.H[samples], *narrow)
            return summands

        self._sums = self._summed(L, terms)
        self._iteration += 1
        return float(cost) if (self._iteration - 1) % loop.CHECK_EVERY == 0 else None

    def large_arrays(self):
        """What the next iteration needs besides `state`: arrays with a row per sample, by name."""
        return {"H": self.H}

    def state(self):
        """What `restore` goes on from after the first iteration: small arrays by name."""
        Zs = {f"Z_{i}": Z for i, Z in enumerate(self.Zs, start=1)}
        scale, iteration = np.array(self.samples.scale), np.array(self._iteration)
        return {"scale": scale, "iteration": iteration, **vars(self._sums), **Zs}

    def restore(self, state):
        """Take up a state; ValueError if it is that of data of another scale."""
        was, scale = float(state["scale"]), self.samples.scale
        if not math.isclose(was, scale, rel_tol=SAME):
            raise ValueError(
                f"the checkpoint is that of a fit to other data: the root mean square of the "
                f"samples' norms was {was!r}, that of X is {scale!r}"
            )
        self.Zs = [state[f"Z_{i}"] for i in range(1, len(self.Zs) + 1)]
        self._sums = Sums(*(state[name] for name in ("XQ", "QQ", "L")))
        self._iteration = int(state["iteration"])

    def Z_values(self):
        """Copies of the Zs, Z_1 at the data's own scale."""
        Z_1, *others = self.Zs
        return [Z.copy() for Z in self._narrow(Z_1 * self.samples.scale, *others)]

    def H_values(self):
        """The last layer's features; those of the others are inferred when the fit has ended."""
        return [self.H[:].T]

    def finish(self, inner):
        """Infer the inner layers' features, and measure the error.

        Parameters
        ----------
        inner : list of m - 1 arrays, shape (n, k_i)
            To be filled with H_1ᵀ … H_{m-1}ᵀ.

        Returns
        -------
        float
            ‖X - Z_1 … Z_m H_m‖ at the data's own scale, exactly.
        """
        Zs, Psi, error = self._narrow(*self.Zs), self.Psi, 0.0
        for samples, rows in self.samples:
            H = self.H[samples]
            found = inner_features(rows.T, Zs, H.T, self._mode) if inner else []
            for array, features in zip(inner, found):
                array[samples] = features.T
                release(array)
            error += float(np.square(rows.astype(np.float64) - H.astype(np.float64) @ Psi.T).sum())
            release(self.H)
        return self.samples.scale * float(np.sqrt(error))
