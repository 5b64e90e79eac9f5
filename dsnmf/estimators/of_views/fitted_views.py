"""The methods of a fitted model of several views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from dsnmf.data.recognition import as_samples, in_memory
from dsnmf.estimators.containers import in_container
from dsnmf.estimators.fitted import FittedFactorisation
from dsnmf.estimators.mapping.maps import threads_of_model
from dsnmf.estimators.mapping.score import explained_in_memory
from dsnmf.estimators.of_views.conditional import ConditionalMap
from dsnmf.estimators.of_views.user_views import (
    are_views,
    in_blocks,
    in_one,
    read_columns,
    read_list,
)
from dsnmf.solvers.view_shares import view_multipliers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Data


class FittedViews(FittedFactorisation):
    """Methods that use the learned attributes of `MultiViewDeepSemiNMF`.

    Internally, all views form one matrix, each divided by its scale and multiplied by √w_v, and the
    model is a Semi-NMF of it. The fit sets `_factors`, the Zs of all views; `_columns`, the views'
    columns in that matrix; `_names` of the views; `_features`, the names of their features; and
    `_tables`: α, scales, w, explained variances, the mean squared error of an entry, and whether
    the views came as a list or dict.
    """

    _per_layer = (
        *FittedFactorisation._per_layer,
        "_factors",
        "_tables",
        "_columns",
        "_names",
        "_features",
    )
    _features: Sequence[Array] = ()
    _factors: list[Array]
    _columns: list[Array]
    _names: list[Array]
    _tables: list[Array]

    def _index(self, layer, m=None):
        sizes = self._layer_sizes()
        if super()._index(layer, len(sizes)) != len(sizes) - 1:
            raise ValueError(
                f"layer must be -1: layers below the last have features of each view, got {layer!r}"
            )
        return 0

    @property
    def Zs_(self) -> list[list[Array]]:
        """Z_1^v, …, Z_m^v of each view."""
        check_is_fitted(self)
        m = len(self._factors) // len(self._columns)
        return [self._factors[start : start + m] for start in range(0, len(self._factors), m)]

    @property
    def view_names_(self) -> list[str]:
        """Names of the views."""
        check_is_fitted(self)
        return self._names[0].tolist()

    @property
    def view_weights_(self) -> Array:
        """α_v."""
        check_is_fitted(self)
        return self._tables[0]

    @property
    def view_explained_variance_(self) -> Array:
        """Explained variance of each view."""
        check_is_fitted(self)
        return self._tables[3]

    @property
    def components_(self) -> Array:
        """The contribution of each feature to a sample, shape (n_components, n_features)."""
        return super().components_ / self._multipliers()

    def components_of(self, layer: int) -> Array:
        """(Z_1^v … Z_m^v)ᵀ of all views side by side, the last layer's components as samples.

        Parameters
        ----------
        layer : int
            -1.

        Returns
        -------
        ndarray, shape (k_m, n_features)
        """
        return super().components_of(layer) / self._multipliers()

    @property
    def view_columns(self) -> dict[str, Array]:
        """The column numbers of each view in the matrix of all views, by the views' names."""
        return dict(zip(self.view_names_, self._columns))

    def _multipliers(self):
        """√w_v / scale_v of the columns of all views."""
        _, scales, w, *_ = self._tables
        return view_multipliers(self._columns, scales, w, self.Z_[0].dtype)

    def _as_factorised(self, X):
        _, scales, w, *_ = self._tables
        return X * view_multipliers(self._columns, scales, np.ones_like(w), X.dtype)

    def _at_scale(self, X):
        return in_one(self._read_views(X), self._multipliers())

    def _feature_map(self, layer, dtype, method=None):
        method = method or self.transform_method
        key = method, self._index(layer), dtype
        if method != "auto":
            return super()._feature_map(layer, dtype, method)
        if key not in self._ready:
            with threads_of_model(self):
                given = self.Z_[0].astype(dtype), self.H_[0], float(self._tables[4][0])
                plain = super()._feature_map(layer, dtype, "projection")
                self._ready[key] = ConditionalMap(plain, *given)
        return self._ready[key]

    def _read_views(self, X):
        """Read the views of samples, each of which has at least one."""
        if are_views(X):
            features = self._features or [np.array([], str)] * len(self._columns)
            names, widths = self.view_names_, map(len, self._columns)
            read = read_list(X, list(zip(names, widths, features)))
        else:
            read = read_columns(self, in_memory(X), self._views_of_fit())
        alone = np.flatnonzero(~read.present.any(axis=0))
        if len(alone):
            raise ValueError(f"sample {alone[0]} has no view: NaN in all of them")
        return read

    def _views_of_fit(self):
        return {name: own.tolist() for name, own in self.view_columns.items()}

    def transform(self, X: Data, layer: int = -1) -> Any:
        """Features of samples, of `fit` or new, each of which may have any of the views.

        For samples with all views, "auto" is the projection (Z_1 … Z_m)† x on the weighted
        components of all views. For other samples it is the expected features given the known
        views, as Gaussian variables with the mean and covariance of the learned features; with more
        views it approaches the projection. "projection" and "nonnegative" use the known views only,
        see `SemiNMF.transform`.

        Parameters
        ----------
        X : as in `fit`
            None in a list, or an absent key of a dict: the view is missing for all samples.
        layer : int
            -1.

        Returns
        -------
        ndarray, or the frame that `set_output` asks for, shape (n_samples, k_m)

        Raises
        ------
        ValueError
            If X does not have the features of `fit`, or a sample has no view.
        """
        check_is_fitted(self)
        self._index(layer)
        read, metric = self._read_views(X), self._metric(layer, self._exponent(layer))
        features = []
        for rows in in_blocks(read, self._multipliers()):
            samples = as_samples(rows, scale=self._scale)
            feature_map = self._feature_map(layer, samples.given.dtype)
            with threads_of_model(self, len(samples.norms)):
                features.append(metric.apply(samples.features(feature_map)).T)
        names = self.get_feature_names_out(layer=layer)
        return in_container(np.concatenate(features), names, read.frame, self)

    def annotate(self, mdata: Any, key: str = "dsnmf") -> None:
        """Write features and components into a MuData object.

        Parameters
        ----------
        mdata : mudata.MuData
            With the modalities of `fit`. `obsm["X_" + key]` gets `transform(mdata)`, and
            `varm[key]` of each modality the components of its view (n_features of the view x k_m).
        key : str
        """
        features = np.asarray(self.transform(mdata))
        mdata.obsm[f"X_{key}"] = features
        components = self.components_of(-1)
        for name, own in self.view_columns.items():
            if name in mdata.mod:
                mdata.mod[name].varm[key] = components[:, own].T

    def inverse_transform(self, H: ArrayLike, layer: int = -1) -> Any:
        """The views of samples from their features, including views that they lack.

        Parameters
        ----------
        H : array-like, shape (n_samples, k_m)
            The result of `transform`, or `H_[-1].T` itself.
        layer : int
            -1.

        Returns
        -------
        ndarray, shape (n_samples, n_features)
            After a fit to one matrix; else a list or dict of the views, like X of `fit`.
        """
        check_is_fitted(self)
        rows = super().inverse_transform(H, layer) / self._multipliers()
        if not self._came_apart():
            return rows
        parts = [rows[:, own] for own in self._columns]
        names = self.view_names_
        return parts if names == [str(v) for v in range(len(names))] else dict(zip(names, parts))

    def _came_apart(self):
        """True if the views were a list or dict."""
        return bool(self._tables[5][0])

    def score(self, X: Data, y: Any = None, *, held_out: ArrayLike | None = None) -> float:
        """Explained variance of all views, each at its scale and weighted by w_v.

        See `SemiNMF.score`.

        Parameters
        ----------
        X : as in `fit`
        y : ignored
        held_out : array-like of bool, shape (n_samples, n_features), optional
            True marks an entry, of the views side by side, that is hidden.

        Returns
        -------
        float <= 1
        """
        check_is_fitted(self)
        return explained_in_memory(self, self._at_scale(X), held_out)
