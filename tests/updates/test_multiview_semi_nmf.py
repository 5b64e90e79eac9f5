"""Multi-view Deep Semi-NMF against reference runs, its exact identities, and its descent."""

import numpy as np
import pytensor
import pytest
import scipy.sparse

from dsnmf import updates
from dsnmf.affinity import knn_affinity
from dsnmf.symbolic import view_costs, view_weights
from tests import textbook
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN
from tests.updates.running import shared, trajectory

pytestmark = pytest.mark.usefixtures("without_numba")

TOLERANCES = {1: 1e-9, 5: 1e-9, 50: 1e-7}


def views_of(reference, numbers):
    base = reference("matlab/multiview_base")
    raw = [base[f"Xraw_{v}"] for v in numbers]
    return [X / np.linalg.norm(X, axis=0) for X in raw], [base[f"W_{v}"] for v in numbers]


def start_of(run, count, m, is_one):
    """Zss and Hss of a run's start."""
    Zss = [shared(*[run[f"Z0_{v}_{i}"] for i in range(1, m + 1)]) for v in range(1, count + 1)]
    inner = m - 1 if is_one else m
    Hss = [shared(*[run[f"H0_{v}_{i}"] for i in range(1, inner + 1)]) for v in range(1, count + 1)]
    if is_one:
        (Hm,) = shared(run["Hm0"])
        Hss = [[*Hs, Hm] for Hs in Hss]
    return Zss, Hss


def names_of(Zss, Hss, is_one):
    names = {}
    for v, (Zs, Hs) in enumerate(zip(Zss, Hss), start=1):
        for i, (Z, H) in enumerate(zip(Zs, Hs), start=1):
            names[f"Z@_{v}_{i}"] = Z
            names[f"H@_{v}_{i}"] = H
    if is_one:
        names["Hm@"] = Hss[0][-1]
    return names


def key_of(name, prefix, iteration):
    """ "Z@_1_2" ↦ "g01_b0_Z_it5_1_2"."""
    letter, rest = name.split("@")
    return f"{prefix}_{letter}_it{iteration}{rest}"


def assert_follows(run, prefix, names, values):
    checked = set()
    for iteration, tolerance in TOLERANCES.items():
        for (name, _variable), value in zip(names.items(), values[iteration], strict=True):
            key = key_of(name, prefix, iteration)
            if key in run:
                assert relative_error(value, run[key]) < tolerance, key
                checked.add(key)
    has = {
        k
        for k in run
        if k.startswith(f"{prefix}_") and "_it" in k and "views" not in k[len(prefix) :]
    }
    assert checked == has


@pytest.mark.parametrize(
    ("name", "prefix", "gamma", "beta"),
    [
        ("12_5", "g01_b0", 0.1, 0.0),
        ("12_5", "g01_b001", 0.1, 0.01),
        ("12_5", "g2_b0", 2.0, 0.0),
        ("v1_12_5", "g2_b001", 2.0, 0.01),
        ("v2_5", "g01_b001", 0.1, 0.01),
        ("v2_5", "g2_b0", 2.0, 0.0),
    ],
)
def test_as_coded_follows_the_program(reference, name, prefix, gamma, beta):
    run = reference(f"matlab/multiview_{name}")
    m = len(run["layers"])
    Xs, Ws = views_of(reference, run["views"])
    Zss, Hss = start_of(run, len(Xs), m, False)
    (alpha,) = shared(np.full(len(Xs), 1 / len(Xs)))
    graphs = [beta * W for W in Ws] if beta else None
    rule = updates.multiview_deep_semi_nmf(
        Xs, Zss, Hss, graphs, alpha, gamma=gamma, consensus="as coded"
    )
    R = view_costs(Xs, Zss, [Hs[-1] for Hs in Hss], graphs, squared=False)
    names = names_of(Zss, Hss, False)
    step = pytensor.function([], [R, alpha], updates=rule)
    outputs, values = trajectory(step, 50, names.values(), at=TOLERANCES)
    assert_follows(run, prefix, names, values)
    assert relative_error(outputs[1:, 0], run[f"{prefix}_R"]) < 1e-9
    assert relative_error(outputs[:, 1], run[f"{prefix}_alpha"]) < 1e-9
    costs = (outputs[:-1, 1] ** gamma * outputs[1:, 0]).sum(axis=1)
    assert relative_error(costs, run[f"{prefix}_costs"].ravel()) < 1e-9
    cost0 = (outputs[0, 1] ** gamma * outputs[0, 0]).sum()
    assert relative_error(cost0, run[f"{prefix}_cost0"].item()) < 1e-9


@pytest.mark.parametrize(
    ("name", "prefix", "gamma", "beta"),
    [
        ("joint_12_5", "g2_b0", 2.0, 0.0),
        ("joint_12_5", "g2_b001", 2.0, 0.01),
        ("joint_12_5", "g01_b001", 0.1, 0.01),
        ("joint_12_5", "auto_b001", "auto", 0.01),
        ("joint_12_5", "g2_b001_views", 2.0, 0.01),
        ("joint_missing_12_5", "g2_b001", 2.0, 0.01),
    ],
)
def test_one_H_follows_its_reference(reference, name, prefix, gamma, beta):
    run = reference(f"matlab/multiview_{name}")
    Xs, Ws = views_of(reference, (1, 2, 3))
    Zss, Hss = start_of(run, 3, 2, True)
    S = None
    if "present" in run:
        S = run["present"]
        Xs = [np.where(row, X, np.nan) for X, row in zip(Xs, S)]
        Ws = [run[f"W_{v}"] for v in (1, 2, 3)]
    (alpha,) = shared(run[f"{prefix}_alpha"][0])
    graphs = [beta * W for W in Ws] if beta else None
    rule = updates.multiview_deep_semi_nmf(
        Xs,
        Zss,
        Hss,
        graphs,
        alpha,
        gamma=gamma,
        parts="of views" if "views" in prefix else "of sums",
    )
    last, filled = [Hs[-1] for Hs in Hss], [np.nan_to_num(X) for X in Xs]
    R = view_costs(filled, Zss, last, graphs, S)
    names = names_of(Zss, Hss, True)
    step = pytensor.function([], [R, alpha], updates=rule)
    outputs, values = trajectory(step, 50, names.values(), at=TOLERANCES)
    assert_follows(run, prefix, names, values)
    assert relative_error(outputs[:, 0], run[f"{prefix}_R"]) < 1e-9
    assert relative_error(outputs[:, 1], run[f"{prefix}_alpha"]) < 1e-9


def test_the_programs_graphs(reference):
    base = reference("matlab/multiview_base")
    Xs, Ws = views_of(reference, (1, 2, 3))
    for v, (X, W) in enumerate(zip(Xs, Ws), start=1):
        distances = np.linalg.norm(X[:, :, None] - X[:, None], axis=0)
        assert distances.mean() == pytest.approx(base[f"t_{v}"].item(), rel=1e-12)
        ours = knn_affinity(X, int(base["n_neighbors"]), "heat", base[f"t_{v}"].item())
        assert relative_error(ours.toarray(), W) < 1e-12


def draw(seed, layers, ps=(9, 6), n=24, present=None):
    """Xs, Zss, inner Hss, Hm, Ws of a random problem; absent samples have no neighbours."""
    rng = np.random.default_rng(seed)
    S = np.ones((len(ps), n)) if present is None else present
    Xs = [rng.standard_normal((p, n)) * s for p, s in zip(ps, S)]
    Zss = [[rng.standard_normal(shape) for shape in zip((p, *layers), layers)] for p in ps]
    Hss = [[rng.random((k, n)) * s for k in layers[:-1]] for s in S]
    Ws = [np.triu(rng.random((n, n)) < 0.2, 1) * np.outer(s, s) for s in S]
    return Xs, Zss, Hss, rng.random((layers[-1], n)) + 0.01, [W + W.T for W in Ws]


def random_presence(rng, V, n):
    S = rng.random((V, n)) < 0.7
    S[rng.integers(V, size=n), np.arange(n)] = True
    return S.astype(float)


class Rule:
    """The rule of some kind for views of any sizes, compiled once."""

    def __init__(self, V, m, sparse=False, graphs=True, masked=True, **options):
        make = (lambda: pytensor.shared(scipy.sparse.csr_matrix((1, 1)))) if sparse else None
        self.Xs = [make() if sparse else shared(np.zeros((1, 1)))[0] for _ in range(V)]
        self.Zss = [shared(*[np.zeros((1, 1))] * m) for _ in range(V)]
        (self.Hm,) = shared(np.zeros((1, 1)))
        self.Hss = [[*shared(*[np.zeros((1, 1))] * (m - 1)), self.Hm] for _ in range(V)]
        self.S, *self.Ws = shared(*[np.zeros((1, 1))] * (V + 1))
        (self.weights,) = shared(np.zeros(1))
        Ws, S = self.Ws if graphs else None, self.S if masked else None
        rule = updates.multiview_deep_semi_nmf(
            self.Xs, self.Zss, self.Hss, Ws, self.weights, present=S, **options
        )
        R = view_costs(self.Xs, self.Zss, [self.Hm] * V, Ws, S)
        self.step = pytensor.function([], R, updates=rule, **PLAIN)

    def run(self, problem, weights, iterations, S=None):
        """R before each iteration; Zss, Hm and weights at the end."""
        Xs, Zss, Hss, Hm, Ws = problem
        sparse = isinstance(self.Xs[0].get_value(), scipy.sparse.csr_matrix)
        values = [scipy.sparse.csr_matrix(X) if sparse else X for X in Xs]
        pairs = [*zip(self.Xs, values), *zip(self.Ws, Ws), (self.Hm, Hm), (self.weights, weights)]
        for own, theirs in ((self.Zss, Zss), ([Hs[:-1] for Hs in self.Hss], Hss)):
            pairs += [pair for each in zip(own, theirs) for pair in zip(*each)]
        for variable, value in [
            *pairs,
            (self.S, np.ones((len(Xs), Hm.shape[1])) if S is None else S),
        ]:
            variable.set_value(value)
        R = np.array([self.step() for _ in range(iterations)])
        Zss = [[Z.get_value() for Z in Zs] for Zs in self.Zss]
        return R, Zss, self.Hm.get_value(), self.weights.get_value()


@pytest.mark.parametrize(
    ("sparse", "options", "draws"),
    [
        (False, {}, 80),
        (True, {}, 40),
        (False, {"parts": "of views"}, 40),
        (False, {"gamma": 2.0}, 20),
        (False, {"gamma": "auto"}, 20),
    ],
    ids=["dense", "sparse", "parts-of-views", "gamma-2", "auto"],
)
def test_the_joint_cost_never_rises(sparse, options, draws):
    rule, gamma = Rule(2, 2, sparse, **options), options.get("gamma")
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        S = random_presence(rng, 2, 24) if seed % 2 else None
        problem = draw(seed, rng.integers(2, 8, size=2), present=S)
        problem[-1][:] = [rng.choice([0, 0.01, 0.1, 1]) * W for W in problem[-1]]
        w = np.full(2, 0.5) if gamma else rng.random(2) + 0.05
        R, *_ = rule.run(problem, w, 12, S)
        costs = {None: R @ w, 2.0: 1 / (1 / R).sum(axis=1), "auto": np.sqrt(R).sum(axis=1)}[gamma]
        assert (np.diff(costs) <= 1e-12 * costs[0]).all(), seed


@pytest.mark.parametrize("gamma", [0.1, 2.0])
@pytest.mark.parametrize(
    "layers",
    [(7, 5, 3), (3, 6, 4), (6, 2, 4, 3), (4,)],
    ids=lambda layers: "-".join(map(str, layers)),
)
@pytest.mark.parametrize("consensus", ["one", "missing", "as coded"])
def test_other_sizes_follow_a_transcription(consensus, layers, gamma):
    rng = np.random.default_rng(3)
    S = random_presence(rng, 3, 24) if consensus == "missing" else np.ones((3, 24))
    Xs, Zss, Hss, Hm, Ws = draw(5, layers, ps=(9, 7, 12), present=S)
    Ws = [0.05 * W for W in Ws]
    (alpha,) = shared(np.full(3, 1 / 3))
    Z = [shared(*Zs) for Zs in Zss]
    if consensus == "as coded":
        Hss = [[*Hs, Hm] for Hs in Hss]
        Hs = [shared(*each) for each in Hss]
        expected = textbook.multiview_as_coded(Xs, Zss, Hss, Ws, gamma, 12)
        options = {"consensus": "as coded"}
    else:
        (last,) = shared(Hm)
        Hs = [[*shared(*each), last] for each in Hss]
        Zs, inner, one, weights = textbook.multiview(
            Xs, S, Zss, Hss, Hm, Ws, np.full(3, 1 / 3), gamma, 12
        )
        expected = Zs, [[*each, one] for each in inner], weights
        options = {"present": S}
    rule = updates.multiview_deep_semi_nmf(Xs, Z, Hs, Ws, alpha, gamma=gamma, **options)
    step = pytensor.function([], updates=rule, **PLAIN)
    for _ in range(12):
        step()
    for ours, theirs in zip((Z, Hs), expected):
        for v, (own, given) in enumerate(zip(ours, theirs)):
            for i, (variable, value) in enumerate(zip(own, given)):
                assert relative_error(variable.get_value(), value) < 1e-8, (v, i)
    assert relative_error(alpha.get_value(), expected[2]) < 1e-8


def test_one_view_is_algorithm_1(reference):
    X, run = reference("matlab/base")["X"], reference("matlab/deep_seminmf_12_5")
    Zs, Hs = [[run[f"{name}0_{i}"] for i in (1, 2)] for name in "ZH"]
    rule = Rule(1, 2, graphs=False, masked=False)
    _, (Zs,), Hm, _ = rule.run(([X], [Zs], [Hs[:1]], Hs[1], []), np.ones(1), 5)
    assert relative_error(Hm, run["H_it5_2"]) < 1e-12
    assert relative_error(Zs[1], run["Z_it5_2"]) < 1e-10


@pytest.fixture(scope="module")
def two_views():
    """Rules of two views with and without gaps, of two layers and of one."""
    kinds = {(m, masked): Rule(2, m, masked=masked) for m in (1, 2) for masked in (False, True)}
    return lambda m, problem, w, iterations, S=None: kinds[m, S is not None].run(
        problem, w, iterations, S
    )


def test_one_layer_is_semi_nmf_of_the_stacked_views(two_views):
    Xs, Zss, Hss, Hm, Ws = draw(0, (4,))
    w = np.array([1.0, 0.3])
    none = [0 * W for W in Ws]
    _, Zss, H, _ = two_views(1, (Xs, Zss, Hss, Hm, none), w, 8)
    roots = np.sqrt(w)
    Z, expected = textbook.semi_nmf(np.vstack([r * X for r, X in zip(roots, Xs)]), Hm, 8)
    assert relative_error(H, expected) < 1e-12
    assert relative_error(np.vstack([r * Z for r, (Z,) in zip(roots, Zss)]), Z) < 1e-12


def test_wide_layers_enter_by_the_start_alone(two_views):
    Xs, Zss, Hss, Hm, Ws = draw(1, (6, 4))
    _, _, deep, _ = two_views(2, (Xs, Zss, Hss, Hm, Ws), np.array([1, 0.5]), 8)
    shallow = Xs, [[np.zeros((len(X), 4))] for X in Xs], [[], []], Hm, Ws
    _, _, H, _ = two_views(1, shallow, np.array([1, 0.5]), 8)
    assert relative_error(H, deep) < 1e-11


def test_the_order_of_the_views_plays_no_part(two_views):
    S = random_presence(np.random.default_rng(2), 2, 24)
    problem = draw(2, (6, 4), present=S)
    turned = [part[::-1] if isinstance(part, list) else part for part in problem]
    *_, first, _ = two_views(2, problem, np.array([1, 0.5]), 8, S)
    *_, second, _ = two_views(2, turned, np.array([0.5, 1]), 8, S[::-1])
    assert relative_error(second, first) < 1e-12


def test_views_that_are_all_there_need_no_mask(two_views):
    problem = draw(3, (3, 4))
    *_, complete, _ = two_views(2, problem, np.ones(2), 8)
    *_, masked, _ = two_views(2, problem, np.ones(2), 8, np.ones((2, 24)))
    assert relative_error(masked, complete) < 1e-12


def test_copies_of_a_view_are_that_view(two_views):
    Xs, Zss, Hss, Hm, Ws = (
        part[:1] * 2 if isinstance(part, list) else part for part in draw(4, (6, 4))
    )
    none = [0 * W for W in Ws]
    _, (Zs, same), H, _ = two_views(2, (Xs, Zss, Hss, Hm, none), np.ones(2), 6)
    expected = textbook.deep_semi_nmf(Xs[0], Zss[0], [*Hss[0], Hm], 6)
    assert relative_error(H, expected[1][-1]) < 1e-11
    assert relative_error(Zs[1], same[1]) < 1e-12


def test_extreme_weights_leave_the_step_as_it_is(two_views):
    problem = draw(5, (6, 4))
    *_, H, _ = two_views(2, problem, np.array([1, 0.25]), 4)
    *_, tiny, _ = two_views(2, problem, np.array([1e-16, 0.25e-16]), 4)
    assert relative_error(tiny, H) < 1e-12


def test_weights_of_extreme_costs_are_finite():
    costs = pytensor.tensor.dvector()
    for gamma, expected in ((2.0, [1, 0, 0]), (20.0, None), (0.1, [0, 0, 1]), ("auto", None)):
        weights = view_weights(costs, gamma).eval({costs: [0.0, 1e-200, 1e200]}, mode="PLAIN")
        assert np.isfinite(weights).all()
        assert weights.sum() == pytest.approx(1)
        if expected is not None:
            np.testing.assert_allclose(weights, expected, atol=1e-100)
    R = np.array([2.0, 3.0, 7.0])
    actual = view_weights(costs, 1.01).eval({costs: R}, mode="PLAIN")
    np.testing.assert_allclose(actual, (R / 2) ** -100 / ((R / 2) ** -100).sum())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"Zss": []}, ValueError, "one entry per view, got"),
        ({"affinities": [None]}, ValueError, r"one entry per view \(2\), got 1"),
        ({"consensus": "two"}, ValueError, "consensus must be 'one' or 'as coded'"),
        ({"parts": "all"}, ValueError, "parts must be 'of sums' or 'of views'"),
        ({"gamma": 1}, ValueError, "gamma must be a number > 0 but 1"),
        ({"gamma": 2.0}, TypeError, "weights must be a shared vector to move by gamma"),
        ({"consensus": "as coded"}, ValueError, "'as coded' needs gamma"),
        ({"weights": [1.0]}, ValueError, "weights must be 2 numbers >= 0"),
        ({"weights": [-1.0, 1]}, ValueError, "weights must be 2 numbers >= 0"),
        ({"present": np.ones((1, 24))}, ValueError, "present must be 2 x n of 0 and 1"),
        ({"present": np.eye(2)[[0, 0]]}, ValueError, "sample 1 has no view"),
        ({"present": np.eye(2, 24)}, ValueError, "sample 2 has no view"),
        ({"present": [[1] * 24, [0] * 24]}, ValueError, "view 1 is missing in all samples"),
    ],
)
def test_bad_input_is_named(changes, error, message):
    Xs, Zss, Hss, Hm, _ = draw(0, (6, 4))
    (last,) = shared(Hm)
    arguments = {
        "Xs": Xs,
        "Zss": [shared(*Zs) for Zs in Zss],
        "Hss": [[*shared(*Hs), last] for Hs in Hss],
    }
    with pytest.raises(error, match=message):
        updates.multiview_deep_semi_nmf(**{**arguments, **changes})


def test_a_part_of_a_view_is_refused():
    Xs, Zss, Hss, _Hm, _ = draw(0, (6, 4))
    Xs[1][2, 5] = np.nan
    with pytest.raises(ValueError, match=r"Xs\[1\] has a part of sample 5's features"):
        updates.multiview_deep_semi_nmf(Xs, Zss, Hss)


def test_each_consensus_has_its_last_features():
    Xs, Zss, Hss, Hm, _ = draw(0, (6, 4))
    Zss, (first, second, alpha) = [shared(*Zs) for Zs in Zss], shared(Hm, Hm, np.ones(2))
    inner = [shared(*Hs) for Hs in Hss]
    own = [[*Hs, last] for Hs, last in zip(inner, (first, second))]
    with pytest.raises(ValueError, match="must be the same variable"):
        updates.multiview_deep_semi_nmf(Xs, Zss, own)
    one = [[*Hs, first] for Hs in inner]
    options = {"weights": alpha, "gamma": 2.0, "consensus": "as coded"}
    with pytest.raises(ValueError, match="must have a last H of its own"):
        updates.multiview_deep_semi_nmf(Xs, Zss, one, **options)
