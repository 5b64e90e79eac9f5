"""How all estimators are fitted: parameters, start, training, what is kept."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from dsnmf.data.choice import as_blocks, as_samples
from dsnmf.data.shares import energies_of, warn_of_governing
from dsnmf.estimators.fitted import FittedFactorisation
from dsnmf.estimators.jax_mode import check_jax
from dsnmf.estimators.outcome import DIVERGED, check_outcome, unchanged_by_errors
from dsnmf.estimators.parameters import TrainingParameters
from dsnmf.estimators.priors import priors
from dsnmf.estimators.score import ScoredFactorisation
from dsnmf.estimators.spread import measure_spreads, pick_samples
from dsnmf.estimators.start import check_start, start_factors
from dsnmf.estimators.trace import State, Trace
from dsnmf.solvers.model import Model
from dsnmf.symbolic import is_linear
from dsnmf.training import loop
from dsnmf.training.modes import as_mode
from dsnmf.training.stopping import CostTolerance

if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import ArrayLike

    from dsnmf.typing import BaseEstimator, Data, TransformerMixin
else:
    from sklearn.base import BaseEstimator, TransformerMixin


class Factorisation(
    FittedFactorisation, ScoredFactorisation, TrainingParameters, TransformerMixin, BaseEstimator
):
    """X ≈ H_mᵀ … of samples x features data; subclasses name the layers, the solver, the labels.

    A subclass is an `estimator` with `OneLayer` or `Layers`, and may define `_solver`,
    `_inner_nonlinearity` and `_affinities`.
    """

    def _solver(self):
        return "multiplicative"

    def _inner_nonlinearity(self):
        return "identity"

    def _has_gauge(self):
        """Whether the fit is to choose H_'s least arbitrary form, see `dsnmf.solvers.gauge`.

        Factors that the fit started from, given or those of the last fit, have chosen theirs;
        labels and relu leave H no freedom.
        """
        is_free = self._solver() != "adam" and is_linear(self._inner_nonlinearity())
        is_own = isinstance(self.init, str) and not (self.warm_start and hasattr(self, "H_"))
        return is_free and is_own

    def _affinities(self, y, samples, Hs):
        """One affinity or None per layer, from the labels or what the layers factorise."""
        return []

    def fit(self, X: Data, y: ArrayLike | None = None) -> Self:
        """Factorise X.

        Ctrl-C finishes the iteration under way and keeps what has been reached, with a
        RuntimeWarning.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            Real, of any sign. NaN marks an unknown entry (dense X only). What is not in memory: see
            `dsnmf.data.sources.as_source`; if it is no more than one block, it is read.
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
        FloatingPointError
            If training diverged. After any error the estimator is as it was before.
        ImportError, MemoryError, RuntimeError
            If mode="JAX" and JAX is missing, its device has not the memory, or there is none.

        Warns
        -----
        ConvergenceWarning
            If max_iter ends the fit before tol does.
        DeadModelWarning, RuntimeWarning
            If the fit has learned nothing, or worse than nothing.
        GoverningFeatureWarning
            If one feature, such as row numbers, holds nearly all of X's squared norm. Not for data
            in blocks of more than 20000 features.
        """
        self._validate_params()
        with unchanged_by_errors(self):
            return self._fit(X, y)

    def _fit(self, X, y):
        as_mode(self.mode)
        self._exponent()
        layers = self._layer_sizes()
        vars(self).pop("_stream", None)  # what `partial_fit` has learned so far
        X, blocks = self._read(X, y)
        if blocks is not None:
            stopped_by = self._fit_in_blocks(blocks, y, layers)
        else:
            stopped_by = self._fit_in_memory(self._validated(X, reset=True), y, layers)
        if stopped_by == "max_iter" and self.tol != 0:
            warnings.warn(
                f"{type(self).__name__} stopped after max_iter = {self.max_iter} iterations before "
                f"tol = {self._tol():g} was reached",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _check_sizes(self, layers, n_samples):
        if max(layers) > n_samples:
            raise ValueError(
                f"{type(self).__name__} needs at least as many samples as components: "
                f"got n_samples = {n_samples} and layers of {layers} components"
            )

    def _read(self, X, y):
        """X for a fit in memory, or its blocks."""
        X, blocks = as_blocks(X, self.block_size)
        if blocks is None:
            return X, None
        why = self._needs_memory(y, blocks.shape[1])
        if why is None:
            return X, blocks
        if isinstance(X, np.memmap):  # an array as any other, also to those who cannot do better
            return X, None
        raise ValueError(f"{type(self).__name__} needs X in memory {why}: give X[:]")

    def _fit_in_memory(self, X, y, layers):
        self._check_sizes(layers, X.shape[0])
        warn_of_governing(energies_of(X), getattr(self, "feature_names_in_", None), stacklevel=4)
        check_jax(self.mode, self._solver(), self._inner_nonlinearity())
        whiten = getattr(self, "whiten", 0.0)
        samples = as_samples(X, self.compress, noise_floor=self.noise_floor, whiten=whiten)
        samples.check_known()
        samples.check_use(self.mode, self.init)
        trace = Trace()
        with self._started_model(samples, y, layers) as model:
            stopped_by, self.n_iter_ = self._run(model.step, trace, model)
            of_first = self._keep(model, trace)
        check_outcome(self, samples.scale * float(np.linalg.norm(samples.norms)))
        picked = pick_samples(X.shape[0], layers)
        measure_spreads(self, samples.of_fit(picked, self.Z_[0], of_first), samples.norms[picked])
        return stopped_by

    def _started_model(self, samples, y, layers):
        """Factors at their start, with all that the solver needs."""
        if self.warm_start and hasattr(self, "H_"):
            Zs, Hs = self.Z_, self._raw_H
            check_start(Zs, Hs, samples.given.shape, layers)
            Zs = [samples.reduced(Zs[0]), *Zs[1:]]
        else:
            Zs, Hs = start_factors(self, samples, layers)
        return Model(
            samples,
            Zs,
            Hs,
            self._solver(),
            nonlinearity=self._inner_nonlinearity(),
            affinities=self._affinities(y, samples, Hs),
            learning_rate=getattr(self, "learning_rate", 1e-3),
            mode=self.mode,
        )

    def _run(self, step, trace, model, checkpoint=None, reading=None):
        """What ended the training, and how many iterations there have been."""
        tolerance, done = self._tolerance(model), 0
        if checkpoint is not None:
            parts = {"model": model, "trace": trace, "tolerance": tolerance}
            done = checkpoint.resume(parts, model.large_arrays())

        def after(iteration, cost):
            nonlocal done
            done = iteration
            if self.callback is None:
                return False
            return self.callback(iteration, State(trace, model))

        energy = model.samples.scale**2

        def step_at_scale():
            cost = step()
            return None if cost is None else energy * float(cost)

        try:
            stopped_by = loop.run(
                step_at_scale,
                self.max_iter,
                history=trace,
                tolerance=tolerance,
                callback=after,
                description=type(self).__name__,
                progress=bool(self.verbose),
                reading=reading,
                start=(done, trace.cost[-1] if done else None),
                checkpoint=None if checkpoint is None else checkpoint.save,
            )
        except np.linalg.LinAlgError as error:
            raise FloatingPointError(f"{DIVERGED} at iteration {done + 1}: {error}") from error
        return stopped_by, done

    def _tol(self):
        return self.tol

    def _tolerance(self, model):
        return CostTolerance(self._tol())

    def _keep(self, model, trace):
        """Set what was learned; returns the features of layer 1 that the last layer leads to."""
        model.settle()
        if self._has_gauge():
            model.settle_gauge()
        features, led = model.features()
        samples = model.samples
        self.history_ = trace.arrays()
        self.Z_ = model.Z_values()
        self._raw_H = model.H_values()
        self.H_ = features
        self.reconstruction_err_ = samples.final_error(self.Z_[0], led[0])
        self._scale, self._nonlinearity = samples.scale, model.nonlinearity
        self._priors = priors(features, samples.norms, model.nonlinearity)
        self._ready = {}
        return led[0]

    def fit_transform(self, X: Data, y: ArrayLike | None = None) -> Any:
        """Fit to X and return `transform(X)`: the same map that new samples go through.

        Two kinds of features, on purpose. `H_` (transposed) are those that the fit learned, with
        the components as they moved, always in metric "components". With labels they contain what
        the labels said of each sample, so a classifier trained on `H_` and tested on `transform` of
        new samples fails. The result of this method is found anew, with the learned components
        fixed and without labels, in the `metric` of choice: train classifiers on it. In relu models
        it also clusters better than `H_`, see the guide "choosing".

        Parameters
        ----------
        X, y
            See `fit`.

        Returns
        -------
        ndarray, shape (n_samples, k_m)
            See `transform`.
        """
        return self.fit(X, y).transform(X)
