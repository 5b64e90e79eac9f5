"""Clusterings of samples that have several views: features by each method, some views missing.

Each method is a function of a list of views, NaN where a sample lacks one, a seed, and `fill`,
which is `filled` or the same from a cache. It returns {kind of features: samples x features};
`METHODS` names them.
"""

import warnings
from functools import partial

import numpy as np
import pytensor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import KNNImputer

from dsnmf import updates
from dsnmf.affinity import knn_affinity
from dsnmf.estimators import DeepSemiNMF, MultiViewDeepSemiNMF, SemiNMF
from dsnmf.initialisation import appr_seminmf, pretrain
from dsnmf.initialisation.svd import without_zeros
from dsnmf.training.modes import compile_function

#: Components of the layers; the last as many as there are digits.
LAYERS = (50, 10)

#: Of the authors' program, as its demo has them.
GAMMA, BETA, NEIGHBOURS, ITERATIONS = 0.1, 0.01, 5, 100


def prepared(views):
    """Each feature of zero mean and unit variance, each sample of each view of unit norm."""
    result = []
    for X in views:
        wide = X.astype(np.float64)
        centred = wide - wide.mean(axis=0)
        deviations = centred.std(axis=0)
        centred /= np.where(deviations > 0, deviations, 1)
        norms = np.linalg.norm(centred, axis=1, keepdims=True)
        result.append(centred / np.where(norms > 0, norms, 1))
    return result


def without_some(views, share, seed):
    """Views with this share of all samples' views missing; each sample has one at least."""
    rng, n, V = np.random.default_rng(seed), len(views[0]), len(views)
    present = rng.random((V, n)) >= share
    alone = np.flatnonzero(~present.any(axis=0))
    present[rng.integers(V, size=len(alone)), alone] = True
    return [np.where(own[:, None], X, np.nan) for X, own in zip(views, present)]


def filled(X, by):
    """One matrix with the views side by side, gaps filled by "means" or "neighbours"."""
    if not np.isnan(X).any():
        return X
    if by == "neighbours":
        return KNNImputer(n_neighbors=NEIGHBOURS).fit_transform(X)
    return np.where(np.isnan(X), np.nanmean(X, axis=0), X)


def _learned(model, X):
    """Features as learned, and in the data's metric; those that `transform` gives too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "view .* of the weight", RuntimeWarning)
        model.fit(X)
    H = np.asarray(model.H_[-1], np.float64)
    Psi = np.linalg.multi_dot([*model.Z_, np.eye(len(H))])
    kinds = {"H": H.T, "metric": H.T @ np.linalg.qr(Psi, mode="r").T}
    return {**kinds, "transform": model.transform(X)}


def multiview(views, seed, fill=filled, layers=LAYERS, **parameters):
    """`MultiViewDeepSemiNMF`."""
    model = MultiViewDeepSemiNMF(layers, metric="data", random_state=seed, **parameters)
    return _learned(model, views)


def stacked(views, seed, fill=filled, by="means", deep=False):
    """Semi-NMF, or Algorithm 1, of the views side by side, gaps filled."""
    X, options = fill(np.hstack(views), by), {"metric": "data", "random_state": seed, "tol": 1e-4}
    if deep:
        return _learned(DeepSemiNMF(LAYERS, solver="multiplicative", **options), X)
    return _learned(SemiNMF(LAYERS[-1], **options), X)


def concatenation(views, seed, fill=filled, by="means"):
    """The samples as they are, gaps filled."""
    return {"raw": fill(np.hstack(views), by)}


def single(views, seed, fill=filled, view=0):
    """One view as it is, where all samples have it."""
    return {"raw": views[view]}


def as_coded(views, seed, fill=filled, view=-1):
    """The authors' program from SVD starts; the H_m of one view, as each has its own."""
    Xs, Zss, Hss, graphs = [np.ascontiguousarray(X.T) for X in views], [], [], []
    for X in Xs:
        Zs, Hs = pretrain(X, LAYERS, partial(appr_seminmf, random_state=seed))
        Zss.append([pytensor.shared(np.ascontiguousarray(Z)) for Z in Zs])
        Hss.append([pytensor.shared(np.ascontiguousarray(without_zeros(H))) for H in Hs])
        products = X.T @ X
        norms = np.diagonal(products)
        squares = np.maximum(norms[:, None] + norms - 2 * products, 0)
        np.fill_diagonal(squares, 0)
        width = float(np.sqrt(squares).mean())
        graphs.append(BETA * knn_affinity(X, NEIGHBOURS, "heat", width))
    alpha = pytensor.shared(np.full(len(Xs), 1 / len(Xs)))
    rule = updates.multiview_deep_semi_nmf(
        Xs, Zss, Hss, graphs, alpha, gamma=GAMMA, consensus="as coded"
    )
    step = compile_function([], [], updates=rule)
    for _ in range(ITERATIONS):
        step()
    H = Hss[view][-1].get_value()
    Psi = np.linalg.multi_dot([Z.get_value() for Z in Zss[view]])
    return {"H": H.T, "metric": H.T @ np.linalg.qr(Psi, mode="r").T}


#: By name; those of the first dictionary also with views missing.
WITH_GAPS = {
    "multi-view": multiview,
    "means, Semi-NMF": stacked,
    "neighbours, Semi-NMF": partial(stacked, by="neighbours"),
    "means, k-means": concatenation,
    "neighbours, k-means": partial(concatenation, by="neighbours"),
}

COMPLETE = {
    "multi-view, one layer": partial(multiview, layers=LAYERS[-1:]),
    "multi-view, γ = .1": partial(multiview, weights=0.1),
    "multi-view, γ = 2": partial(multiview, weights=2.0),
    "multi-view, auto": partial(multiview, weights="auto"),
    "multi-view, β = .1": partial(multiview, alphas=0.1, affinity="knn"),
    "multi-view, β = 10": partial(multiview, alphas=10.0, affinity="knn"),
    "Deep Semi-NMF of all views": partial(stacked, deep=True),
    "as coded, first view's H": partial(as_coded, view=0),
    "as coded, last view's H": as_coded,
    "view fac": partial(single, view=1),
    "view kar": partial(single, view=2),
    "view pix": partial(single, view=3),
}

METHODS = WITH_GAPS | COMPLETE
