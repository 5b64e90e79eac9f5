"""Graph terms of the weakly supervised rules: H W and H D of an affinity W."""

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse
from pytensor.graph.basic import Variable

from dsnmf.affinity.algebra import as_affinity, entries, row_sums
from dsnmf.affinity.labels import LabelAffinity
from dsnmf.symbolic.linalg import is_sparse, product

#: Share of nonzero entries up to which a dense affinity is applied as a sparse one.
SPARSE_BELOW = 0.05


def _shared(values, H):
    # Shared, not constant: compiled code is then the same for all affinities, and cached.
    return pytensor.shared(values.astype(H.dtype))


def _graph_product(H, W):
    """H W for a symmetric W, as (W Hᵀ)ᵀ: of a sparse matrix, the left product is the faster one."""
    return product(W, H.T).T


def _class_product(H, W):
    """H (C diag(weights) Cᵀ without its diagonal)."""
    C, weights = W.indicators, W.weights
    to_classes, to_samples = (_shared(matrix.tocsr(), H) for matrix in (C, C.T))
    same_class = product(product(H, to_classes) * _shared(weights, H), to_samples)
    others = same_class - H * _shared(C @ weights, H)
    # Rounding leaves -1e-17 where a sample is alone in its classes, and no root of that is real.
    return others if weights.min() < 0 else pt.maximum(others, 0)


def _factored_product(H, W):
    terms = []
    if len(W.weights):
        terms.append(_class_product(H, W))
    if W.graph.nnz:
        terms.append(_graph_product(H, _shared(W.graph, H)))
    if W.constant:
        terms.append(pt.constant(W.constant, dtype=H.dtype) * H.sum(axis=1, keepdims=True))
    return sum(terms[1:], terms[0]) if terms else pt.zeros_like(H)


def _variable_terms(H, W):
    if not is_sparse(W):
        return pt.dot(H, W), H * W.sum(axis=1)
    symmetric = W.T if W.type.format == "csc" else W  # equal, and in CSR format
    return _graph_product(H, symmetric), H * pytensor.sparse.sp_sum(W, axis=1)


def affinity_terms(H, affinity):
    """H W and H D, the graph terms of the H rules; D is the diagonal of W's row sums.

    Parameters
    ----------
    H : TensorVariable, shape (k, n)
    affinity : ndarray, SciPy sparse matrix or array, LabelAffinity, or PyTensor variable
        W, n x n, symmetric, of any sign, already times its weight λ. A dense array with at most
        5 % nonzero entries is applied as a sparse matrix, a `dsnmf.affinity.LabelAffinity`
        (from labels, or a sum by `dsnmf.affinity.combine`) part by part, without forming W. A
        variable (dense or sparse) is not checked.

    Returns
    -------
    HW, HD : TensorVariables, shape (k, n)

    Raises
    ------
    TypeError
        If the affinity is not real.
    ValueError
        If it is not n x n, has non-finite entries, or is not symmetric.

    Examples
    --------
    >>> import numpy as np, pytensor.tensor as pt
    >>> from dsnmf.symbolic.laplacian import affinity_terms
    >>> HW, HD = affinity_terms(pt.constant([[1.0, 2.0]]), np.array([[0, 3], [3, 0]]))
    >>> HW.eval(), HD.eval()
    (array([[6., 3.]]), array([[3., 6.]]))
    """
    if isinstance(affinity, Variable):
        return _variable_terms(H, affinity)
    W = as_affinity(affinity, H.type.shape[1])
    HD = H * _shared(row_sums(W), H)
    if isinstance(W, LabelAffinity):
        return _factored_product(H, W), HD
    if np.count_nonzero(entries(W)) <= SPARSE_BELOW * np.prod(W.shape):
        W = scipy.sparse.csr_matrix(W)
    return _graph_product(H, _shared(W, H)), HD


def may_be_negative(affinity):
    """Whether an affinity, as `affinity_terms` takes it, has or may get negative entries.

    A variable may get any; of a LabelAffinity, one part with negative entries is enough.
    """
    if isinstance(affinity, Variable):
        return True
    W = as_affinity(affinity)
    if isinstance(W, LabelAffinity):
        return W.may_be_negative
    return bool(entries(W).min(initial=0) < 0)
