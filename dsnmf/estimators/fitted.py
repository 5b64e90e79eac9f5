"""What a fitted estimator does: components, features of samples and back, files."""

from functools import reduce
from numbers import Integral

import numpy as np
import pytensor
import pytensor.tensor as pt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from dsnmf import symbolic
from dsnmf.estimators.features import features_of
from dsnmf.estimators.observations import observe
from dsnmf.estimators.persistence import read_estimator, write_estimator


class FittedFactorisation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """The use of the learned `Z_` and `H_`; `Factorisation` adds the fit."""

    #: Learned attributes that are lists of arrays, one per layer.
    _per_layer = ("Z_", "H_", "_raw_H")

    def _inner_nonlinearity(self):
        return "identity"

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _validated(self, X, *, reset):
        return validate_data(
            self,
            X,
            reset=reset,
            accept_sparse=("csr", "csc"),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )

    @property
    def components_(self):
        """(Z_1 … Z_m)ᵀ, shape (n_components, n_features): what each component adds to a sample."""
        check_is_fitted(self, "Z_")
        return self.components_of(-1)

    def components_of(self, layer):
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

    def _path(self, layer):
        """The matrices that lead from a layer's features to the data: Z_1, …, Z_layer."""
        m = len(self.Z_)
        if isinstance(layer, bool) or not isinstance(layer, Integral) or not -m <= layer < m:
            raise ValueError(f"layer must be an integer from {-m} to {m - 1}, got {layer!r}")
        return self.Z_[: layer % m + 1]

    def transform(self, X, layer=-1):
        """Features of samples, by the same map for training samples and new ones.

        "projection" gives (Z_1 … Z_layer)† x, "nonnegative" the features h >= 0 whose
        reconstruction is nearest to x, with all Z fixed. In both, a sample's features do not
        depend on its label or on the other samples (up to the common stopping of the search).
        Samples with gaps are fitted by their known entries alone, which is unstable with many
        components; the gaps of training samples are better filled from `H_`.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
            NaN marks unknown entries (dense X only).
        layer : int
            Index into `Z_` and `H_`: 0 is the first layer, -1 the last. `set_output` names the
            last layer's features only.

        Returns
        -------
        ndarray, shape (n_samples, k_layer)

        Raises
        ------
        ValueError
            If X does not have the features of `fit`, or there is no such layer.
        """
        check_is_fitted(self)
        X = self._validated(X, reset=False)
        Zs = [Z.astype(X.dtype, copy=False) for Z in self._path(layer)]
        nonlinearity = self._inner_nonlinearity()
        method = self.transform_method
        if method == "auto":
            method = "projection" if symbolic.is_linear(nonlinearity) else "nonnegative"
        size = float(np.abs(self.H_[layer]).mean()) or 1.0
        return features_of(observe(X), Zs, nonlinearity, method, size, self.mode).T

    def inverse_transform(self, H, layer=-1):
        """Samples from the features of a layer.

        Parameters
        ----------
        H : array-like, shape (n_samples, k_layer)
        layer : int
            Index into `Z_` and `H_`.

        Returns
        -------
        ndarray, shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If H does not have the layer's number of features, or there is no such layer.
        """
        check_is_fitted(self)
        Zs = self._path(layer)
        H = np.asarray(H, dtype=self.Z_[0].dtype)
        if H.ndim != 2 or H.shape[1] != Zs[-1].shape[1]:
            raise ValueError(
                f"H must have shape (n_samples, {Zs[-1].shape[1]}) for layer {layer}, got {H.shape}"
            )
        symbols = [pt.matrix(dtype=H.dtype) for _ in [*Zs, H]]
        X_hat = symbolic.reconstruction(symbols[:-1], symbols[-1], self._inner_nonlinearity())
        return pytensor.function(symbols, X_hat.T, mode=self.mode)(*Zs, H.T)

    def save(self, path):
        """Write the fitted estimator to one file, without pickle, replaced atomically.

        Parameters that are not plain values (a callback, given factors or affinities, a mode
        object) are not written and come back as their defaults.

        Parameters
        ----------
        path : str or path-like
            Taken as it is named.

        Raises
        ------
        sklearn.exceptions.NotFittedError
        OSError
            If the file cannot be written; a file that was there stays as it was.
        """
        check_is_fitted(self)
        write_estimator(path, self)

    @classmethod
    def load(cls, path):
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
