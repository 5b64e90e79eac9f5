"""The methods of the ICML paper's comparison, with its starts, training and stopping rule.

Samples are rows, of unit norm. The multiplicative rules start from NNDSVD and make at most 300
iterations. Each method is a function method(data, n_components, …, seed=, memory=) that returns
`methods.Learned`; `catalogue.METHODS` names them.
"""

import dataclasses
import warnings
from functools import partial

import numpy as np
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from dsnmf import updates
from dsnmf._version import __version__
from dsnmf.affinity import knn_affinity
from dsnmf.experiments import methods
from dsnmf.experiments.methods import Learned, semi_nmf_rule, train
from dsnmf.initialisation import appr_seminmf, lp_seminmf, nndsvd
from dsnmf.initialisation.svd import without_zeros
from dsnmf.training.stopping import has_converged, matlab_stops

#: Most iterations of the multiplicative rules, per layer and of the fine-tuning.
ITERATIONS = 300

#: Iterations after which Semi-NMF, and the fine-tuning, are near to convergence.
MANY_ITERATIONS = 2000

#: Relative tolerance of the fine-tuning, checked after every iteration.
FINE_TUNING_TOL = 1e-6

#: Value for zeros of a start, from the authors' program: multiplicative rules never leave a zero.
#: Its size matters: with NNDSVDar's, a hundredth of the mean or less, Semi-NMF on PIE clusters far
#: worse. Ours is random, from .5 to 1.5 times this value, so that seeds differ.
FILL = 0.1

#: Seed of the first of two layers, which takes far longer than the rest.
FIRST_SEED = 0

#: GNMF's graph. The paper names no weight; that of GNMF's authors, 100, leaves little but the graph
#: on samples of unit norm (AC .27 on PIE with 20 components, .34 with 1).
N_NEIGHBORS = 5
GRAPH_WEIGHT = 1


def error(X, Zs, H):
    """‖X - Z_1 … Z_m H‖_F, not squared."""
    for Z in reversed(Zs):
        H = Z @ H
    return float(np.linalg.norm((X - H).astype(np.float64)))


def as_factorisation(data, Zs, H):
    """The `Learned` of a method with the model Xᵀ ≈ Z_1 … Z_m H."""
    return Learned(H.T, tuple(Zs), error=error(data.T, Zs, H))


def start(X, n_components, seed):
    """NNDSVD of max(X, 0); only the values for its zeros depend on the seed.

    Returns
    -------
    Z, H : ndarray, > 0
    """
    rng = np.random.default_rng(seed)
    factors = nndsvd(X, n_components, fill=0, random_state=rng)
    fills = (FILL * (0.5 + rng.random(F.shape)) for F in factors)
    return [np.where(F > 0, F, fill).astype(F.dtype) for F, fill in zip(factors, fills)]


def _start_without_zeros(initialise, X, n_components, seed):
    """A start of `dsnmf.initialisation` with small numbers for zeros: Z and H > 0."""
    Z, H = initialise(X, n_components, random_state=seed)
    return Z, without_zeros(H)


#: Starts by name. The SVD and the linear program start near the least error; the linear program is
#: the default of the authors' MATLAB files.
STARTS = {
    "NNDSVD": start,
    "SVD": partial(_start_without_zeros, appr_seminmf),
    "LP": partial(_start_without_zeros, lp_seminmf),
}


def nmf_rule(X, Zs, Hs, affinity=None):
    """`dsnmf.updates.gnmf` for `train`; plain NMF without an affinity."""
    return updates.gnmf(X, *Zs, *Hs, affinity)


_RULES = {"Semi-NMF": semi_nmf_rule, "NMF": nmf_rule}


def _train(rule, X, Zs, Hs, iterations, stops):
    """Train for exactly so many iterations; None: until it stops, at most `ITERATIONS`."""
    limits = (ITERATIONS, stops) if iterations is None else (iterations,)
    Zs, Hs, _ = train(rule, X, Zs, Hs, *limits)
    return Zs, Hs


def _layer(kind, X, n_components, seed, begin="NNDSVD", iterations=None):
    """Z and H of Semi-NMF or NMF."""
    Z, H = STARTS[begin](X, n_components, seed)
    Zs, Hs = _train(_RULES[kind], X, [Z], [H], iterations, matlab_stops)
    return Zs[0], Hs[0]


def _kept_layer(kind, X, n_components, seed, begin, version):
    """`_layer` under a name of its own for the cache; another version is computed anew."""
    return _layer(kind, X, n_components, seed, begin)


def _two_layers(kind, data, n_components, first_layer, seed, memory, begin="NNDSVD"):
    """Greedy: (Z_1, Z_2) and (H_1, H_2). The first layer is the same for all sizes and seeds."""
    first = memory.cache(_kept_layer)(kind, data.T, first_layer, FIRST_SEED, begin, __version__)
    second = _layer(kind, first[1], n_components, seed, begin)
    return zip(first, second)


def one_layer(kind, data, n_components, seed, memory, **options):
    """Semi-NMF or NMF; options are `begin`, one of `STARTS`, and `iterations`."""
    Z, H = _layer(kind, data.T, n_components, seed, **options)
    return as_factorisation(data, [Z], H)


def multilayer_nmf(data, n_components, first_layer, seed, memory):
    """NMF of the first layer's features by NMF."""
    Zs, Hs = _two_layers("NMF", data, n_components, first_layer, seed, memory)
    return as_factorisation(data, Zs, Hs[-1])


def _fine_tuning_stops(norms):
    return len(norms) > 1 and has_converged(norms[-2], norms[-1], FINE_TUNING_TOL)


def _algorithm_1(layers, data, update_H, iterations=None):
    """(Z_1, Z_2) and (H_1, H_2): fine-tuning of two layers of Semi-NMF."""
    rule = partial(updates.deep_semi_nmf, update_H=update_H)
    return _train(rule, data.T, *layers, iterations, _fine_tuning_stops)


def deep_semi_nmf(data, n_components, first_layer, seed, memory, begin="NNDSVD", iterations=None):
    """Algorithm 1 of the paper.

    H_1 stays fixed in the fine-tuning: in the linear model it changes neither Z_1, Z_2, H_2 nor the
    error.
    """
    layers = _two_layers("Semi-NMF", data, n_components, first_layer, seed, memory, begin)
    Zs, Hs = _algorithm_1(layers, data, [False, True], iterations)
    return as_factorisation(data, Zs, Hs[-1])


def layers_of_deep_semi_nmf(data, n_components, first_layer, seed, memory):
    """Algorithm 1 of the paper: the features of both layers, ndarrays of shape (n_samples, k)."""
    layers = _two_layers("Semi-NMF", data, n_components, first_layer, seed, memory)
    _, Hs = _algorithm_1(layers, data, [True, True])
    return [H.T for H in Hs]


def deep_semi_nmf_adam(data, n_components, first_layer, epochs, seed, memory, compress=False):
    """The class `DSNMF`, from its own start."""
    layers = first_layer, n_components
    model = methods.train_dsnmf(data, layers, epochs, seed, compress=compress)
    distance = np.linalg.norm((data.T - model.get_reconstruction()).astype(np.float64))
    return dataclasses.replace(methods.result_of(model), error=float(distance))


def nmf_cd(data, n_components, seed, memory):
    """scikit-learn's NMF by coordinate descent, instead of the paper's NeNMF."""
    nmf = NMF(n_components, init="nndsvdar", random_state=seed, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        features = nmf.fit_transform(data)
    return as_factorisation(data, [nmf.components_.T], features.T)


def unit_columns(Z, H):
    """The same product, with unit norm of Z's columns."""
    norms = np.maximum(np.linalg.norm(Z, axis=0), np.finfo(Z.dtype).tiny)
    return Z / norms, H * norms[:, None]


def gnmf(data, n_components, seed, memory):
    """GNMF on the graph of five neighbours; Z has unit columns before and after, as in its code."""
    rule = partial(nmf_rule, affinity=GRAPH_WEIGHT * knn_affinity(data.T, N_NEIGHBORS))
    Z, H = unit_columns(*start(data.T, n_components, seed))
    (Z,), (H,), _ = train(rule, data.T, [Z], [H], ITERATIONS, matlab_stops)
    Z, H = unit_columns(Z, H)
    return as_factorisation(data, [Z], H)


def raw(data, seed, memory):
    """The samples themselves."""
    return methods.raw(data)


def pca(data, n_components, seed, memory, whiten=0.0):
    """Principal components."""
    return methods.pca(data, n_components, whiten)


def best_rank_k(data, n_components, seed, memory):
    """No features: only the least error of rank k."""
    values = np.linalg.svd(data.astype(np.float64), compute_uv=False)
    return Learned(None, error=float(np.linalg.norm(values[n_components:])))
