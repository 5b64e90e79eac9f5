"""Cholesky factors and their inverses, of float64 arrays.

LAPACK is called directly, because for small matrices `np.linalg` spends most of its time on checks
of its arguments.
"""

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri


def _check(result, info):
    if info:
        raise np.linalg.LinAlgError("a matrix is not positive definite")
    return result


def cholesky(K):
    """L with L Lᵀ = K; LinAlgError if K is not positive definite."""
    return _check(*dpotrf(K, lower=1))


def lower_inverse(L):
    """L⁻¹ of a lower triangular L."""
    return _check(*dtrtri(L, lower=1))
