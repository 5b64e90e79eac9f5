"""Compiling a rule and looking at its factors after chosen iterations."""

import numpy as np
import pytensor


def shared(*arrays, dtype="float64"):
    """Shared variables with unknown shapes, so that one graph serves many problems.

    In C's order, as a step leaves them: for a start in MATLAB's order Numba would compile the whole
    graph once more.
    """
    return [pytensor.shared(np.array(array, dtype=dtype, order="C")) for array in arrays]


def layers_of(run, prefix, m):
    return [run[f"{prefix}_{i + 1}"] for i in range(m)]


def trajectory(step, iterations, factors, at=()):
    """What step returned in iterations + 1 calls, and the factors after the iterations `at`."""
    outputs, snapshots = [], {}
    for iteration in range(iterations + 1):
        if iteration in at:
            snapshots[iteration] = [factor.get_value() for factor in factors]
        outputs.append(step())
    return np.array(outputs), snapshots
