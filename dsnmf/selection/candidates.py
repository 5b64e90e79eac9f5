"""The candidates of a selection: given sets of parameters, or defaults by the data's shape."""

import pickle
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from dsnmf.estimators.parameters.declaration import first_parameter_that
from dsnmf.estimators.shallow import WSF, SemiNMF
from dsnmf.extras import extra
from dsnmf.selection.criterion import OF_TRANSFORM

#: Default numbers of components, up to half of the samples or features.
SIZES = (1, 2, 3, 5, 8, 12, 20, 30, 50, 80)

#: Components per cluster, a single default: agreement compares metrics, not sizes. Fewer components
#: give more similar clusterings, but lose differences between the clusters.
PER_CLUSTER = 2

#: Size of the first layer, in units of the last one's.
FIRST_LAYER = 4


#: Weight per sample of a weaker graph of neighbours than the default. Stronger graphs give
#: clusterings that agree on any data.
WEAKER = 0.005


def default_candidates(estimator, shape, n_clusters=None, *, has_labels=False):
    """The default grid of candidates: of sizes, or, with n_clusters, of metrics.

    For clusters without labels, `WSF` has two weights of its graph of neighbours.

    Parameters
    ----------
    estimator : estimator of this package
    shape : (int, int)
        Shape of X: n_samples, n_features.
    n_clusters : int, optional
    has_labels : bool

    Returns
    -------
    dict
        A grid for `sklearn.model_selection.ParameterGrid`.

    Examples
    --------
    >>> from dsnmf import DeepSemiNMF, SemiNMF
    >>> from dsnmf.selection.candidates import default_candidates
    >>> default_candidates(SemiNMF(), (200, 20))
    {'n_components': [1, 2, 3, 5, 8]}
    >>> default_candidates(DeepSemiNMF(solver="multiplicative"), (200, 20), n_clusters=4)
    {'layers': [(32, 8)], 'metric': ['components', 0, 0.5, 'data']}
    """
    most = max(min(shape) // 2, 1)
    sizes = [k for k in SIZES if k <= most]
    if n_clusters is not None:
        sizes = [min(PER_CLUSTER * n_clusters, most)]
    if "n_components" in estimator.get_params():
        grid = {"n_components": sizes}
    else:
        inner = len(estimator._layer_sizes()) - 1
        grid = {"layers": [(min(FIRST_LAYER * k, shape[0]),) * inner + (k,) for k in sizes]}
    if n_clusters is not None:
        grid["metric"] = ["components", 0, 0.5, "data"]
        if isinstance(estimator, SemiNMF):  # its H has a direction that reconstructs nothing
            grid["metric"].remove("components")
        if isinstance(estimator, WSF) and isinstance(estimator.affinity, str) and not has_labels:
            grid |= {"alpha": [float(f"{WEAKER * shape[0]:.2g}"), "auto"], "metric": [0, 0.5]}
    return grid


def hash_of(value):
    """joblib's hash of a value; None if it cannot be pickled, such as a nested function.

    Examples
    --------
    >>> from dsnmf.selection.candidates import hash_of
    >>> hash_of((1, 2)) == hash_of((1, 2)), hash_of(lambda iteration, state: False)
    (True, None)
    """
    try:
        return extra("joblib", "dsnmf.selection").hash(value)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def shared_fits(parameters):
    """[(parameters of a fit, indices of the candidates that share it)].

    Examples
    --------
    >>> from dsnmf.selection.candidates import shared_fits
    >>> shared_fits([{"n_components": 2, "metric": 0.0}, {"n_components": 2, "metric": 1.0}])
    [({'n_components': 2}, [0, 1])]
    """
    fits = {}
    for i, candidate in enumerate(parameters):
        own = {name: value for name, value in candidate.items() if name not in OF_TRANSFORM}
        key = frozenset((name, hash_of(value) or id(value)) for name, value in own.items())
        fits.setdefault(key, (own, []))[1].append(i)
    return list(fits.values())


def _transform_parameters(candidate):
    return {name: value for name, value in candidate.items() if name in OF_TRANSFORM}


def _pairs(estimator, grid):
    """[(estimator, its grid)], from one estimator or several."""
    if not isinstance(estimator, list | tuple):
        return [(estimator, grid)]
    grids = [None] * len(estimator) if grid is None else grid
    if not estimator or not isinstance(grids, list | tuple) or len(grids) != len(estimator):
        raise ValueError(
            f"candidates must be a list of {len(estimator)} grids, one for each estimator, or "
            f"None, got {grid!r}"
            if estimator
            else "estimator must be one, or a list of one or more, got none"
        )
    return [*zip(estimator, grids)]


def _check_grid(grid, estimator):
    """List the grid's candidates, dicts of the estimator's parameters; ValueError if invalid."""
    parameters, known = list(ParameterGrid(grid)), estimator.get_params()
    unknown = sorted({name for candidate in parameters for name in candidate} - set(known))
    if unknown:
        raise ValueError(
            f"candidates name {unknown}, which {type(estimator).__name__} does not have; it has "
            f"{sorted(known)}"
        )
    if not any(parameters):
        raise ValueError(f"candidates must name parameters to choose, got {grid!r}")
    return parameters


@dataclass(frozen=True)
class Candidates:
    """The candidates of a selection.

    Attributes
    ----------
    parameters : list of dict
        Parameters of each candidate.
    kinds : list of dict
        The "estimator" of each candidate if there are several estimators, else empty.
    models : list of estimator
        Unfitted, with these parameters.
    sizes : list of int
        Number of entries in Z_1, …, Z_m and H_m of each candidate.
    fits : list of (dict, list of int)
        See `shared_fits`.
    """

    parameters: list
    kinds: list
    models: list
    sizes: list
    fits: list

    @classmethod
    def from_grid(cls, estimator, grid, X, n_clusters, has_labels=False):
        """The candidates of a grid, or the default ones.

        Parameters
        ----------
        estimator, grid
            See `select`.
        X : ndarray or CSR matrix
        n_clusters : int or None
            None if the criterion does not depend on the parameters in `OF_TRANSFORM`.
        has_labels : bool

        Raises
        ------
        TypeError, ValueError
            If the grid is invalid or empty, or names an unknown parameter; or if a value is out of
            its range, does not fit X, or has no effect on the criterion.
        """
        parameters, kinds, models, fits = [], [], [], []
        several = isinstance(estimator, list | tuple)
        for own, given in _pairs(estimator, grid):
            if given is None:
                given = default_candidates(own, X.shape, n_clusters, has_labels=has_labels)
            own_parameters, first = _check_grid(given, own), len(parameters)
            models += [clone(own).set_params(**candidate) for candidate in own_parameters]
            kinds += [{"estimator": type(own).__name__} if several else {}] * len(own_parameters)
            fits += [(p, [first + i for i in shared]) for p, shared in shared_fits(own_parameters)]
            parameters += own_parameters
        if n_clusters is None and any(map(_transform_parameters, parameters)):
            raise ValueError(f"only criterion='clusters' depends on {' and '.join(OF_TRANSFORM)}")
        has_gaps = not scipy.sparse.issparse(X) and np.isnan(X.min())
        for model in models:
            model._validate_params()
            model._check_sizes(model._layer_sizes(), X.shape[0])
            if has_gaps and (what := first_parameter_that(model, "needs_complete")):
                raise ValueError(f"{what} needs X without gaps, X contains NaN")
        n, p = X.shape
        chains = [[p, *model._layer_sizes(), n] for model in models]
        sizes = [sum(a * b for a, b in pairwise(chain)) for chain in chains]
        return cls(parameters, kinds, models, sizes, fits)

    def models_and_variants(self):
        """For each shared fit an unfitted model, and the parameters in which candidates differ."""
        return [
            (self.models[i[0]], [_transform_parameters(self.parameters[j]) for j in i])
            for _, i in self.fits
        ]
