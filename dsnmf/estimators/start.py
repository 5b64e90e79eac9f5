"""Starting factors of the estimators, layer by layer. X is features x samples."""

from functools import partial

import numpy as np

from dsnmf.initialisation import lp_seminmf, nndsvd, pretrain, random
from dsnmf.initialisation.nonlinear import nonlinear_start
from dsnmf.initialisation.pretraining import pretrain_product
from dsnmf.initialisation.rectified import rectified_start
from dsnmf.initialisation.svd import ZERO_FILL, raised, semi_nmf_of_triplets, without_zeros
from dsnmf.initialisation.triplets import complete_triplets
from dsnmf.symbolic import as_nonlinearity, is_linear, relu
from dsnmf.validation import as_generator, as_matrix


def as_random_state(random_state):
    """A Generator from scikit-learn's kinds of random_state; None stays."""
    if isinstance(random_state, np.random.RandomState):
        random_state = int(random_state.randint(2**31 - 1))
    return None if random_state is None else as_generator(random_state)


def _start_by_svd(M, k, floor, rng, known):
    """See `appr_seminmf`; `known` is a matrix and the result of `gram_eigen` for it, or None."""
    eigen = known[1] if M is known[0] else None
    triplets = partial(complete_triplets, M, floor=floor, rng=rng, dtype=np.float64, eigen=eigen)
    return semi_nmf_of_triplets(M, k, triplets)


#: The starts by name.
INITIALISERS = {"svd": _start_by_svd, "nndsvd": nndsvd, "lp": lp_seminmf, "random": random}


def _initialiser(init, noise_floor, rng, known):
    options = {
        "svd": {"floor": noise_floor, "rng": as_generator(rng), "known": known},
        "random": {"random_state": rng},
    }
    return partial(INITIALISERS[init], **options.get(init, {}))


def nonnegative(H):
    """Replace negative features by small positive ones, sample by sample.

    With features relu(H_m), H_m itself may be negative. Rules that keep H >= 0 cannot start from
    it, nor from zeros, which they never leave.
    """
    H = np.asarray(H)
    return np.where(H >= 0, H, ZERO_FILL * np.abs(H).mean(axis=0)).astype(H.dtype)


def later_generator(random_state):
    """The random generator of the starts after the first, see `n_init`."""
    rng = as_random_state(random_state)
    return as_generator(0) if rng is None else rng


def start_factors(estimator, samples, layers, again=None):
    """Zs and Hs of the start by an estimator's parameters, Z_1 in the samples' coordinates.

    Parameters
    ----------
    estimator : Factorisation
    samples : Samples
    layers : tuple of int
    again : Generator, optional
        Draws a random start instead of the parameters' start.

    Returns
    -------
    Zs, Hs : lists of ndarray

    Raises
    ------
    ValueError
        If given factors do not fit X, the layers and the solver.
    """
    if again is not None:
        return _start_layers(estimator, samples.start, layers, "random", again)
    if not isinstance(estimator.init, str):
        is_raw = estimator._rule(samples.is_complete).raw_features
        (Z_1, *Zs), Hs = given_factors(estimator, samples.shape, layers, is_raw)
        return [samples.reduced(Z_1), *Zs], Hs
    if estimator.init == "svd":
        samples.find_eigen()
    rng, eigen = as_random_state(estimator.random_state), samples.take_eigen()
    if estimator.init == "nndsvd":  # belongs to the given coordinates; all others turn along
        (Z_1, *Zs), Hs = _start_layers(estimator, samples.scaled, layers, "nndsvd", rng)
        return [samples.compressed(Z_1), *Zs], Hs
    return _start_layers(estimator, samples.start, layers, estimator.init, rng, eigen)


def _start_layers(estimator, X, layers, init, rng, eigen=None):
    by_svd = init == "svd"
    initialise = _initialiser(init, estimator._noise_floor(layers), rng, (X, eigen))
    aim, nonlinearity = estimator._start_aim(layers), estimator._inner_nonlinearity()
    if aim == "rectified" and by_svd and as_nonlinearity(nonlinearity) is relu:
        return rectified_start(X, layers, initialise)
    if aim in ("zeros", "rectified"):
        return pretrain(X, layers, initialise)

    by_product = by_svd and aim == "product"

    def factorise(H, k):
        Z, H = initialise(H, k)
        return Z, raised(H) if by_product and k > 1 else without_zeros(H)

    if not is_linear(nonlinearity):
        return nonlinear_start(X, layers, nonlinearity, factorise)
    return (pretrain_product if by_product else pretrain)(X, layers, factorise)


def given_factors(estimator, shape, layers, is_raw):
    """Lists Zs and Hs from init=(Z, H) or (Zs, Hs); ValueError if they are no start.

    Features may be negative if is_raw, see `Rule.raw_features`.
    """
    init = estimator.init
    if len(init) != 2:
        raise ValueError(f"init must be a name or a pair of factors, got {len(init)} elements")
    Zs, Hs = (factors if isinstance(factors, list | tuple) else [factors] for factors in init)
    Zs, Hs = (
        [as_matrix(factor, f"init's {letter}_{i}") for i, factor in enumerate(factors, start=1)]
        for letter, factors in (("Z", Zs), ("H", Hs))
    )
    check_start(Zs, Hs, shape, layers)
    if not is_raw:
        for i, H in enumerate(Hs, start=1):
            if (least := H.min()) < 0:
                raise ValueError(f"init's H_{i} must be >= 0, got {least:.4g}")
    return Zs, Hs


def check_start(Zs, Hs, shape, layers):
    """Raise ValueError unless the factors fit the data's shape and the layers."""
    widths = (shape[0], *layers)
    wanted_Z = list(zip(widths, layers))
    wanted_H = [(size, shape[1]) for size in layers]
    got_Z, got_H = [np.shape(Z) for Z in Zs], [np.shape(H) for H in Hs]
    if got_Z != wanted_Z or got_H != wanted_H:
        raise ValueError(
            f"the starting factors must have shapes {wanted_Z} and {wanted_H} to fit X and the "
            f"layers, got {got_Z} and {got_H}"
        )
