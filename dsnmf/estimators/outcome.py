"""Checks of a fit: an error leaves the estimator unchanged, a useless model gives a warning."""

import contextlib
import warnings
from functools import reduce

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from dsnmf.caller import stacklevel
from dsnmf.initialisation.least_squares import ROUNDING
from dsnmf.symbolic import is_linear
from dsnmf.training.liveness import DeadModelWarning

#: First words of errors and warnings about a diverged fit.
DIVERGED = "training diverged (an affinity with negative entries, or too large a learning_rate?)"

#: Limit of a fit: of its error, in units of the data's norm, and of its features, because our own
#: starts have rows of about unit norm.
USELESS, ENDLESS = 2.0, 1e6

#: Share of Σ x² that Σ (x - mean)² is at least of data that `center` would not change much.
CENTRED = 0.9

#: Norms of samples above this share of the largest number are too large for a model of them.
FAR = 1e-4

#: A deep model gives a warning if its error is this many times the least error of a linear model.
ABOVE_LINEAR = 1.02


@contextlib.contextmanager
def restore_on_error(estimator):
    """Context that restores an estimator's attributes if anything is raised in it."""
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _warn_of_rank(estimator):
    """Warn (RuntimeWarning) if fewer components than requested are used.

    A Semi-NMF of k components has k - 1 directions, and one more that makes H >= 0.
    """
    Zs = estimator.Z_ if is_linear(estimator._nonlinearity) else estimator.Z_[:1]
    sigma = np.linalg.svd(reduce(np.matmul, [Z.astype(np.float64) for Z in Zs]), compute_uv=False)
    eps = 4 * max(float(np.finfo(estimator.Z_[0].dtype).eps), len(sigma) * ROUNDING)
    rank, asked = int((sigma > eps * sigma[0]).sum()), min(Z.shape[1] for Z in estimator.Z_)
    if rank < asked - 1:
        floor, name = estimator.noise_floor, type(estimator).__name__
        why = "X has no more directions above rounding"
        if floor != "auto":
            why += f", or noise_floor={floor:g} counts the others as noise"
        warnings.warn(
            f"only {rank} of the {asked} components of {name} carry anything (the model's rank): "
            f"{why}",
            RuntimeWarning,
            stacklevel=stacklevel(),
        )


class SpanGram:
    """The Gram matrix of samples' coordinates in the span of Z_1, summed over blocks.

    Parameters
    ----------
    Z : ndarray, shape (p, k_1)
    """

    def __init__(self, Z):
        self._basis, self.value = np.linalg.qr(Z.astype(np.float64))[0], 0.0

    def map_full(self, X, norms=None):
        """Add samples (p x b); returns no features."""
        coordinates = np.asarray(self._basis.T @ X)
        self.value = self.value + coordinates @ coordinates.T
        return np.empty((0, X.shape[1]))


def faster_solver(estimator, y, in_memory):
    """A solver that ends sooner, as a parameter; None where there is none to advise.

    "hals" forgets labels, and "lbfgs" needs X in memory.
    """
    solver = estimator._solver()
    is_plain = y is None and not hasattr(estimator, "views")
    if solver == "multiplicative" and is_plain and is_linear(estimator._nonlinearity):
        return "solver='hals'"
    return "solver='lbfgs'" if solver == "adam" and in_memory else None


def _advice(estimator, size, stopped_by, variation):
    """What can lower the error of a fit that ended early."""
    words, in_memory = [], variation is not None
    # The variation of data in blocks is not known.
    is_centred = estimator.center or (
        in_memory and variation > CENTRED * (size / estimator._scale) ** 2
    )
    if not is_centred:
        words.append("center=True")
    if stopped_by == "tol":
        words.append("a smaller tol (with a larger max_iter)")
    elif stopped_by == "max_iter":
        words.append("a larger max_iter")
    if solver := faster_solver(estimator, None, in_memory):
        words.append(solver)
    why = "" if is_centred else ", as it does where the mean is far larger than the rest"
    what = f": {' or '.join(words)} may help" if words else ""
    return f"training ended early{why}{what}"


def _warn_of_error(estimator, size, gram, stopped_by, variation):
    """Warn (ConvergenceWarning) if the best linear model of the requested rank has less error.

    A Semi-NMF of k components reaches the error of the SVD with k - 1, and so do deeper models. The
    directions are computed within the span of Z_1, which contains those of the start.
    """
    rank = min(Z.shape[1] for Z in estimator.Z_) - 1
    kept, scale = np.linalg.eigvalsh(gram)[::-1][:rank].sum(), estimator._scale
    least = scale * float(np.sqrt(max((size / scale) ** 2 - kept, 0.0)))
    error = estimator.reconstruction_err_
    rounding = size * float(np.sqrt(np.finfo(estimator.Z_[0].dtype).eps))
    if error > ABOVE_LINEAR * least + rounding:
        warnings.warn(
            f"{type(estimator).__name__}'s error is {error:.3g}, but a linear model of {rank + 1} "
            f"components can leave {least:.3g}: {_advice(estimator, size, stopped_by, variation)}",
            ConvergenceWarning,
            stacklevel=stacklevel(),
        )


def check_outcome(estimator, size, gram=None, stopped_by=None, variation=None):
    """Check the result of a fit to data of this norm.

    The Gram matrix is the `SpanGram` of the data at the scale of the fit, or None.

    Raises
    ------
    FloatingPointError
        If the error or a factor is not finite.

    Warns
    -----
    DeadModelWarning
        If every component of a layer is at zero.
    ConvergenceWarning
        If a linear model can have less error, and the Gram matrix is given.
    RuntimeWarning
        If the model's error is larger than that of zero; after a start that the user gave, only if
        the cost has grown too. Also if fewer components than requested are used.
    """
    error = estimator.reconstruction_err_
    learned = [*estimator.Z_, *estimator.H_]
    if not np.isfinite(error) or not all(np.isfinite(factor).all() for factor in learned):
        if estimator._scale > FAR * np.finfo(learned[0].dtype).max:
            raise FloatingPointError(
                f"X is too large for {learned[0].dtype}: its samples' norms are near "
                f"{estimator._scale:.0e}, and Z leaves the range; divide X by a number"
                + (", or give float64" if learned[0].dtype == np.float32 else "")
            )
        raise FloatingPointError(f"{DIVERGED}: it ended in NaN or infinity")
    name = type(estimator).__name__
    largest = max(float(H.max()) for H in estimator.H_)
    cost = estimator.history_["cost"]
    # A start that the user gave may be as bad, and its features as large.
    ours_or_worse = isinstance(estimator.init, str) or abs(cost[-1]) > abs(cost[0])
    if ours_or_worse and (error > USELESS * size or largest > ENDLESS):
        warnings.warn(
            f"{DIVERGED}: {name}'s error is {error:.3g}, that of no model {size:.3g}, and its "
            f"largest feature {largest:.3g}",
            RuntimeWarning,
            stacklevel=stacklevel(),
        )
    if size > 0:
        _warn_of_rank(estimator)
    if gram is not None:
        _warn_of_error(estimator, size, gram, stopped_by, variation)
    dead = [i for i, H in enumerate(estimator.H_, start=1) if not H.any()]
    if size > 0 and dead:
        warnings.warn(
            f"every component of layer {dead[0]} of {name} is at zero: it has learned nothing. "
            "A smaller learning_rate, or smaller weights of affinities, may avoid this",
            DeadModelWarning,
            stacklevel=stacklevel(),
        )
