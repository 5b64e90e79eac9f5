"""The methods of a fitted estimator: components, features, reconstruction, score, files."""

from __future__ import annotations

from functools import reduce
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from dsnmf import symbolic
from dsnmf.data.centring import Centring
from dsnmf.data.recognition import as_blocks, as_lazy, as_samples, in_memory
from dsnmf.estimators.containers import are_rows_of, as_data, in_container
from dsnmf.estimators.mapping.block_features import features_of_blocks, features_of_lazy
from dsnmf.estimators.mapping.maps import feature_map_of, threads_of_model
from dsnmf.estimators.mapping.metric import (
    DEFAULT,
    IN_DEFAULT,
    as_exponent,
    metric_of,
    needs_spread,
    suffix_of,
)
from dsnmf.estimators.mapping.score import explained_variance
from dsnmf.estimators.mapping.spread import learned_spread, measure_spreads
from dsnmf.estimators.parameters.declaration import HasParameters
from dsnmf.estimators.persistence import read_estimator, write_estimator
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Self

    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Data, PathLike


class FittedFactorisation(HasParameters):
    """Methods that use the learned `Z_` and `H_`; `Factorisation` adds the fit.

    This is no TransformerMixin, which would wrap `transform`, see `containers`.

    The fit also sets `_nonlinearity` (g at the time of the fit), `_scale`, `_priors`, `_probes`,
    `_responses` and `_covariances` (see `dsnmf.estimators.mapping.spread`; before these are
    measured, `_noted`), and `_ready`, the cache of the maps and metrics that have been built.
    """

    Z_: list[Array]
    H_: list[Array]
    reconstruction_err_: float
    n_iter_: int
    stopped_by_: str | None
    history_: dict[str, Array]
    mean_: Array | None
    scale_: Array | None
    n_features_in_: int
    feature_names_in_: Array
    _scale: float
    _nonlinearity: Any
    _ready: dict[tuple[Any, ...], Any]
    fit: Callable[..., Self]

    #: Learned attributes that are lists of arrays, nearly all one per layer.
    _per_layer: tuple[str, ...] = (
        "Z_",
        "H_",
        "_raw_H",
        "_priors",
        "_probes",
        "_responses",
        "_covariances",
    )
    # Of linear models, and of those that 0.2.0 fitted:
    _probes: Sequence[Array] = ()
    _responses: Sequence[Array] = ()
    _covariances: Sequence[Array] = ()
    # Of models without these parameters:
    l2, absent = 0.0, "zero"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __getstate__(self):
        measure_spreads(self)
        state = super().__getstate__()
        return state | {"_ready": {}} if "_ready" in state else state

    @property
    def components_(self) -> Array:
        """The contribution of each feature to a sample, shape (n_components, n_features).

        In linear models, `transform(X) @ components_` is the reconstruction of the factorised data
        in any `metric`; with `center` and `scale` these data are (X - mean_) / scale_. In metric
        "components", `components_` is (Z_1 … Z_m)ᵀ; `components_of(-1)` is so in any metric.
        """
        check_is_fitted(self)
        Psi, t = reduce(np.matmul, self._path(-1)), self._exponent()
        if t is None or not symbolic.is_linear(self._nonlinearity):
            return Psi.T
        return self._metric(-1, t).components(Psi).T

    def components_of(self, layer: int) -> Array:
        """(Z_1 … Z_layer)ᵀ, the layer's components as samples, e.g. as pictures.

        Parameters
        ----------
        layer : int
            Index into `Z_` and `H_`: 0 is the first layer, -1 the last.

        Returns
        -------
        ndarray, shape (k_layer, n_features)
        """
        check_is_fitted(self)
        return reduce(np.matmul, self._path(layer)).T

    def __sklearn_is_fitted__(self):
        return "Z_" in vars(self)  # not within a callback of the first fit

    @property
    def _centring(self):
        """The `Centring` of the fit: its means and deviations; empty after `partial_fit`."""
        return Centring(*(vars(self).get(name) for name in ("mean_", "scale_")))

    def _as_factorised(self, X):
        """Rows as the fit factorised them, centred and scaled; `reconstruction_err_` is theirs."""
        return self._centring.apply(X)

    def _at_scale(self, X):
        """Samples in memory as the model scales them, but not centred."""
        rows = as_data(self, in_memory(X))
        return Centring(scale=self._centring.scale).apply(rows, self.absent)

    def _index(self, layer, m=None):
        """The layer's index from 0, among m or all learned layers; ValueError if there is none."""
        m = len(self.Z_) if m is None else m
        if isinstance(layer, bool) or not isinstance(layer, Integral) or not -m <= layer < m:
            raise ValueError(f"layer must be an integer from {-m} to {m - 1}, got {layer!r}")
        return layer % m

    def _paths(self):
        """For each layer i, the matrices Z_1, …, Z_i, from its features to the data."""
        return [self.Z_[:i] for i in range(1, len(self.Z_) + 1)]

    def _path_number(self, layer):
        """The index in `_paths` for the features of a layer."""
        return self._index(layer)

    def _path(self, layer):
        return self._paths()[self._path_number(layer)]

    def get_feature_names_out(self, input_features: Any = None, layer: int = -1) -> Array:
        """Names of a layer's features, for `set_output`.

        Parameters
        ----------
        input_features : ignored
            For compatibility with scikit-learn.
        layer : int
            Index into `Z_` and `H_`.

        Returns
        -------
        ndarray of str objects
            The class's name and a number: "seminmf0", "seminmf1", …. Layers other than the last
            have "…_layer1_0", …; metrics other than "auto" have "…_components0", "…_data0" or
            "…_metric0.25_0", ….
        """
        check_is_fitted(self)
        prefix = type(self).__name__.lower()
        if self._index(layer) < len(self.Z_) - 1:
            prefix += f"_layer{self._index(layer) + 1}"
        prefix += suffix_of(self.metric)
        prefix += "_" * prefix[-1].isdigit()
        n_features = self._metric(layer, self._exponent(layer)).n_features
        return np.array([f"{prefix}{i}" for i in range(n_features)], dtype=object)

    def _exponent(self, layer=-1):
        """The layer's metric as a number; None for unchanged features.

        With metric="auto", features of a named map other than "neighbors" are unchanged.
        """
        return as_exponent(self.metric, DEFAULT if self.transform_method in IN_DEFAULT else None)

    def _added_variance(self, layer):
        """The number that a layer's metrics add to the variance of each feature."""
        return 0.0

    def _map_name(self, layer):
        """The `transform_method` of a layer, with "auto" resolved as far as possible."""
        return self.transform_method

    def _metric(self, layer, t):
        """The metric t of the layer's features, see `dsnmf.estimators.mapping.metric`."""
        key = "metric", t, self._path_number(layer)
        if key not in self._ready:
            with threads_of_model(self):
                needed = needs_spread(t, self._nonlinearity)
                spread = learned_spread(self, layer) if needed else None
                given = self._path(layer), self._nonlinearity, self.mode, spread, self._scale
                self._ready[key] = metric_of(t, *given)
        return self._ready[key]

    def _feature_map(self, layer, dtype, method=None):
        """The map from samples (p x n, of unit scale) to the layer's features, in no metric.

        It is that of `transform_method`, or of the given method.
        """
        method = method or self.transform_method
        key = method, self._index(layer), dtype, self.l2
        if key not in self._ready:
            with threads_of_model(self):
                self._ready[key] = feature_map_of(self, layer, dtype, method)
        return self._ready[key]

    def transform(self, X: Data, layer: int = -1) -> Any:
        """Features of samples, by the same map for training samples and new ones.

        "projection" gives (Z_1 … Z_layer)† x. "nonnegative" gives the features h >= 0 whose
        reconstruction is nearest to x, with all Z fixed. In non-linear models it takes, among those
        that are about as near, the features nearest to the training samples' (see
        `dsnmf.estimators.search.FeatureSearch`); below a tanh they may have any sign. In both, a
        sample's features do not depend on its label or on other samples, and in linear and relu
        models they scale with the sample. "ridge" and "neighbors" are for models with labels or
        graphs, see `WSF`. All results are in the `metric`, in which they may be negative.
        Samples with gaps are fitted by their known entries only; with "projection" and many
        components this is unstable. `dsnmf.inspection.fill` fills gaps.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            NaN and masks mark unknown entries (dense X only). Data that are not in memory are read
            in blocks, see `dsnmf.data.sources.as_source`.
        layer : int
            Index into `Z_` and `H_`: 0 is the first layer, -1 the last.

        Returns
        -------
        ndarray, or the frame that `set_output` asks for, shape (n_samples, k_layer)
            In non-linear models with metric="data" it has rank(Z_1) columns.
            For a Dask array, a Dask array or frame that is not yet computed.

        Raises
        ------
        ValueError
            If X does not have the features of `fit`, a sample has no known entry, the layer does
            not exist, or `set_output` asks for a frame that Dask does not have.

        Warns
        -----
        RuntimeWarning
            At the first use, if the error of the training samples is 1.1 times that of `H_`.
        """
        check_is_fitted(self)
        lazy = as_lazy(X)
        if lazy is not None:
            return features_of_lazy(self, lazy, layer)
        X, blocks = as_blocks(X, scale=self._scale, gaps=True, absent=self.absent)
        if blocks is None:
            centred = self._centring.apply(as_data(self, X), self.absent)
            samples = as_samples(centred, scale=self._scale, absent=self.absent)
            samples.check_known(features=False)
            feature_map = self._feature_map(layer, samples.given.dtype)
            metric = self._metric(layer, self._exponent(layer))
            with threads_of_model(self, len(samples.norms)):
                features = metric.apply(samples.features(feature_map)).T
        else:
            blocks.centring = self._centring
            features = features_of_blocks(self, blocks, layer)
        return in_container(features, self.get_feature_names_out(layer=layer), X, self)

    def fit_transform(self, X: Data, y: ArrayLike | None = None, layer: int = -1) -> Any:
        """Fit to X and return `transform(X)`: the same map that new samples go through.

        There are two kinds of features, on purpose. The fit learned `H_` (transposed) together with
        the components, always in metric "components". With labels, `H_` contains each sample's
        label, so a classifier that is trained on `H_` fails on `transform` of new samples. This
        method computes features anew, with the learned components fixed and without labels, in the
        chosen `metric`: train classifiers on its result. In relu models it also clusters better
        than `H_`, see the guide "choosing".

        Parameters
        ----------
        X, y
            See `fit`.
        layer : int
            Index into `Z_` and `H_`; a pipeline passes it on after `set_transform_request`.

        Returns
        -------
        ndarray, shape (n_samples, k_layer)
            See `transform`.
        """
        self._validate_params()
        self._index(layer, len(self._layer_sizes()))
        return self.fit(X, y).transform(X, layer=layer)

    def _check_features(self, p):
        if p != self.n_features_in_:
            raise ValueError(
                f"X has {p} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def inverse_transform(self, H: ArrayLike, layer: int = -1) -> Array:
        """Samples from the features of a layer, in the `metric` of `transform`.

        The learned `H_[layer].T` itself, and a view of some of its rows, are recognised and read in
        metric "components". A copy of it is not recognised.

        Parameters
        ----------
        H : array-like, shape (n_samples, k_layer)
            With as many columns as the result of `transform`.
        layer : int
            Index into `Z_` and `H_`.

        Returns
        -------
        ndarray, shape (n_samples, n_features)

        Raises
        ------
        TypeError, ValueError
            If H is no finite matrix with the layer's number of features, or the layer does not
            exist.
        """
        check_is_fitted(self)
        is_learned = are_rows_of(H, vars(self).get("H_", ()))
        metric = self._metric(layer, None if is_learned else self._exponent(layer))
        H = as_matrix(H, "H").astype(self.Z_[0].dtype, copy=False)
        if H.shape[1] != metric.n_features:
            raise ValueError(
                f"H must have shape (n_samples, {metric.n_features}) for layer {layer} and "
                f"metric {self.metric!r}, got {H.shape}"
            )
        return self._centring.undo(metric.reconstruct(H.T).T)

    def score(self, X: Data, y: Any = None, *, held_out: ArrayLike | None = None) -> float:
        """Variance of X explained by its reconstruction from `transform`, the same in any `metric`.

        1 - Σ (x - x̂)² / Σ (x - mean)² over the known entries, with the features' means in X. A
        perfect reconstruction scores 1, one as good as these means 0, and a worse one is negative
        (without `center` the models have no intercept). The score is comparable to the sum of PCA's
        `explained_variance_ratio_`. With `scale`, it is that of the scaled features.

        Without `held_out`, each sample's features are computed from the entries that are scored,
        so more components nearly always score higher, on new samples too. `held_out` hides entries
        from the features and scores these entries only: this tests whether the model predicts
        entries that it has not seen. To choose a number of components by `GridSearchCV`, route the
        mask to the score: see the guide "choosing".

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            See `transform`; samples are processed in blocks.
        y : ignored
        held_out : array-like of bool, shape (n_samples, n_features), optional
            True marks an entry that is hidden; unknown entries of X do not count.

        Returns
        -------
        float <= 1

        Raises
        ------
        ValueError
            If `transform` refuses X, all samples are alike, or `held_out` is no mask of X's shape,
            marks nothing, leaves a sample or a feature without a visible entry, or is given with
            transform_method="ridge".

        Examples
        --------
        >>> import numpy as np
        >>> from dsnmf import SemiNMF
        >>> rng = np.random.default_rng(0)
        >>> X = rng.random((50, 3)) @ rng.standard_normal((3, 8))
        >>> model = SemiNMF(3).fit(X)
        >>> round(model.score(X), 2), round(model.score(X, held_out=rng.random(X.shape) < 0.1), 2)
        (1.0, 1.0)
        """
        check_is_fitted(self)
        return explained_variance(self, X, held_out)

    def save(self, path: PathLike) -> None:
        """Write the fitted estimator to one file, without pickle, replaced atomically.

        Parameters
        ----------
        path : str or path-like
            Used as given, without an added ending.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If a parameter cannot be written: a function, a random generator, a mode object, a
            PyTensor variable. The message names it, and nothing is written.
        OSError
            If the file cannot be written; an existing file then stays unchanged.
        """
        check_is_fitted(self)
        write_estimator(path, self)

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """Read a fitted estimator from a file that `save` wrote.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        estimator of this class

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is damaged, or does not hold an estimator of this class.
        """
        return read_estimator(path, cls)
