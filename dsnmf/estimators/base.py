"""The fit of all estimators: parameters, start, training, learned attributes."""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from dsnmf.caller import stacklevel
from dsnmf.data.compression import as_compress_options
from dsnmf.data.recognition import as_blocks
from dsnmf.data.sources import as_source
from dsnmf.estimators.fitted import FittedFactorisation
from dsnmf.estimators.in_blocks import InBlocks
from dsnmf.estimators.in_memory import InMemory
from dsnmf.estimators.mapping.spread import note_samples
from dsnmf.estimators.outcome import (
    DIVERGED,
    check_outcome,
    faster_solver,
    restore_on_error,
)
from dsnmf.estimators.parameters.declaration import first_parameter_that
from dsnmf.estimators.restarts import best_fit, least_cost, rounding_cost
from dsnmf.estimators.trace import State, costs_unit
from dsnmf.initialisation.floor import NoiseFloor
from dsnmf.solvers.choice import choose_rule, choose_solver, why_memory
from dsnmf.symbolic import is_linear
from dsnmf.training import loop
from dsnmf.training.interruption import is_called_by_others
from dsnmf.training.modes import as_mode, is_jax
from dsnmf.training.passes import NeedsMemory
from dsnmf.training.stopping import CostTolerance
from dsnmf.training.threads import threads_for

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import ArrayLike

    from dsnmf.typing import BaseEstimator, Data, TransformerMixin
else:
    from sklearn.base import BaseEstimator, TransformerMixin

#: Message of verbose for a fit that ended with "optimum".
OPTIMUM = "no model of this rank fits better, by more than tol: the fit is at its optimum"


class Factorisation(FittedFactorisation, TransformerMixin, BaseEstimator):
    """X ≈ H_mᵀ … of samples x features data; subclasses name the layers, the solver, the labels.

    A subclass is `declared`, defines `_layer_sizes`, and may define `_inner_nonlinearity` and
    `_affinities`.
    """

    def _noise_floor(self, layers):
        """The noise floor of a model with these layers: a share of the largest σ²."""
        auto = self.noise_floor == "auto"
        return NoiseFloor(least=min(layers)) if auto else NoiseFloor(self.noise_floor)

    def _solver(self, in_memory=True):
        """The solver of a fit to data in memory or in blocks."""
        on_jax = is_jax(as_mode(self.mode))
        return choose_solver(self.solver, self._inner_nonlinearity(), in_memory, on_jax)

    def _inner_nonlinearity(self):
        return "identity"

    def _rule(self, is_complete=True, only_known=False, in_memory=True):
        """The `Rule` of a fit to data with or without gaps, in memory or in blocks."""
        solver = self._solver(in_memory)
        return choose_rule(solver, self._inner_nonlinearity(), is_complete, only_known)

    def _start_aim(self, layers, in_memory=True):
        """The aim of the SVD start of these layers, see `blockwise_svd_start`."""
        return self._rule(in_memory=in_memory).start_aim

    def _has_gauge(self):
        """True if the fit chooses the least arbitrary form of H, see `dsnmf.solvers.gauge`.

        A fit that starts from given factors, or from those of the last fit, keeps their form.
        Labels, relu and a penalty leave H no freedom.
        """
        is_free = not self._rule().raw_features and is_linear(self._inner_nonlinearity())
        return is_free and isinstance(self.init, str) and not (self._goes_on() or self.l2)

    def _goes_on(self):
        """True if a fit starts from the factors of the last one."""
        return self.warm_start and hasattr(self, "H_")

    def _affinities(self, y, n, layer_inputs):
        """One affinity or None per layer, from the labels or from the layers' inputs.

        Parameters
        ----------
        y : array-like or None
        n : int
            Number of samples.
        layer_inputs : callable or None
            Returns the matrix that each layer factorises, a list of `Samples`; None for data in
            blocks.
        """
        return []

    def _hash_labels(self, y, n):
        """A hash of the labels, if the estimator uses them."""
        return None

    def _note(self, model, y):
        """Keep what a subclass needs besides, from the model at its end and from the labels."""

    def fit(self, X: Data, y: ArrayLike | None = None) -> Self:
        """Factorise X.

        Ctrl-C finishes the current iteration and keeps the factors so far, with an
        InterruptionWarning. If scikit-learn or joblib called this fit (in a search or a pipeline),
        a KeyboardInterrupt follows, because the caller would otherwise continue.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            Real, of any sign. NaN and masks mark unknown entries (dense X only). An AnnData object
            stands for its X, with the names of its variables. For data that are not in memory see
            `dsnmf.data.sources.as_source`; data of at most one block are read into memory. A memory
            map that cannot be fitted in blocks, such as one with NaN, is treated as an array in
            memory, unless block_size, store or checkpoint is given.
        y : array-like, shape (n_samples,) or (n_samples, n_attributes), optional
            Labels, if the estimator uses them; else ignored.

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
            If mode="JAX" and JAX is not installed, has no device, or its device has too little
            memory.

        Warns
        -----
        ConvergenceWarning
            If max_iter ends the fit before tol does.
        DeadModelWarning, RuntimeWarning
            If the fit has learned nothing, or fits worse than zero.
        GoverningFeatureWarning
            If one feature, such as row numbers, has nearly all of X's squared norm. Not checked for
            data in blocks with more than 20000 features.
        """
        self._validate_params()
        with restore_on_error(self):
            stopped_by = self._fit(X, y)
        if stopped_by == "interrupt" and is_called_by_others():
            raise KeyboardInterrupt
        return self

    def _fit(self, X, y):
        """Fit; returns the reason for which the training ended."""
        as_mode(self.mode)
        self._exponent()  # or an error
        how = getattr(self, "compress", False)  # models of several views have none
        as_compress_options(how, getattr(self, "whiten", 0.0))  # or an error
        layers = self._layer_sizes()
        choose_rule(self._solver(), self._inner_nonlinearity())  # or an error
        vars(self).pop("_stream", None)  # what `partial_fit` has learned so far
        stopped_by, data = self._fit_data(X, y, layers)
        self.stopped_by_ = stopped_by
        if stopped_by == "optimum" and self.verbose:
            print(f"{type(self).__name__}: {OPTIMUM}")
        if stopped_by == "max_iter" and self.tol != 0:
            in_memory = data.record["variation"] is not None
            solver = faster_solver(self, data.y, in_memory)
            warnings.warn(
                f"{type(self).__name__} stopped after max_iter = {self.max_iter} iterations before "
                f"tol = {self._tol(data.rule):g} was reached: a larger max_iter (--max-iter) "
                f"{f'or {solver} ' if solver else ''}may help",
                ConvergenceWarning,
                stacklevel=stacklevel(),
            )
        return stopped_by

    def _fit_data(self, X, y, layers):
        """Fit to X in its form; returns the reason for the end of the training, and the data."""
        X, blocks = self._read(X, y)
        if blocks is not None:
            try:
                return self._fit_to(data := InBlocks(self, blocks, y, layers)), data
            except NeedsMemory:
                if not isinstance(X, np.memmap) or self._asks_for_blocks():
                    raise
        data = InMemory(self, X, y, layers)  # of a memory map too, as any other array
        return self._fit_to(data), data

    def _check_sizes(self, layers, n_samples):
        if max(layers) > n_samples:
            raise ValueError(
                f"{type(self).__name__} needs at least as many samples as components: "
                f"got n_samples = {n_samples} and layers of {layers} components"
            )

    def _read(self, X, y):
        """X for a fit in memory, or its blocks."""
        may_be_sparse = not (is_jax(as_mode(self.mode)) or self.center)
        X, blocks = as_blocks(X, self.block_size, absent=self.absent, sparse=may_be_sparse)
        if blocks is None:
            return X, None
        why = self._needs_memory(y, blocks.shape[1])
        if why is None:
            return X, blocks
        if isinstance(X, np.memmap):  # an array as any other, also to those who cannot do better
            return X, None
        to_memory = as_source(X).to_memory
        raise ValueError(f"{type(self).__name__} needs X in memory {why}: give {to_memory}")

    def _needs_memory(self, y, n):
        """The reason why X, of n samples, cannot be fitted in blocks; None if it can."""
        if what := first_parameter_that(self, "needs_memory"):
            return f"with {what}"
        return why_memory(self._solver(in_memory=False), self._inner_nonlinearity())

    def _asks_for_blocks(self):
        return any(each is not None for each in (self.block_size, self.store, self.checkpoint))

    def _fit_to(self, data):
        """Fit to `InMemory` or `InBlocks`; returns the reason for the end of the training."""
        with contextlib.ExitStack() as held:
            model, trace, stopped_by, self.n_iter_ = best_fit(self, data, held)
            self.mean_, self.scale_ = data.centring.mean, data.centring.scale
            with threads_for(*data.step_shape, *data.layers):
                ended = data.end(model)
                self.history_ = trace.arrays()
                self.Z_, self._raw_H, self.H_ = ended.Zs, ended.Hs, ended.features
                self.reconstruction_err_ = ended.error
                self._scale, self._nonlinearity = model.data.scale, model.nonlinearity
                self._priors, self._probes, self._ready = ended.priors, ended.probes, {}
                self._note(model, data.y)
                note_samples(self, ended.rows, ended.norms)
                gram = None if is_linear(self._nonlinearity) else ended.gram
                check_outcome(self, ended.size, gram, stopped_by, data.record["variation"])
            data.keep(model)
            self._record = data.record
        if stopped_by != "interrupt":
            data.close()
        return stopped_by

    def _run(self, model, trace, data):
        """Train; returns the reason for the end, and the number of iterations."""
        tolerance, done = self._tolerance(model, data.rule), 0
        if data.checkpoint is not None:
            parts = {"model": model, "trace": trace, "tolerance": tolerance}
            done = data.checkpoint.resume(parts, model.large_arrays())

        def after(iteration, cost):
            nonlocal done
            done = iteration
            if self.callback is None:
                return False
            return self.callback(iteration, State(trace, model))

        unit, _ = costs_unit(model.data.scale)

        def step_at_scale():
            cost = model.step()
            return None if cost is None else unit * float(cost)

        try:
            with threads_for(*model.data.step_shape, *self._layer_sizes()):
                stopped_by = loop.run(
                    step_at_scale,
                    self.max_iter,
                    history=trace,
                    tolerance=tolerance,
                    callback=after,
                    description=type(self).__name__,
                    progress=bool(self.verbose),
                    reading=data.reading,
                    start=(done, trace.cost[-1] if done else None),
                    checkpoint=None if data.checkpoint is None else data.checkpoint.save,
                )
        except np.linalg.LinAlgError as error:
            raise FloatingPointError(f"{DIVERGED} at iteration {done + 1}: {error}") from error
        return stopped_by, done

    def _tol(self, rule):
        return self.tol

    def _tolerance(self, model, rule):
        return CostTolerance(self._tol(rule), least_cost(self, model), rounding_cost(model))
