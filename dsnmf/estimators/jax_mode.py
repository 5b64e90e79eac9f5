"""What differs in PyTensor's JAX mode, which has neither sparse matrices nor while loops."""

import numpy as np

from dsnmf import symbolic
from dsnmf.symbolic.shared import as_shared
from dsnmf.training.modes import is_jax


def check_jax(mode, solver, nonlinearity):
    """ValueError if this cannot be compiled to JAX."""
    if is_jax(mode) and solver == "multiplicative" and not symbolic.is_linear(nonlinearity):
        raise ValueError(
            "mode='JAX' cannot run the multiplicative rules of a nonlinear model (their "
            f"backtracking is a while loop), got nonlinearity={nonlinearity!r}; solver='adam' can"
        )


def without_sparse(affinities, mode, dtype):
    """The affinities as the mode can use them: for JAX all dense, n x n, on the device."""
    if not is_jax(mode):
        return affinities
    return [
        None if W is None else as_shared(_dense(W).astype(dtype), "affinity") for W in affinities
    ]


def _dense(affinity):
    return affinity if isinstance(affinity, np.ndarray) else affinity.toarray()
