"""HALS with extrapolation: what it never does, and where it leads."""

from functools import reduce

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import load_digits

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.affinity import label_affinity
from dsnmf.affinity.algebra import laplacian
from dsnmf.data.recognition import as_samples
from dsnmf.solvers.hals import HALS
from dsnmf.solvers.model import Model
from tests.data.test_sources import as_memmap
from tests.estimators.kinds import PLAIN, assert_same_fit, fitted

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def cost_of(X, model, affinities):
    """What is minimised, from the factors alone."""
    Zs, H = ([np.asarray(A, float) for A in factors] for factors in (model.Zs, model.Hs))
    cost = np.nansum((X - reduce(np.matmul, [*Zs, H[-1]])) ** 2) / 2
    return cost + sum(np.vdot(H[-1], H[-1] @ laplacian(W)) / 2 for W in affinities)


def drawn(rng, dtype, layers, labels):
    """Data, start and graphs of any size, sign, rank and scale, with zero samples and features."""
    p, n, rank = rng.integers(1, 12), rng.integers(8, 70), rng.integers(1, 12)
    X = rng.standard_normal((p, rank)) @ rng.standard_normal((rank, n)) + rng.choice([0, 2])
    X += rng.choice([0, 0.3]) * rng.standard_normal((p, n))
    X = np.abs(X) if rng.random() < 0.3 else X
    X[:, rng.random(n) < 0.1] = 0
    X[rng.random(p) < 0.1] = 0
    X[0, 0] = 1
    ks = [int(k) for k in rng.integers(1, 8, layers)]
    Zs = [rng.standard_normal(shape) for shape in zip((p, *ks), ks)]
    Hs = [rng.random((k, n)) for k in ks]
    Hs[-1][:, rng.random(n) < 0.2] = 0
    affinities = []
    if labels == "classes":
        affinities = [rng.choice([0.1, 1, 30]) * label_affinity(rng.integers(-1, 4, n))]
    elif labels == "graph":
        W = scipy.sparse.random(n, n, 0.1, random_state=rng).tocsr()
        affinities = [rng.choice([0.1, 1, 30]) * (W + W.T)]
    return X.astype(dtype), Zs, Hs, affinities


@pytest.mark.parametrize(
    ("dtype", "layers", "labels"),
    [
        ("float64", 1, None),
        ("float32", 1, None),
        ("float64", 2, None),
        ("float64", 1, "classes"),
        ("float64", 1, "graph"),
    ],
)
def test_cost_never_rises(dtype, layers, labels):
    rng = np.random.default_rng(0)
    eps = np.finfo(dtype).eps
    for _ in range(40):
        X, Zs, Hs, affinities = drawn(rng, dtype, layers, labels)
        samples = as_samples(X.T, False)
        scaled = samples.start.astype(float)
        with Model(samples, Zs, Hs, HALS, affinities=affinities, **PLAIN) as model:
            costs = []
            for _ in range(25):
                model.step()
                costs.append(cost_of(scaled, model, affinities))
                assert min(H.min() for H in model.Hs) >= 0
        assert np.isfinite(costs).all()
        assert np.diff(costs).max() <= 20 * eps * (scaled**2).sum()
        # Nor is it above that of the start with its best Zs.
        H = np.asarray(Hs[-1])
        best = cost_of(scaled, _Fixed([scaled @ np.linalg.pinv(H)], [H]), affinities)
        assert layers > 1 or costs[0] <= best + 20 * eps * (scaled**2).sum()


class _Fixed:
    def __init__(self, Zs, Hs):
        self.Zs, self.Hs = Zs, Hs


Y = np.column_stack([np.arange(60) % 3, np.arange(60) // 30])


@pytest.mark.parametrize(
    "kind",
    [
        SemiNMF(3, solver="hals"),
        DeepSemiNMF((5, 6, 3), solver="hals"),
        WSF(3, solver="hals"),
        DeepWSF((5, 3), solver="hals"),
    ],
)
def test_blocks_give_what_memory_gives(kind, tmp_path):
    X = np.random.default_rng(0).standard_normal((60, 8)) + 1
    y = Y[:, : len(kind._layer_sizes())]
    # Where it has converged, rounding decides which extrapolation is taken.
    whole = {"compress": False, "max_iter": 40, "tol": 0, **PLAIN}
    expected = fitted(kind, X, y, **whole)
    actual = fitted(kind, as_memmap(X, tmp_path), y, block_size=16, **whole)
    assert_same_fit(actual, expected, 1e-8)
    assert np.diff(expected.history_["cost"]).max() < 0


def test_sparse_and_dense_are_the_same():
    X = np.maximum(np.random.default_rng(0).standard_normal((60, 8)) - 0.5, 0)
    kind = SemiNMF(3, solver="hals", max_iter=30, tol=0, compress=False, **PLAIN)
    init = fitted(kind, X, max_iter=1)
    options = {"init": (init.Z_, init.H_)}
    expected, actual = (fitted(kind, data, **options) for data in (X, scipy.sparse.csr_matrix(X)))
    assert_same_fit(actual, expected, 1e-9)


@pytest.mark.parametrize("y", [None, Y])
def test_gaps(y):
    """Over the known entries the cost never rises, and ends below the multiplicative rule's."""
    rng = np.random.default_rng(0)
    X = rng.random((60, 3)) @ rng.standard_normal((3, 8)) + 0.1 * rng.standard_normal((60, 8))
    X[rng.random(X.shape) < 0.1] = np.nan
    kind = SemiNMF(3) if y is None else DeepWSF((5, 3), alphas=1e-3)
    ended = {}
    for solver in ("hals", "multiplicative"):
        model = fitted(kind, X, y, solver=solver, max_iter=60, tol=0, **PLAIN)
        cost = ended[solver] = model.history_["cost"]
        assert np.diff(cost).max() <= 0
    assert ended["hals"][-1] < ended["multiplicative"][-1]


def test_a_nonlinear_model_is_refused():
    model = DeepSemiNMF((4, 2), solver="hals", nonlinearity="softplus")
    with pytest.raises(ValueError, match=r"solver='hals' needs a linear model, got nonlinear.*'so"):
        model.fit(np.eye(9))


@pytest.mark.parametrize(
    ("solver", "iterations"), [("multiplicative", 400), ("bcd", 100), ("hals", 30)]
)
def test_hals_needs_fewer_iterations(solver, iterations):
    """All reach what 400 multiplicative iterations do."""
    X = load_digits().data
    reached = SemiNMF(10, solver=solver, max_iter=iterations, tol=0).fit(X).reconstruction_err_
    assert reached**2 / (X**2).sum() < 0.0863


@pytest.mark.parametrize("solver", ["hals", "bcd"])
def test_a_row_without_weight_rests_and_another_fits_exactly(solver):
    X = np.outer([1.0, -2.0, 3.0], np.linspace(0, 1, 30))
    model = SemiNMF(2, solver=solver, max_iter=50, noise_floor=0, **PLAIN).fit(X.T)
    assert model.reconstruction_err_ < 1e-7
    assert np.isfinite(model.H_[0]).all()
