"""A fit to data in memory: its start, and the attributes that it sets at its end."""

import os
import warnings

import numpy as np

from dsnmf.caller import stacklevel
from dsnmf.data.centring import Centring
from dsnmf.data.dense import Dense
from dsnmf.data.recognition import as_samples
from dsnmf.data.shares import energies_of, warn_of_governing
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.ending import Ended
from dsnmf.estimators.jax_mode import check_jax
from dsnmf.estimators.mapping.spread import pick_samples
from dsnmf.estimators.outcome import SpanGram
from dsnmf.estimators.parameters.declaration import first_parameter_that
from dsnmf.estimators.record import record_of_memory
from dsnmf.estimators.search.priors import measure_priors
from dsnmf.estimators.start import check_start, nonnegative, start_factors
from dsnmf.estimators.trace import Trace, costs_unit
from dsnmf.solvers.model import Model
from dsnmf.symbolic import is_linear
from dsnmf.training.threads import ONCE, threads_for


def _check_places(estimator):
    """Raise for a `checkpoint`, warn of a `store`: only fits in blocks write to them."""
    if estimator.checkpoint is not None:
        raise ValueError(
            "checkpoint is for data that are fitted in blocks, but these are in memory; files "
            "of one block are too, unless block_size is given"
        )
    if estimator.store is not None:
        warnings.warn(
            f"nothing is written to the store {os.fspath(estimator.store)}, which is for data that "
            "are fitted in blocks, but these are in memory, and so is H_; files of one block "
            "are too, unless block_size is given",
            stacklevel=stacklevel(),
        )
    elif estimator.block_size is not None:
        warnings.warn(
            f"block_size={estimator.block_size} has no effect: X is in memory, so it is fitted at "
            "once; a numpy.memmap, files and Dask arrays are fitted in blocks",
            stacklevel=stacklevel(),
        )


def _start(estimator, samples, layers, again, is_raw):
    """Zs, Z_1 in the coordinates of the samples' X, and Hs."""
    if not estimator._goes_on():
        return start_factors(estimator, samples, layers, again)
    Zs, Hs = estimator.Z_, estimator._raw_H
    check_start(Zs, Hs, samples.shape, layers)
    if not is_raw:
        Hs = [nonnegative(H) for H in Hs]
    return [samples.reduced(Zs[0]), *Zs[1:]], Hs


class InMemory:
    """The interface of data in memory to `Factorisation.fit`.

    Parameters
    ----------
    estimator : Factorisation
    X : array-like or sparse matrix
    y : array-like or None
    layers : tuple of int

    Attributes
    ----------
    y, layers
    centring : Centring
        Set by `begin`.
    step_shape : tuple
        See `Samples`.
    rule : type
        The `Rule` of the fit, set by `begin`.
    checkpoint, reading : None
    record : dict
        The model's record of the data, set by `begin`.
    """

    checkpoint = reading = None

    def __init__(self, estimator, X, y, layers):
        _check_places(estimator)
        self._X, self.y, self.layers = as_data(estimator, X, reset=True), y, layers
        estimator._check_sizes(layers, self._X.shape[0])
        self._estimator = estimator

    def begin(self, held):
        """The model at its start, entered in the context of `held`, and a trace."""
        estimator, X = self._estimator, self._X
        absent = estimator.absent
        self.centring = Centring.from_matrix(X, estimator.center, estimator.scale, absent)
        X = self.centring.apply(X, absent)
        names = getattr(estimator, "feature_names_in_", None)
        warn_of_governing(energies_of(X), names)
        check_jax(estimator.mode, estimator._rule(), estimator._inner_nonlinearity())
        with threads_for(*X.shape, min(X.shape), limit=ONCE):
            samples = as_samples(
                X,
                estimator.compress,
                noise_floor=estimator._noise_floor(self.layers),
                whiten=getattr(estimator, "whiten", 0.0),
                absent=absent,
                only_known=estimator.l2 > 0,
            )
            if not samples.is_complete and (
                what := first_parameter_that(estimator, "needs_complete")
            ):
                raise ValueError(f"{what} needs X without gaps, X contains NaN")
            samples.check_known()
            samples.check_use(estimator.mode, estimator.init)
            labels = self.y if hasattr(estimator, "affinity") else None
            stored_alone = estimator.absent == "unknown"
            self.record = record_of_memory(X, labels, samples.scale, stored_alone)
        self._X, self._samples = None, samples
        self.rule = estimator._rule(samples.is_complete, samples.only_known)
        self.step_shape = samples.step_shape
        return self.begin_again(held, None)

    def begin_again(self, held, again):
        """Like `begin`, with another start, drawn by the Generator `again`."""
        estimator, samples = self._estimator, self._samples
        with threads_for(*samples.shape[::-1], min(samples.shape), limit=ONCE):
            Zs, Hs = _start(estimator, samples, self.layers, again, self.rule.raw_features)

            def layer_inputs():
                return [samples, *(Dense(H, scale=1.0) for H in Hs[:-1])]

            model = Model(
                samples,
                Zs,
                Hs,
                self.rule,
                nonlinearity=estimator._inner_nonlinearity(),
                affinities=estimator._affinities(self.y, samples.shape[1], layer_inputs),
                learning_rate=getattr(estimator, "learning_rate", 1e-3),
                l2=estimator.l2,
                mode=estimator.mode,
            )
            held.enter_context(model)
        return model, Trace(costs_unit(samples.scale)[1])

    def end(self, model):
        """What the fit has learned; see `Ended`."""
        samples, nonlinearity = model.data, model.nonlinearity
        model.settle()
        if self._estimator._has_gauge():
            model.settle_gauge()
        features, led = model.features()
        Zs = model.Z_values()
        picked, gram = pick_samples(len(samples.norms), self.layers), None
        if samples.is_complete and not is_linear(nonlinearity):
            span = SpanGram(Zs[0])
            samples.features(span)
            gram = span.value
        return Ended(
            Zs,
            model.H_values(),
            features,
            samples.final_error(Zs[0], led[0]),
            samples.scale * float(np.linalg.norm(samples.norms)),
            samples.filled_at_scale(picked, Zs[0], led[0]),
            samples.norms[picked],
            gram,
            *measure_priors(led, samples, Zs[0], nonlinearity),
        )

    def keep(self, model):
        """Do nothing: the results are in memory."""

    def close(self):
        """Do nothing: there is nothing to remove."""
