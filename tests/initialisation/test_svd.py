"""The SVD initialiser: the original's values, the noise floor, and independence of threads."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dsnmf.initialisation import NOISE_FLOOR, appr_seminmf, init_weights, truncated_svd
from tests.conftest import relative_error


def matrix_with(singular_values, p=30, n=50, seed=0):
    rng = np.random.default_rng(seed)
    k = len(singular_values)
    left, _ = np.linalg.qr(rng.standard_normal((p, k)))
    right, _ = np.linalg.qr(rng.standard_normal((n, k)))
    return left * singular_values @ right.T


def projector(rows):
    Q, _ = np.linalg.qr(rows.astype(float).T)
    return Q @ Q.T


@pytest.mark.parametrize("r", [2, 3, 5, 12])
@pytest.mark.parametrize("kind", ["", "_abs"])
def test_appr_seminmf_gives_the_values_of_the_original(reference, kind, r):
    run, data = reference(f"theano/appr{kind}_r{r}"), reference("theano/data")["data"]
    U, V = appr_seminmf((np.abs(data) if kind else data).T, r, noise_floor=0)
    assert relative_error(U @ V, run["U"] @ run["V"]) < 1e-9
    assert relative_error(V, run["V"]) < 1e-9


@pytest.mark.parametrize("r", [1, 2, 3, 5])
def test_appr_seminmf_fits_as_the_matlab_initialiser(reference, r):
    run, X = reference("matlab/init_X"), reference("matlab/base")["X"]
    U, V = appr_seminmf(X, r, noise_floor=0)
    assert relative_error(U @ V, run[f"svd_r{r}_U"] @ run[f"svd_r{r}_V"]) < 1e-9
    assert V.min() >= 0


@pytest.mark.parametrize("shape", [(30, 50), (50, 30), (20, 20)])
def test_truncated_svd_is_the_svd_where_the_spectrum_decides(shape):
    M = np.random.default_rng(0).standard_normal(shape)
    U, S, Vt = truncated_svd(M, 7, noise_floor=0)
    expected_U, expected_S, expected_Vt = np.linalg.svd(M, full_matrices=False)
    np.testing.assert_allclose(S, expected_S[:7], rtol=1e-12)
    np.testing.assert_allclose(
        U * S @ Vt, expected_U[:, :7] * expected_S[:7] @ expected_Vt[:7], atol=1e-11
    )
    assert (Vt[np.arange(7), np.abs(Vt).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_noise_floor_replaces_noise_by_zeros_and_seeded_directions(dtype):
    edge = np.sqrt(NOISE_FLOOR)
    M = matrix_with([1, 0.5, 1.01 * edge, 0.99 * edge, 1e-3]).astype(dtype)
    U, S, Vt = truncated_svd(M, 5)
    np.testing.assert_allclose(S, [1, 0.5, 1.01 * edge, 0, 0], rtol=1e-5)
    assert {U.dtype, S.dtype, Vt.dtype} == {np.dtype(dtype)}
    for vectors in (U, Vt.T):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(5), atol=1e-5)
    again, other = (truncated_svd(M, 5, random_state=seed)[2] for seed in (0, 1))
    np.testing.assert_array_equal(again, Vt)
    assert np.abs(other[3:] - Vt[3:]).max() > 0.1
    assert (truncated_svd(M, 5, noise_floor=0)[1][3:] > 0).all()


def test_equal_singular_values_give_seeded_directions_of_their_subspace():
    values = [3, *[1] * 10]
    M = matrix_with(values)
    everything = truncated_svd(M, 11)[2]
    U, S, Vt = truncated_svd(M, 6, random_state=5)
    np.testing.assert_allclose(S, values[:6])
    np.testing.assert_allclose(Vt @ projector(everything), Vt, atol=1e-12)
    np.testing.assert_allclose(Vt @ Vt.T, np.eye(6), atol=1e-12)
    np.testing.assert_allclose(U * S, M @ Vt.T, atol=1e-12)
    assert relative_error(projector(Vt), projector(truncated_svd(M, 6)[2])) > 0.1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_start_is_the_same_with_one_and_two_threads(dtype):
    """Two layers, the second cut inside a large cluster of equal singular values."""
    data = np.abs(np.random.default_rng(0).standard_normal((80, 12)) @ np.ones((12, 120)))
    data = (data + 1e-3 * np.random.default_rng(1).standard_normal((80, 120))).astype(dtype)
    spans = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            _, V = appr_seminmf(data, 60)
            Z, H = appr_seminmf(V, 20)
        spans.append([projector(V), projector(Z.T), projector(H)])
    for one, two in zip(*spans):
        assert np.abs(one - two).max() < 1e-4


@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
@pytest.mark.parametrize("k", [5, 7, 12])
def test_more_components_than_the_rank_work(shape, k):
    M = np.random.default_rng(0).standard_normal(shape)
    U, S, Vt = truncated_svd(M, k, noise_floor=0)
    np.testing.assert_allclose(U * S @ Vt, M, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(Vt, axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(U, axis=0), 1)


def test_zero_matrix_and_rank_one():
    U, V = appr_seminmf(np.zeros((4, 6)), 3)
    assert not U.any()
    assert np.isfinite(V).all()
    U, V = appr_seminmf(np.zeros((4, 6)), 1)
    assert not U.any()
    assert np.isfinite(V).all()
    M = np.outer([1.0, -2, 3], [-1.0, -0.5, -2, 0])
    U, V = appr_seminmf(M, 1)
    np.testing.assert_allclose(U @ V, M)


def test_init_weights_without_svd_draws_z_first():
    rng = np.random.default_rng(4)
    Z, H = init_weights(np.ones((3, 5), "float32"), 2, svd_init=False, random_state=4)
    np.testing.assert_array_equal(Z, (0.08 * rng.random((3, 2))).astype("float32"))
    np.testing.assert_array_equal(H, (0.08 * rng.random((2, 5))).astype("float32"))


def test_init_weights_without_a_seed_draws_as_the_original_or_is_fixed():
    M = np.random.default_rng(0).standard_normal((3, 5))
    np.random.seed(4)
    expected = [0.08 * np.random.rand(3, 2), 0.08 * np.random.rand(2, 5)]
    np.random.seed(4)
    drawn, again = (init_weights(M, 2, svd_init=False) for _ in range(2))
    for actual, wanted, other in zip(drawn, expected, again):
        np.testing.assert_array_equal(actual, wanted)
        assert (other != wanted).any()
    np.testing.assert_array_equal(init_weights(M, 3)[1], init_weights(M, 3)[1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda M: appr_seminmf(M, 0), ValueError, "r must be >= 1"),
        (lambda M: appr_seminmf(M, 2.0), TypeError, "r must be an integer"),
        (lambda M: truncated_svd(M, -1), ValueError, "k must be >= 1"),
        (
            lambda M: truncated_svd(M, 1, noise_floor=1),
            ValueError,
            r"noise_floor must be in \[0, 1\)",
        ),
        (lambda M: truncated_svd(M * np.nan, 1), ValueError, "M must be finite"),
        (
            lambda M: appr_seminmf(np.ma.masked_greater(M, 0), 1),
            ValueError,
            "M must not have masked entries",
        ),
        (lambda M: init_weights(M[0], 1), ValueError, "X must be 2-d|M must be 2-d"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((3, 4)))
