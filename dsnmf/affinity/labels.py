"""Affinities from class labels."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse

from dsnmf.validation import as_matrix, as_number

#: The label of a sample whose class is not known; among string labels it is "-1".
UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class LabelAffinity:
    """W = weight · (C Cᵀ - diag(row sums of C)) in factored form, C the class indicators.

    W_ij is weight times the number of attributes in which samples i and j share a class. HW
    costs O(kn) in this form, against O(kn²) with the matrix.

    Attributes
    ----------
    indicators : SciPy CSR matrix, shape (n, c), 0 or 1
        C: a column per class; with several attributes, the classes of all of them.
    weight : float >= 0
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
    weight: float = 1.0

    @property
    def shape(self):
        return (self.indicators.shape[0],) * 2

    @property
    def degrees(self):
        C = self.indicators
        sizes, memberships = (np.asarray(C.sum(axis=axis), float).ravel() for axis in (0, 1))
        return self.weight * (C @ sizes - memberships)

    def tosparse(self):
        """W as a CSR matrix; a class of m samples takes m(m - 1) entries."""
        C = self.indicators
        W = self.weight * (C @ C.T).tocsr()
        W.setdiag(0)
        W.eliminate_zeros()
        return W

    def toarray(self):
        """W as an n x n array."""
        return self.tosparse().toarray()

    def __mul__(self, factor):
        factor = as_number(factor, "the factor of an affinity", 0)
        return LabelAffinity(self.indicators, self.weight * factor)

    __rmul__ = __mul__


def _class_members(labels):
    """The samples of every known class of every attribute, and the number of samples."""
    labels = np.asarray(labels)
    if labels.ndim not in (1, 2) or labels.size == 0:
        raise ValueError(f"labels must have shape (n,) or (n, attributes), got {labels.shape}")
    if labels.dtype.kind == "O":
        if any(label is None or label != label for label in labels.flat):
            raise ValueError("labels must not contain None or NaN: an unknown label is -1")
        labels = labels.astype(str)
    if labels.dtype.kind not in "biufUS":
        raise TypeError(f"labels must be numbers or strings, got dtype {labels.dtype}")
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        raise ValueError("labels must be finite: an unknown label is -1")
    unknown = {"U": str(UNKNOWN), "S": str(UNKNOWN).encode()}.get(labels.dtype.kind, UNKNOWN)
    columns = labels.reshape(len(labels), -1).T
    members = [
        np.flatnonzero(column == label)
        for column in columns
        for label in np.unique(column)
        if label != unknown
    ]
    return members, len(labels)


def _indicators(members, n):
    classes = np.repeat(np.arange(len(members)), [len(samples) for samples in members])
    samples = np.concatenate([*members, np.empty(0, int)]).astype(int)
    ones = np.ones(len(samples))
    return scipy.sparse.csr_matrix((ones, (samples, classes)), shape=(n, len(members)))


def _heat_within(X, members, t):
    """CSR matrix of heat-kernel weights between the samples of each class."""
    n = X.shape[1]
    total = scipy.sparse.csr_matrix((n, n))
    for samples in members:
        rows = X[:, samples].T.astype(np.float64)
        norms = np.square(rows).sum(axis=1)
        squared_distances = np.maximum(norms[:, None] + norms - 2 * rows @ rows.T, 0)
        weights = np.exp(-squared_distances / (2 * t**2))
        np.fill_diagonal(weights, 0)
        i, j = np.nonzero(weights)
        total += scipy.sparse.csr_matrix((weights[i, j], (samples[i], samples[j])), shape=(n, n))
    return total.astype(X.dtype)


def label_affinity(labels, X=None, kind="binary", t=1.0):
    """Affinity of samples of the same class; an unknown label gives no edges.

    Parameters
    ----------
    labels : array_like, shape (n,) or (n, attributes)
        Integers or strings, -1 ("-1" among strings) for an unknown one. Several attributes:
        the sum of their affinities; see `combine` for weights.
    X : array_like, shape (p, n)
        The samples, for the heat kernel only.
    kind : {"binary", "heat"}
        The weight of two samples of one class: 1, or exp(-‖x_i - x_j‖² / 2t²), which the
        authors' WSF takes.
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
    >>> label_affinity([0, 1, 1, -1]).toarray()
    array([[0., 0., 0., 0.],
           [0., 0., 1., 0.],
           [0., 1., 0., 0.],
           [0., 0., 0., 0.]])
    """
    if kind not in ("binary", "heat"):
        raise ValueError(f"kind must be 'binary' or 'heat', got {kind!r}")
    t = as_number(t, "t", 0, exclusive=True)
    members, n = _class_members(labels)
    if kind == "binary":
        return LabelAffinity(_indicators(members, n))
    if X is None:
        raise ValueError("X is needed for kind='heat'")
    X = as_matrix(X, "X")
    if X.shape[1] != n:
        raise ValueError(f"X (features x samples) has {X.shape[1]} samples, but labels has {n}")
    return _heat_within(X, members, t)
