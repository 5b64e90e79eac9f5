"""One-to-one matching of the components of two fits."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def _normalise(components):
    norms = np.linalg.norm(components, axis=1, keepdims=True)
    return components / np.where(norms > 0, norms, 1)


def match(A, B, *, signed=False):
    """Pair the components of A with those of B so that the sum of the cosines is largest.

    Parameters
    ----------
    A, B : ndarray, shape (k, n_features)
        A component per row; one of zeros has cosine 0 with every other.
    signed : bool
        True if a component and its opposite differ; else cosines are absolute.

    Returns
    -------
    order : ndarray of int, shape (k,)
        The row of B that is matched with each row of A.
    cosines : ndarray, shape (k,)

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.matching import match
    >>> match(np.eye(3), -2 * np.eye(3)[[2, 0, 1]])
    (array([1, 2, 0]), array([1., 1., 1.]))
    """
    cosines = _normalise(A) @ _normalise(B).T
    cosines = cosines if signed else np.abs(cosines)
    rows, order = linear_sum_assignment(cosines, maximize=True)
    return order, cosines[rows, order]


def matched_cosine(A, B):
    """Mean absolute cosine of the pairs of `match`, in [0, 1]."""
    return float(match(A, B)[1].mean())


def span_cosine(A, B):
    """Mean cosine of the angles between the spans of two sets of components, in [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.matching import span_cosine
    >>> round(span_cosine(np.eye(2, 3), [[1.0, 1, 0], [1, -1, 0]]), 6)
    1.0
    """
    bases = (np.linalg.qr(np.asarray(each, np.float64).T)[0] for each in (A, B))
    first, second = bases
    return float(np.minimum(np.linalg.svd(first.T @ second, compute_uv=False), 1).mean())
