"""The start of models with rectifiers: nearly the best linear model, and further features."""

import numpy as np

from dsnmf.initialisation.svd import raised
from dsnmf.initialisation.triplets import project_onto
from dsnmf.validation import as_layers

#: A direction has both signs if its smaller side has this share of its energy. Rectifying a
#: direction of one sign changes nothing, so it fits nothing new.
BOTH_SIGNS = 0.01

#: Share of the mean diagonal that is added when the residual of Z F is fitted. With less, Z_1 is
#: large in directions that the features hardly have, and all later steps are short.
RIDGE = 1e-3


def _directions(Z, F, count):
    """`count` rows W such that those of W F have both signs: singular vectors, then mixtures."""
    if len(F) == 1:
        return np.ones((count, 1))
    # See `lifted`: F's rows are singular vectors, in ascending order, plus its last row.
    vectors = np.hstack([np.eye(len(F) - 1), -np.ones((len(F) - 1, 1))])[::-1]
    D = vectors @ F
    energy, above = (np.square(part).sum(axis=1) for part in (D, np.maximum(D, 0)))
    found = vectors[np.minimum(above, energy - above) > BOTH_SIGNS * energy][:count]
    sizes = np.linalg.norm(Z[:, -2::-1], axis=0)
    drawn = np.random.default_rng(0).standard_normal((count - len(found), len(vectors)))
    return np.vstack([found, (drawn * sizes) @ vectors])


def rectified_start(X, layers, factorise):
    """Factors of X ≈ Z_1 relu(Z_2 relu(… H_m)) that fit at least as well as a linear model.

    Z F = factorise(X, min k_i), F >= 0, is nearly the best linear model of this rank. Each layer's
    features contain F, as relu(F) = F. Their other rows are relu(W F): rectified singular vectors,
    and mixtures of them. So the features of layer 1 have a higher rank, and Z_1 fits the residual
    of Z F with them. Every feature has a mean square of 1.

    Parameters
    ----------
    X : array or SciPy sparse matrix, shape (p, n)
    layers : sequence of int >= 1
        k_1 … k_m.
    factorise : callable
        From X and a number k to Z (p x k) and H (k x n): `appr_seminmf`, or a similar function.

    Returns
    -------
    Zs, Hs : lists of m ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.initialisation import appr_seminmf
    >>> from dsnmf.initialisation.rectified import rectified_start
    >>> X = np.random.default_rng(0).normal(size=(10, 20))
    >>> Zs, Hs = rectified_start(X, (5, 3), appr_seminmf)
    >>> bool(np.allclose(Hs[0], np.maximum(Zs[1] @ Hs[1], 0)))
    True
    """
    layers = as_layers(layers)
    least = min(layers)
    Z, F = factorise(X, least)
    W = _directions(Z, F, sum(layers) - len(layers) * least)
    base = (raised(F) if least > 1 else F).astype(X.dtype)
    W = W.astype(X.dtype)
    Zs, Hs, above, above_sizes = [], [], base, np.ones((least, 1), X.dtype)
    for k in reversed(layers):
        kept = min(k, len(above))
        beyond, W = W[: k - kept], W[k - kept :]
        padded = np.pad(beyond, ((0, 0), (0, len(above) - least)))
        passed = np.vstack([np.eye(kept, len(above)), padded])
        features = np.vstack([above[:kept], np.maximum(beyond @ base, 0)])
        sizes = np.sqrt(np.square(features).mean(axis=1, keepdims=True))
        sizes[sizes == 0] = 1
        Zs.insert(0, passed * above_sizes.T / sizes)
        Hs.insert(0, features / sizes)
        above, above_sizes = features, sizes
    linear = np.zeros((len(Z), layers[0]))
    linear[:, :least] = Z * above_sizes[:least].T
    wide = Hs[0].astype(np.float64)
    gram = wide @ wide.T
    damped = gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram))
    left = np.asarray(project_onto(wide.T, X.T)) - gram @ linear.T
    Z_1 = linear + np.linalg.solve(damped, left).T
    return [Z_1, *Zs[:-1]], Hs
