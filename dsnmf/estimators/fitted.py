"""What a fitted estimator does: components, features of samples and back, files."""

from __future__ import annotations

import copy
from functools import partial, reduce
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted, validate_data

from dsnmf import symbolic
from dsnmf.data.choice import as_blocks, as_lazy, as_samples, canonical, unmasked
from dsnmf.data.samples import column_blocks
from dsnmf.estimators.containers import in_container
from dsnmf.estimators.metric import as_exponent, metric_of
from dsnmf.estimators.persistence import read_estimator, write_estimator
from dsnmf.estimators.projection import Projection
from dsnmf.estimators.search import FeatureSearch
from dsnmf.training.threads import ONCE, STEP, threads_for
from dsnmf.validation import as_matrix

if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Data, PathLike


class FittedFactorisation:
    """The use of the learned `Z_` and `H_`; `Factorisation` adds the fit and scikit-learn's bases.

    The fit also leaves `_nonlinearity` (g as it was then), `_scale`, `_priors`, and `_ready`, which
    holds what transform and inverse_transform have compiled or decomposed so far.
    """

    Z_: list[Array]
    H_: list[Array]
    reconstruction_err_: float
    n_iter_: int
    history_: dict[str, Array]
    n_features_in_: int
    feature_names_in_: Array

    #: Learned attributes that are lists of arrays, one per layer.
    _per_layer: tuple[str, ...] = ("Z_", "H_", "_raw_H", "_priors")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __getstate__(self):
        state = super().__getstate__()
        return state | {"_ready": {}} if "_ready" in state else state

    def _validated(self, X, *, reset):
        X = validate_data(
            self,
            unmasked(X),
            reset=reset,
            accept_sparse=("csr", "csc"),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )
        return canonical(X)

    @property
    def components_(self) -> Array:
        """(Z_1 … Z_m)ᵀ, shape (n_components, n_features): what each component adds to a sample."""
        check_is_fitted(self, "Z_")
        return self.components_of(-1)

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

    def _index(self, layer):
        """The layer counted from 0; ValueError if there is no such layer."""
        m = len(self.Z_)
        if isinstance(layer, bool) or not isinstance(layer, Integral) or not -m <= layer < m:
            raise ValueError(f"layer must be an integer from {-m} to {m - 1}, got {layer!r}")
        return layer % m

    def _path(self, layer):
        """The matrices that lead from a layer's features to the data: Z_1, …, Z_layer."""
        return self.Z_[: self._index(layer) + 1]

    def get_feature_names_out(self, input_features: Any = None, layer: int = -1) -> Array:
        """Names of a layer's features, for `set_output`.

        Parameters
        ----------
        input_features : ignored
            As scikit-learn has it.
        layer : int
            Index into `Z_` and `H_`.

        Returns
        -------
        ndarray of str objects
            "seminmf0", "seminmf1", … by the class's name; of other layers than the last
            "…_layer1_0", …; in other metrics than "components" "…_data0", … and "…_metric0.5_0", ….
        """
        check_is_fitted(self)
        index, t = self._index(layer), as_exponent(self.metric, self._nonlinearity)
        prefix = type(self).__name__.lower()
        if index < len(self.Z_) - 1:
            prefix += f"_layer{index + 1}"
        if t > 0:
            prefix += "_data" if t == 1 else f"_metric{t:g}"
        prefix += "_" * prefix[-1].isdigit()
        n_features = self._metric(layer, self.metric).n_features
        return np.array([f"{prefix}{i}" for i in range(n_features)], dtype=object)

    def _threads(self, n, limit=STEP):
        """Threads for work on so many samples, block after block."""
        p, sizes = len(self.Z_[0]), [Z.shape[1] for Z in self.Z_]
        return threads_for(min(n, column_blocks(p, n)[0].stop), p, *sizes, limit=limit)

    def _metric(self, layer, metric):
        """The layer's features in a metric and back, see `dsnmf.estimators.metric`."""
        index, t = self._index(layer), as_exponent(metric, self._nonlinearity)
        key = "metric", t, self.transform_method, index
        if key not in self._ready:
            with self._threads(self.Z_[0].shape[1], ONCE):
                self._ready[key] = metric_of(self._path(layer), self._nonlinearity, t, self.mode)
        return self._ready[key]

    def _feature_map(self, layer, dtype):
        """The map from samples (p x n, of unit scale) to the layer's features, as they are."""
        index, method = self._index(layer), self.transform_method
        Z_1, *others = self._path(layer)
        key = method, index, dtype
        if key not in self._ready:
            Zs = [(Z_1 / self._scale).astype(dtype), *(Z.astype(dtype) for Z in others)]
            with self._threads(self.Z_[0].shape[1], ONCE):
                if method == "projection" or symbolic.is_linear(self._nonlinearity):
                    ready = Projection(reduce(np.matmul, Zs), method == "nonnegative")
                else:
                    ready = FeatureSearch(Zs, self._nonlinearity, self._priors[index], self.mode)
            self._ready[key] = ready
        return self._ready[key]

    def transform(self, X: Data, layer: int = -1) -> Any:
        """Features of samples, by the same map for training samples and new ones.

        "projection" gives (Z_1 … Z_layer)† x, "nonnegative" the features h >= 0 whose
        reconstruction is nearest to x, with all Z fixed: in non-linear models of all that are about
        as near those that are most like the training samples' (see
        `dsnmf.estimators.search.FeatureSearch`). In both, a sample's features do not depend on its
        label or on the other samples, and in linear and relu models scale with the sample. "ridge"
        is for models with labels, see `WSF`. What comes out of any is given in the `metric`.
        Samples with gaps are fitted by their known entries alone, which is unstable with many
        components in "projection"; the gaps of training samples are better filled from `H_`.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            NaN marks unknown entries (dense X in memory only). What is not in memory is read block
            after block, see `dsnmf.data.sources.as_source`.
        layer : int
            Index into `Z_` and `H_`: 0 is the first layer, -1 the last.

        Returns
        -------
        ndarray, or the frame that `set_output` asks for, shape (n_samples, k_layer)
            With rank(Z_1) columns in non-linear models with metric="data".
            Of a Dask array a Dask array, of which nothing is computed yet.

        Raises
        ------
        ValueError
            If X does not have the features of `fit`, a sample has no known entry, or there is no
            such layer.
        """
        check_is_fitted(self)
        lazy = as_lazy(X)
        if lazy is not None:
            return self._of_lazy(lazy, layer)
        X, blocks = as_blocks(X, scale=self._scale)
        if blocks is None:
            samples = as_samples(self._validated(X, reset=False), scale=self._scale)
            samples.check_known(features=False)
            feature_map = self._feature_map(layer, samples.given.dtype)
            with self._threads(len(samples.norms)):
                features = self._metric(layer, self.metric).of(samples.features(feature_map)).T
        else:
            features = self._of_blocks(blocks, layer)
        return in_container(features, self.get_feature_names_out(layer=layer), X, self)

    def _check_features(self, p):
        if p != self.n_features_in_:
            raise ValueError(
                f"X has {p} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )

    def _of_lazy(self, lazy, layer):
        """Features of a Dask array as one, computed chunk by chunk when they are asked for."""
        self._check_features(lazy.shape[1])
        model = copy.copy(self)  # what goes to the workers: without the training samples' features
        vars(model).update({"H_": [], "_raw_H": [], "_ready": {}})
        width = self._metric(layer, self.metric).n_features
        return lazy.mapped(partial(model.transform, layer=layer), width)

    def _of_blocks(self, blocks, layer):
        """Features (n_samples x k_layer) of samples in blocks."""
        p, n = blocks.shape
        self._check_features(p)
        feature_map = self._feature_map(layer, blocks.dtype)
        metric = self._metric(layer, self.metric)
        features = np.empty((n, metric.n_features), blocks.dtype)
        for samples, rows in blocks:
            norms = np.linalg.norm(rows.astype(np.float64, copy=False), axis=1)
            features[samples] = metric.of(feature_map.of_full(rows.T, norms)).T
        return features

    def inverse_transform(self, H: ArrayLike, layer: int = -1) -> Array:
        """Samples from the features of a layer, in the `metric` in which `transform` gives them.

        From `H_`, which is in none of these but "components", they are
        `set_params(metric="components").inverse_transform(H_[layer].T)`.

        Parameters
        ----------
        H : array-like, shape (n_samples, k_layer)
            With as many columns as `transform` gives.
        layer : int
            Index into `Z_` and `H_`.

        Returns
        -------
        ndarray, shape (n_samples, n_features)

        Raises
        ------
        TypeError, ValueError
            If H is no finite matrix with the layer's number of features, or there is no such layer.
        """
        check_is_fitted(self)
        metric = self._metric(layer, self.metric)
        H = as_matrix(H, "H").astype(self.Z_[0].dtype, copy=False)
        if H.shape[1] != metric.n_features:
            raise ValueError(
                f"H must have shape (n_samples, {metric.n_features}) for layer {layer} and "
                f"metric {self.metric!r}, got {H.shape}"
            )
        return metric.samples(H.T).T

    def save(self, path: PathLike) -> None:
        """Write the fitted estimator to one file, without pickle, replaced atomically.

        Parameters
        ----------
        path : str or path-like
            Taken as it is named.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        TypeError
            If a parameter cannot be written: a function, a random generator, a mode object, a
            PyTensor variable. Its name is said, and nothing is written.
        OSError
            If the file cannot be written; a file that was there stays as it was.
        """
        check_is_fitted(self)
        write_estimator(path, self)

    @classmethod
    def load(cls, path: PathLike) -> Self:
        """A fitted estimator from a file that `save` wrote.

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
