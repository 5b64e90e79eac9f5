"""The share of each component in the data's variance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsnmf.inspection.layer import layer_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Array

#: Samples per block.
BLOCK = 1 << 16

#: Eigenvalues of the features' correlations below this are rounding.
ROUNDING = 1e-12


def covariance_of(features):
    """Covariance of features (k x n) over samples, in float64, by blocks."""
    k, n = features.shape
    total, gram = np.zeros(k), np.zeros((k, k))
    for start in range(0, n, BLOCK):
        total += np.asarray(features[:, start : start + BLOCK], np.float64).sum(axis=1)
    mean = total[:, None] / n
    for start in range(0, n, BLOCK):
        part = np.asarray(features[:, start : start + BLOCK], np.float64) - mean
        gram += part @ part.T
    return gram / n


def _unique_variances(covariance):
    """For each variable, the variance that no linear map of the others explains."""
    deviations = np.sqrt(np.diag(covariance))
    varies = deviations > 0
    unexplained = np.zeros(len(deviations))
    if varies.any():
        kept = np.ix_(varies, varies)
        correlations = covariance[kept] / np.outer(deviations[varies], deviations[varies])
        values, vectors = np.linalg.eigh(correlations)
        # A variable in a dependent set has no unique variance.
        dependent = values <= ROUNDING * values[-1]
        inverse = (np.square(vectors) / np.where(dependent, 1, values)) @ ~dependent
        shared = np.square(vectors) @ dependent > np.sqrt(ROUNDING)
        unexplained[varies] = np.where(shared, 0, 1 / np.maximum(inverse, 1))
    return unexplained * np.diag(covariance)


def component_variances(
    model: Factorisation, layer: int = -1, *, features: ArrayLike | None = None
) -> dict[str, Array]:
    """Variance over the samples of each component's own part, and of its unique part.

    With features h and components z_j, a sample's reconstruction is Σ_j h_j z_j. Components are not
    orthogonal and features are correlated, so there is no single right split of the variance. Two
    numbers describe a component:

    - "own": ‖z_j‖² Var(h_j), the variance of its part h_j z_j by itself. The sum over components
      exceeds the total if parts cancel, and is below it if they vary together.
    - "unique": ‖z_j‖² Var(h_j) (1 - R_j²), with R_j² of the regression of h_j on the other
      features: the part of the variance that no linear map of the other features explains.

    For uncorrelated features, such as those of PCA, both are the explained variance. Variances are
    about the means, so a part that is the same in all samples has none.

    Parameters
    ----------
    model : fitted estimator or SavedModel
        In a non-linear model with several layers, z_j is a column of the linear map that is nearest
        to the model.
    layer : int
        Index into `Z_` and `H_`.
    features : array-like, shape (k_layer, n_samples), optional
        Features of other samples than the training ones.

    Returns
    -------
    dict of ndarray, shape (k_layer,)
        "own" and "unique": summed over the data's features, mean over samples, in the square of
        the data's unit.

    Raises
    ------
    TypeError, ValueError
        If the model is not fitted, has no such layer, or learned by `partial_fit`, which keeps no
        features, and no features are given.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> from dsnmf.inspection import component_variances
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((50, 3)) @ rng.standard_normal((3, 8))
    >>> variances = component_variances(SemiNMF(3).fit(X))
    >>> bool((variances["unique"] <= variances["own"]).all())
    True
    """
    found = layer_of(model, layer, features)
    if found.features is None:
        raise ValueError("model learned by partial_fit, which keeps no features: give some")
    covariance = covariance_of(found.features)
    squares = np.square(found.components).sum(axis=0)
    return {
        "own": squares * np.diag(covariance),
        "unique": squares * _unique_variances(covariance),
    }
