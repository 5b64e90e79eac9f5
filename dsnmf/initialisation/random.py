"""Random start of Semi-NMF."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.initialisation.triplets import as_operand
from dsnmf.validation import as_size, as_uniform_source

if TYPE_CHECKING:
    from dsnmf.typing import Array, Matrix, Seed


def random(X: Matrix, n_components: int, *, random_state: Seed = None) -> tuple[Array, Array]:
    """H uniform in [0, 1) and Z = XH†, the least-squares fit to it, as in [M].

    Parameters
    ----------
    X : array_like, SciPy sparse matrix or LinearOperator, shape (p, n)
    n_components : int >= 1
    random_state : None, int or numpy.random.Generator
        None is NumPy's global state: calls give different factors, unless `numpy.random.seed` is
        called before each.

    Returns
    -------
    Z : ndarray, shape (p, n_components)
    H : ndarray, shape (n_components, n), >= 0

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import random
    >>> Z, H = random(np.eye(4, 6), 2, random_state=0)
    >>> Z.shape, H.shape, bool(H.min() >= 0)
    ((4, 2), (2, 6), True)
    """
    X = as_operand(X, "X")
    n_components = as_size(n_components, "n_components")
    H = as_uniform_source(random_state).random((n_components, X.shape[1]))
    Z = X @ np.linalg.pinv(H)
    dtype = np.result_type(X.dtype, np.float32)
    return Z.astype(dtype), H.astype(dtype)
