"""A linear model while it is fitted to data in blocks: every iteration reads the data once."""

from functools import partial, reduce

import numpy as np
import pytensor.tensor as pt

from dsnmf.estimators.block_factors import BlockFactors
from dsnmf.solvers.gauge import settle_gauge
from dsnmf.solvers.inner_features import inner_features
from dsnmf.symbolic.gram import nonsingular_factor_of
from dsnmf.training import loop
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import compile_function
from dsnmf.training.passes import gram_terms
from dsnmf.updates.one_read import FLOOR, Sums, cost_of_sums, inner_bases, small_step
from dsnmf.updates.semi_nmf import scaled


def _compiled_small_step(m, n, dtype, mode):
    """(XQ, QQ, L, ‖X‖², Ψ, bases, Z_1, …, Z_m) ↦ cost before, L, L⁻¹, U, Z_1, …, Z_m."""
    sums, squared_norm, Psi = Sums(*(pt.dmatrix() for _ in range(3))), pt.dscalar(), pt.dmatrix()
    bases, Zs = ([pt.dmatrix() for _ in range(size)] for size in (m - 1, m))
    moved = small_step(Zs, sums, n, dtype, bases)
    cost = cost_of_sums(Psi, sums, squared_norm, n, dtype)
    inputs = [*vars(sums).values(), squared_norm, Psi, *bases, *Zs]
    outputs = [cost, moved.L, moved.inverse, moved.U, *moved.Zs]
    # Nothing depends on the old Z_1.
    return compile_function(inputs, outputs, mode=mode, on_unused_input="ignore")


# The samples are rows, as they are read, and so are their features: products with the transpose of
# what is large would copy it.


def _sum_terms(rows, features, inverse):
    """(X Qᵀ)ᵀ and Q Qᵀ of some samples, Q = L⁻¹ H."""
    Q = pt.dot(features, inverse.T)
    return pt.dot(Q.T, rows), pt.dot(Q.T, Q)


def multiplicative_terms(rows, features, Psi, B):
    """(A⁺ + B⁻H)ᵀ and (A⁻ + B⁺H)ᵀ of `multiplicative_step`, from Xᵀ, Hᵀ, Ψ and B = ΨᵀΨ."""
    A = pt.dot(rows, Psi)
    numerator = pt.maximum(A, 0) + pt.dot(features, pt.maximum(-B, 0))
    denominator = pt.maximum(-A, 0) + pt.dot(features, pt.maximum(B, 0))
    return numerator, denominator


@compiled_once
def _compiled_block_step(floor, dtype, mode):
    """(Xᵀ, Hᵀ, Ψ, ΨᵀΨ, L⁻¹) of some samples ↦ new Hᵀ, (X Qᵀ)ᵀ, Q Qᵀ."""
    rows, features, Psi, B, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(5)]
    new = scaled(features, *multiplicative_terms(rows, features, Psi, B), floor)
    return compile_function(inputs, [new, *_sum_terms(rows, new, inverse)], mode=mode)


@compiled_once
def _compiled_sum_terms(dtype, mode):
    """(Xᵀ, Hᵀ, L⁻¹) of some samples ↦ (X Qᵀ)ᵀ, Q Qᵀ."""
    rows, features, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(3)]
    return compile_function(inputs, _sum_terms(rows, features, inverse), mode=mode)


# What follows is called of some samples, here or on another machine.


def wide(terms):
    """Arrays of their own in float64, in which sums are made."""
    return [np.array(term, np.float64) for term in terms]


def sum_terms(rows, features, inverse, mode):
    """No new rows; terms of (X Qᵀ)ᵀ and Q Qᵀ."""
    return [], wide(_compiled_sum_terms(str(rows.dtype), mode)(rows, features, inverse))


def _moved(rows, features, given, floor, mode):
    """New features; terms of (X Qᵀ)ᵀ and Q Qᵀ."""
    step = _compiled_block_step(floor, str(rows.dtype), mode)
    new, *terms = step(rows, features, *given)
    return [np.asarray(new)], wide(terms)


def led_to(Zs, H):
    """Z_2 … Z_m H_m: what H_m leads to in layer 1."""
    return reduce(lambda led, Z: Z @ led, Zs[:0:-1], H)


def _at_end(rows, whole, features, Zs, mode):
    """Features of the inner layers, if there are any."""
    narrow, inner = [Z.astype(rows.dtype) for Z in Zs], []
    if len(Zs) > 1:
        inner = inner_features(rows.T, narrow, features.T, mode)
    return [H.T for H in inner], led_to(Zs, features.T), []


class BlockModel(BlockFactors):
    """The factors of X ≈ Z_1 … Z_m H_m.

    Parameters
    ----------
    blocks : Blocks
    Zs : list of m ndarray
        Z_1 for these blocks.
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
        super().__init__(blocks, H, mode)
        self.Zs = [np.asarray(Z, np.float64) for Z in Zs]
        self._small_step = _compiled_small_step(len(Zs), blocks.shape[1], str(blocks.dtype), mode)
        self._sums = self._bases = None

    @property
    def Psi(self):
        """Z_1 … Z_m."""
        return np.linalg.multi_dot([*self.Zs, np.eye(self.H.shape[1])])

    def _factor(self, H):
        """L of features, shape (n, k), and its inverse in the blocks' dtype."""
        (K,) = self.samples.of(H).passed(gram_terms)
        L, inverse = nonsingular_factor_of(K, max(H.shape), str(self.samples.dtype))
        return L, *self._narrow(inverse)

    def _first_sums(self):
        L, inverse = self._factor(self.H)
        function = partial(sum_terms, inverse=inverse, mode=self._mode)
        rows_by_Q, Q_by_Q = self.samples.passed(function, [self.H])
        return Sums(rows_by_Q.T, Q_by_Q, L)

    def _move(self, inverse):
        """Move all features; returns the sums of (X Qᵀ)ᵀ and Q Qᵀ."""
        Psi, floor = self.Psi, FLOOR
        given = self._narrow(Psi, Psi.T @ Psi, inverse)
        function = partial(_moved, given=given, floor=floor, mode=self._mode)
        return self.samples.passed(function, [self.H], [self.H])

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        if self._sums is None:
            self._sums, self._bases = self._first_sums(), inner_bases(self.Zs)
        squared_norm = self.samples.squared_norm + self.samples.offset
        given = [*vars(self._sums).values(), squared_norm, self.Psi, *self._bases, *self.Zs]
        cost, L, inverse, self._basis, *self.Zs = self._small_step(*given)
        rows_by_Q, Q_by_Q = self._move(inverse)
        self._sums = Sums(rows_by_Q.T, Q_by_Q, L)
        self._iteration += 1
        return float(cost) if (self._iteration - 1) % loop.CHECK_EVERY == 0 else None

    def _own_state(self):
        bases = {f"basis_{i}": basis for i, basis in enumerate(self._bases)}
        return vars(self._sums) | bases

    def _restore_own(self, state):
        self._bases = [state[f"basis_{i}"] for i in range(len(self.Zs) - 1)]
        self._sums = Sums(*(state[name] for name in ("XQ", "QQ", "L")))

    def settle_gauge(self):
        """Choose the least arbitrary form of H_m, see `dsnmf.solvers.gauge`."""
        passed = self.samples.of(self.H).passed
        self.Zs[-1] = settle_gauge(self.Zs, self.samples.shape[1], passed, self.H)

    def _at_end(self, inner):
        return partial(_at_end, Zs=self.Zs, mode=self._mode), [self.H], inner
