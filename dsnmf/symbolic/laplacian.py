"""Graph terms of the weakly supervised rules: H W and H D for an affinity W."""

from typing import NamedTuple

import numpy as np
import pytensor
import pytensor.sparse
import pytensor.tensor as pt
import scipy.sparse
from pytensor.graph.basic import Variable

from dsnmf.affinity.algebra import as_affinity, entries, row_sums
from dsnmf.affinity.labels import LabelAffinity
from dsnmf.symbolic.linalg import is_sparse, product
from dsnmf.symbolic.shared import open_shared, open_sparse

#: Share of nonzero entries up to which a dense affinity is applied as a sparse one.
SPARSE_BELOW = 0.05


class AffinityKind(NamedTuple):
    """The structure of an affinity W, on which the expressions of H W and H D depend.

    Attributes
    ----------
    classes : bool
        Whether W has a part C diag(weights) Cᵀ without its diagonal, C the class indicators.
    signed : bool
        Whether one of these weights is negative.
    graph : {"sparse", "dense"} or None
        Form of the part that is given as a matrix.
    constant : bool
        Whether a constant is added to all entries.
    may_be_negative : bool
        Whether a part of W, and so perhaps W, has negative entries.
    """

    classes: bool
    signed: bool
    graph: str | None
    constant: bool
    may_be_negative: bool


def _kind(W):
    """The `AffinityKind` of a result of `_as_applied`."""
    if not isinstance(W, LabelAffinity):
        graph = "sparse" if scipy.sparse.issparse(W) else "dense"
        return AffinityKind(False, False, graph, False, bool(entries(W).min(initial=0) < 0))
    signed = bool(W.weights.min(initial=0) < 0)
    graph = "sparse" if W.graph.nnz else None
    return AffinityKind(len(W.weights) > 0, signed, graph, bool(W.constant), W.may_be_negative)


def _as_applied(W, dense):
    """A result of `as_affinity` in the form in which it is applied: sparse, dense or factored."""
    if not isinstance(W, np.ndarray):
        return W.toarray() if dense else W
    is_sparse = not dense and np.count_nonzero(W) <= SPARSE_BELOW * W.size
    return scipy.sparse.csr_matrix(W) if is_sparse else W


def _parts(W, kind, shift):
    """The numbers in W, by name."""
    parts = {"degrees": row_sums(W), "shift": shift}
    if kind.classes:
        C = W.indicators
        parts |= {"C": C.tocsr(), "Ct": C.T.tocsr()}
        parts |= {"weights": W.weights, "own": C @ W.weights}
    if kind.graph:
        parts["graph"] = W.graph if isinstance(W, LabelAffinity) else W
    if kind.constant:
        parts["constant"] = np.asarray(W.constant)
    return parts


def _shift(W):
    """A diagonal S >= 0 such that W + S is positive semi-definite."""
    if not isinstance(W, LabelAffinity):
        return np.asarray(abs(W).sum(axis=1), np.float64).ravel()
    sizes = np.asarray(W.indicators.sum(axis=0)).ravel()
    of_classes = W.indicators @ np.maximum(W.weights, -W.weights * (sizes - 1))
    of_graph = np.asarray(abs(W.graph).sum(axis=1)).ravel()
    return of_classes + of_graph + max(-W.constant, 0) * W.shape[0]


#: Dimensions of the parts that are not matrices.
_DIMENSIONS = {"degrees": 1, "shift": 1, "weights": 1, "own": 1, "constant": 0}


def _part_names(kind):
    names = ["degrees", "shift"]
    names += ["C", "Ct", "weights", "own"] * kind.classes
    return [*names, *["graph"] * bool(kind.graph), *["constant"] * kind.constant]


class AffinityTerms:
    """The graph terms of an affinity W, which rules and costs accept instead of W.

    Subclasses define `terms(H)`, see `affinity_terms`, and for some solvers `majorise(H)`:
    H (W + S) and the diagonal of D + S, for a diagonal S such that W + S is positive semi-definite.

    Attributes
    ----------
    may_be_negative : bool
        Whether W may have negative entries.
    """


class SharedAffinity(AffinityTerms):
    """An affinity W in shared variables, for programs that serve all affinities of a kind.

    Parameters
    ----------
    kind : AffinityKind
    dtype : {"float32", "float64"}

    Attributes
    ----------
    kind
    variables : list of shared variables
        They hold the values from `affinity_values`.
    """

    def __init__(self, kind, dtype):
        self.kind, self.may_be_negative = kind, kind.may_be_negative
        self._parts = {name: self._variable(name, dtype) for name in _part_names(kind)}
        self.variables = list(self._parts.values())

    def _variable(self, name, dtype):
        if name in _DIMENSIONS:
            return open_shared(name, dtype, _DIMENSIONS[name])
        is_dense = name == "graph" and self.kind.graph == "dense"
        return open_shared(name, dtype) if is_dense else open_sparse(name, dtype)

    def terms(self, H):
        """See `affinity_terms`."""
        return _terms(H, self.kind, self._parts)

    def majorise(self, H):
        """H (W + S) and the diagonal of D + S, see `AffinityTerms`."""
        shift = self._parts["shift"]
        return self.terms(H)[0] + H * shift, pt.maximum(self._parts["degrees"] + shift, 0)


def affinity_values(affinity, dtype, n=None, dense=False):
    """The kind of an affinity, and the values of a `SharedAffinity` of this kind.

    Parameters
    ----------
    affinity
        See `affinity_terms`; not a variable.
    dtype : {"float32", "float64"}
    n : int, optional
        The expected number of samples.
    dense : bool
        Whether to make a sparse W dense, as JAX needs it.

    Returns
    -------
    AffinityKind
    list of ndarray or CSR matrix
    """
    given = as_affinity(affinity, n)
    W = _as_applied(given, dense)
    kind = _kind(W)
    parts = _parts(W, kind, _shift(given))  # of classes it is the least
    return kind, [_as_value(part, dtype) for part in parts.values()]


def _as_value(part, dtype):
    return part.astype(dtype) if scipy.sparse.issparse(part) else np.array(part, dtype, order="C")


def _graph_product(H, W):
    """H W for a symmetric W, as (W Hᵀ)ᵀ: a sparse matrix is faster as the left factor."""
    return product(W, H.T).T


def _class_product(H, kind, parts):
    """H (C diag(weights) Cᵀ without its diagonal)."""
    of_classes = product(parts["Ct"], H.T) * parts["weights"][:, None]
    others = product(parts["C"], of_classes).T - H * parts["own"]
    # Rounding leaves -1e-17 if a sample is alone in its classes, which would have no real root.
    return others if kind.signed else pt.maximum(others, 0)


def _terms(H, kind, parts):
    HD, terms = H * parts["degrees"], []
    if kind.classes:
        terms.append(_class_product(H, kind, parts))
    if kind.graph:
        terms.append(_graph_product(H, parts["graph"]))
    if kind.constant:
        terms.append(parts["constant"] * H.sum(axis=1, keepdims=True))
    HW = sum(terms[1:], terms[0]) if terms else pt.zeros_like(H)
    return HW, HD


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
    affinity : ndarray, SciPy sparse matrix or array, LabelAffinity, variable or AffinityTerms
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
    if isinstance(affinity, AffinityTerms):
        return affinity.terms(H)
    kind, values = affinity_values(affinity, H.dtype, H.type.shape[1])
    # Shared, not constant, so that all affinities use the same cached code.
    return _terms(H, kind, dict(zip(_part_names(kind), map(pytensor.shared, values))))


def may_be_negative(affinity):
    """Whether an argument of `affinity_terms` may have negative entries.

    True for a variable, and for a LabelAffinity of which one part has negative entries.
    """
    if isinstance(affinity, Variable):
        return True
    if isinstance(affinity, AffinityTerms):
        return affinity.may_be_negative
    return _kind(as_affinity(affinity)).may_be_negative
