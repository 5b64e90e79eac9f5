"""Everything that compiles to JAX follows the same trajectory there."""

import copy
import gc

import numpy as np
import pytensor
import pytest
import scipy.sparse
from sklearn.base import clone

from dsnmf import DSNMF, WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import combine, knn_affinity, label_affinity
from dsnmf.estimators.mapping import spread
from tests.conftest import relative_error
from tests.data.test_sources import as_memmap

jax = pytest.importorskip("jax")

RNG = np.random.default_rng(0)
DATA = RNG.standard_normal((40, 12))
LABELS = np.arange(40) % 3
GAPS = np.where(RNG.random(DATA.shape) < 0.1, np.nan, DATA)


@pytest.mark.parametrize("compress", [False, 8])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-5), ("float64", 1e-9)])
def test_dsnmf(dtype, tolerance, compress, tmp_path):
    data = DATA.astype(dtype)
    models = [DSNMF(data, (8, 4), compress=compress, mode=mode) for mode in (None, "JAX")]
    ours, theirs = (model.fit(20) for model in models)
    np.testing.assert_allclose(theirs.history, ours.history, rtol=tolerance)
    for of in ("get_features", "get_reconstruction"):
        assert relative_error(getattr(theirs, of)(), getattr(ours, of)()) < tolerance
    theirs.save(tmp_path / "model")
    others = copy.copy(theirs), DSNMF.load(tmp_path / "model", mode="JAX")
    expected = theirs.fit(3).history[-3:]
    for other in others:
        assert other.fit(3).history[-3:] == expected


@pytest.mark.parametrize(
    ("estimator", "X"),
    [
        (SemiNMF(4, max_iter=20, tol=0), DATA),
        (SemiNMF(4, solver="bcd", max_iter=20, tol=0), DATA),
        (WSF(4, solver="hals", max_iter=20, tol=0), DATA),
        (WSF(4, max_iter=20, tol=0), DATA),
        (DeepWSF((6, 3), max_iter=20, tol=0), DATA),
        (DeepSemiNMF((6, 3), solver="multiplicative", max_iter=20, tol=0), GAPS),
        (DeepSemiNMF((6, 3), solver="adam", max_iter=20, tol=0), DATA),
    ],
    ids=["SemiNMF", "bcd", "WSF by HALS", "WSF", "DeepWSF", "gaps", "adam"],
)
def test_estimators(estimator, X):
    estimator.set_params(mode=None).fit(X, LABELS)
    cost, H, features = estimator.history_["cost"], estimator.H_, estimator.transform(X)
    estimator.set_params(mode="JAX").fit(X, LABELS)
    np.testing.assert_allclose(estimator.history_["cost"], cost, rtol=1e-9)
    for got, wanted in zip(estimator.H_, H):
        assert relative_error(got, wanted) < 1e-9
    assert relative_error(estimator.transform(X), features) < 1e-9
    assert {type(learned) for learned in (*estimator.Z_, *estimator.H_)} == {np.ndarray}


@pytest.mark.parametrize(
    "estimator",
    [
        DeepSemiNMF((6, 3), solver="adam", max_iter=5, tol=0),
        DeepSemiNMF((6, 3), solver="multiplicative", compress=8, max_iter=5, tol=0),
        WSF(4, max_iter=5, tol=0),
    ],
    ids=["adam", "multiplicative, compressed", "WSF"],
)
def test_blocks_go_to_the_device_one_by_one(estimator, tmp_path, monkeypatch):
    X, held = as_memmap(np.tile(DATA, (20, 1)), tmp_path), []

    def block_until_ready(arrays):
        held.append(sum(array.nbytes for array in jax.live_arrays()))
        return arrays

    estimator.set_params(block_size=40)
    ours = clone(estimator).set_params(mode="FAST_COMPILE").fit(X, np.tile(LABELS, 20))
    gc.collect()
    before = sum(array.nbytes for array in jax.live_arrays())
    monkeypatch.setattr(jax, "block_until_ready", block_until_ready)
    monkeypatch.setattr(spread, "LEAST_SAMPLES", 40)  # as few, beside data of many blocks
    monkeypatch.setattr(spread, "SAMPLES_PER_COMPONENT", 1)
    theirs = estimator.set_params(mode="JAX").fit(X, np.tile(LABELS, 20))
    for got, wanted in zip([*theirs.Z_, *theirs.H_], [*ours.Z_, *ours.H_], strict=True):
        assert relative_error(got, wanted) < 1e-9
    assert max(held) - before < X.nbytes / 5


def test_partial_fit():
    models = [SemiNMF(4, mode=mode) for mode in ("FAST_COMPILE", "JAX")]
    ours, theirs = (model.partial_fit(DATA[:20]).partial_fit(DATA[20:]) for model in models)
    assert relative_error(theirs.components_, ours.components_) < 1e-9


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
    ours, theirs = (model.fit(DATA, np.column_stack([LABELS, LABELS])) for model in models)
    assert relative_error(theirs.H_[0], ours.H_[0]) < 1e-9


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
