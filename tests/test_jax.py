"""Everything that compiles to JAX follows the same trajectory there."""

import copy

import numpy as np
import pytensor
import pytest
import scipy.sparse

from dsnmf import DSNMF, WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, knn_affinity, label_affinity
from tests.conftest import relative_error

pytest.importorskip("jax")

RNG = np.random.default_rng(0)
DATA = RNG.standard_normal((40, 12))
LABELS = np.arange(40) % 3
GAPS = np.where(RNG.random(DATA.shape) < 0.1, np.nan, DATA)


@pytest.mark.parametrize("compress", [False, 8])
def test_dsnmf(compress):
    models = [DSNMF(DATA, (8, 4), compress=compress, mode=mode) for mode in (None, "JAX")]
    ours, jax = (model.fit(20) for model in models)
    np.testing.assert_allclose(jax.history, ours.history, rtol=1e-9)
    np.testing.assert_allclose(jax.get_features(), ours.get_features(), atol=1e-9)
    other = copy.copy(jax)
    assert other.fit(3).history == jax.fit(3).history


@pytest.mark.parametrize(
    ("estimator", "X"),
    [
        (SemiNMF(4, max_iter=20, tol=0), DATA),
        (SemiNMF(4, solver="bcd", max_iter=20, tol=0), DATA),
        (WSF(4, max_iter=20, tol=0), DATA),
        (DeepWSF((6, 3), max_iter=20, tol=0), DATA),
        (DeepSemiNMF((6, 3), solver="multiplicative", max_iter=20, tol=0), GAPS),
        (DeepSemiNMF((6, 3), max_iter=20, tol=0), DATA),
    ],
    ids=["SemiNMF", "bcd", "WSF", "DeepWSF", "gaps", "adam"],
)
def test_estimators(estimator, X):
    estimator.set_params(mode=None).fit(X, LABELS)
    cost, H, features = estimator.history_["cost"], estimator.H_, estimator.transform(X)
    estimator.set_params(mode="JAX").fit(X, LABELS)
    np.testing.assert_allclose(estimator.history_["cost"], cost, rtol=1e-7)
    for got, wanted in zip(estimator.H_, H):
        assert relative_error(got, wanted) < 1e-6
    assert relative_error(estimator.transform(X), features) < 1e-5


@pytest.mark.parametrize(
    "affinity",
    [
        knn_affinity(DATA.T),
        combine([label_affinity(LABELS), knn_affinity(DATA.T)], [0.5, 0.2], constant=-0.001),
        label_affinity(LABELS).toarray(),
        pytensor.shared(label_affinity(LABELS).toarray()),
        pytensor.shared(scipy.sparse.csc_matrix(label_affinity(LABELS).tosparse())),
    ],
    ids=["sparse", "sum", "dense", "variable", "sparse variable"],
)
def test_given_affinities(affinity):
    models = [
        WSF(4, affinity=["binary", affinity], max_iter=20, tol=0, mode=mode)
        for mode in ("FAST_COMPILE", "JAX")
    ]
    ours, jax = (model.fit(DATA, np.column_stack([LABELS, LABELS])) for model in models)
    assert relative_error(jax.H_[0], ours.H_[0]) < 1e-6


@pytest.mark.parametrize(
    ("estimator", "X", "words"),
    [
        (SemiNMF(2, mode="JAX"), scipy.sparse.csr_matrix(DATA), "needs a dense X"),
        (
            DeepSemiNMF((4, 2), solver="multiplicative", nonlinearity="softplus", mode="JAX"),
            DATA,
            "nonlinearity='softplus'",
        ),
        (WSF(2, affinity=np.eye(5), mode="JAX"), DATA, "affinity must be 40 x 40"),
    ],
)
def test_what_jax_cannot_do_is_said(estimator, X, words):
    with pytest.raises(ValueError, match=words):
        estimator.fit(X)
