"""Fits to streams of samples, one mini-batch after the other."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import hstack, issparse
from sklearn.utils.metaestimators import available_if

from dsnmf.data.recognition import as_samples, in_memory
from dsnmf.data.shares import energies_of, warn_of_governing
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.containers import as_data
from dsnmf.estimators.jax_mode import check_jax
from dsnmf.estimators.outcome import DIVERGED, restore_on_error
from dsnmf.estimators.start import start_factors
from dsnmf.estimators.stream_sums import OF_FITS, Stream, features_of_batch, rank_of
from dsnmf.symbolic import is_linear
from dsnmf.training.modes import as_mode
from dsnmf.training.threads import threads_for

if TYPE_CHECKING:
    from typing import Any, Self

    from dsnmf.typing import Matrix


def _check_partial_fit(estimator):
    """AttributeError, with the reason, if these parameters have no partial_fit."""
    for name, parameter in estimator._parameters.items():
        allowed, value = parameter.in_streams, getattr(estimator, name)
        if allowed and value not in allowed:
            kind = type(estimator).__name__
            raise AttributeError(
                f"partial_fit of {kind} needs {name}={allowed[0]!r}, got {value!r}"
            )
    return True


class StreamFactorisation(Factorisation):
    """A linear factorisation that also learns from one mini-batch after the other."""

    @property
    def n_samples_seen_(self) -> int:
        """Number of samples so far, including those of a `fit` before the first `partial_fit`."""
        return self._stream.n_samples

    @property
    def n_steps_(self) -> int:
        """Number of calls of `partial_fit` so far."""
        return self._stream.n_steps

    @available_if(_check_partial_fit)
    def partial_fit(self, X: Matrix, y: Any = None) -> Self:
        """Learn from one more mini-batch of a stream; the samples are not kept.

        The algorithm and the result differ from those of `fit`. Each sample's features are computed
        once, when it arrives, with the components at that time. Each batch then sets the components
        that fit all samples so far best; `forget_factor` gives older samples less weight. For data
        that can be read again use `fit`, which also reads data that are not in memory and reaches a
        lower error.

        The first call starts the model from its batch, by `init`, and fixes the scale of the fit.
        This batch should have several times as many samples as components, and resemble the later
        ones. If it spans fewer directions than the start could use, as zeros or one pattern do, the
        next batches start the rest; if it is all zeros, the next batch fixes the scale. After `fit`
        or `load`, `partial_fit` continues from the learned model. `fit` starts anew. `compress`,
        `max_iter`, `tol`, `warm_start`, `verbose` and `callback` are for `fit` only.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            A batch of any size, without NaN; read as a whole if it is not in memory.
        y : ignored

        Returns
        -------
        self
            With `Z_`, `components_`, `n_features_in_`, `n_samples_seen_` and `n_steps_`. The
            attributes of the samples of a `fit` are removed: `H_`, `reconstruction_err_`,
            `history_`, `n_iter_`. `transform` gives features of any samples.

        Raises
        ------
        AttributeError
            If the model's rules are not the linear multiplicative ones: it has no partial_fit.
        ValueError
            If a parameter is out of its range or no longer fits the learned model, X is not a
            finite matrix of real numbers with the features of the batches before, or the first
            batch has fewer samples than a layer has components.
        FloatingPointError
            If the new components are not finite. After any error the estimator is unchanged.

        Examples
        --------
        >>> import numpy as np
        >>> from dsnmf import SemiNMF
        >>> rng = np.random.default_rng(0)
        >>> model = SemiNMF(3)
        >>> for _ in range(10):
        ...     model = model.partial_fit(rng.standard_normal((50, 8)))
        >>> model.n_samples_seen_, model.components_.shape
        (500, (3, 8))
        """
        self._validate_params()
        as_mode(self.mode)
        check_jax(self.mode, self._rule(), self._inner_nonlinearity())
        with restore_on_error(self):
            first, layers = not hasattr(self, "Z_"), self._layer_sizes()
            X = as_data(self, in_memory(X), reset=first)
            if first:
                warn_of_governing(energies_of(X), getattr(self, "feature_names_in_", None))
            with threads_for(*X.shape, *layers):
                return self._partial_fit(X, layers)

    def _partial_fit(self, X, layers):
        first = not hasattr(self, "Z_")
        if self._centring:
            raise ValueError(
                "partial_fit cannot go on from a fit with center or scale: fit anew without, or a "
                "clone"
            )
        is_silent = first or (hasattr(self, "_stream") and self._stream.is_silent)
        samples = as_samples(X, scale=None if is_silent else self._scale)
        if not samples.is_complete:
            raise ValueError("partial_fit needs an X without gaps, got NaN; fit takes it")
        Zs, stream = (self._start_stream if first else self._continue_stream)(samples, layers)
        rows = samples.start.astype(np.float64)
        Zs, stream = self._add_directions(Zs, stream, rows)
        with np.errstate(over="ignore", invalid="ignore"):  # checked at the end
            H = features_of_batch(rows, Zs, self.solver, self.mode)
            stream = stream.add_batch(rows, H, self.forget_factor)
        if not (np.isfinite(stream.XH).all() and np.isfinite(stream.HH).all()):
            raise FloatingPointError(
                f"{DIVERGED}: this batch is too large for the scale of the first, whose samples' "
                f"norms had a root mean square of {self._scale:.3g}"
            )
        dtype = samples.given.dtype if first else self.Z_[0].dtype
        Z_1, *others = stream.solve_components(Zs, dtype, self.mode)
        self.Z_ = [np.asarray(Z).astype(dtype) for Z in (Z_1 * self._scale, *others)]
        self._stream, self._covariances, self._ready = stream, [], {}
        for name in (*OF_FITS, "_noted"):
            vars(self).pop(name, None)
        return self

    def _start_stream(self, samples, layers):
        """Zs at the scale of the fit, and a stream without samples."""
        (p, b), k = samples.shape, layers[-1]
        self._check_sizes(layers, b)
        samples.check_use(self.mode, self.init)
        self._scale, self._nonlinearity, self._priors = samples.scale, "identity", []
        self._responses = []
        Zs, _ = start_factors(self, samples, layers)
        return Zs, Stream(np.zeros((p, k)), np.zeros((k, k)), b, 0, 0, np.zeros(k), 0.0)

    def _continue_stream(self, samples, layers):
        """Zs at the scale of the fit, and the stream of a model that has learned before."""
        learned = tuple(Z.shape[1] for Z in self.Z_)
        if learned != tuple(layers) or not is_linear(self._nonlinearity):
            raise ValueError(
                f"{type(self).__name__} has learned layers of {learned} components with "
                f"nonlinearity={self._nonlinearity!r}, which partial_fit cannot change to layers "
                f"of {layers} with 'identity': fit it anew, or a clone"
            )
        self._scale = samples.scale
        Z_1, *others = (Z.astype(np.float64) for Z in self.Z_)
        Zs = [Z_1 / self._scale, *others]
        if hasattr(self, "_stream"):
            return Zs, self._stream
        return Zs, Stream.after_fit(Zs, self.H_[-1], samples.shape[1])

    def _add_directions(self, Zs, stream, X):
        """Zs and stream; started anew if directions are missing and a new start has more.

        If the first batches were silence or one pattern, some components have no samples yet. They
        are zero or copies of others, and would stay so. The new start is that of the batch X
        (p x b), together with samples that stand for the earlier ones.
        """
        layers = self._layer_sizes()
        of_starts = min(X.shape[0], max(layers[0] - 1, 1), *layers[1:])
        if not isinstance(self.init, str) or rank_of(Zs) >= of_starts:
            return Zs, stream
        before = stream.make_samples(Zs, max(layers))
        known = hstack([before, X]).tocsc() if issparse(X) else np.hstack([before, X])
        started, _ = start_factors(self, as_samples(known.T, scale=1.0), layers)
        if rank_of(started) <= rank_of(Zs):
            return Zs, stream
        H = features_of_batch(reduce(np.matmul, Zs), started, self.solver, self.mode)
        return started, stream.change_components(H)
