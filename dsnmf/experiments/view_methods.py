"""Features of samples with several views by each method, with missing views.

Each method is a function of a list of views (NaN if a sample lacks one), a seed, and `fill`, which
is `fill_views` or its cached form. It returns {kind of features: samples x features}; `METHODS`
names the methods.
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

#: Components of the layers; the last has as many as there are digits.
LAYERS = (50, 10)

#: Parameters of the authors' program in its demo.
GAMMA, BETA, NEIGHBOURS, ITERATIONS = 0.1, 0.01, 5, 100


def prepare(views):
    """Scale each feature to zero mean and unit variance, then each view's samples to unit norm."""
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
    """Views with this share of all samples' views missing; each sample keeps at least one."""
    rng, n, V = np.random.default_rng(seed), len(views[0]), len(views)
    present = rng.random((V, n)) >= share
    alone = np.flatnonzero(~present.any(axis=0))
    present[rng.integers(V, size=len(alone)), alone] = True
    return [np.where(own[:, None], X, np.nan) for X, own in zip(views, present)]


def fill_views(X, by):
    """Fill the gaps of a matrix with the views side by side, by "means" or "neighbours"."""
    if not np.isnan(X).any():
        return X
    if by == "neighbours":
        return KNNImputer(n_neighbors=NEIGHBOURS).fit_transform(X)
    return np.where(np.isnan(X), np.nanmean(X, axis=0), X)


def _fit_features(model, X):
    """Fit a model; returns its learned features, those in the data's metric, and `transform`'s."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "view .* of the weight", RuntimeWarning)
        model.fit(X)
    H = np.asarray(model.H_[-1], np.float64)
    Psi = np.linalg.multi_dot([*model.Z_, np.eye(len(H))])
    kinds = {"H": H.T, "metric": H.T @ np.linalg.qr(Psi, mode="r").T}
    return {**kinds, "transform": model.transform(X)}


def multiview(views, seed, fill=fill_views, layers=LAYERS, **parameters):
    """`MultiViewDeepSemiNMF`."""
    model = MultiViewDeepSemiNMF(layers, metric="data", random_state=seed, **parameters)
    return _fit_features(model, views)


def stack_views(views, seed, fill=fill_views, by="means", deep=False):
    """Semi-NMF, or Algorithm 1, of the views side by side, with filled gaps."""
    X, options = fill(np.hstack(views), by), {"metric": "data", "random_state": seed, "tol": 1e-4}
    if deep:
        return _fit_features(DeepSemiNMF(LAYERS, solver="multiplicative", **options), X)
    return _fit_features(SemiNMF(LAYERS[-1], **options), X)


def concatenation(views, seed, fill=fill_views, by="means"):
    """The samples themselves, with filled gaps."""
    return {"raw": fill(np.hstack(views), by)}


def single(views, seed, fill=fill_views, view=0):
    """One view, which all samples have."""
    return {"raw": views[view]}


def as_coded(views, seed, fill=fill_views, view=-1):
    """The authors' program from SVD starts; returns the H_m of one view, as each has its own."""
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


#: Methods by name; those in the first dictionary also run with missing views.
WITH_GAPS = {
    "multi-view": multiview,
    "means, Semi-NMF": stack_views,
    "neighbours, Semi-NMF": partial(stack_views, by="neighbours"),
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
    "Deep Semi-NMF of all views": partial(stack_views, deep=True),
    "as coded, first view's H": partial(as_coded, view=0),
    "as coded, last view's H": as_coded,
    "view fac": partial(single, view=1),
    "view kar": partial(single, view=2),
    "view pix": partial(single, view=3),
}

METHODS = WITH_GAPS | COMPLETE
