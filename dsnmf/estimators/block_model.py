"""A linear model while it is fitted to data in blocks: every iteration reads the data once."""

from functools import reduce

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf.data.store import release
from dsnmf.estimators.block_factors import BlockFactors
from dsnmf.estimators.inner_features import inner_features
from dsnmf.symbolic.gram import nonsingular_factor_of
from dsnmf.training import loop
from dsnmf.updates.one_read import Sums, cost_of_sums, floor_of, inner_bases, small_step
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
    return pytensor.function(inputs, outputs, mode=mode, on_unused_input="ignore")


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


def _compiled_block_step(floor, dtype, mode):
    """(Xᵀ, Hᵀ, Ψ, ΨᵀΨ, L⁻¹) of some samples ↦ new Hᵀ, (X Qᵀ)ᵀ, Q Qᵀ."""
    rows, features, Psi, B, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(5)]
    new = scaled(features, *multiplicative_terms(rows, features, Psi, B), floor)
    return pytensor.function(inputs, [new, *_sum_terms(rows, new, inverse)], mode=mode)


def _compiled_sum_terms(dtype, mode):
    """(Xᵀ, Hᵀ, L⁻¹) of some samples ↦ (X Qᵀ)ᵀ, Q Qᵀ."""
    rows, features, inverse = inputs = [pt.matrix(dtype=dtype) for _ in range(3)]
    return pytensor.function(inputs, _sum_terms(rows, features, inverse), mode=mode)


class GrowingSums:
    """`Sums` of some features, block after block.

    Parameters
    ----------
    L : ndarray, shape (k, k)
    """

    def __init__(self, L):
        self._L, self._rows_by_Q, self._Q_by_Q = L, 0.0, 0.0

    def add(self, rows_by_Q, Q_by_Q):
        """Add (X Qᵀ)ᵀ and Q Qᵀ of some samples."""
        self._rows_by_Q = self._rows_by_Q + rows_by_Q.astype(np.float64)
        self._Q_by_Q = self._Q_by_Q + Q_by_Q.astype(np.float64)

    def value(self):
        return Sums(self._rows_by_Q.T, self._Q_by_Q, self._L)


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
        self.samples, self.H, self._mode = blocks, H, mode
        self.Zs = [np.asarray(Z, np.float64) for Z in Zs]
        dtype = str(blocks.dtype)
        self._small_step = _compiled_small_step(len(Zs), blocks.shape[1], dtype, mode)
        self._block_step = self._compiled_block_step(dtype, mode)
        self._sum_terms = _compiled_sum_terms(dtype, mode)
        self._sums = self._bases = None
        self._iteration = 0

    @property
    def Psi(self):
        """Z_1 … Z_m."""
        return np.linalg.multi_dot([*self.Zs, np.eye(self.H.shape[1])])

    def _compiled_block_step(self, dtype, mode):
        return _compiled_block_step(floor_of(len(self.Zs)), dtype, mode)

    def _factor(self, H):
        """L of features, shape (n, k), and its inverse in the blocks' dtype."""
        n, k = H.shape
        K = np.zeros((k, k))
        for samples in self.samples.slices:
            wide = H[samples].astype(np.float64)
            K += wide.T @ wide
            release(H)
        L, inverse = nonsingular_factor_of(K, max(n, k), str(self.samples.dtype))
        return L, *self._narrow(inverse)

    def _first_sums(self):
        L, inverse = self._factor(self.H)
        return self._summed(
            L, lambda samples, rows: self._sum_terms(rows, self.H[samples], inverse)
        )

    def _summed(self, L, terms):
        """Sums of the terms of all blocks, in their order."""
        sums = GrowingSums(L)
        for samples, rows in self.samples:
            sums.add(*terms(samples, rows))
            release(self.H)
        return sums.value()

    def _moving(self, inverse):
        """A function that moves the features of some samples and returns their terms of sums."""
        Psi = self.Psi
        narrow = self._narrow(Psi, Psi.T @ Psi, inverse)

        def moved(samples, rows):
            self.H[samples], *summands = self._block_step(rows, self.H[samples], *narrow)
            return summands

        return moved

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        if self._sums is None:
            self._sums, self._bases = self._first_sums(), inner_bases(self.Zs)
        squared_norm = self.samples.squared_norm + self.samples.offset
        given = [*vars(self._sums).values(), squared_norm, self.Psi, *self._bases, *self.Zs]
        cost, L, inverse, self._basis, *self.Zs = self._small_step(*given)
        self._sums = self._summed(L, self._moving(inverse))
        self._iteration += 1
        return float(cost) if (self._iteration - 1) % loop.CHECK_EVERY == 0 else None

    def _own_state(self):
        bases = {f"basis_{i}": basis for i, basis in enumerate(self._bases)}
        return vars(self._sums) | bases

    def _restore_own(self, state):
        self._bases = [state[f"basis_{i}"] for i in range(len(self.Zs) - 1)]
        self._sums = Sums(*(state[name] for name in ("XQ", "QQ", "L")))

    def _at_end(self, samples, rows, whole):
        inner = []
        if len(self.Zs) > 1:
            H = self.H[samples].T
            inner = inner_features(rows.T, self._narrow(*self.Zs), H, self._mode)
        return inner, self._of_first(samples)

    def _of_first(self, samples):
        """Z_2 … Z_m H_m of some samples: what H_m leads to in layer 1."""
        return reduce(lambda led, Z: Z @ led, self.Zs[:0:-1], self.H[samples].T)
