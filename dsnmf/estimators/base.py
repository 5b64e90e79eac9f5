"""What all estimators share: parameters, fitting, features of new samples, files."""

import warnings
from functools import reduce
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
import pytensor
import pytensor.tensor as pt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from dsnmf import fitting, symbolic
from dsnmf.estimators.features import features_of
from dsnmf.estimators.jax_mode import check_jax, without_sparse
from dsnmf.estimators.observations import as_shared, observe
from dsnmf.estimators.persistence import read_estimator, write_estimator
from dsnmf.estimators.solvers import Model, all_features, compile_solver
from dsnmf.estimators.start import check_start, start_factors
from dsnmf.estimators.trace import State, Trace
from dsnmf.stopping import CostTolerance


class Factorisation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """X ≈ H_mᵀ … of samples x features data; subclasses name the layers, the solver, the labels.

    A subclass has the constructor parameters of `_parameter_constraints`, and may define
    `_layer_sizes`, `_solver`, `_inner_nonlinearity` and `_affinities`.
    """

    _parameter_constraints: ClassVar[dict] = {
        "init": [StrOptions({"svd", "nndsvd", "lp", "random"}), "array-like"],
        "noise_floor": [Interval(Real, 0, 1, closed="left")],
        "compress": ["boolean", StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "transform_method": [StrOptions({"auto", "projection", "nonnegative"})],
        "warm_start": ["boolean"],
        "random_state": ["random_state", np.random.Generator],
        "mode": [None, str, pytensor.compile.mode.Mode],
        "verbose": ["verbose"],
        "callback": [None, callable],
    }

    #: Learned attributes that are lists of arrays, one per layer.
    _per_layer = ("Z_", "H_", "_raw_H")

    def _layer_sizes(self):
        return (int(self.n_components),)

    def _solver(self):
        return "multiplicative"

    def _inner_nonlinearity(self):
        return "identity"

    def _affinities(self, y, inputs):
        """One affinity or None per layer; `inputs` are what the layers factorise."""
        return []

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

    def fit(self, X, y=None):
        """Factorise X.

        Ctrl-C finishes the iteration under way and keeps what has been reached, with a
        RuntimeWarning.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            Real, of any sign. NaN marks an unknown entry (dense X only).
        y : array-like, shape (n_samples,) or (n_samples, n_attributes), optional
            Labels, where the estimator uses them; ignored otherwise.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a parameter is out of its range, X is not a matrix of real numbers, contains an
            infinity, has a row or column without a known entry, or has fewer samples than a
            layer has components.
        """
        self._validate_params()
        layers = self._layer_sizes()
        X = self._validated(X, reset=True)
        if max(layers) > X.shape[0]:
            raise ValueError(
                f"{type(self).__name__} needs at least as many samples as components: "
                f"got n_samples = {X.shape[0]} and layers of {layers} components"
            )
        check_jax(self.mode, X, self._solver(), self._inner_nonlinearity())
        observations = observe(
            X,
            self.compress,
            noise_floor=self.noise_floor,
            whiten=getattr(self, "whiten", 0.0),
        )
        model = self._started_model(observations, y, layers)
        step = compile_solver(model, self._solver(), self.mode)
        trace = Trace()
        stopped_by, self.n_iter_ = self._run(step, trace, model)
        self._keep(model, layers, trace)
        if stopped_by == "max_iter" and self.tol != 0:
            warnings.warn(
                f"{type(self).__name__} stopped after max_iter = {self.max_iter} iterations before "
                f"tol = {self.tol} was reached",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _started_model(self, observations, y, layers):
        """Shared factors at their start, with all that the solver needs."""
        if self.warm_start and hasattr(self, "Z_"):
            Zs, Hs = self.Z_, self._raw_H
            check_start(Zs, Hs, observations.samples.shape, layers)
            Zs = [observations.reduced(Zs[0]), *Zs[1:]]
        else:
            Zs, Hs = start_factors(self, observations, layers)
        inputs = [observations.samples, *Hs[:-1]]
        dtype = observations.X.type.dtype
        shared = [
            [
                as_shared(np.array(value, dtype), f"{letter}_{i}")
                for i, value in enumerate(values, 1)
            ]
            for letter, values in (("Z", Zs), ("H", Hs))
        ]
        return Model(
            observations,
            *shared,
            nonlinearity=self._inner_nonlinearity(),
            affinities=without_sparse(self._affinities(y, inputs), self.mode, dtype),
            learning_rate=getattr(self, "learning_rate", 1e-3),
            raw_features=self._solver() == "adam",
        )

    def _run(self, step, trace, model):
        done = 0

        def after(iteration, cost):
            nonlocal done
            done = iteration
            if self.callback is None:
                return False
            return self.callback(iteration, State(trace, model))

        stopped_by = fitting.run(
            step,
            self.max_iter,
            history=trace,
            tolerance=self._tolerance(model),
            callback=after,
            description=type(self).__name__,
            progress=bool(self.verbose),
        )
        return stopped_by, done

    def _tolerance(self, model):
        return CostTolerance(self.tol)

    def _keep(self, model, layers, trace):
        """Set the learned attributes."""
        self.history_ = {
            "cost": np.array(trace.cost),
            "seconds": np.array(trace.seconds),
            "change": np.array(trace.change),
        }
        features, error = self._outcome(model)
        self.Z_ = model.Z_values()
        self._raw_H = [H.get_value() for H in model.Hs]
        self.H_ = features
        self.reconstruction_err_ = float(np.sqrt(max(error, 0)))
        self._n_features_out = layers[-1]

    def _outcome(self, model):
        """All layers' features, and the squared error."""
        *features, error = pytensor.function(
            [], [*all_features(model, self._solver()), model.unweighted_error()], mode=self.mode
        )()
        return list(features), error

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

    def fit_transform(self, X, y=None):
        """Fit to X and return `transform(X)`: the same map that new samples go through.

        The features that the fit itself learned are in `H_` (transposed). With labels they
        contain what the labels said of each sample, so a classifier trained on `H_` and tested on
        `transform` of new samples fails; train it on the result of this method.

        Parameters
        ----------
        X, y
            See `fit`.

        Returns
        -------
        ndarray, shape (n_samples, k_m)
        """
        return self.fit(X, y).transform(X)

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
