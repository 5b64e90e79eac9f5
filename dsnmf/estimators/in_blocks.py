"""Estimators that also fit data which are not in memory."""

import os
import warnings
from pathlib import Path

import joblib
import numpy as np

from dsnmf.affinity.labels import LabelAffinity
from dsnmf.data.compressed_blocks import compress_blocks
from dsnmf.data.shares import warn_of_governing
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.checkpoints import Checkpoint
from dsnmf.estimators.declaration import excluded_by, numbers_of
from dsnmf.estimators.ending import Ending
from dsnmf.estimators.outcome import check_outcome
from dsnmf.estimators.spread import note_samples, pick_samples
from dsnmf.estimators.start import as_random_state, check_start, given_factors, nonnegative
from dsnmf.estimators.trace import Trace, costs_unit
from dsnmf.initialisation.blockwise import blockwise_svd_start
from dsnmf.solvers.choice import choose_rule
from dsnmf.symbolic import is_linear
from dsnmf.training.reading import Reading
from dsnmf.training.threads import ONCE, threads_for


def _described(value):
    """A parameter's value for JSON: plain ones as they are, factors by what they hold."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | np.ndarray | LabelAffinity):
        return joblib.hash(value)
    return getattr(value, "__qualname__", type(value).__name__)


def _described_parameters(estimator):
    """All of them, as later versions may have other defaults."""
    return {name: _described(value) for name, value in numbers_of(estimator).items()}


def _block_size(blocks):
    """The samples in a block, or those of each block if they differ."""
    sizes = [samples.stop - samples.start for samples in blocks.slices]
    return sizes[0] if sizes[1:-1] == sizes[:-2] and sizes[-1] <= sizes[0] else sizes


class BlockFactorisation(Factorisation):
    """A factorisation that fits data in blocks where its rule reads them once per iteration."""

    def _needs_memory(self, y, n):
        """Why X, of n samples, cannot be fitted in blocks; None if it can."""
        if what := excluded_by(self, "needs_memory"):
            return f"with {what}"
        if self._solver() == "multiplicative" and not is_linear(self._inner_nonlinearity()):
            return "with a nonlinearity and solver='multiplicative'"
        return None

    def _asks_for_blocks(self):
        return any(each is not None for each in (self.block_size, self.store, self.checkpoint))

    def _check_names(self, blocks):
        """ValueError if the workers of a cluster would compile anew for each block."""
        names = [name for name, each in self._parameters.items() if each.is_name_on_cluster]
        for name in [] if blocks.is_local else names:
            if not isinstance(value := getattr(self, name), str | None):
                raise ValueError(f"on a Dask cluster {name} must be a name, got {value!r}")

    def _fit_in_blocks(self, blocks, y, layers):
        p, n = blocks.shape
        self._check_names(blocks)
        self._check_sizes(layers, n)
        checkpoint = self._open_checkpoint(blocks, y, layers)
        reading = blocks.reading = Reading(bool(self.verbose))
        with blocks.store(self.store) as store:
            resumed = checkpoint is not None and checkpoint.is_there
            start = self._empty_start if resumed else self._block_start
            with threads_for(*blocks.step_shape, min(p, n), limit=ONCE):
                reading.stage = "compression"
                samples = compress_blocks(
                    blocks,
                    self.compress,
                    store.scratch,
                    noise_floor=self._noise_floor(layers),
                    whiten=getattr(self, "whiten", 0.0),
                )
                if blocks.energies is not None:
                    warn_of_governing(blocks.energies, stacklevel=4)
                reading.stage = "start"
                Zs, Hs = start(samples, p, layers, store)
                model = self._block_model(samples, y, Zs, Hs, store)
                trace = Trace(costs_unit(blocks.scale)[1])
            reading.stage = ""
            stopped_by, self.n_iter_ = self._run(model.step, trace, model, checkpoint, reading)
            reading.stage = "error"
            with threads_for(*blocks.step_shape, *layers):
                if self._has_gauge():
                    model.settle_gauge()
                ended = Ending(model, pick_samples(n, layers))
                self.history_ = trace.arrays()
                self._keep_of_blocks(model)
                self._priors, self._probes = ended.priors, ended.probes
                error, rows, gram = ended.error, ended.rows, ended.gram
                norms = np.linalg.norm(rows.astype(np.float64, copy=False), axis=1)
                note_samples(self, rows.T, norms)
                self.H_, self.reconstruction_err_ = [H.T for H in Hs], error
                gram = None if is_linear(self._nonlinearity) else gram
                check_outcome(self, blocks.scale * float(np.sqrt(blocks.squared_norm)), gram)
            self.H_ = [store.kept(H, f"H_{i}").T for i, H in enumerate(Hs, start=1)]
            self._raw_H = self.H_
            if model.H is not Hs[-1]:  # may be negative, where H_ is not
                self._raw_H = [*self.H_[:-1], store.kept(model.H, f"raw_H_{len(Hs)}").T]
        self.n_features_in_ = p
        vars(self).pop("feature_names_in_", None)
        if checkpoint is not None and stopped_by != "interrupt":
            checkpoint.end()
        return stopped_by

    def _keep_of_blocks(self, model):
        """Set what was learned, but for the features."""
        self.Z_ = model.Z_values()
        self._scale, self._nonlinearity = model.samples.scale, self._inner_nonlinearity()
        self._ready = {}

    def _block_model(self, blocks, y, Zs, Hs, store):
        return self._rule().in_blocks(
            blocks,
            Zs,
            Hs,
            self._rule(),
            nonlinearity=self._inner_nonlinearity(),
            affinities=self._class_affinities(y, blocks.shape[1]),
            learning_rate=getattr(self, "learning_rate", 1e-3),
            new_array=store.new,
            mode=self.mode,
        )

    def _class_affinities(self, y, n):
        return ()

    def _rule(self):
        return choose_rule(self._solver(), self._inner_nonlinearity())

    def _fit_in_memory(self, X, y, layers):
        if self.checkpoint is not None:
            raise ValueError(
                "checkpoint is for data that are fitted in blocks, but these are in memory; files "
                "of one block are too, unless block_size is given"
            )
        if self.store is not None:
            warnings.warn(
                f"nothing is written to the store {os.fspath(self.store)}, which is for data that "
                "are fitted in blocks, but these are in memory, and so is H_; files of one block "
                "are too, unless block_size is given",
                stacklevel=4,
            )
        return super()._fit_in_memory(X, y, layers)

    def _open_checkpoint(self, blocks, y, layers):
        if self.checkpoint is None:
            return None
        if self.store is not None:
            folder, store = Path(self.checkpoint).resolve(), Path(self.store).resolve()
            if store.is_relative_to(folder):
                raise ValueError(
                    f"checkpoint must be a folder of its own, but {self.checkpoint} is where "
                    f"store={os.fspath(self.store)!r} is"
                )
        fit = {**self._description(blocks, y, layers), **_described_parameters(self)}
        return Checkpoint(self.checkpoint, fit, defaults=_described_parameters(type(self)()))

    def _description(self, blocks, y, layers):
        """All that the numbers of a fit in blocks depend on besides parameters.

        But for the samples between the first and the last, which the first pass knows.
        """
        return {
            "estimator": type(self).__name__,
            "layers": layers,
            "shape": blocks.shape[::-1],
            "dtype": str(blocks.dtype),
            "block_size": _block_size(blocks),
            "first and last sample": joblib.hash(blocks.ends()),
            "labels": self._hashed_labels(y, blocks.shape[1]),
        }

    def _hashed_labels(self, y, n):
        """Of labels, where they are used."""
        return None

    def _empty_start(self, blocks, p, layers, store):
        """As `_block_start`, with any content."""
        r, n = blocks.shape
        Zs = [np.zeros(shape) for shape in zip((r, *layers), layers)]
        return Zs, [store.new((n, k), blocks.dtype) for k in layers]

    def _block_start(self, blocks, p, layers, store):
        """Zs, and Hs with a row per sample, of p features."""
        n = blocks.shape[1]
        if self.warm_start and hasattr(self, "H_"):
            Zs, given = self.Z_, self._raw_H
            check_start(Zs, given, (p, n), layers)
        elif isinstance(self.init, str):
            return blockwise_svd_start(
                blocks,
                layers,
                store.new,
                noise_floor=self._noise_floor(layers),
                random_state=as_random_state(self.random_state),
                aim=self._start_aim(layers),
            )
        else:
            Zs, given = given_factors(self, (p, n), layers)
        Hs = [store.new((n, k), blocks.dtype) for k in layers]
        for H, values in zip(Hs, given):
            for samples in blocks.slices:
                part = values[:, samples]
                H[samples] = (part if self._has_raw_features() else nonnegative(part)).T
        return [blocks.reduced(Zs[0]), *Zs[1:]], Hs
