"""One read of X per iteration gives what the rules give, on the authors' runs and beyond."""

import numpy as np
import pytensor
import pytest
import scipy.sparse

from dsnmf.symbolic.shared import as_shared
from dsnmf.updates.one_read import first_sums, one_read
from tests import textbook
from tests.conftest import relative_error
from tests.updates.running import layers_of, shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 50: 1e-7}


def compiled(X, Zs, Hs, affinities=None):
    """A step and the shared factors."""
    Zs, Hs = shared(*Zs), shared(*Hs)
    data = as_shared(np.array(X), "X") if isinstance(X, np.ndarray) else pytensor.shared(X)
    sums = first_sums(X, Hs[-1].get_value())
    rule = one_read(data, Zs, Hs, sums, affinities)
    return pytensor.function([], [], updates=rule), Zs, Hs


def assert_follows(step, factors, expected, tolerances=TOLERANCES):
    """Factors after so many iterations; expected(iteration) lists their values."""
    _, found = trajectory(step, max(tolerances), factors, at=tolerances)
    for iteration, tolerance in tolerances.items():
        for actual, value in zip(found[iteration], expected(iteration), strict=True):
            assert relative_error(actual, value) < tolerance


@pytest.mark.parametrize(
    "name",
    ["seminmf", "ssnmf/sup_lam10", "ssnmf/knn5_lam0p1"],
)
def test_one_layer_follows_matlab(reference, name):
    name, _, case = name.partition("/")
    X, run = reference("matlab/base")["X"], reference(f"matlab/{name}")
    prefix, Ws = (f"{case}_", [scipy.sparse.csr_matrix(run[f"{case}_W"])]) if case else ("", None)
    step, Zs, Hs = compiled(X, [np.zeros((len(X), 5))], [run["H0"]], Ws)
    assert_follows(step, [*Zs, *Hs], lambda i: [run[f"{prefix}{s}_it{i}"] for s in "ZH"])


@pytest.mark.parametrize(
    "name",
    [pytest.param("deep_seminmf_12_5", marks=pytest.mark.numba), "ssdeep_seminmf_12_5_sup"],
)
def test_two_layers_follow_matlab(reference, name):
    X, run = reference("matlab/base")["X"], reference(f"matlab/{name}")
    Zs, Hs = (layers_of(run, f"{symbol}0", 2) for symbol in "ZH")
    Ws = [scipy.sparse.csr_matrix(W) for W in layers_of(run, "W", 2)] if "W_1" in run else None
    step, Zs, Hs = compiled(X, Zs, Hs, Ws)

    def expected(iteration):
        Z, H = (layers_of(run, f"{symbol}_it{iteration}", 2) for symbol in "ZH")
        return [*Z, *(H if Ws else H[-1:])]

    assert_follows(step, [*Zs, *(Hs if Ws else Hs[-1:])], expected)
    if not Ws:
        np.testing.assert_array_equal(Hs[0].get_value(), run["H0_1"])


def random_start(layers, p, n, change=None):
    rng = np.random.default_rng(0)
    Zs = [rng.standard_normal(shape) for shape in zip((p, *layers), layers)]
    Hs = [rng.random((k, n)) + 0.01 for k in layers]
    if change == "deficient":
        Hs[-1][-1] = Hs[-1][0]
        Zs[-1][:, 0] = 0
    if change == "dead":
        Hs[-1][:] = 0
    return rng.standard_normal((p, n)), Zs, Hs


@pytest.mark.parametrize("change", [None, "deficient", "dead"])
@pytest.mark.parametrize(
    ("layers", "p", "n"),
    [((4,), 10, 25), ((8, 6, 3), 10, 25), ((3, 6, 4), 10, 25), ((4, 4, 9), 10, 25),
     ((12, 5), 40, 60), ((1, 1, 1), 1, 5), ((2, 3, 2), 5, 1)],
)  # fmt: skip
def test_any_layer_sizes_and_ranks_agree_with_the_textbook(layers, p, n, change):
    X, start_Zs, start_Hs = random_start(layers, p, n, change)
    step, Zs, Hs = compiled(X, start_Zs, start_Hs)

    def expected(iteration):
        if len(layers) == 1:
            return textbook.semi_nmf(X, start_Hs[0], iteration)
        new_Zs, new_Hs = textbook.deep_semi_nmf(X, start_Zs, start_Hs, iteration)
        return [*new_Zs, new_Hs[-1]]

    # Later, rounding lifts what had no rank over the cut-off, and no two programs agree.
    iterations = (1, 5) if change == "deficient" else TOLERANCES
    assert_follows(step, [*Zs, Hs[-1]], expected, dict.fromkeys(iterations, 1e-9))


def exact_step(X, H):
    """Z = X H† by Gram and Schmidt, twice, in extended precision."""
    X, Q = X.astype(np.longdouble), H.astype(np.longdouble)
    R = np.zeros((len(H), len(H)), np.longdouble)
    for i in range(len(H)):
        for j in [*range(i), *range(i)]:
            part = Q[i] @ Q[j]
            R[i, j] += part
            Q[i] = Q[i] - part * Q[j]
        R[i, i] = np.sqrt(Q[i] @ Q[i])
        Q[i] = Q[i] / R[i, i]
    Z = X @ Q.T  # Z R = X Qᵀ, R lower triangular
    for i in reversed(range(len(H))):
        Z[:, i] = (Z[:, i] - Z[:, i + 1 :] @ R[i + 1 :, i]) / R[i, i]
    return Z


@pytest.mark.parametrize("exponent", [2, 4, 6])
def test_features_that_are_nearly_dependent_cost_no_more_than_in_the_textbook(exponent):
    X, _, (H,) = random_start((5,), 20, 200)
    H[-1] = H[0] * (1 + 10.0**-exponent * np.random.default_rng(1).random(200))
    assert 10**exponent < np.linalg.cond(H) < 10 ** (exponent + 2)
    step, (Z,), _ = compiled(X, [np.zeros((20, 5))], [H])
    step()
    exact = exact_step(X, H)
    textbook_error = relative_error(X @ textbook.pinv(H), exact)
    assert relative_error(Z.get_value(), exact) < 10 * textbook_error + 1e-13


def test_many_float32_samples_keep_their_directions():
    X, _, (H,) = random_start((3,), 4, 20_000)
    X, H = X.astype("float32"), H.astype("float32")
    H[-1] = H[0] + np.float32(0.1) * H[-1]  # beyond n · eps · σ_max, were that the cut-off
    Zs, Hs = shared(np.zeros((4, 3)), dtype="float32"), shared(H, dtype="float32")
    rule = one_read(as_shared(X, "X"), Zs, Hs, first_sums(X, H))
    pytensor.function([], [], updates=rule)()
    exact = X.astype(float) @ np.linalg.pinv(H.astype(float))
    assert relative_error(Zs[0].get_value(), exact) < 1e-3
