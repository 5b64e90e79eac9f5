"""Fits to streams of samples, one mini-batch after the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt
from sklearn.utils.metaestimators import available_if

from dsnmf.data.choice import as_samples
from dsnmf.data.samples import column_blocks
from dsnmf.data.shares import energies_of, warn_of_governing
from dsnmf.estimators.jax_mode import check_jax
from dsnmf.estimators.outcome import DIVERGED, unchanged_by_errors
from dsnmf.estimators.parameters import StreamParameters
from dsnmf.estimators.start import start_factors
from dsnmf.solvers.inner_features import positive_start
from dsnmf.symbolic import is_linear
from dsnmf.training.lending import compiled_once
from dsnmf.training.modes import as_mode, compile_function
from dsnmf.updates.one_read import Sums, floor_of, small_step
from dsnmf.updates.semi_nmf import multiplicative_step

if TYPE_CHECKING:
    from typing import Any, Self

    from dsnmf.typing import Array, Matrix

#: Of the H rule for each batch. The features with the least error (non-negative least squares) take
#: several times as long, and have zeros that hold the components fast: on PIE the error of new
#: samples falls to 13 % with them, to 11 % with these.
STEPS = 20

#: Eigenvalues of ΨᵀΨ below this share of the largest are left out where features start.
NEGLIGIBLE = 1e-10

#: How much, against all that the samples say, a component holds to its place: where
#: they say nothing of it, it stays. So much that single precision does not round it off.
HOLD = 1e-6

#: What a fit leaves beside the model, and a stream does not have.
OF_FITS = ("H_", "_raw_H", "history_", "n_iter_", "reconstruction_err_")


@compiled_once
def _compiled_feature_step(floor, mode):
    """(A, B, H) ↦ new H."""
    A, B, H = (pt.dmatrix() for _ in range(3))
    new = multiplicative_step(H, A, B, floor)
    return compile_function([A, B, H], new, mode=mode)


@compiled_once
def _compiled_small_step(m, dtype, mode):
    """(X Qᵀ, Q Qᵀ, L, n, Z_1, …, Z_m) ↦ new Z_1, …, Z_m."""
    sums, n = Sums(*(pt.dmatrix() for _ in range(3))), pt.lscalar()
    Zs = [pt.dmatrix() for _ in range(m)]
    moved = small_step(Zs, sums, n, dtype)
    inputs = [*vars(sums).values(), n, *Zs]
    # Nothing depends on the old Z_1.
    return compile_function(inputs, moved.Zs, mode=mode, on_unused_input="ignore")


def _features(X, Zs, mode):
    """H >= 0, shape (k_m, b), of samples X ≈ Z_1 … Z_m H; each depends on its sample alone."""
    Psi = reduce(np.matmul, Zs)
    A, B = np.asarray(Psi.T @ X), Psi.T @ Psi
    H = positive_start(np.linalg.pinv(B, rcond=NEGLIGIBLE, hermitian=True) @ A)
    step = _compiled_feature_step(floor_of(len(Zs)), mode)
    for _ in range(STEPS):
        H = np.asarray(step(A, B, H))
    return H


@dataclass(frozen=True)
class Stream:
    """All that is known of the samples so far, at the scale of the fit, in float64.

    Attributes
    ----------
    XH : ndarray, shape (p, k_m)
        Σ w x hᵀ over the samples x and their features h, as they were when the sample came.
    HH : ndarray, shape (k_m, k_m)
        Σ w h hᵀ.
    batch_size : int
        Samples in the first batch.
    n_samples, n_steps : int
        Samples and batches so far.
    """

    XH: np.ndarray
    HH: np.ndarray
    batch_size: int
    n_samples: int
    n_steps: int

    @classmethod
    def after_fit(cls, Zs, H, batch_size):
        """Of a model whose Zs are the best for the features H (k_m x n): X Hᵀ = Z_1 … Z_m H Hᵀ."""
        HH = np.zeros((len(H), len(H)))
        for samples in column_blocks(*H.shape):
            part = H[:, samples].astype(np.float64)
            HH += part @ part.T
        return cls(reduce(np.matmul, Zs) @ HH, HH, batch_size, H.shape[1], 0)

    def moved(self, X, H, forget_factor):
        """The stream after a batch X (p x b) with features H."""
        b = X.shape[1]
        kept = forget_factor ** (b / self.batch_size)
        XH, HH = kept * self.XH + np.asarray(X @ H.T), kept * self.HH + H @ H.T
        return Stream(XH, HH, self.batch_size, self.n_samples + b, self.n_steps + 1)

    def fitted(self, Zs, dtype, mode):
        """The Zs, kept in this dtype, that are best for the samples so far."""
        k = len(self.HH)
        hold = HOLD * np.trace(self.HH) or 1.0
        L = np.linalg.cholesky(self.HH + hold * np.eye(k))
        XQ = np.linalg.solve(L, (self.XH + hold * reduce(np.matmul, Zs)).T).T
        step = _compiled_small_step(len(Zs), str(dtype), mode)
        return step(XQ, np.eye(k), L, self.n_samples, *Zs)


def _check_partial_fit(estimator):
    """AttributeError, which says why, if there is no partial_fit with these parameters."""
    if estimator._solver() != "multiplicative":
        why = f"solver='multiplicative', got {estimator._solver()!r}"
    elif not is_linear(estimator._inner_nonlinearity()):
        why = f"nonlinearity='identity', got {estimator._inner_nonlinearity()!r}"
    elif getattr(estimator, "whiten", 0):
        why = f"whiten=0, got {estimator.whiten!r}"
    else:
        return True
    raise AttributeError(f"partial_fit of {type(estimator).__name__} needs {why}")


class StreamFactorisation(StreamParameters):
    """A linear factorisation that also learns from one mini-batch after the other."""

    Z_: list[Array]

    @property
    def n_samples_seen_(self) -> int:
        """Samples so far, those of a `fit` before the first `partial_fit` included."""
        return self._stream.n_samples

    @property
    def n_steps_(self) -> int:
        """Calls of `partial_fit` so far."""
        return self._stream.n_steps

    @available_if(_check_partial_fit)
    def partial_fit(self, X: Matrix, y: Any = None) -> Self:
        """Learn from one more mini-batch of a stream; the samples are not kept.

        Another algorithm than `fit`, for data that come bit by bit, and with another result: each
        sample's features are computed once, when it comes, with the components as they are then;
        the components are those that fit all samples so far best, in which older samples weigh
        less by `forget_factor`. For data that can be read again use `fit`, which reads what is
        not in memory too, and reaches a lower error.

        The first call starts the model, by `init`, from its batch, and fixes the scale of the
        fit: that batch should have several times as many samples as components, and be like the
        samples to come. After `fit` or `load` the model goes on from there. `fit` starts anew.
        `compress`, `max_iter`, `tol`, `warm_start`, `verbose` and `callback` are for `fit` alone.

        Parameters
        ----------
        X : array-like or sparse matrix (CSR or CSC), shape (n_samples, n_features)
            The batch, of any size, in memory, without NaN.
        y : ignored

        Returns
        -------
        self
            With `Z_`, `components_`, `n_features_in_`, `n_samples_seen_` and `n_steps_`. What
            belongs to the samples of a `fit` is gone: `H_`, `reconstruction_err_`, `history_`,
            `n_iter_`. `transform` gives features of any samples.

        Raises
        ------
        AttributeError
            Of models with other rules than the linear multiplicative ones: there is no partial_fit.
        ValueError
            If a parameter is out of its range or no longer fits what was learned, X is not a finite
            matrix of real numbers with the features of the batches before, or the first batch has
            fewer samples than a layer has components.
        FloatingPointError
            If what was learned is not finite. After any error the estimator is as it was before.

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
        with unchanged_by_errors(self):
            return self._partial_fit(X)

    def _partial_fit(self, X):
        as_mode(self.mode)
        check_jax(self.mode, self._solver(), self._inner_nonlinearity())
        layers, first = self._layer_sizes(), not hasattr(self, "Z_")
        X = self._validated(X, reset=first)
        if first:
            warn_of_governing(energies_of(X), getattr(self, "feature_names_in_", None), 4)
        samples = as_samples(X, scale=None if first else self._scale)
        if not samples.is_complete:
            raise ValueError("partial_fit needs an X without gaps, got NaN; fit takes it")
        Zs, stream = (self._started_stream if first else self._known_stream)(samples, layers)
        rows = samples.start.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # looked at when all is done
            stream = stream.moved(rows, _features(rows, Zs, self.mode), self.forget_factor)
        if not (np.isfinite(stream.XH).all() and np.isfinite(stream.HH).all()):
            raise FloatingPointError(
                f"{DIVERGED}: this batch is too large for the scale of the first, whose samples' "
                f"norms had a root mean square of {self._scale:.3g}"
            )
        dtype = samples.given.dtype if first else self.Z_[0].dtype
        Z_1, *others = stream.fitted(Zs, dtype, self.mode)
        self.Z_ = [np.asarray(Z).astype(dtype) for Z in (Z_1 * self._scale, *others)]
        self._stream, self._covariances, self._ready = stream, [], {}
        for name in OF_FITS:
            vars(self).pop(name, None)
        return self

    def _started_stream(self, samples, layers):
        """Zs at the scale of the fit, and a stream without samples."""
        (p, b), k = samples.given.shape, layers[-1]
        self._check_sizes(layers, b)
        samples.check_use(self.mode, self.init)
        self._scale, self._nonlinearity, self._priors = samples.scale, "identity", []
        self._responses = []
        Zs, _ = start_factors(self, samples, layers)
        return Zs, Stream(np.zeros((p, k)), np.zeros((k, k)), b, 0, 0)

    def _known_stream(self, samples, layers):
        """The same of a model that has learned before, with what it has learned of."""
        learned = tuple(Z.shape[1] for Z in self.Z_)
        if learned != tuple(layers) or not is_linear(self._nonlinearity):
            raise ValueError(
                f"{type(self).__name__} has learned layers of {learned} components with "
                f"nonlinearity={self._nonlinearity!r}, which partial_fit cannot change to layers "
                f"of {layers} with 'identity': fit it anew, or a clone"
            )
        Z_1, *others = (Z.astype(np.float64) for Z in self.Z_)
        Zs = [Z_1 / self._scale, *others]
        if hasattr(self, "_stream"):
            return Zs, self._stream
        return Zs, Stream.after_fit(Zs, self.H_[-1], samples.given.shape[1])
