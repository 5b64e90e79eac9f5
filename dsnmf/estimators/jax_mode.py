"""What differs in PyTensor's JAX mode, which has neither sparse matrices nor while loops."""

import numpy as np
import scipy.sparse
from pytensor.compile.mode import get_mode
from pytensor.link.jax.linker import JAXLinker

from dsnmf import symbolic
from dsnmf.estimators.observations import as_shared


def is_jax(mode):
    """Whether a mode compiles to JAX."""
    return mode is not None and isinstance(get_mode(mode).linker, JAXLinker)


def check_jax(mode, X, solver, nonlinearity):
    """ValueError if this cannot be compiled to JAX."""
    if not is_jax(mode):
        return
    if scipy.sparse.issparse(X):
        raise ValueError("mode='JAX' needs a dense X, got a sparse one")
    if solver == "multiplicative" and not symbolic.is_linear(nonlinearity):
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
