"""How all estimators are fitted: parameters, start, training, what is kept."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from dsnmf.data.choice import as_blocks, as_samples
from dsnmf.data.shares import energies_of, warn_of_governing
from dsnmf.data.sources import as_source
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.fitted import FittedFactorisation
from dsnmf.estimators.jax_mode import check_jax
from dsnmf.estimators.outcome import DIVERGED, SpanGram, check_outcome, unchanged_by_errors
from dsnmf.estimators.parameters import TrainingParameters
from dsnmf.estimators.priors import learned_priors
from dsnmf.estimators.record import record_of_blocks, record_of_memory
from dsnmf.estimators.score import ScoredFactorisation
from dsnmf.estimators.spread import measure_spreads, pick_samples
from dsnmf.estimators.start import check_start, nonnegative, start_factors
from dsnmf.estimators.trace import State, Trace, costs_unit
from dsnmf.solvers.model import Model
from dsnmf.symbolic import is_linear
from dsnmf.training import loop
from dsnmf.training.interruption import is_called_by_others
from dsnmf.training.modes import as_mode
from dsnmf.training.passes import NeedsMemory
from dsnmf.training.stopping import CostTolerance
from dsnmf.training.threads import ONCE, threads_for

if TYPE_CHECKING:
    from typing import Self

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

    def _has_raw_features(self):
        """Whether H_m may be negative and relu(H_m) are the features."""
        return self._solver() == "adam"

    def _inner_nonlinearity(self):
        return "identity"

    def _note_labels(self, y):
        """Keep what the metric needs to know of the labels."""

    def _start_aim(self, layers):
        """What the SVD start of these layers is to be near, see `blockwise_svd_start`."""
        return "zeros" if self._solver() == "adam" else "product"

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

        Ctrl-C finishes the iteration under way and keeps what has been reached, with an
        InterruptionWarning. Where scikit-learn or joblib called this fit, in a search or a
        pipeline, which would go on with it, a KeyboardInterrupt follows.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            Real, of any sign. NaN and masks mark unknown entries (dense X only). What is not in
            memory: see `dsnmf.data.sources.as_source`; if it is no more than one block, it is read.
            A memory map that cannot be fitted in blocks, such as one with NaN, is an array as any
            other, unless block_size, store or checkpoint is given.
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
            stopped_by = self._fit(X, y)
        if stopped_by == "interrupt" and is_called_by_others():
            raise KeyboardInterrupt
        return self

    def _fit(self, X, y):
        """What ended the training."""
        as_mode(self.mode)
        self._exponent()
        layers = self._layer_sizes()
        vars(self).pop("_stream", None)  # what `partial_fit` has learned so far
        X, blocks = self._read(X, y)
        if blocks is not None:
            try:
                stopped_by = self._fit_in_blocks(blocks, y, layers)
            except NeedsMemory:
                if not isinstance(X, np.memmap) or self._asks_for_blocks():
                    raise
                blocks = None  # an array as any other
        if blocks is None:
            X = as_data(self, X, reset=True)
            stopped_by = self._fit_in_memory(X, y, layers)
        self._note_labels(y)
        labels = y if hasattr(self, "affinity") else None
        if blocks is None:
            record = record_of_memory(X, labels, self._scale)
        else:
            record = record_of_blocks(blocks, labels)
        self._record = {**record, "stopped_by": stopped_by}
        if stopped_by == "max_iter" and self.tol != 0:
            warnings.warn(
                f"{type(self).__name__} stopped after max_iter = {self.max_iter} iterations before "
                f"tol = {self._tol():g} was reached",
                ConvergenceWarning,
                stacklevel=3,
            )
        return stopped_by

    def _refuses_gaps(self):
        """What of the parameters a fit to X with gaps does not go with; None if it takes them."""
        if getattr(self, "whiten", 0):
            return "whiten > 0"
        return None if self.compress in ("auto", False) else f"compress={self.compress!r}"

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
        to_memory = as_source(X).to_memory
        raise ValueError(f"{type(self).__name__} needs X in memory {why}: give {to_memory}")

    def _fit_in_memory(self, X, y, layers):
        self._check_sizes(layers, X.shape[0])
        warn_of_governing(energies_of(X), getattr(self, "feature_names_in_", None), stacklevel=5)
        check_jax(self.mode, self._solver(), self._inner_nonlinearity())
        whiten = getattr(self, "whiten", 0.0)
        with contextlib.ExitStack() as lending:
            with threads_for(X.shape[0], X.shape[1], min(X.shape), limit=ONCE):
                samples = as_samples(
                    X, self.compress, noise_floor=self._noise_floor(layers), whiten=whiten
                )
                if not samples.is_complete and (what := self._refuses_gaps()):
                    raise ValueError(f"{what} needs X without gaps, X contains NaN")
                samples.check_known()
                samples.check_use(self.mode, self.init)
                model = lending.enter_context(self._started_model(samples, y, layers))
            trace = Trace(costs_unit(samples.scale)[1])
            stopped_by, self.n_iter_ = self._run(model.step, trace, model)
            with threads_for(*samples.step_shape, *layers):
                of_first = self._keep(model, trace)
        with threads_for(*samples.step_shape, *layers):
            picked = pick_samples(X.shape[0], layers)
            rows = samples.of_fit(picked, self.Z_[0], of_first)
            measure_spreads(self, rows, samples.norms[picked])
            gram = None
            if samples.is_complete and not is_linear(self._nonlinearity):
                span = SpanGram(self.Z_[0])
                samples.features(span)
                gram = span.value
            check_outcome(self, samples.scale * float(np.linalg.norm(samples.norms)), gram)
        return stopped_by

    def _started_model(self, samples, y, layers):
        """Factors at their start, with all that the solver needs."""
        if self.warm_start and hasattr(self, "H_"):
            Zs, Hs = self.Z_, self._raw_H
            check_start(Zs, Hs, samples.given.shape, layers)
            Zs = [samples.reduced(Zs[0]), *Zs[1:]]
            if not self._has_raw_features():
                Hs = [nonnegative(H) for H in Hs]
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

        unit, _ = costs_unit(model.samples.scale)

        def step_at_scale():
            cost = step()
            return None if cost is None else unit * float(cost)

        try:
            with threads_for(*model.samples.step_shape, *self._layer_sizes()):
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
        self._priors, self._probes = learned_priors(led, samples, self.Z_[0], self._nonlinearity)
        self._ready = {}
        return led[0]
