"""Affinities from class labels, and the factored form of sums of affinities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from scipy.spatial.distance import cdist

from dsnmf.affinity.classes import as_label_codes
from dsnmf.validation import as_matrix, as_number

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from numpy.typing import ArrayLike
    from pytensor.graph.basic import Variable

    from dsnmf.typing import Array, Matrix, SparseMatrix

    #: An affinity as rules and costs accept it.
    Affinity: TypeAlias = "LabelAffinity | Matrix | Variable"


@dataclass(frozen=True, eq=False)
class LabelAffinity:
    """W = C diag(weights) Cᵀ without its diagonal + graph + constant, C the class indicators.

    The affinity of two samples is the sum of the weights of the classes that they share, of their
    edge in the graph, and of the constant. The constant is also on the diagonal. HW costs O(kn) in
    this form, and O(kn²) with the matrix.

    Attributes
    ----------
    indicators : SciPy CSR matrix, shape (n, c), 0 or 1
        C: a column per class of every attribute.
    weights : ndarray, shape (c,)
    graph : SciPy CSR matrix, shape (n, n)
        Symmetric; without entries if W comes from labels alone.
    constant : float
    degrees : ndarray, shape (n,)
        Row sums of W.
    shape : (n, n)

    Examples
    --------
    >>> from dsnmf.affinity import label_affinity
    >>> W = 0.5 * label_affinity(["a", "b", "a"])
    >>> W.degrees
    array([0.5, 0. , 0.5])
    >>> W.toarray()
    array([[0. , 0. , 0.5],
           [0. , 0. , 0. ],
           [0.5, 0. , 0. ]])
    """

    __array_ufunc__ = None  # NumPy scalars leave multiplication to __rmul__

    indicators: scipy.sparse.csr_matrix
    weights: Array
    graph: scipy.sparse.csr_matrix
    constant: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        return self.graph.shape

    @property
    def degrees(self) -> Array:
        C = self.indicators
        sizes = np.asarray(C.sum(axis=0)).ravel()
        edges = np.asarray(self.graph.sum(axis=1)).ravel()
        return C @ (self.weights * (sizes - 1)) + edges + self.constant * len(edges)

    @property
    def may_be_negative(self) -> bool:
        """Whether a part of W, and so perhaps W, has negative entries."""
        return min(self.weights.min(initial=0), self.graph.data.min(initial=0), self.constant) < 0

    def tosparse(self) -> SparseMatrix:
        """W as a CSR matrix; a class of m samples takes m(m - 1) entries.

        Raises
        ------
        ValueError
            If W has a constant, which makes all entries nonzero.
        """
        if self.constant:
            raise ValueError(
                f"an affinity with a constant ({self.constant:g}) is dense: use toarray()"
            )
        C = self.indicators
        W = (C.multiply(self.weights) @ C.T).tocsr()
        W.setdiag(0)
        W.eliminate_zeros()
        return W + self.graph

    def toarray(self) -> Array:
        """W as an n x n array."""
        return replace(self, constant=0.0).tosparse().toarray() + self.constant

    def __mul__(self, factor: float) -> LabelAffinity:
        factor = as_number(factor, "the factor of an affinity", 0)
        return LabelAffinity(
            self.indicators, factor * self.weights, factor * self.graph, factor * self.constant
        )

    __rmul__ = __mul__


def _indicators(columns):
    """CSR matrix of shape (n, c): 1 where a sample is of a class, for all attributes."""
    blocks = []
    for codes in columns:
        known = np.flatnonzero(codes >= 0)
        shape = len(codes), codes.max() + 1
        blocks.append(scipy.sparse.csr_matrix((np.ones(len(known)), (known, codes[known])), shape))
    return scipy.sparse.hstack(blocks, format="csr")


def _heat_within(X, indicators, t):
    """CSR matrix of heat-kernel weights between the samples of each class."""
    n = X.shape[1]
    C = indicators.tocsc()
    edges = [(C.indices[:0], C.indices[:0], np.empty(0))]
    for start, stop in pairwise(C.indptr):
        samples = C.indices[start:stop]
        rows = X[:, samples].T.astype(np.float64)
        # From differences: far from zero, squared norms would lose all digits of the distance.
        weights = np.exp(-np.square(cdist(rows, rows) / t) / 2)
        np.fill_diagonal(weights, 0)
        i, j = np.nonzero(weights)
        edges.append((samples[i], samples[j], weights[i, j]))
    i, j, weights = map(np.concatenate, zip(*edges))
    return scipy.sparse.csr_matrix((weights, (i, j)), shape=(n, n)).astype(X.dtype)


def label_affinity(
    labels: ArrayLike,
    X: ArrayLike | None = None,
    kind: Literal["binary", "heat"] = "binary",
    t: float = 1.0,
) -> LabelAffinity | SparseMatrix:
    """Affinity of samples of the same class; an unknown label gives no edges.

    Parameters
    ----------
    labels : array_like, shape (n,) or (n, attributes)
        Numbers, strings or other single values; -1 and missing values are unknown, see
        `dsnmf.affinity.classes.as_label_codes`. Several attributes: the sum of their affinities,
        see `combine` for weights.
    X : array_like, shape (p, n)
        The samples, for the heat kernel only.
    kind : {"binary", "heat"}
        The weight of two samples of one class: 1, or exp(-‖x_i - x_j‖² / 2t²) as in the authors'
        WSF.
    t : float > 0
        Width of the heat kernel.

    Returns
    -------
    LabelAffinity or SciPy CSR matrix
        Factored for "binary"; a matrix of X's dtype for "heat".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described, or X is missing or has another number of samples.

    Examples
    --------
    >>> from dsnmf.affinity import label_affinity
    >>> label_affinity(["a", "b", "b", None]).toarray()
    array([[0., 0., 0., 0.],
           [0., 0., 1., 0.],
           [0., 1., 0., 0.],
           [0., 0., 0., 0.]])
    """
    if kind not in ("binary", "heat"):
        raise ValueError(f"kind must be 'binary' or 'heat', got {kind!r}")
    t = as_number(t, "t", 0, exclusive=True)
    C = _indicators(as_label_codes(labels))
    n, n_classes = C.shape
    if kind == "binary":
        return LabelAffinity(C, np.ones(n_classes), scipy.sparse.csr_matrix((n, n)))
    if X is None:
        raise ValueError("X is needed for kind='heat'")
    X = as_matrix(X, "X")
    if X.shape[1] != n:
        raise ValueError(f"X (features x samples) has {X.shape[1]} samples, but labels has {n}")
    return _heat_within(X, C, t)
