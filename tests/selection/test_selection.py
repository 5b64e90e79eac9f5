"""`select`: that each criterion finds what is there, shares and keeps its fits, and refuses."""

import re

import dask.array as da
import numpy as np
import pytest
import scipy.sparse
from distributed import LocalCluster
from sklearn.decomposition import PCA

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.selection import clusters, entries, preference, select
from dsnmf.selection.candidates import default_candidates
from dsnmf.selection.clusters import ClusterAgreement
from dsnmf.selection.components import ComponentAgreement
from dsnmf.selection.entries import HiddenEntries
from dsnmf.selection.judges import CRITERIA, _kind
from dsnmf.selection.matching import matched_cosine
from dsnmf.selection.result import Selection, best_baseline

RNG = np.random.default_rng(0)
H = RNG.exponential(size=(60, 3)) * (RNG.random((60, 3)) < 0.6)
#: Three components, a little noise.
X = H @ RNG.standard_normal((3, 12)) + 0.1 * RNG.standard_normal((60, 12))
#: Either of two orthogonal components.
PAIR = np.kron(np.eye(2), RNG.random((30, 1)) + 1) @ np.kron(np.eye(2), np.ones((1, 5)))
PAIR += 0.1 * RNG.standard_normal(PAIR.shape)
GAPS = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
#: Two groups in a direction of little variance, below a smooth one of large variance.
HIDDEN = np.c_[9 * RNG.standard_normal(60), np.repeat([-1, 1], 30)] @ RNG.standard_normal((2, 8))

pytestmark = pytest.mark.usefixtures("without_numba")


def quick(**parameters):
    return SemiNMF(**{"solver": "bcd", "max_iter": 60, "tol": 1e-3} | parameters)


def test_hidden_entries_find_the_rank():
    data = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
    found = select(quick(), data, {"n_components": [2, 3, 5]}, criterion="entries", repeats=3)
    assert found.best_params_ == {"n_components": 3}
    assert found.best_estimator_.H_[0].shape == (3, 60)
    assert found.baselines == []
    assert found.table[0]["score"] > 2 * found.table[1]["score"]
    assert found.reason.startswith("It ")


@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_criterion_chooses_says_why_and_draws(criterion):
    n_clusters = {"n_clusters": 2} if _kind(criterion).needs_n_clusters else {}
    found = select(
        quick(), X, {"n_components": [2, 3]}, criterion=criterion, repeats=2, **n_clusters
    )
    assert found.best_params_["n_components"] in (2, 3)
    assert found.reason in str(found)
    assert found.plot().get_xlabel().startswith(found.label)


def test_of_equally_good_models_the_smallest():
    judge = entries.HiddenEntries(3, 0)
    repeats = [0.5, 0.6, 0.7], [0.31, 0.4, 0.52], [0.3, 0.41, 0.5], [0.3, 0.42, 0.51]
    rows = [{"score": np.mean(r), "repeats": r, "size": i} for i, r in enumerate(repeats)]
    assert judge.best(rows) == 1
    assert "smallest model" in judge.reason(rows, 1)
    assert (
        judge.reason(rows, 2) == "It misses 40.3% of the hidden entries' squares, the least of all."
    )


@pytest.mark.parametrize("seed", range(3))
def test_entries_are_hidden_from_no_sample_or_feature_wholly(seed):
    data = np.where(RNG.random((9, 4)) < 0.5, np.nan, 1.0)
    data[:, 0] = data[0] = 1.0
    hidden = entries.hidden_entries(data, seed)
    left = ~np.isnan(data) & ~hidden
    assert left.any(axis=0).all()
    assert left.any(axis=1).all()
    assert not np.isnan(data[hidden]).any()


def test_agreement_finds_the_metric_that_shows_the_groups():
    found = select(SemiNMF(2), HIDDEN, {"metric": ["components", "data"]}, n_clusters=2)
    assert found.best_params_ == {"metric": "components"}
    assert found.best_n_clusters_ == 2
    scores = [row["score"] for row in found.table]
    assert scores[0] > 0.9
    assert scores[1] < 0.8
    simple = {each["method"]: each["score"] for each in found.baselines}
    assert simple["PCA of 2 components"] < 0.8
    assert simple["half-whitened PCA of 2 components"] < 0.8
    assert found.baseline["method"] == "whitened PCA of 2 components"


def test_of_several_numbers_of_clusters_the_true_one():
    centres = np.repeat(10 * np.eye(4), 20, axis=0)
    data = centres + RNG.standard_normal(centres.shape)
    found = select(SemiNMF(4, metric="data"), data, {"max_iter": [500]}, n_clusters=range(2, 7))
    assert found.best_n_clusters_ == 4
    assert [row["n_clusters"] for row in found.table] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ([4.1e-7, 4.12e-7], ["4.12e-05%", "4.1e-05%"]),
        ([0.4121, 0.41214], ["41.214%", "41.210%"]),
        ([0.2, 0.4], ["40.0%", "20.0%"]),
    ],
)
def test_a_reason_has_digits_that_tell(scores, told):
    errors = HiddenEntries(2, 0)
    rows = [{"score": score, "size": 3 - i} for i, score in enumerate(scores)]
    text = errors.reason(rows, 1)
    assert re.findall(r"[\w.+-]+%", text) == told
    assert "% of the hidden entries' squares, the least of all" in errors.reason(rows, 0)
    agreement = ClusterAgreement(2, 0, (3,)).reason([{"score": 0.9983, "n_clusters": 3}], 0)
    assert "itself: 0.998, where" in agreement
    assert "samples: 1.00, where" in ComponentAgreement(2, 0).reason([{"score": 1.0}], 0)


@pytest.mark.parametrize("features", [np.ones((20, 2)), RNG.standard_normal((400, 9))])
def test_no_clusters_no_agreement_beyond_chance(features):
    assert clusters.agreement_beyond_shapeless(features, 3, 8, 0).mean() < 0.2


def test_components_that_are_there_agree():
    grid = {"n_components": [1, 2, 4]}
    found = select(quick(), PAIR, grid, criterion="components", repeats=2)
    assert found.best_params_ == {"n_components": 2}
    assert found.table[0]["score"] == 0
    assert found.table[1]["score"] > 0.8
    assert matched_cosine(np.eye(3), -3 * np.eye(3)[::-1]) == 1


def test_fits_are_shared_and_results_kept(tmp_path, monkeypatch):
    fits = []

    def fit(self, X, y=None, fit=SemiNMF.fit):
        fits.append(self.n_components)
        return fit(self, X, y)

    monkeypatch.setattr(SemiNMF, "fit", fit)
    grid = {"n_components": [2, 3], "metric": [0, 0.5, 1], "transform_method": ["projection"]}
    first = select(quick(), X, grid, n_clusters=2, repeats=2, folder=tmp_path)
    assert sorted(fits[:-1]) == [2, 3]
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-20])  # as a killed run leaves it
    fits.clear()
    again = select(quick(), X, grid, n_clusters=2, repeats=2, folder=tmp_path)
    assert len(fits) == 2
    assert again.table == first.table
    select(quick(), X + 1, grid, n_clusters=2, repeats=2, folder=tmp_path)
    assert len(path.read_text().splitlines()) == 4


def test_processes_and_clusters_give_the_same():
    def table(**where):
        model = quick(mode="FAST_COMPILE")
        return select(model, X, {"n_components": [2]}, n_clusters=3, repeats=2, **where).table

    here = table()
    assert table(jobs=2) == here
    with LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        assert table(dask=cluster.scheduler_address) == here


@pytest.mark.parametrize(
    ("estimator", "y"),
    [
        (DeepSemiNMF((4, 2), max_iter=20, tol=0), None),
        (DeepWSF((4, 2), max_iter=20, tol=0), np.arange(60) % 3),
    ],
)
def test_default_candidates_of_every_estimator(estimator, y):
    found = select(estimator, X, y=y, n_clusters=3, repeats=2)
    metrics = ["components", 0, 0.5, "data"]
    assert list(dict.fromkeys(row["metric"] for row in found.table)) == metrics
    assert {row["layers"] for row in found.table} == {(24, 6)}
    assert "agrees best" in str(found)
    scores = {each["method"]: each["score"] for each in found.baselines}
    name = "half-whitened PCA of 6 components"
    assert f"{name} {scores[name]:.2f}" in str(found)
    ax = found.plot()
    assert len(ax.get_yticklabels()) == len(found.table)


def test_failed_fits_are_named(monkeypatch):
    def fit(self, X, y=None, fit=SemiNMF.fit):
        if self.n_components == 3:
            raise FloatingPointError("it\ndiverged")
        return fit(self, X, y)

    monkeypatch.setattr(SemiNMF, "fit", fit)
    found = select(quick(), X, {"n_components": [2, 3]}, criterion="entries", repeats=2)
    assert found.best_params_ == {"n_components": 2}
    assert found.table[1]["failed"] == "FloatingPointError: it diverged"
    with pytest.raises(FloatingPointError, match="the fits of all candidates failed"):
        select(quick(), X, {"n_components": [3]}, criterion="entries")


def entries_of(data=X, estimator=None, grid=None, **options):
    estimator, grid = estimator or quick(), grid or {"n_components": [2, 3]}
    return select(estimator, data, grid, criterion="entries", repeats=2, **options)


def test_what_is_one_block_is_read_with_its_masks():
    masked = np.ma.masked_invalid(GAPS)
    expected = entries_of(GAPS).table
    for data in (da.from_array(GAPS, chunks=(25, -1)), da.from_array(masked)):
        assert entries_of(data).table == expected


def test_hidden_entries_do_not_ask_for_the_ridge():
    labels = np.arange(60) % 3
    tables = (
        entries_of(estimator=WSF(3, transform_method=method, max_iter=5), y=labels).table
        for method in ("ridge", "auto")
    )
    assert next(tables) == next(tables)


def test_functions_that_cannot_be_pickled(tmp_path):
    thrice = quick(callback=lambda iteration, state: iteration == 3)
    expected = entries_of(estimator=quick(max_iter=3, tol=0)).table
    for jobs in (1, 2):
        assert entries_of(estimator=thrice, jobs=jobs).table == expected
    grid = {"callback": [lambda iteration, state: True, lambda iteration, state: iteration == 3]}
    scores = [row["score"] for row in entries_of(estimator=quick(n_components=3), grid=grid).table]
    assert scores[0] > scores[1]
    with pytest.raises(TypeError, match=r"folder keeps results by the parameters, .* callback ="):
        entries_of(estimator=thrice, folder=tmp_path)


def test_shallow_and_deep_candidates_are_compared():
    deep = DeepSemiNMF(max_iter=5, tol=0)
    grids = [{"n_components": [2, 3]}, {"layers": [(5, 3)]}]
    found = select([quick(), deep], X, grids, criterion="components", repeats=2)
    alone = [
        select(estimator, X, grid, criterion="components", repeats=2).table
        for estimator, grid in zip((quick(), deep), grids)
    ]
    kinds = ["SemiNMF", "SemiNMF", "DeepSemiNMF"]
    rows = [*alone[0], *alone[1]]
    assert found.table == [{"estimator": kind, **row} for kind, row in zip(kinds, rows)]
    assert type(found.best_estimator_).__name__ == kinds[found.best_index_]
    named = [text.get_text() for text in found.plot().get_yticklabels()]
    assert named == ["SemiNMF, components 2", "SemiNMF, components 3", "DeepSemiNMF, layers 5-3"]


def test_one_agreement_has_no_standard_error():
    options = {"candidates": {"n_components": [2]}, "n_clusters": 2}
    found = select(quick(), X, repeats=2, **options)
    assert found.table[0]["standard_error"] is None
    assert "Of two repeats there is one agreement, and no standard error." in str(found)
    assert "standard error" not in found.plot().get_xlabel()
    assert select(quick(), X, repeats=3, **options).table[0]["standard_error"] >= 0


REFUSED = {
    "estimator must be one": {"estimator": [], "n_clusters": 2},
    "a list of 2 grids": {
        "n_clusters": 2,
        "estimator": [quick()] * 2,
        "candidates": {"max_iter": [2]},
    },
    "criterion must be one of": {"criterion": "labels"},
    "needs n_clusters": {},
    "n_clusters must be an integer >= 2": {"n_clusters": 1},
    "n_clusters must be at most 48": {"n_clusters": 49},
    "n_clusters is for": {"criterion": "entries", "n_clusters": 2},
    "repeats must be": {"n_clusters": 2, "repeats": 1},
    "random_state must be": {"n_clusters": 2, "random_state": None},
    r"\['k'\], which SemiNMF does not have": {"n_clusters": 2, "candidates": {"k": [2]}},
    "must name parameters": {"n_clusters": 2, "candidates": [{}]},
    "n_components.*must be": {"n_clusters": 2, "candidates": {"n_components": [0]}},
    "as many samples as components": {"n_clusters": 2, "candidates": {"n_components": [61]}},
    "only criterion='clusters'": {"criterion": "entries", "candidates": {"metric": [0, 1]}},
    "needs a dense X": {"criterion": "entries", "X": scipy.sparse.csr_array(X)},
    "which whiten=0.5 does not take": {
        "criterion": "entries",
        "estimator": DeepSemiNMF((3, 2)),
        "candidates": {"whiten": [0.5]},
    },
    "init must be a name": {
        "criterion": "components",
        "candidates": {"init": [(np.ones((12, 2)), np.ones((2, 60)))]},
    },
    "fits 80% of the samples": {"criterion": "components", "candidates": {"n_components": [50]}},
    r"needs X in memory: give X.compute\(\)": {"n_clusters": 2, "X": da.ones((9, 1 << 20))},
    "which compress=True does not take": {
        "criterion": "entries",
        "candidates": {"compress": [False, True]},
    },
    "compress=4 needs X without gaps": {"n_clusters": 2, "X": GAPS, "estimator": quick(compress=4)},
    "transform_method='ridge' needs X without gaps": {
        "criterion": "entries",
        "estimator": WSF(3, transform_method="ridge"),
        "X": GAPS,
    },
    "minimum of 5": {"n_clusters": 2, "X": X[:4]},
}


@pytest.mark.parametrize("message", REFUSED)
def test_refused_at_the_door(message, monkeypatch):
    monkeypatch.setattr(preference, "_run", lambda *_: pytest.fail("measured"))
    with pytest.raises((ValueError, TypeError), match=message):
        select(**{"estimator": quick(), "X": X} | REFUSED[message])


def test_baselines_are_judged_as_the_choice_is():
    """Gaps as their feature's means, sparse samples as they are; the spread of PCA to the half."""
    data = HIDDEN * [1, 1, 1, 1, 1, 1, 1, 0]
    judge, row = clusters.ClusterAgreement(3, 0, (2, 3)), {"n_clusters": 3}
    components = PCA(2).fit_transform(data)
    scores = clusters.agreement_beyond_shapeless(
        components / components.std(axis=0) ** 0.5, 3, 3, 0
    )
    for X in (data, scipy.sparse.csr_array(data)):
        rows, features = judge.baselines(X, 2, row)
        found = {each["method"]: each["score"] for each in rows}
        assert [len(each) for each in features] == [60] * len(rows)
        assert found["half-whitened PCA of 2 components"] == pytest.approx(scores.mean())
        assert ("spectral clustering" in found) == isinstance(X, np.ndarray)
    data[0, 0] = np.nan
    gappy = {each["method"]: each["score"] for each in judge.baselines(data, 2, row)[0]}
    assert len(gappy) == 3
    assert gappy["half-whitened PCA of 2 components"] == pytest.approx(scores.mean(), abs=0.2)


@pytest.mark.parametrize("draw", ["standard_normal", "random"])
def test_a_graph_that_cuts_a_cloud_into_pieces_does_not_win(draw):
    cloud = getattr(np.random.default_rng(0), draw)((300, 5))
    grid = {"alpha": [200.0], "metric": ["components"]}
    found = select(WSF(3, max_iter=100, tol=0), cloud, grid, n_clusters=6, repeats=4)
    corrected = found.table[0]["score"], found.baselines[-1]["score"]
    features = found.best_estimator_.transform(cloud), clusters.spectral_features(cloud, 6)
    plain = [clusters.agreement_beyond_shapeless(each, 6, 4, 0).mean() for each in features]
    assert max(corrected) < 0.3
    assert max(plain) > 0.6


def test_the_simple_method_that_is_no_worse_is_named():
    centres = np.repeat(10 * np.eye(4), 20, axis=0)
    data = centres + RNG.standard_normal(centres.shape)
    found = select(quick(), data, {"n_components": [1]}, n_clusters=4, repeats=2)
    assert found.baseline["score"] == max(each["score"] for each in found.baselines)
    assert "No candidate is clearly better than this: the samples as they are" in str(found)
    np.testing.assert_array_equal(found.features_, data)


@pytest.mark.parametrize(("lead", "error", "simple"), [(0.03, 0.01, False), (0.02, 0.01, True)])
def test_a_model_must_be_clearly_better_than_what_is_simple(lead, error, simple):
    rows = [{"score": score, "standard_error": error} for score in (0.5 + lead, 0.4, 0.5)]
    assert best_baseline(rows[0], rows[1:]) == (1 if simple else None)
    assert best_baseline(rows[0], []) is None
    assert best_baseline({"score": 0.5, "standard_error": None}, rows[1:2]) is None


def test_where_no_estimator_is_named_the_graph_is_among_them(monkeypatch):
    judge = ClusterAgreement(2, 0, (2,))
    assert [type(each) for each in judge.estimators(X, None)] == [SemiNMF, WSF, DeepSemiNMF]
    for data, y in ((scipy.sparse.csr_array(X), None), (GAPS, None), (X, np.arange(60) % 2)):
        kinds = [type(each) for each in judge.estimators(data, y)]
        assert kinds == [SemiNMF, DeepSemiNMF]
    named = [quick(), WSF(max_iter=9, tol=0)]
    monkeypatch.setattr(ClusterAgreement, "estimators", lambda *_: named)
    found = select(None, X, n_clusters=2, repeats=2)
    assert {row["estimator"] for row in found.table} == {"SemiNMF", "WSF"}
    assert len(found.features_) == 60
    found = select(None, X, criterion="entries", repeats=2)
    assert type(found.best_estimator_) is SemiNMF
    assert found.features_ is None


def test_default_candidates_of_a_graph():
    grid = default_candidates(WSF(), (200, 20), n_clusters=4)
    assert grid == {"n_components": [8], "metric": [0, 0.5], "alpha": [1.0, "auto"]}
    labelled = default_candidates(WSF(), (200, 20), n_clusters=4, has_labels=True)
    assert set(labelled) == {"n_components", "metric"}


def test_figures_name_only_what_varies():
    rows = [
        {"layers": (5, k), "solver": "adam", "score": 0.1 * k, "standard_error": 0.1}
        for k in (2, 3)
    ]
    made = {"criterion": "entries", "label": "error", "best_estimator_": None, "baselines": []}
    made["features_"] = None
    found = Selection(
        **made,
        table=rows,
        best_index_=1,
        best_params_={"layers": (5, 3), "solver": "adam"},
        best_n_clusters_=None,
        reason="",
    )
    ax = found.plot()
    assert [text.get_text() for text in ax.get_yticklabels()] == ["layers 5-2", "layers 5-3"]
    assert ax.get_title() == "all: solver adam"


def test_progress_is_shown(capsys):
    select(
        SemiNMF(max_iter=5), X, {"n_components": [2, 3]}, criterion="entries", repeats=2, verbose=1
    )
    err = capsys.readouterr().err
    assert "candidates: 100%" in err
    assert "SemiNMF" in err
