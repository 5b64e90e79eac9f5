"""The methods of the ICML paper's comparison, as it starts, trains and stops them.

Samples are rows, of unit norm. The multiplicative rules start from NNDSVD and make at most 300
iterations. Each method is a function method(data, n_components, …, seed=, memory=) that returns
`methods.Learned`; the table `METHODS` names them.
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
from dsnmf.initialisation import appr_seminmf, nndsvd
from dsnmf.initialisation.svd import without_zeros
from dsnmf.training.stopping import has_converged, matlab_stops

#: At most so many iterations of the multiplicative rules, per layer and of the fine-tuning.
ITERATIONS = 300

#: Relative tolerance of the fine-tuning, looked at after every iteration.
FINE_TUNING_TOL = 1e-6

#: What zeros of a start become, as in the authors' program: multiplicative rules never leave a
#: zero. How large it is matters: with NNDSVDar's, a hundredth of the mean or less, Semi-NMF on PIE
#: clusters far worse. Ours is random, from half of it to one and a half, so that seeds differ.
FILL = 0.1

#: Seed of the first of two layers, which takes far longer than all that follows.
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


def _linear(data, Zs, H):
    return Learned(H.T, tuple(Zs), error=error(data.T, Zs, H))


def start(X, n_components, seed):
    """NNDSVD of max(X, 0), the same for every seed but for what its zeros become.

    Returns
    -------
    Z, H : ndarray, > 0
    """
    rng = np.random.default_rng(seed)
    factors = nndsvd(X, n_components, fill=0, random_state=rng)
    fills = (FILL * (0.5 + rng.random(F.shape)) for F in factors)
    return [np.where(F > 0, F, fill).astype(F.dtype) for F, fill in zip(factors, fills)]


def svd_start(X, n_components, seed):
    """`appr_seminmf`, its zeros made small; the start of a Semi-NMF whose error is near the least.

    Returns
    -------
    Z, H : ndarray, H > 0
    """
    Z, H = appr_seminmf(X, n_components, random_state=seed)
    return Z, without_zeros(H)


def _nmf_rule(X, Zs, Hs, affinity=None):
    return updates.gnmf(X, *Zs, *Hs, affinity)


_RULES = {"Semi-NMF": semi_nmf_rule, "NMF": _nmf_rule}


def _layer(kind, X, n_components, seed, begin=start):
    """Z and H of Semi-NMF or NMF."""
    Z, H = begin(X, n_components, seed)
    Zs, Hs, _ = train(_RULES[kind], X, [Z], [H], ITERATIONS, matlab_stops)
    return Zs[0], Hs[0]


def _kept_layer(kind, X, n_components, seed, version):
    """`_layer`, under a name of its own for the cache; another version computes anew."""
    return _layer(kind, X, n_components, seed)


def _two_layers(kind, data, n_components, first_layer, seed, memory):
    """Greedy: (Z_1, Z_2) and (H_1, H_2). The first layer is the same for all sizes and seeds."""
    first = memory.cache(_kept_layer)(kind, data.T, first_layer, FIRST_SEED, __version__)
    second = _layer(kind, first[1], n_components, seed)
    return zip(first, second)


def _one_layer(kind, data, n_components, seed, memory, begin=start):
    Z, H = _layer(kind, data.T, n_components, seed, begin)
    return _linear(data, [Z], H)


def multilayer_nmf(data, n_components, first_layer, seed, memory):
    """NMF of the first layer's features by NMF."""
    Zs, Hs = _two_layers("NMF", data, n_components, first_layer, seed, memory)
    return _linear(data, Zs, Hs[-1])


def _fine_tuned(norms):
    return len(norms) > 1 and has_converged(norms[-2], norms[-1], FINE_TUNING_TOL)


def _algorithm_1(data, n_components, first_layer, seed, memory, update_H):
    """(Z_1, Z_2) and (H_1, H_2): two layers of Semi-NMF, then fine-tuning of all."""
    Zs, Hs = _two_layers("Semi-NMF", data, n_components, first_layer, seed, memory)
    rule = partial(updates.deep_semi_nmf, update_H=update_H)
    Zs, Hs, _ = train(rule, data.T, Zs, Hs, ITERATIONS, _fine_tuned)
    return Zs, Hs


def deep_semi_nmf(data, n_components, first_layer, seed, memory):
    """Algorithm 1 of the paper.

    H_1 stands still in the fine-tuning: in the linear model it influences neither Z_1, Z_2, H_2
    nor the error.
    """
    Zs, Hs = _algorithm_1(data, n_components, first_layer, seed, memory, [False, True])
    return _linear(data, Zs, Hs[-1])


def layers_of_deep_semi_nmf(data, n_components, first_layer, seed, memory):
    """Algorithm 1 of the paper: the features of both layers, ndarrays of shape (n_samples, k)."""
    _, Hs = _algorithm_1(data, n_components, first_layer, seed, memory, [True, True])
    return [H.T for H in Hs]


def deep_semi_nmf_adam(data, n_components, first_layer, epochs, seed, memory, compress=False):
    """The class `DSNMF`, from its own start."""
    layers = first_layer, n_components
    model = methods.trained_dsnmf(data, layers, epochs, seed, compress=compress)
    distance = np.linalg.norm((data.T - model.get_reconstruction()).astype(np.float64))
    return dataclasses.replace(methods.learned_by(model), error=float(distance))


def nmf_cd(data, n_components, seed, memory):
    """scikit-learn's NMF by coordinate descent, in the place of the paper's NeNMF."""
    nmf = NMF(n_components, init="nndsvdar", random_state=seed, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        features = nmf.fit_transform(data)
    return _linear(data, [nmf.components_.T], features.T)


def _unit_columns(Z, H):
    norms = np.maximum(np.linalg.norm(Z, axis=0), np.finfo(Z.dtype).tiny)
    return Z / norms, H * norms[:, None]


def gnmf(data, n_components, seed, memory):
    """GNMF on the graph of five neighbours; Z has unit columns before and after, as its source."""
    rule = partial(_nmf_rule, affinity=GRAPH_WEIGHT * knn_affinity(data.T, N_NEIGHBORS))
    Z, H = _unit_columns(*start(data.T, n_components, seed))
    (Z,), (H,), _ = train(rule, data.T, [Z], [H], ITERATIONS, matlab_stops)
    Z, H = _unit_columns(Z, H)
    return _linear(data, [Z], H)


def raw(data, seed, memory):
    """The samples as they are."""
    return methods.raw(data)


def pca(data, n_components, seed, memory, whiten=False):
    """Principal components."""
    return methods.pca(data, n_components, whiten)


def best_rank_k(data, n_components, seed, memory):
    """No features: only the least error that any rank k leaves."""
    values = np.linalg.svd(data.astype(np.float64), compute_uv=False)
    return Learned(None, error=float(np.linalg.norm(values[n_components:])))


#: All methods by name, in the order of tables and legends. Another one needs a line here, and one
#: in a protocol's table.
METHODS = {
    "Deep Semi-NMF": deep_semi_nmf,
    "Deep Semi-NMF (Adam)": deep_semi_nmf_adam,
    "Semi-NMF": partial(_one_layer, "Semi-NMF"),
    "Semi-NMF (SVD start)": partial(_one_layer, "Semi-NMF", begin=svd_start),
    "NMF (MUL)": partial(_one_layer, "NMF"),
    "Multi-layer NMF": multilayer_nmf,
    "NMF (CD)": nmf_cd,
    "GNMF": gnmf,
    "raw": raw,
    "PCA": pca,
    "PCA whitened": partial(pca, whiten=True),
    "best rank k": best_rank_k,
}
