"""Compressed training: exact for the rules where nothing is discarded, honest costs elsewhere."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf import DSNMF, WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.data.compression import compress
from tests.conftest import relative_error

pytestmark = pytest.mark.usefixtures("without_numba")  # of what graphs have within, too

RNG = np.random.default_rng(0)
WIDE = RNG.standard_normal((24, 60))  # samples x features, more features than samples
LABELS = np.arange(24) % 3
RULES = {"max_iter": 15, "tol": 0, "noise_floor": 0, "mode": "FAST_COMPILE"}
DEEP = {"solver": "multiplicative", **RULES}


def low_rank(p=40, n=30, rank=5, noise=0.0, dtype="float64"):
    X = RNG.standard_normal((p, rank)) @ RNG.standard_normal((rank, n))
    return (X + noise * RNG.standard_normal((p, n))).astype(dtype)


@pytest.mark.parametrize(
    "estimator",
    [
        SemiNMF(4, **RULES),
        SemiNMF(4, init="nndsvd", **RULES),
        SemiNMF(4, solver="bcd", **RULES),
        DeepSemiNMF((6, 3), init="random", random_state=0, **DEEP),
        DeepSemiNMF((6, 3), nonlinearity="softplus", **DEEP),
        WSF(4, 0.1, affinity="heat", **RULES),
        DeepWSF((6, 3), 0.1, **RULES),
    ],
    ids=["SemiNMF", "NNDSVD", "bcd", "Deep", "softplus", "WSF", "DeepWSF"],
)
def test_rules_are_exact_when_nothing_is_discarded(estimator):
    plain = estimator.set_params(compress=False).fit(WIDE, LABELS)
    expected = {name: getattr(plain, name) for name in ("Z_", "H_", "reconstruction_err_")}
    cost, features = plain.history_["cost"], plain.transform(WIDE)
    estimator.set_params(compress="auto").fit(WIDE, LABELS)
    # The first cost is the start's; NNDSVD's Z_1 does not lie in X's span.
    np.testing.assert_allclose(estimator.history_["cost"][1:], cost[1:], rtol=1e-8)
    assert estimator.reconstruction_err_ == pytest.approx(expected["reconstruction_err_"], rel=1e-8)
    for name in ("Z_", "H_"):
        for got, wanted in zip(getattr(estimator, name), expected[name]):
            assert relative_error(got, wanted) < 1e-8
    assert relative_error(estimator.transform(WIDE), features) < 1e-8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("how", "rank"), [(True, 5), ("auto", 5), (3, 3)])
def test_coordinates_energy_and_way_back(how, rank, dtype):
    X = low_rank(dtype=dtype)
    small, compression = compress(X, how)
    assert small.shape == (rank, 30)
    assert small.flags.c_contiguous
    assert {small.dtype, compression.restored(small).dtype} == {np.dtype(dtype)}
    left = float(np.sum(np.square(X - compression.restored(small), dtype=float)))
    assert compression.discarded == pytest.approx(left, rel=1e-5, abs=1e-6 * float(np.sum(X**2)))
    np.testing.assert_allclose(compression.U.T @ compression.U, np.eye(rank), atol=1e-6)
    np.testing.assert_allclose(compression.reduced(X), small, atol=1e-4)


@pytest.mark.parametrize("whiten", [0.5, 1])
def test_whitening_flattens_the_spectrum(whiten):
    X = low_rank()
    small, compression = compress(X, True, whiten=whiten)
    sigma = np.linalg.svd(X, compute_uv=False)[:5]
    np.testing.assert_allclose(np.linalg.svd(small, compute_uv=False), sigma ** (1 - whiten))
    np.testing.assert_allclose(compression.restored(small), X, atol=1e-10)


@pytest.mark.parametrize("size", [(700, 650), (650, 700)])
def test_large_data_of_low_rank_need_no_gram_matrix(size, monkeypatch):
    monkeypatch.setattr("dsnmf.initialisation.triplets.LARGEST_GRAM", 300)
    monkeypatch.setattr("dsnmf.initialisation.triplets._by_gram", None)
    X = low_rank(*size, rank=40, noise=1e-4, dtype="float32")
    small, _ = compress(X, "auto")
    assert len(small) == 40
    sigma = np.sqrt(np.linalg.eigvalsh(small.astype(float) @ small.T))
    expected = np.linalg.svd(X, compute_uv=False)[: len(small)]
    np.testing.assert_allclose(sigma[::-1], expected, rtol=1e-4)


def test_auto_leaves_alone_what_it_would_not_make_smaller():
    full = RNG.standard_normal((10, 30))
    assert compress(full, "auto") == (full, None)
    sparse = scipy.sparse.random(20, 30, 0.2, format="csr", random_state=0)
    assert compress(sparse, "auto") == (sparse, None)
    gaps = np.where(RNG.random(WIDE.shape) < 0.1, np.nan, WIDE)
    SemiNMF(2, **RULES).fit(gaps)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"how": "yes"}, "compress must be 'auto', True, False or a rank"),
        ({"how": 0}, "compress must be >= 1"),
        ({"how": 31}, r"compress must be at most min\(p, n\) = 30"),
        ({"how": True, "whiten": 1.5}, r"whiten must be in \[0, 1\]"),
        ({"how": False, "whiten": 0.5}, "whiten needs compress"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        compress(low_rank(), **arguments)


def test_sparse_and_gaps_are_refused_by_name():
    with pytest.raises(ValueError, match="compress needs a dense X"):
        SemiNMF(2, compress=True, **RULES).fit(scipy.sparse.csr_matrix(WIDE))
    with pytest.raises(ValueError, match="compress needs an X without gaps"):
        SemiNMF(2, compress=True, **RULES).fit(np.where(WIDE > 2, np.nan, WIDE))


@pytest.fixture(scope="module")
def compressed_model():
    data = low_rank(rank=5, noise=0.05).T
    return data, DSNMF(data, (6, 3), compress=5).fit(20)


def test_dsnmf_counts_the_discarded_energy(compressed_model):
    data, model = compressed_model
    assert model.X.get_value().shape == (5, 30)
    before = float(np.sum((data.T - model.get_reconstruction()) ** 2))
    assert model.train_fun() == pytest.approx(before, rel=1e-10)
    Z_1, Z_2, H_2 = model.get_param_values()
    assert Z_1.shape == (40, 6)
    restored = Z_1 @ np.maximum(Z_2 @ np.maximum(H_2, 0), 0)
    np.testing.assert_allclose(model.get_reconstruction(), restored, atol=1e-10)


def test_dsnmf_keeps_its_compression_in_files_and_takes_full_size_values(
    compressed_model, tmp_path
):
    _, model = compressed_model
    model.save(tmp_path / "model")
    again = DSNMF.load(tmp_path / "model")
    values = model.get_param_values()
    again.set_param_values(values)
    for got, wanted in zip(again.get_param_values(), values):
        np.testing.assert_allclose(got, wanted, atol=1e-12)
    assert again.fit(5).history == pytest.approx(model.fit(5).history, rel=1e-12)


def test_dsnmf_refuses_what_compression_changes():
    with pytest.raises(ValueError, match=r"l1_norms\[0\] must be 0 with compress"):
        DSNMF(low_rank().T, (4,), l1_norms=[0.1], compress=True)
    with pytest.raises(ValueError, match="whiten needs compress"):
        DSNMF(low_rank().T, (4,), whiten=0.5)


def test_error_of_a_whitened_fit_is_that_of_the_data():
    data = low_rank(noise=0.05).T
    model = DeepSemiNMF((6, 3), whiten=0.5, compress=8, max_iter=15, tol=0, mode="FAST_COMPILE")
    model.fit(data)
    residual = data - model.inverse_transform(model.H_[-1].T)
    assert model.reconstruction_err_ == pytest.approx(np.linalg.norm(residual), rel=1e-8)
    assert model.history_["cost"][-1] != pytest.approx(np.sum(residual**2), rel=0.1)
