"""Several views: the estimator against the symbolic rule, and what users bring and ask."""

from functools import partial

import numpy as np
import pytensor
import pytest
import scipy.sparse
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from dsnmf import MultiViewDeepSemiNMF, SemiNMF, updates
from dsnmf.estimators.saved import open_estimator
from dsnmf.inspection import cluster, describe, fill
from dsnmf.selection import select
from dsnmf.symbolic import view_costs
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN
from tests.updates.running import shared

pd = pytest.importorskip("pandas")

WIDTHS, UNITS = [9, 6, 4], [1.0, 1e3, 1e-3]
Model = partial(MultiViewDeepSemiNMF, **PLAIN)

pytestmark = pytest.mark.filterwarnings("ignore:.*max_iter.*:sklearn.exceptions.ConvergenceWarning")


def near_low_rank(n=60, rank=3, noise=0.1, seed=0):
    """Views of the same factors, of units that differ much."""
    rng = np.random.default_rng(seed)
    H = rng.random((n, rank))
    clean = [u * H @ rng.standard_normal((rank, p)) for u, p in zip(UNITS, WIDTHS)]
    return [X + noise * X.std() * rng.standard_normal(X.shape) for X in clean]


def with_missing(Xs, share=0.3, seed=0):
    rng = np.random.default_rng(seed)
    n = len(Xs[0])
    S = rng.random((len(Xs), n)) >= share
    S[rng.integers(len(Xs), size=n), np.arange(n)] = True
    return [np.where(s[:, None], X, np.nan) for X, s in zip(Xs, S)], S


def by_the_rule(Xs, S, Zss, H, iterations, **options):
    """H_m and the products of the Zs, from the symbolic rule at the scales of the views."""
    scales = [np.sqrt((X[s] ** 2).sum() / s.sum()) for X, s in zip(Xs, S)]
    Xs = [np.ascontiguousarray((X / scale).T) for X, scale in zip(Xs, scales)]
    Zss = [shared(Zs[0] / scale, *Zs[1:]) for Zs, scale in zip(Zss, scales)]
    rng, (last, alpha) = np.random.default_rng(0), shared(H, np.full(len(Xs), 1 / len(Xs)))
    inner = [
        shared(*[rng.random((Z.get_value().shape[1], H.shape[1])) for Z in Zs[:-1]]) for Zs in Zss
    ]
    Hss = [[*Hs, last] for Hs in inner]
    filled = [np.nan_to_num(X) for X in Xs]
    if "gamma" in options:
        R = view_costs(filled, Zss, [last] * len(Xs), options.get("affinities"), S.astype(float))
        alpha.set_value(weights_of(R.eval(mode="PLAIN"), options["gamma"]))
        options = {**options, "weights": alpha}
    rule = updates.multiview_deep_semi_nmf(Xs, Zss, Hss, **options)
    step = pytensor.function([], updates=rule, **PLAIN)
    for _ in range(iterations):
        step()
    Psis = [np.linalg.multi_dot([*[Z.get_value() for Z in Zs], np.eye(len(H))]) for Zs in Zss]
    return last.get_value(), [s * Psi for s, Psi in zip(scales, Psis)]


def weights_of(R, gamma):
    power = R ** (-0.5 if gamma == "auto" else 1 / (1 - gamma))
    return power / power.sum()


@pytest.mark.parametrize("missing", [False, True], ids=["complete", "missing"])
@pytest.mark.parametrize(
    ("layers", "weights"),
    [((3,), "equal"), ((5, 3), 2.0), ((3, 5, 4), "auto"), ((5, 4, 3), 0.5)],
)
def test_a_fit_follows_the_rule(layers, weights, missing):
    Xs = near_low_rank()
    Xs, S = with_missing(Xs) if missing else (Xs, np.ones((3, 60), bool))
    rng = np.random.default_rng(1)
    Zss = [[rng.standard_normal(s) for s in zip((p, *layers), layers)] for p in WIDTHS]
    for Zs, unit in zip(Zss, UNITS):
        Zs[0] *= unit
    H = rng.random((layers[-1], 60)) + 0.1
    options = {} if weights == "equal" else {"gamma": weights}
    expected, Psis = by_the_rule(Xs, S, Zss, H, 15, **options)
    model = Model(layers, weights=weights, init=(Zss, H), max_iter=15, tol=0).fit(Xs)
    assert relative_error(model.H_[0], expected) < 1e-9
    for Zs, Psi in zip(model.Zs_, Psis):
        assert relative_error(np.linalg.multi_dot([*Zs, np.eye(layers[-1])]), Psi) < 1e-9


def test_graphs_follow_the_rule():
    Xs, S = with_missing(near_low_rank())
    rng = np.random.default_rng(1)
    Zss = [[unit * rng.standard_normal((p, 3))] for p, unit in zip(WIDTHS, UNITS)]
    H, Ws = rng.random((3, 60)) + 0.1, []
    for s in S:
        W = np.triu(rng.random((60, 60)) < 0.1, 1) * np.outer(s, s)
        Ws.append(0.2 * (W + W.T))
    for weights, options in (("equal", {}), (2.0, {"gamma": 2.0})):
        expected, _ = by_the_rule(Xs, S, Zss, H, 15, affinities=Ws, **options)
        settings = {"alphas": 1.0, "affinity": Ws, "init": (Zss, H), "max_iter": 15, "tol": 0}
        model = Model((3,), weights=weights, **settings).fit(Xs)
        assert relative_error(model.H_[0], expected) < 1e-9


def draws():
    for seed in range(24):
        rng = np.random.default_rng(seed)
        kind = ("dense", "sparse", "missing")[seed % 3]
        Xs = near_low_rank(40, 4, 0.5, seed)
        if kind == "sparse":
            Xs = [scipy.sparse.csr_matrix(X * (rng.random(X.shape) < 0.3)) for X in Xs]
        if kind == "missing":
            Xs, _ = with_missing(Xs, 0.4, seed)
        layers = tuple(rng.integers(2, 6, size=1 + seed % 2).tolist())
        weights = ("equal", "auto", 2.0, 5.0)[seed % 4]
        alphas = (0.0, 0.1, 1.0)[seed // 3 % 3]
        yield pytest.param(
            Xs, {"layers": layers, "weights": weights, "alphas": alphas}, id=str(seed)
        )


@pytest.mark.filterwarnings("ignore:view .* of the weight:RuntimeWarning")
@pytest.mark.parametrize(("Xs", "parameters"), [*draws()])
def test_the_cost_never_rises(Xs, parameters):
    model = Model(**parameters, max_iter=61, tol=0).fit(Xs)
    cost = model.history_["cost"]
    assert (np.diff(cost) <= 1e-12 * cost[0]).all()


def test_one_matrix_and_a_list_are_the_same():
    Xs, _ = with_missing(near_low_rank())
    X = np.hstack(Xs)
    expected = Model((5, 3), metric="data").fit(Xs)
    names = [f"c{i}" for i in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names)
    slices = [slice(0, 9), slice(9, 15), slice(15, 19)]
    for data, views in ((X, WIDTHS), (X, slices), (frame, [names[s] for s in slices])):
        model = Model((5, 3), metric="data", views=views).fit(data)
        np.testing.assert_array_equal(model.H_[0], expected.H_[0])
        np.testing.assert_allclose(model.transform(data), expected.transform(Xs), rtol=1e-12)
        assert model.score(data) == pytest.approx(expected.score(Xs))
    turned = np.random.default_rng(0).permutation(X.shape[1])
    views = {v: np.argsort(turned)[s].tolist() for v, s in zip("abc", slices)}
    model = Model((5, 3), metric="data", views=views).fit(X[:, turned])
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-9
    assert relative_error(model.components_[:, np.argsort(turned)], expected.components_) < 1e-9
    back = model.inverse_transform(model.transform(X[:, turned]))
    assert (
        relative_error(
            back[:, np.argsort(turned)],
            np.hstack(expected.inverse_transform(expected.transform(Xs))),
        )
        < 1e-9
    )


def test_order_and_units_of_views_play_no_part():
    Xs, _ = with_missing(near_low_rank())
    few = partial(Model, (5, 3), weights=2.0, max_iter=12, tol=0)
    expected = few().fit(Xs)
    turned = few().fit([1e100 * Xs[2], Xs[0], 1e-100 * Xs[1]])
    assert relative_error(turned.H_[0], expected.H_[0]) < 1e-9
    weights = turned.view_weights_[[1, 2, 0]]
    np.testing.assert_allclose(weights, expected.view_weights_, rtol=1e-7)
    wide = few().fit([np.hstack([Xs[0]] * 5), *Xs[1:]])
    assert relative_error(wide.H_[0], expected.H_[0]) < 1e-9


def test_one_view_is_semi_nmf():
    (X, *_) = near_low_rank()
    expected = SemiNMF(3, max_iter=30, tol=0, compress=False, **PLAIN).fit(X)
    model = Model((3,), max_iter=30, tol=0).fit(X)
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-8
    assert model.view_explained_variance_[0] == pytest.approx(
        1 - expected.reconstruction_err_**2 / ((X - X.mean(axis=0)) ** 2).sum()
    )


def test_absent_views_are_filled():
    whole = near_low_rank(noise=1e-3)
    Xs, S = with_missing(whole)
    model = Model((6, 4), tol=1e-9, max_iter=3000).fit(dict(zip("abc", Xs)))
    filled = model.inverse_transform(model.H_[0].T)
    assert list(filled) == ["a", "b", "c"]
    for X, full, s in zip(whole, filled.values(), S):
        assert relative_error(full[~s], X[~s]) < 0.05
    fresh = model.inverse_transform(model.transform({"a": whole[0]}))  # other views of none
    for X, full in zip(whole, fresh.values()):
        assert relative_error(full, X) < 0.1
    sample = model.transform({"a": whole[0][:1], "c": np.full((1, 4), np.nan)})
    assert sample.shape == (1, 4)


def test_frames_are_aligned_by_their_index():
    Xs = near_low_rank()
    index = [f"s{i}" for i in range(60)]
    frames = {"a": pd.DataFrame(Xs[0], index), "b": pd.DataFrame(Xs[1], index).iloc[::-1].iloc[:40]}
    expected = Xs[1].copy()
    expected[:20] = np.nan
    model = Model((3,)).fit(frames)
    np.testing.assert_array_equal(model.H_[0], Model((3,)).fit([Xs[0], expected]).H_[0])
    output = model.set_output(transform="pandas").transform(frames)
    assert output.index.tolist() == index
    assert output.columns[0] == "multiviewdeepseminmf0"


class Modality:
    """What is used of an AnnData."""

    def __init__(self, X, names):
        self.X, self.obs_names, self.varm = X, pd.Index(names), {}


class Modalities:
    """What is used of a MuData: the names of all observations, in any order."""

    def __init__(self, mod, names):
        self.mod, self.obs_names, self.obsm = mod, pd.Index(names), {}
        self.obs = pd.DataFrame(index=self.obs_names)


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix])
def test_modalities_are_views(form):
    Xs, names = near_low_rank(), np.array([f"s{i}" for i in range(60)])
    order = np.random.default_rng(0).permutation(60)[:40]
    mdata = Modalities(
        {"a": Modality(form(Xs[0]), names), "b": Modality(form(Xs[1][order]), names[order])}, names
    )
    absent = np.setdiff1d(np.arange(60), order)
    Xs[1][absent] = np.nan
    given = {"a": Xs[0], "b": Xs[1]}
    expected, model = Model((4, 3)).fit(given), Model((4, 3)).fit(mdata)
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-9
    model.annotate(mdata)
    assert relative_error(mdata.obsm["X_dsnmf"], expected.transform(given)) < 1e-9
    assert mdata.mod["b"].varm["dsnmf"].shape == (6, 3)
    assert model.score(mdata) == pytest.approx(expected.score(given))


def test_sparse_views_are_as_dense_ones():
    Xs = [X * (np.abs(X) > np.median(np.abs(X))) for X in near_low_rank()]
    mixed = [scipy.sparse.csr_matrix(Xs[0]), Xs[1], scipy.sparse.csc_array(Xs[2])]
    expected = Model((5, 3)).fit(Xs)
    for given in (mixed, [*map(scipy.sparse.csr_matrix, Xs)]):
        model = Model((5, 3)).fit(given)
        assert relative_error(model.H_[0], expected.H_[0]) < 1e-8
        assert relative_error(model.transform(given), expected.transform(Xs)) < 1e-8
    whole = Model((5, 3), views=WIDTHS).fit(scipy.sparse.csr_matrix(np.hstack(Xs)))
    assert relative_error(whole.H_[0], expected.H_[0]) < 1e-8


@pytest.mark.parametrize("layers", [(3,), (5, 3), (3, 5, 4)])
def test_data_in_blocks_give_what_data_in_memory_give(tmp_path, layers):
    X = np.hstack(near_low_rank())
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    views = {"b": slice(9, 15), "a": slice(0, 9), "c": slice(15, 19)}
    expected = Model(layers, views=views, weights=2.0).fit(X)
    model = Model(layers, views=views, weights=2.0, block_size=17).fit(mapped)
    assert model.n_iter_ == expected.n_iter_
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-9
    np.testing.assert_allclose(model.view_weights_, expected.view_weights_, rtol=1e-9)
    assert relative_error(model.transform(mapped), expected.transform(X)) < 1e-9
    with pytest.raises(ValueError, match="alphas must be 0 for blocks"):
        Model(layers, views=views, alphas=1.0, block_size=17).fit(mapped)
    X[3, :9] = np.nan
    np.save(tmp_path / "X.npy", X)
    with pytest.raises(ValueError, match="NaN in sample 3"):
        Model(layers, views=views, block_size=17).fit(np.load(tmp_path / "X.npy", mmap_mode="r"))


@pytest.mark.parametrize("kind", ["files", "hdf5", "zarr", "dask", "sparse"])
def test_any_source_of_blocks_will_do(tmp_path, kind):
    X = np.hstack(near_low_rank())
    given = X = scipy.sparse.csr_matrix(X * (np.abs(X) > 1e-4)) if kind == "sparse" else X
    if kind in ("files", "sparse"):
        given, save = [tmp_path / "a", tmp_path / "b"], np.save
        if kind == "sparse":
            save = scipy.sparse.save_npz
        given = [path.with_suffix(".npz" if kind == "sparse" else ".npy") for path in given]
        save(given[0], X[:25])
        save(given[1], X[25:])
    elif kind == "hdf5":
        given = pytest.importorskip("h5py").File(tmp_path / "X.h5", "w").create_dataset("X", data=X)
    elif kind == "zarr":
        given = pytest.importorskip("zarr").create_array(tmp_path / "X", data=X, chunks=(20, 19))
    elif kind == "dask":
        given = pytest.importorskip("dask.array").from_array(X, chunks=(20, 19))
    options = {"views": WIDTHS, "max_iter": 20, "tol": 0}
    expected = Model((5, 3), **options).fit(X)
    model = Model((5, 3), block_size=17, **options).fit(given)
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-9
    assert relative_error(model.components_, expected.components_) < 1e-9
    assert relative_error(np.asarray(model.transform(given)), expected.transform(X)) < 1e-9


@pytest.mark.parametrize("layers", [(3,), (5, 3), (3, 5, 4)])
def test_a_view_of_zeros_takes_no_part(layers):
    Xs = near_low_rank()
    model = Model(layers, max_iter=20, tol=0).fit([*Xs, np.zeros((60, 5))])
    expected = Model(layers, max_iter=20, tol=0).fit(Xs)
    assert relative_error(model.H_[0], expected.H_[0]) < 1e-9
    assert not model.components_[:, 19:].any()
    assert np.isnan(model.view_explained_variance_[3])


@pytest.mark.parametrize("layers", [(5, 3), (3, 5, 4), (2, 2, 4, 3)])
def test_rounding_decides_nothing(layers):
    Xs, _ = with_missing(near_low_rank(rank=6, noise=0.3))
    rng, options = np.random.default_rng(0), {"max_iter": 20, "tol": 0}
    near = [X * (1 + 1e-15 * rng.standard_normal(X.shape)) for X in Xs]
    expected = Model(layers, **options).fit(Xs)
    assert relative_error(Model(layers, **options).fit(near).H_[0], expected.H_[0]) < 1e-9


def test_files_hold_all_of_a_model(tmp_path):
    Xs, _ = with_missing(near_low_rank())
    model = Model((5, 3), weights=2.0).fit(dict(zip("abc", Xs)))
    model.set_params(mode=None).save(tmp_path / "model")
    loaded = open_estimator(tmp_path / "model")
    given = dict(zip("abc", Xs))
    np.testing.assert_array_equal(loaded.transform(given), model.transform(given))
    assert loaded.view_names_ == ["a", "b", "c"]
    np.testing.assert_array_equal(loaded.Zs_[2][1], model.Zs_[2][1])
    for views in (WIDTHS, {"a": slice(0, 9), "b": list(range(9, 19))}):
        again = Model((3,), views=views).set_params(mode=None).fit(np.hstack(near_low_rank()))
        again.save(tmp_path / "model")
        assert open_estimator(tmp_path / "model").views == views


def test_pipelines_and_searches():
    Xs, _ = with_missing(near_low_rank())
    X = np.hstack(Xs)
    pipeline = make_pipeline(StandardScaler(), Model((4, 3), views=WIDTHS))
    assert pipeline.fit_transform(X).shape == (60, 3)
    search = GridSearchCV(pipeline, {"multiviewdeepseminmf__layers": [(2,), (4, 3)]}, cv=2).fit(X)
    assert search.best_params_ == {"multiviewdeepseminmf__layers": (4, 3)}
    assert np.isfinite(
        make_pipeline(Model((3,), views=WIDTHS), FunctionTransformer()).fit_transform(X)
    ).all()


def test_labels_make_graphs():
    Xs, _ = with_missing(near_low_rank())
    y = np.arange(60) % 3
    y[::5] = -1
    plain, close = (Model((3,), alphas=alphas, max_iter=300).fit(Xs, y).H_[0] for alphas in (0, 10))
    within = [
        np.mean([H[:, y == c].var(axis=1).sum() for c in range(3)]) / H.var(axis=1).sum()
        for H in (plain, close)
    ]
    assert within[1] < 0.3 * within[0]


def test_labels_are_aligned_by_their_index():
    Xs, names = near_low_rank(), [f"s{i}" for i in range(60)]
    frames = {"a": pd.DataFrame(Xs[0], names), "b": pd.DataFrame(Xs[1], names).iloc[::-1]}
    y = pd.Series(np.arange(60) % 3, names)
    close = Model((3,), alphas=10.0)
    expected = close.fit(frames, y.to_numpy()).H_[0]
    np.testing.assert_array_equal(
        close.fit(frames, y.sample(frac=1, random_state=0)).H_[0], expected
    )
    with pytest.raises(ValueError, match="60 for 60 samples, 's59' has none"):
        close.fit(frames, y.rename({"s59": "other"}))


def test_frames_of_numbered_rows_are_aligned_where_one_has_other_numbers():
    Xs = [pd.DataFrame(X) for X in near_low_rank()]
    given = [Xs[0].iloc[5:], Xs[1].iloc[:55]]
    assert Model((3,)).fit(given).H_[0].shape == (3, 60)
    named = [Xs[0].rename("s{}".format), Xs[1]]  # names and no names
    np.testing.assert_array_equal(Model((3,)).fit(named).H_[0], Model((3,)).fit(Xs[:2]).H_[0])


def test_other_uses_say_what_to_do():
    Xs, _ = with_missing(near_low_rank())
    X, model = np.hstack(Xs), Model((4, 3), views=WIDTHS)
    with pytest.raises(ValueError, match="hides entries within views, for which there is no rule"):
        select(model, X, {"layers": [(2,), (3,)]}, criterion="entries")
    with pytest.raises(ValueError, match="select needs one matrix: views side by side, and"):
        select(Model((3,)), Xs, {"layers": [(2,), (3,)]}, n_clusters=3)
    found = select(model, X, {"layers": [(2,), (3,)]}, criterion="components", repeats=2)
    assert found.best_params_ in ({"layers": (2,)}, {"layers": (3,)})
    fitted = Model((4, 3)).fit(Xs)
    with pytest.raises(TypeError, match=r"inverse_transform\(model.transform\(Xs\)\) has all"):
        fill(fitted, Xs)
    filled = fill(model.fit(X), X)
    np.testing.assert_array_equal(filled[~np.isnan(X)], X[~np.isnan(X)])
    back = np.hstack(fitted.inverse_transform(fitted.H_[0].T))
    np.testing.assert_allclose(filled[np.isnan(X)], back[np.isnan(X)], rtol=1e-6)


def test_a_description_is_of_views_at_their_scales():
    Xs, _ = with_missing(near_low_rank())
    model = Model((4, 3)).fit(dict(zip("abc", Xs)))
    own = describe(model)
    given = describe(model, dict(zip("abc", Xs)))
    assert given.explained == pytest.approx(model.score(dict(zip("abc", Xs))))
    assert given.explained == pytest.approx(own.explained, abs=0.02)
    assert given.components[0]["own"] == pytest.approx(own.components[0]["own"], rel=0.1)
    assert own.parameters["layers"] == [4, 3]
    clusters = cluster(model, dict(zip("abc", Xs)), 3)
    assert np.bincount(clusters).sum() == 60


@pytest.mark.filterwarnings("ignore:view .* of the weight:RuntimeWarning")
@pytest.mark.parametrize("weights", [0.999, 1.001, 1.5, 20.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_weights_end_in_numbers(weights, dtype):
    Xs, S = with_missing([X.astype(dtype) for X in near_low_rank(noise=1e-3)])
    model = Model((4, 3), weights=weights, max_iter=60).fit(Xs)
    alone = S.sum(axis=0) == 1
    assert (model.H_[0][:, alone].max(axis=0) > 0).all()
    assert np.isfinite(model.history_["cost"]).all()


def test_one_view_with_all_the_weight_is_told():
    rng = np.random.default_rng(0)
    Xs = [rng.standard_normal((60, 20)), rng.random((60, 1)) @ rng.random((1, 3))]
    with pytest.warns(RuntimeWarning, match="view 1 has 100% of the weight"):
        Model((3,), weights=2.0).fit(Xs)


def test_a_warm_start_goes_on():
    Xs, _ = with_missing(near_low_rank())
    whole = Model((5, 3), max_iter=20, tol=0).fit(Xs)
    model = Model((5, 3), max_iter=20, tol=0, warm_start=True).fit(Xs)
    np.testing.assert_array_equal(model.H_[0], whole.H_[0])
    first = model.history_["cost"][0]
    model.fit(Xs)
    assert model.history_["cost"][0] == pytest.approx(whole.reconstruction_err_**2 / 2)
    assert model.reconstruction_err_ < whole.reconstruction_err_ < first


def test_dtypes_are_kept():
    Xs, _ = with_missing(near_low_rank())
    narrow = [X.astype("float32") for X in Xs]
    model = Model((5, 3)).fit(narrow)
    assert model.H_[0].dtype == model.transform(narrow).dtype == model.Zs_[0][0].dtype == "float32"
    assert relative_error(model.H_[0], Model((5, 3)).fit(Xs).H_[0]) < 0.02


@pytest.mark.filterwarnings("ignore")
def test_check_estimator():
    results = check_estimator(MultiViewDeepSemiNMF(**PLAIN), on_skip=None, on_fail=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert not failed


Xs = near_low_rank()
GAPPY = Xs[0].copy()
GAPPY[4, 2] = np.nan
EMPTY = [X.copy() for X in Xs]
for each in EMPTY:
    each[7] = np.nan
FRAME = pd.DataFrame(np.hstack(Xs), columns=[f"c{i}" for i in range(19)])


@pytest.mark.parametrize(
    ("X", "parameters", "message"),
    [
        ([Xs[0], Xs[1][:50]], {}, "views must have the same samples, one a row, got"),
        (FRAME, {"views": [["c0"], ["c0", "c1"]]}, "views overlap: column 0 is in view 0 and 1"),
        (FRAME, {"views": [["c0", "nose"]]}, "view 0 names the column 'nose', which X does not"),
        (FRAME, {"views": [["c0", "c1"]]}, "column 2 of X is in no view"),
        (FRAME, {"views": [9, 6]}, r"widths, which must be >= 1 and sum to X's 19 columns, got 15"),
        (FRAME, {"views": [[], list(range(19))]}, "view 0 has no columns"),
        (FRAME, {"views": [[0, 19], [1]]}, "view 0 has the column 19, but X has 19"),
        (FRAME, {"views": [9, slice(9, 19)]}, "widths for all views or for none"),
        (np.hstack(Xs), {"views": [["c0"]]}, "X has no column names"),
        (EMPTY, {}, "sample 7 has no view: NaN in all of them"),
        ([Xs[0], np.full((60, 2), np.nan)], {}, "view 1 is missing in all samples"),
        ([GAPPY, Xs[1]], {}, "view 0 has gaps within sample 4"),
        ([Xs[0], None], {}, "each view must be a matrix, got None"),
        (Xs, {"views": WIDTHS}, "views is for one matrix"),
        ([Xs[0], Xs[1][:, 0]], {}, r"view 1 must be a matrix, samples x features, got \(60,\)"),
        ({1: Xs[0], "1": Xs[1]}, {}, "views must differ in name"),
        (dict.fromkeys("ab", FRAME.rename(lambda row: "twice")), {}, "several rows that are named"),
        (FRAME, {"views": [9.0, 10.0]}, "must be names or numbers of columns, got 9.0"),
        (Xs, {"weights": 1}, "weights must be 'equal', 'auto' or a number > 0 but 1, got 1"),
        (Xs, {"weights": -1.0}, "The 'weights' parameter"),
        (Xs, {"alphas": [1.0, 2.0]}, "alphas must be one number or 3, got 2"),
        (
            Xs,
            {"init": ([[np.eye(9, 3)]], np.ones((3, 60)))},
            "the starting factors must have shapes",
        ),
        (Xs, {"layers": (61,)}, "at least as many samples as components"),
        ([Xs[0] * np.inf, Xs[1]], {}, "infinity"),
    ],
)
def test_bad_input_is_named(X, parameters, message):
    model = Model(**{"layers": (3,), **parameters})
    with pytest.raises(ValueError, match=message):
        model.fit(X)
    assert not hasattr(model, "H_")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (Xs[:2], r"the model's views are \['0', '1', '2'\], got \['0', '1'\]"),
        ([*Xs[:2], Xs[2][:, :3]], "view 2 has 3 features, the model's has 4"),
        (EMPTY, "sample 7 has no view"),
        ({"0": Xs[0], "x": Xs[1]}, "the model's views are"),
    ],
)
def test_new_samples_that_do_not_fit_are_named(X, message):
    model = Model((3,)).fit(Xs)
    with pytest.raises(ValueError, match=message):
        model.transform(X)


def test_labels_of_another_length_are_named():
    with pytest.raises(ValueError, match="a label for each of the 60 samples, got 59"):
        Model((3,)).fit(Xs, np.zeros(59))


def test_features_of_inner_layers_are_refused():
    model = Model((5, 3)).fit(Xs)
    assert model.transform(Xs, layer=1).shape == (60, 3)
    with pytest.raises(ValueError, match="layers below the last have features of each view"):
        model.transform(Xs, layer=0)
