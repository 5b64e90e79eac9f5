"""The step of the Zs from sums over the samples, compiled for Zs and sums of any size."""

from typing import NamedTuple

import numpy as np
import pytensor.tensor as pt

from dsnmf.training.lending import compile_once
from dsnmf.training.modes import compile_function
from dsnmf.updates.one_read import Sums, components_step, cost_of_sums, inner_bases


class MovedComponents(NamedTuple):
    """The cost before a components step, and its results: see `dsnmf.updates.one_read.Moved`."""

    cost: float
    L: np.ndarray
    inverse: np.ndarray
    U: np.ndarray
    Zs: list
    Psis: list


@compile_once
def _compile_components_step(m, dtype, mode):
    """(XQ, QQ, L, ‖X‖², n, bases, Zs) ↦ cost before, L, L⁻¹, U, new Zs, UᵀΨs."""
    sums, squared_norm, n = Sums(*(pt.dmatrix() for _ in range(3))), pt.dscalar(), pt.lscalar()
    bases, Zs = ([pt.dmatrix() for _ in range(size)] for size in (m - 1, m))
    moved = components_step(Zs, sums, n, dtype, bases)
    Psi = Zs[0]
    for Z in Zs[1:]:
        Psi = pt.dot(Psi, Z)
    cost = cost_of_sums(Psi, sums, squared_norm, n, dtype)
    inputs = [*vars(sums).values(), squared_norm, n, *bases, *Zs]
    outputs = [cost, moved.L, moved.inverse, moved.U, *moved.Zs, *moved.Psis]
    return compile_function(inputs, outputs, mode=mode)


def run_components_step(Zs, sums, n, dtype, bases=None, squared_norm=0.0, mode=None):
    """Move the Zs; also computes the cost before.

    Parameters
    ----------
    Zs : list of m ndarray, float64
    sums : Sums
        Sums over n samples.
    n : int
    dtype : {"float32", "float64"}
        That in which the sums' terms were computed.
    bases : list of m - 1 ndarray, optional
        `dsnmf.updates.one_read.inner_bases` of the start.
    squared_norm : float
        ‖X‖², for the cost.
    mode : None, str or pytensor Mode

    Returns
    -------
    MovedBases
    """
    step, m = _compile_components_step(len(Zs), str(dtype), mode), len(Zs)
    bases = inner_bases(Zs) if bases is None else bases
    found = step(*vars(sums).values(), squared_norm, n, *bases, *Zs)
    cost, *small = map(np.asarray, found)
    return MovedComponents(float(cost), *small[:3], small[3 : 3 + m], small[3 + m :])
