"""Cholesky factors and their inverses, for kernels.

Where NumPy runs a kernel, LAPACK itself is called: of matrices of a few components `np.linalg`
takes several times as long to look at its arguments.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from dsnmf.symbolic.kernels import as_it_is


def _checked(result, info):
    if info:
        raise np.linalg.LinAlgError("a matrix is not positive definite")
    return result


def _cholesky(K):
    return _checked(*dpotrf(K, lower=1))


def _lower_inverse(L):
    return _checked(*dtrtri(L, lower=1))


def triangular(compiled):
    """Functions for a kernel: K ↦ L with L Lᵀ = K, and L ↦ L⁻¹, both of float64."""
    if compiled is as_it_is:
        return _cholesky, _lower_inverse
    return np.linalg.cholesky, np.linalg.inv
