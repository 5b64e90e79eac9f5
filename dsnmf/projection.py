"""Features of new samples under a fitted linear model."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import scipy.sparse
from pytensor.compile.sharedvalue import SharedVariable

from dsnmf import fitting
from dsnmf.stopping import CostTolerance
from dsnmf.updates.semi_nmf import FLOOR, multiplicative_step
from dsnmf.validation import as_matrix

#: Where the non-negative search starts, entries of the projection below this share of its mean
#: magnitude are raised to it: the H rule never leaves a zero.
LEAST_START = 0.01


def _basis(Zs, layer):
    """Z_1 … Z_layer as one matrix."""
    if not 1 <= layer <= len(Zs):
        raise ValueError(f"layer must be in 1 … {len(Zs)}, got {layer!r}")
    values = [Z.get_value(borrow=True) if isinstance(Z, SharedVariable) else Z for Z in Zs]
    Psi = as_matrix(values[0], "Z_1")
    for i, Z in enumerate(values[1:layer], start=2):
        Z = as_matrix(Z, f"Z_{i}")
        if len(Z) != Psi.shape[1]:
            raise ValueError(f"Z_{i} must have {Psi.shape[1]} rows, got shape {Z.shape}")
        Psi = Psi @ Z
    return Psi


def _energy(X):
    entries = X.data if scipy.sparse.issparse(X) else X
    return np.vdot(entries, entries)


def _non_negative(X, Psi, H, max_iter, tol, mode):
    """The H rule from H's positive part until convergence, A = ΨᵀX and B = ΨᵀΨ made once."""
    least = np.asarray(LEAST_START * np.abs(H).mean() or 1, dtype=H.dtype)
    H = pytensor.shared(np.maximum(H, least), name="H")
    A, B = pytensor.shared(Psi.T @ X, name="A"), pytensor.shared(Psi.T @ Psi, name="B")
    half, energy = (pt.constant(value, dtype=H.dtype) for value in (0.5, _energy(X) / 2))
    cost = energy + (H * (half * pt.dot(B, H) - A)).sum()
    step = fitting.compile_step(cost, {H: multiplicative_step(H, A, B, FLOOR)}, mode)
    fitting.run(step, max_iter, history=[], tolerance=CostTolerance(tol))
    return H.get_value()


def project(X_new, Zs, layer=None, *, nonnegative=False, max_iter=500, tol=1e-6, mode=None):
    """H_new = (Z_1 … Z_j)† X_new, the features of layer j of samples not seen in training.

    Parameters
    ----------
    X_new : array_like or SciPy sparse matrix, shape (p, n)
        Features x samples, prepared as the training data were.
    Zs : list of m arrays or shared variables
        Z_1 (p x k_1), Z_2 (k_1 x k_2), …, Z_m.
    layer : int, optional
        j, from 1 to m; m if not given.
    nonnegative : bool
        False: the projection itself, as in the authors' code; it may have negative entries.
        True: from its positive part, the H rule of Semi-NMF is repeated with Z_1 … Z_j held
        fixed until ½‖X_new - Z_1 … Z_jH‖² has converged.
    max_iter : int >= 0
        Most iterations of the H rule.
    tol : float >= 0
        The H rule stops when the cost fell by at most tol times its first value over 10
        iterations.
    mode : None, str or pytensor Mode

    Returns
    -------
    ndarray, shape (k_j, n)
        Of the dtype of X_new and Zs.

    Raises
    ------
    TypeError
        If X_new or a Z does not hold real numbers.
    ValueError
        If layer is not in 1 … m, sizes do not fit, or a value is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.projection import project
    >>> Zs = [np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])]
    >>> project([[1.0], [-2.0], [3.0]], Zs)
    array([[ 1.],
           [-1.]])
    >>> project([[1.0], [-2.0], [3.0]], Zs, nonnegative=True).round(6)
    array([[1.],
           [0.]])
    """
    Psi = _basis(Zs, len(Zs) if layer is None else layer)
    X = as_matrix(X_new, "X_new", accept_sparse=True)
    if X.shape[0] != len(Psi):
        raise ValueError(f"X_new must have {len(Psi)} rows (features), got shape {X.shape}")
    dtype = np.result_type(X.dtype, Psi.dtype)
    X, Psi = X.astype(dtype, copy=False), Psi.astype(dtype, copy=False)
    H = np.linalg.pinv(Psi, rcond=max(Psi.shape) * np.finfo(dtype).eps) @ X
    return _non_negative(X, Psi, H, max_iter, tol, mode) if nonnegative else H
