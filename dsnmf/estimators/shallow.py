"""Estimators with one layer: Semi-NMF and weakly supervised factorisation (WSF)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnmf.estimators.graphs import per_attribute, weights
from dsnmf.estimators.parameters.declaration import declared
from dsnmf.estimators.streams import StreamFactorisation
from dsnmf.estimators.supervised import SupervisedFactorisation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from dsnmf.affinity.labels import Affinity
    from dsnmf.estimators.trace import State
    from dsnmf.typing import Array, Init, Mode, PathLike, RandomState


@declared
class SemiNMF(StreamFactorisation):
    """Semi-NMF: Xᵀ ≈ Z H with H >= 0 and Z free, for data of any sign.

    Minimises ½‖Xᵀ - Z H‖²_F over the known entries of X. The fit divides X by the root mean square
    of its samples' norms and scales the result back, so it does not depend on X's unit.

    With l2 > 0 it minimises ½ Σ (x_ij - h_i · z_j)² + ½ l2 s (‖h_i‖² + ‖z_j‖²), summed over the
    known entries x_ij. z_j is a row of Z, h_i a column of H, and s the root of the mean squared
    known entry. So each known entry shrinks its sample and its feature once, whatever the size and
    the unit of X. An l2 of .01 to .05 suits ratings.

    Parameters
    ----------
    [parameters]

    Attributes
    ----------
    Z_ : list of one ndarray, shape (n_features, n_components)
    H_ : list of one ndarray, shape (n_components, n_samples), >= 0
    components_ : ndarray, shape (n_components, n_features)
    reconstruction_err_ : float
        ‖Xᵀ - Z H‖_F over the known entries.
    n_iter_ : int
    stopped_by_ : {"tol", "optimum", "max_iter", "callback", "interrupt"}
        The reason for the end of the fit. "optimum": the cost exceeds that of the best
        approximation of the same rank by less than tol times the first cost, so no fit can be
        better. This needs a decomposition of X without gaps (compress="auto" or init="svd") with at
        most 2500 features or samples, in blocks features (sparse: 1000). With init="lp", the start
        is the optimum if the truncated SVD can be made semi-non-negative.
    history_ : dict of ndarray
        "cost" (as minimised, every tenth iteration), "seconds", "change".
    n_samples_seen_, n_steps_ : int
        Numbers of samples and batches so far, after `partial_fit` only. `partial_fit` removes
        `H_`, `reconstruction_err_`, `n_iter_` and `history_`.
    mean_, scale_ : ndarray, shape (n_features,), float64, or None
        The means that `center` subtracts, and the deviations that `scale` divides by.
    n_features_in_, feature_names_in_
        See scikit-learn.

    References
    ----------
    Ding, Li & Jordan, "Convex and semi-nonnegative matrix factorizations", TPAMI 2010.
    Gillis & Kumar, "Exact and heuristic algorithms for semi-nonnegative matrix factorization",
    2014.
    Zhou, Wilkinson, Schreiber & Pan, "Large-scale parallel collaborative filtering for the Netflix
    prize", AAIM 2008 (the penalty l2).

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> X = np.random.default_rng(0).standard_normal((50, 8))
    >>> model = SemiNMF(3).fit(X)
    >>> model.transform(X).shape, model.components_.shape
    ((50, 3), (3, 8))
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        solver: Literal["multiplicative", "hals", "bcd"] = "multiplicative",
        l2: float = 0.0,
        absent: Literal["zero", "unknown"] = "zero",
        center: bool | Literal["median"] = False,
        scale: bool = False,
        init: Init = "svd",
        n_init: int = 1,
        noise_floor: Literal["auto"] | float = "auto",
        compress: bool | int | Literal["auto"] = "auto",
        max_iter: int = 2000,
        tol: float = 1e-4,
        metric: Literal["auto", "components", "data"] | float = "auto",
        transform_method: Literal["auto", "projection", "nonnegative"] = "auto",
        warm_start: bool = False,
        random_state: RandomState = None,
        mode: Mode = None,
        verbose: int = 0,
        callback: Callable[[int, State], object] | None = None,
        block_size: int | None = None,
        store: PathLike | None = None,
        checkpoint: PathLike | None = None,
        forget_factor: float = 0.9,
    ) -> None:
        self.n_components = n_components
        self.solver = solver
        self.l2 = l2
        self.absent = absent
        self.center = center
        self.scale = scale
        self.init = init
        self.n_init = n_init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.metric = metric
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback
        self.block_size = block_size
        self.store = store
        self.checkpoint = checkpoint
        self.forget_factor = forget_factor

    def _layer_sizes(self):
        return (int(self.n_components),)


@declared
class WSF(SupervisedFactorisation):
    """Weakly supervised factorisation: Semi-NMF that keeps samples of one class together.

    Minimises ½‖Xᵀ - Z H‖²_F + ½ Σ_a alpha_a tr(H L_a Hᵀ) with H >= 0, where L_a is the Laplacian
    of the affinity W_a that attribute a's labels give. Several attributes: multi-attribute WSF.

    Parameters
    ----------
    [parameters]

    Attributes
    ----------
    Z_, H_, components_, reconstruction_err_, n_iter_, history_, mean_, scale_, n_features_in_
        See `SemiNMF`. `H_` contains the labels' information; for classifiers use `transform`.
    """

    def __init__(
        self,
        n_components: int = 2,
        alpha: Literal["auto"] | float | Sequence[float] | Array = "auto",
        *,
        solver: Literal["multiplicative", "hals"] = "multiplicative",
        affinity: Affinity | Sequence[Affinity] = "binary",
        n_neighbors: int = 5,
        heat_width: float = 1.0,
        complete_labels: bool = False,
        center: bool | Literal["median"] = False,
        scale: bool = False,
        init: Init = "svd",
        n_init: int = 1,
        noise_floor: Literal["auto"] | float = "auto",
        compress: bool | int | Literal["auto"] = "auto",
        max_iter: int = 2000,
        tol: float = 1e-4,
        metric: Literal["auto", "components", "data"] | float = "auto",
        transform_method: Literal[
            "auto", "projection", "nonnegative", "ridge", "neighbors"
        ] = "auto",
        warm_start: bool = False,
        random_state: RandomState = None,
        mode: Mode = None,
        verbose: int = 0,
        callback: Callable[[int, State], object] | None = None,
        block_size: int | None = None,
        store: PathLike | None = None,
        checkpoint: PathLike | None = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.solver = solver
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.heat_width = heat_width
        self.complete_labels = complete_labels
        self.center = center
        self.scale = scale
        self.init = init
        self.n_init = n_init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.metric = metric
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback
        self.block_size = block_size
        self.store = store
        self.checkpoint = checkpoint

    def _layer_sizes(self):
        return (int(self.n_components),)

    def _attributes(self, y, n):
        codes = self._codes(y, n)
        affinities = per_attribute(self.affinity, len(codes))
        return [list(zip(codes, affinities, weights(self.alpha, "alpha", len(codes))))]
