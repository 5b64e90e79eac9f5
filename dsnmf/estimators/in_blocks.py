"""A fit to data in blocks: its start, and the attributes that it sets at its end."""

import os
from pathlib import Path

import numpy as np

from dsnmf.affinity.labels import LabelAffinity
from dsnmf.data.compressed_blocks import compress_blocks
from dsnmf.data.shares import warn_of_governing
from dsnmf.estimators.checkpoints import Checkpoint
from dsnmf.estimators.digest import digest
from dsnmf.estimators.ending import end_in_blocks
from dsnmf.estimators.mapping.spread import pick_samples
from dsnmf.estimators.parameters.declaration import numbers_of
from dsnmf.estimators.record import record_of_blocks
from dsnmf.estimators.start import as_random_state, check_start, given_factors, nonnegative
from dsnmf.estimators.trace import Trace, costs_unit
from dsnmf.initialisation.blockwise import blockwise_svd_start
from dsnmf.training.reading import Reading
from dsnmf.training.threads import ONCE, threads_for


def _as_json(value):
    """A parameter's value for JSON: plain values unchanged, arrays as hashes."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | np.ndarray | LabelAffinity):
        return digest(value)
    return getattr(value, "__qualname__", type(value).__name__)


def _describe_parameters(estimator):
    """All parameters, because later versions may have other defaults; "auto" solvers resolved."""
    numbers = numbers_of(estimator) | {"solver": estimator._solver(in_memory=False)}
    return {name: _as_json(value) for name, value in sorted(numbers.items())}


def _block_size(blocks):
    """The number of samples per block, or a list of these numbers if they differ."""
    sizes = [samples.stop - samples.start for samples in blocks.slices]
    return sizes[0] if sizes[1:-1] == sizes[:-2] and sizes[-1] <= sizes[0] else sizes


def _check_names(estimator, blocks):
    """Raise ValueError if the workers of a cluster would compile anew for each block."""
    names = [name for name, each in estimator._parameters.items() if each.is_name_on_cluster]
    for name in [] if blocks.is_local else names:
        if not isinstance(value := getattr(estimator, name), str | None):
            raise ValueError(f"on a Dask cluster {name} must be a name, got {value!r}")


def _description(estimator, blocks, y, layers):
    """Everything besides parameters that changes the numbers of a fit in blocks.

    Of the samples, it contains the first and the last; the first pass checks the others.
    """
    return {
        "estimator": type(estimator).__name__,
        "layers": layers,
        "shape": blocks.shape[::-1],
        "dtype": str(blocks.dtype),
        "block_size": _block_size(blocks),
        "first and last sample": digest(blocks.ends()),
        "labels": estimator._hash_labels(y, blocks.shape[1]),
    }


def _open_checkpoint(estimator, blocks, y, layers):
    if estimator.checkpoint is None:
        return None
    if estimator.store is not None:
        folder, store = Path(estimator.checkpoint).resolve(), Path(estimator.store).resolve()
        if store.is_relative_to(folder):
            raise ValueError(
                f"checkpoint must be a folder of its own, but {estimator.checkpoint} is where "
                f"store={os.fspath(estimator.store)!r} is"
            )
    fit = {**_description(estimator, blocks, y, layers), **_describe_parameters(estimator)}
    defaults = _describe_parameters(type(estimator)())
    return Checkpoint(estimator.checkpoint, fit, defaults=defaults)


def _start(estimator, blocks, p, layers, store):
    """Zs, and Hs with a row per sample, for p features."""
    n, is_raw = blocks.shape[1], estimator._rule(in_memory=False).raw_features
    if estimator._goes_on():
        Zs, given = estimator.Z_, estimator._raw_H
        check_start(Zs, given, (p, n), layers)
    elif isinstance(estimator.init, str):
        return blockwise_svd_start(
            blocks,
            layers,
            store.new,
            noise_floor=estimator._noise_floor(layers),
            random_state=as_random_state(estimator.random_state),
            aim=estimator._start_aim(layers, in_memory=False),
        )
    else:
        Zs, given = given_factors(estimator, (p, n), layers, is_raw)
    Hs = [store.new((n, k), blocks.dtype) for k in layers]
    for H, values in zip(Hs, given):
        for samples in blocks.slices:
            part = values[:, samples]
            H[samples] = (part if is_raw else nonnegative(part)).T
    return [blocks.reduced(Zs[0]), *Zs[1:]], Hs


def _empty_start(blocks, layers, store):
    """Arrays of the same shapes as those of `_start`, with any content."""
    r, n = blocks.shape
    Zs = [np.zeros(shape) for shape in zip((r, *layers), layers)]
    return Zs, [store.new((n, k), blocks.dtype) for k in layers]


class InBlocks:
    """The interface of data in blocks to `Factorisation.fit`, as `InMemory`.

    Parameters
    ----------
    estimator : Factorisation
    blocks : Blocks
    y : array-like or None
    layers : tuple of int

    Attributes
    ----------
    y, layers, centring, step_shape, record, rule
    checkpoint : Checkpoint or None
    reading : Reading
    """

    def __init__(self, estimator, blocks, y, layers):
        _check_names(estimator, blocks)
        estimator._check_sizes(layers, blocks.shape[1])
        self._estimator, self._blocks, self.y, self.layers = estimator, blocks, y, layers
        self.rule = estimator._rule(in_memory=False)
        self.checkpoint = _open_checkpoint(estimator, blocks, y, layers)
        self.reading = blocks.reading = Reading(bool(estimator.verbose))
        self.step_shape = blocks.step_shape
        labels = y if hasattr(estimator, "affinity") else None
        self.record = record_of_blocks(blocks, labels)

    def begin(self, held):
        """The model at its start, entered in the context of `held`, and a trace."""
        estimator, blocks, layers = self._estimator, self._blocks, self.layers
        p, n = blocks.shape
        if estimator.center or estimator.scale:
            blocks.find_centring(estimator.center, estimator.scale)
        self._store = store = held.enter_context(blocks.store(estimator.store))
        with threads_for(*self.step_shape, min(p, n), limit=ONCE):
            self.reading.stage = "compression"
            samples = compress_blocks(
                blocks,
                estimator.compress,
                store.scratch,
                noise_floor=estimator._noise_floor(layers),
                whiten=getattr(estimator, "whiten", 0.0),
            )
            if blocks.energies is not None:
                warn_of_governing(blocks.energies)
            self.reading.stage = "start"
            if self.checkpoint is not None and self.checkpoint.is_there:
                Zs, Hs = _empty_start(samples, layers, store)
            else:
                Zs, Hs = _start(estimator, samples, p, layers, store)
            model = self.rule.in_blocks(
                samples,
                Zs,
                Hs,
                self.rule,
                nonlinearity=estimator._inner_nonlinearity(),
                affinities=estimator._affinities(self.y, n, None),
                learning_rate=getattr(estimator, "learning_rate", 1e-3),
                new_array=store.new,
                mode=estimator.mode,
            )
        self.reading.stage = ""
        return model, Trace(costs_unit(blocks.scale)[1])

    @property
    def centring(self):
        return self._blocks.centring

    def end(self, model):
        """The result of the fit, see `Ended`."""
        self.reading.stage = "error"
        if self._estimator._has_gauge():
            model.settle_gauge()
        picked = pick_samples(self._blocks.shape[1], self.layers)
        return end_in_blocks(model, self._blocks, picked)

    def keep(self, model):
        """Set the estimator's features, and keep them in its store, if it has one."""
        estimator, keep = self._estimator, self._store.keep
        estimator.H_ = [keep(H, f"H_{i}").T for i, H in enumerate(model.Hs, start=1)]
        estimator._raw_H = estimator.H_
        if model.H is not model.Hs[-1]:  # may be negative, where H_ is not
            raw = keep(model.H, f"raw_H_{len(model.Hs)}").T
            estimator._raw_H = [*estimator.H_[:-1], raw]
        estimator.n_features_in_ = self._blocks.shape[0]
        vars(estimator).pop("feature_names_in_", None)

    def close(self):
        """Remove the checkpoint of the finished fit."""
        if self.checkpoint is not None:
            self.checkpoint.end()
