"""Graph terms of the weakly supervised rules: H W and H D of an affinity W."""

import numpy as np
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse
from pytensor.graph.basic import Variable

from dsnmf.linalg import is_sparse, product

#: Share of nonzero entries up to which a dense affinity is applied as a sparse one.
SPARSE_BELOW = 0.05


def _symmetric_product(H, W):
    """H W as (W Hᵀ)ᵀ: of a sparse matrix, the left product is the faster one."""
    return product(W, H.T).T


def _is_factored(affinity):
    return hasattr(affinity, "indicators")


def _check_size(shape, n):
    if len(shape) != 2 or shape[0] != shape[1] or n not in (None, shape[0]):
        size = "n x n" if n is None else f"{n} x {n}"
        raise ValueError(f"affinity must be {size} (samples x samples), got shape {shape}")


def _checked(affinity, n):
    """The affinity as a CSR matrix where that pays, else as an array; errors if unusable."""
    is_matrix = scipy.sparse.issparse(affinity)
    W = affinity if is_matrix else np.asarray(affinity)
    if W.dtype.kind not in "fiub":
        raise TypeError(f"affinity must hold real numbers, got dtype {W.dtype}")
    _check_size(W.shape, n)
    if is_matrix or np.count_nonzero(W) <= SPARSE_BELOW * W.size:
        W = scipy.sparse.csr_matrix(W, dtype=np.result_type(W.dtype, np.float32))
    entries = W.data if scipy.sparse.issparse(W) else W
    if not (np.isfinite(entries).all() and entries.min(initial=0) >= 0):
        raise ValueError("affinity must be finite and >= 0, got a negative entry, NaN or infinity")
    asymmetry = abs(W - W.T).max()
    if asymmetry > 1e-6 * entries.max(initial=0):
        raise ValueError(f"affinity must be symmetric, got a difference of {asymmetry:g}")
    return W


def _factored_terms(H, affinity):
    """H W and H D for W = weight (C Cᵀ - diag(membership)), C the n x c indicators."""
    C = scipy.sparse.csr_matrix(affinity.indicators, dtype=H.dtype)
    membership = np.asarray(C.sum(axis=1), dtype=H.dtype).ravel()
    to_classes, to_samples = (pytensor.shared(matrix.tocsr()) for matrix in (C, C.T))
    same_class = product(product(H, to_classes), to_samples)
    weight = pt.constant(affinity.weight, dtype=H.dtype)
    degrees = pytensor.shared(np.asarray(affinity.degrees, dtype=H.dtype))
    return weight * (same_class - H * pytensor.shared(membership)), H * degrees


def affinity_terms(H, affinity):
    """H W and H D, the graph terms of the H rules; D is the diagonal of W's row sums.

    Parameters
    ----------
    H : TensorVariable, shape (k, n)
    affinity : ndarray, SciPy sparse matrix, factored label affinity, or PyTensor variable
        W, n x n, symmetric, >= 0, already times its weight λ. A dense array with at most
        5 % nonzero entries is applied as a sparse matrix. A factored label affinity has
        `indicators` (n x c, 0/1), `weight` and `degrees`, and stands for
        weight · (C Cᵀ - diag(row sums of C)). A variable (dense or sparse) is not checked.

    Returns
    -------
    HW, HD : TensorVariables, shape (k, n)

    Raises
    ------
    TypeError
        If the affinity is not real.
    ValueError
        If it is not n x n, has negative or non-finite entries, or is not symmetric.

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> from dsnmf.laplacian import affinity_terms
    >>> HW, HD = affinity_terms(pt.constant([[1.0, 2.0]]), np.array([[0, 3], [3, 0]]))
    >>> HW.eval(), HD.eval()
    (array([[6., 3.]]), array([[3., 6.]]))
    """
    n = H.type.shape[1]
    if _is_factored(affinity):
        _check_size((affinity.indicators.shape[0],) * 2, n)
        return _factored_terms(H, affinity)
    if isinstance(affinity, Variable):
        if is_sparse(affinity):
            return _symmetric_product(H, affinity), H * pytensor.sparse.sp_sum(affinity, axis=1)
        return pt.dot(H, affinity), H * affinity.sum(axis=1)
    W = _checked(affinity, n)
    # Shared, not constant: compiled code is then the same for all affinities, and cached.
    degrees = pytensor.shared(np.asarray(W.sum(axis=1), dtype=H.dtype).ravel())
    W = pytensor.shared(W.astype(H.dtype))
    return _symmetric_product(H, W), H * degrees
