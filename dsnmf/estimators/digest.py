"""Digests of parameters and labels that are the same in every version of Python and NumPy."""

from hashlib import sha256

import numpy as np
import scipy.sparse

from dsnmf.affinity.labels import LabelAffinity


def _add(state, value):
    if isinstance(value, LabelAffinity):
        value = [value.indicators, value.weights, value.graph, value.constant]
    if scipy.sparse.issparse(value):
        value = value.tocsr()
        value = [list(value.shape), value.data, value.indices, value.indptr]
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        value = value.tolist()
    if isinstance(value, list | tuple):
        state.update(f"{len(value)} items".encode())
        for item in value:
            _add(state, item)
    elif isinstance(value, np.ndarray):
        state.update(f"{value.dtype.str} {value.shape}".encode())
        state.update(np.ascontiguousarray(value))
    else:
        value = value.item() if isinstance(value, np.generic) else value
        state.update(f"{type(value).__name__} {value!r}".encode())


def digest(value):
    """SHA-256 of a plain value, an array, sparse matrix or affinity, or a list of such.

    `joblib.hash` of an array is another one on Python 3.14 than on 3.13.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.estimators.digest import digest
    >>> digest([np.arange(3.0), None])[:8]
    'ba21dc42'
    """
    state = sha256()
    _add(state, value)
    return state.hexdigest()
