"""Multi-view Deep Semi-NMF: several matrices of the same samples."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.data.recognition import as_blocks
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.of_views.fitted_views import FittedViews
from dsnmf.estimators.of_views.in_views import InViews
from dsnmf.estimators.of_views.user_views import (
    align_labels,
    are_views,
    read_columns,
    read_list,
)
from dsnmf.estimators.parameters.declaration import declared
from dsnmf.solvers.multiview import MultiView
from dsnmf.training.passes import NeedsMemory
from dsnmf.validation import as_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from numpy.typing import ArrayLike

    from dsnmf.affinity.labels import Affinity
    from dsnmf.estimators.trace import State
    from dsnmf.typing import Data, Mode, RandomState

#: Share of the weights above which one view decides nearly alone.
NEARLY_ALL = 0.95


@declared
class MultiViewDeepSemiNMF(FittedViews, Factorisation):
    """Multi-view Deep Semi-NMF: X_vᵀ ≈ Z_1^v … Z_m^v H_m for several matrices of the same samples.

    Each view v has its own Zs; H_m >= 0 is common to all. A sample may lack views: it has NaN in
    all features of such a view. Minimises ½ Σ w_v R_v, R_v = ‖X_vᵀ - Z_1^v … Z_m^v H_m‖²_F over the
    samples that have the view. Each X_v is divided by the root mean square of its samples' norms,
    so that neither a view's unit nor its number of features changes its weight.

    Parameters
    ----------
    [parameters]

    Attributes
    ----------
    H_ : list of one ndarray, shape (k_m, n_samples), >= 0
        H_m, common to all views, of all samples, including those that lack views.
    Zs_ : list of V lists of m ndarray
        Z_1 (n_features of the view x k_1), …, Z_m of each view, at the data's own scale.
    view_names_ : list of str
        Keys of a dict, else "0", "1", ….
    view_weights_ : ndarray, shape (V,)
        α_v, with sum 1. With weights=γ, the factor of R_v is w_v = α_v^γ instead of α_v.
    view_explained_variance_ : ndarray, shape (V,)
        Variance of each view that Z_1^v … Z_m^v H_m explains, as in `score`, over the samples that
        have the view.
    components_ : ndarray, shape (k_m, n_features)
        The components of all views side by side; in metric "components", (Z_1^v … Z_m^v)ᵀ.
    Z_ : list of one ndarray, shape (n_features, k_m)
        Z_1^v … Z_m^v of all views, divided by the views' scales and times √w_v.
    reconstruction_err_ : float
        √Σ R_v, of the views at their scales.
    history_ : dict of ndarray
        See `SemiNMF`. "cost" is V / 2 times the mean of the R_v (with the penalties of their
        graphs). With weights=γ it is the power mean with the exponent 1 / (1 - γ), which the fit
        then minimises; with "auto" the exponent is ½.
    n_iter_, n_features_in_
        See `SemiNMF`; the number of features is that of all views.

    References
    ----------
    Zhao, Ding & Fu, "Multi-view clustering via deep matrix factorization", AAAI 2017; here with one
    H_m, see `dsnmf.updates.multiview_deep_semi_nmf`.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import MultiViewDeepSemiNMF
    >>> rng = np.random.default_rng(0)
    >>> H = rng.random((50, 3))
    >>> Xs = {"sounds": H @ rng.standard_normal((3, 8)), "pictures": H @ rng.standard_normal((3, 6))}
    >>> Xs["pictures"][:20] = np.nan  # 20 samples have no picture
    >>> model = MultiViewDeepSemiNMF((4, 3)).fit(Xs)
    >>> filled = model.inverse_transform(model.transform(Xs))
    >>> filled["pictures"].shape, bool(np.isfinite(filled["pictures"]).all())
    ((50, 6), True)

    Views may be groups of columns of one matrix:

    >>> X = np.hstack(list(Xs.values()))
    >>> MultiViewDeepSemiNMF((4, 3), views=[8, 6]).fit_transform(X).shape
    (50, 3)
    """  # noqa: E501

    def __init__(
        self,
        layers: Sequence[int] = (4, 2),
        *,
        views: Sequence[Any] | Mapping[str, Any] | None = None,
        weights: Literal["equal", "auto"] | float = "equal",
        alphas: float | Sequence[float] = 0.0,
        affinity: Affinity | Sequence[Affinity] = "binary",
        n_neighbors: int = 5,
        heat_width: float = 1.0,
        init: Literal["svd"] | tuple[Any, Any] = "svd",
        noise_floor: Literal["auto"] | float = "auto",
        max_iter: int = 2000,
        tol: float = 2e-3,
        metric: Literal["auto", "components", "data"] | float = "auto",
        transform_method: Literal["auto", "projection", "nonnegative"] = "auto",
        warm_start: bool = False,
        random_state: RandomState = None,
        mode: Mode = None,
        verbose: int = 0,
        callback: Callable[[int, State], object] | None = None,
        block_size: int | None = None,
    ) -> None:
        self.layers = layers
        self.views = views
        self.weights = weights
        self.alphas = alphas
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.heat_width = heat_width
        self.init = init
        self.noise_floor = noise_floor
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.views is not None  # of one view, none may be missing
        return tags

    def _layer_sizes(self):
        return as_layers(self.layers)

    # Values of parameters that only other estimators have.
    n_init, l2, solver = 1, 0.0, "multiplicative"

    def _solver(self, is_complete=True, in_memory=True):
        return self.solver

    def _rule(self, is_complete=True, only_known=False, in_memory=True):
        return MultiView

    def _has_graphs(self):
        return bool(np.any(np.asarray(self.alphas)))

    def _has_gauge(self):
        return super()._has_gauge() and not self._has_graphs()

    def fit(self, X: Data, y: ArrayLike | None = None) -> MultiViewDeepSemiNMF:  # type: ignore[override]
        """Factorise the views.

        Parameters
        ----------
        X : array-like, sparse matrix or frame, shape (n_samples, n_features); or list or dict
            One matrix with the views as groups of columns, see `views`; without missing views it
            may be in blocks (`dsnmf.data.sources.as_source`). Or a list or dict of matrices of the
            same samples: arrays, sparse matrices or frames. Frames with an index are aligned by
            it: the samples of the first frame come first, then those that only later frames have.
            A sample that a frame does not have lacks that view. In other matrices, NaN in all
            features of a view marks that the sample lacks it.
        y : array-like, shape (n_samples,) or (n_samples, n_attributes), optional
            Labels, for the graphs of `alphas`; a series or frame is aligned by its index too.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of its range, views overlap or have different samples, a view of
            `views` does not exist, a sample has only a part of a view or no view, or no sample has
            some view.
        FloatingPointError
            If training diverged. After any error the estimator is as it was before.

        Warns
        -----
        ConvergenceWarning
            If max_iter ends the fit before tol does.
        RuntimeWarning
            If one view has nearly all the weight.
        """
        super().fit(X, y)
        alpha = self.view_weights_
        if len(alpha) > 1 and alpha.max() > NEARLY_ALL:
            warnings.warn(
                f"view {self.view_names_[alpha.argmax()]} has {alpha.max():.0%} of the weight: "
                f"weights={self.weights!r} favours views that are easy to fit, such as those of "
                "few features. weights='equal' does not",
                RuntimeWarning,
                stacklevel=2,
            )
        return self

    def _fit_data(self, X, y, layers):
        if self.weights == 1:
            raise ValueError("weights must be 'equal', 'auto' or a number > 0 but 1, got 1")
        if are_views(X):
            if self.views is not None:
                raise ValueError("views is for one matrix; here X is a list or dict of views")
            vars(self).pop("feature_names_in_", None)
            read = read_list(X)
            data = InViews(self, read, None, align_labels(y, read.frame), layers)
            return self._fit_to(data), data
        X, blocks = as_blocks(X, self.block_size, scale=1.0)
        if blocks is not None:
            try:
                data = InViews(self, None, self._check_blocks(blocks), y, layers)
                return self._fit_to(data), data
            except NeedsMemory:
                if self.block_size is not None or not isinstance(X, np.memmap):
                    raise
        read = read_columns(self, X, self.views, reset=True)
        data = InViews(self, read, None, y, layers)
        return self._fit_to(data), data

    def _check_blocks(self, blocks):
        """The blocks, if they can be fitted; else ValueError."""
        if self._has_graphs():
            raise NeedsMemory("graphs of samples need X in memory: alphas must be 0 for blocks")
        if not blocks.is_local:
            raise ValueError("several views are not fitted on a cluster: give X in memory")
        return blocks

    def _fit_to(self, data):
        stopped_by = super()._fit_to(data)
        self._ready = {}
        return stopped_by

    def _note(self, model, y):
        """Nothing: the metrics of features use attributes that the fit has set."""
