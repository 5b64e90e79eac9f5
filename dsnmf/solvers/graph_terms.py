"""H W and H D of an affinity W, compiled for H and W of any size."""

import numpy as np
import pytensor.tensor as pt

from dsnmf.symbolic.laplacian import SharedAffinity, affinity_values
from dsnmf.training.lending import lend
from dsnmf.training.modes import compile_function, is_jax


class _Program:
    """(Hᵀ) ↦ (H W)ᵀ, (H D)ᵀ for affinities of one kind."""

    is_broken = False

    def __init__(self, kind, dtype, mode):
        self._affinity, H = SharedAffinity(kind, dtype), pt.matrix(dtype=dtype)
        HW, HD = self._affinity.terms(H.T)
        self._function = compile_function([H], [HW.T, HD.T], mode=mode)
        self._empty = [variable.get_value() for variable in self._affinity.variables]

    def __call__(self, values, H):
        """The terms for the affinity with these values, which are not kept."""
        try:
            for variable, value in zip(self._affinity.variables, values):
                variable.set_value(value, borrow=True)
            return [np.asarray(term) for term in self._function(H)]
        finally:
            for variable, value in zip(self._affinity.variables, self._empty):
                variable.set_value(value, borrow=True)


class GraphTerms:
    """The terms of one affinity.

    Parameters
    ----------
    affinity
        See `dsnmf.symbolic.laplacian.affinity_terms`; not a variable.
    dtype : {"float32", "float64"}
    mode : None, str or pytensor Mode
    """

    def __init__(self, affinity, dtype, mode):
        kind, self._values = affinity_values(affinity, str(dtype), dense=is_jax(mode))
        self._settings = kind, str(dtype), mode

    def __call__(self, H):
        """(H W)ᵀ and (H D)ᵀ from Hᵀ (n x k), arrays."""
        with lend(_Program, *self._settings) as program:
            return program(self._values, H)
