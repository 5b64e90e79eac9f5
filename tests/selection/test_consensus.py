"""`consensus`: what comes back from other starts, and what is refused."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import average, cophenet
from scipy.spatial.distance import squareform

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.selection import consensus, recurrence, select
from dsnmf.selection.agreed import Consensus
from dsnmf.selection.coassociation import Tree, coassociation, dispersion, nearest, within
from dsnmf.selection.matching import match, matched_cosine, span_cosine
from tests.data.test_sources import as_dask

RNG = np.random.default_rng(0)
#: Three groups of samples, each in a direction of its own.
GROUPS = np.repeat(np.arange(3), [30, 20, 10])
X = 3 * np.eye(3, 9)[GROUPS] + 0.1 * RNG.standard_normal((60, 9))
KIND = SemiNMF(3, solver="hals")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_the_fits_are_those_of_n_init():
    noise = RNG.standard_normal((80, 12))
    found = consensus(SemiNMF(4, solver="hals"), noise, n_init=4)
    best = SemiNMF(4, solver="hals", n_init=4).fit(noise)
    np.testing.assert_array_equal(found.best_estimator_.H_[0], best.H_[0])
    assert found.costs_.argmin() == found.best_index_
    assert len(set(found.costs_)) == 4


def test_what_is_there_comes_back():
    found = consensus(KIND, X, n_init=5, n_clusters=3)
    np.testing.assert_array_equal(found.labels_, GROUPS)
    assert (found.dispersion_, found.cophenetic_) == (1, pytest.approx(1))
    np.testing.assert_array_equal(found.cluster_consensus_, np.ones(3))
    assert found.spans_ == pytest.approx(np.ones(5), abs=1e-3)
    np.testing.assert_allclose(found.cosines_[found.best_index_], 1)
    others = np.delete(found.cosines_, found.best_index_, axis=0)
    np.testing.assert_array_equal(found.recurrence_, (others >= 0.9).mean(axis=0))
    assert [row["mean cosine"] for row in found.table] == others.mean(axis=0).tolist()
    assert "3 clusters: dispersion 1.00" in str(found)


def test_what_is_not_there_does_not():
    found = consensus(SemiNMF(6), RNG.standard_normal((200, 30)), n_init=4)
    assert found.recurrence_.max() < 0.5
    assert found.dispersion_ < 0.8
    assert found.cophenetic_ < 0.9


def test_one_space_with_many_sets_of_components_is_told():
    basis = RNG.standard_normal((4, 12))
    blurred = (RNG.standard_normal((100, 4)) + 6) @ basis
    found = consensus(SemiNMF(4, solver="hals"), blurred, n_init=4, threshold=0.9999)
    assert found.spans_.min() > 0.95
    assert found.recurrence_.mean() < 0.5
    assert "read nothing into a single one" in str(found)


@pytest.mark.parametrize("kind", [WSF(3), DeepSemiNMF((5, 3), max_iter=30), SemiNMF(3, max_iter=5)])
def test_all_estimators_with_their_labels(kind):
    before = kind.get_params()
    found = consensus(kind, X, GROUPS, n_init=2)
    assert kind.get_params() == before
    assert not hasattr(kind, "Z_")
    assert found.cosines_.shape == (2, kind.get_params().get("n_components", 3))
    assert found.best_estimator_.n_init == 1


def test_samples_with_gaps():
    gaps = X.copy()
    gaps[::2, 5] = np.nan
    found = consensus(SemiNMF(3), gaps, n_init=2, n_clusters=3)
    np.testing.assert_array_equal(found.labels_, GROUPS)


def test_large_data_have_a_matrix_of_some_samples(monkeypatch):
    whole = consensus(KIND, X, n_init=3, n_clusters=3)
    monkeypatch.setattr(recurrence, "MOST_SAMPLES", 25)
    some = consensus(KIND, X, n_init=3, n_clusters=3)
    assert some.matrix_.shape == (25, 25)
    assert whole.matrix_.shape == (60, 60)
    np.testing.assert_array_equal(some.matrix_, whole.matrix_[np.ix_(some.samples_, some.samples_)])
    np.testing.assert_array_equal(coassociation(np.array([some.labels_, GROUPS])) % 1, 0)


def test_coassociation_against_its_definition():
    clusters = RNG.integers(3, size=(5, 12))
    matrix = coassociation(clusters)
    expected = [[np.mean(clusters[:, i] == clusters[:, j]) for j in range(12)] for i in range(12)]
    np.testing.assert_allclose(matrix, expected)
    distances = squareform(1 - matrix, checks=False)
    tree = Tree(matrix)
    assert tree.cophenetic == pytest.approx(cophenet(average(distances), distances)[0])
    assert dispersion(matrix) == pytest.approx(np.mean(4 * (matrix - 0.5) ** 2))
    agreed = tree.clusters(3)
    assert np.all(np.diff(np.bincount(agreed)) <= 0)
    assert np.all(np.diff(agreed[tree.order(agreed)]) >= 0)
    pairs = matrix[np.ix_(agreed == 0, agreed == 0)]
    assert within(matrix, agreed)[0] == pytest.approx(pairs[~np.eye(len(pairs), dtype=bool)].mean())


def test_equal_distances_and_single_samples():
    assert Tree(np.ones((3, 3))).cophenetic == 1
    assert Tree(np.eye(2)).clusters(2).tolist() in ([0, 1], [1, 0])
    np.testing.assert_array_equal(within(np.eye(2), np.array([0, 1])), [1, 1])


def test_samples_outside_the_matrix_join_those_they_are_with():
    clusters = np.array([[0, 0, 1, 1, 0, 1], [1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 1, 1]])
    found = nearest(clusters, np.arange(4), np.array([1, 1, 0, 0]))
    assert found.tolist() == [1, 1, 0, 0, 1, 0]


def test_pairs_of_components():
    turned = np.array([[0.0, 0, -2], [3, 0, 0], [0, 1, 0]])
    order, cosines = match(np.eye(3), turned)
    assert (order.tolist(), cosines.tolist()) == ([1, 2, 0], [1, 1, 1])
    assert match(np.eye(3), turned, signed=True)[1].tolist() == [1, 1, -1]
    assert matched_cosine(np.eye(2), np.zeros((2, 2))) == 0
    assert span_cosine(np.eye(2, 3), np.eye(3)[1:]) == pytest.approx(0.5)


def test_a_selection_says_what_comes_back():
    found = select(KIND, X, {"metric": ["data"]}, n_clusters=3, repeats=2)
    restarted = found.consensus(X, n_init=2)
    assert isinstance(restarted, Consensus)
    np.testing.assert_array_equal(restarted.labels_, GROUPS)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"n_init": 1}, "n_init must be an integer >= 2, got 1"),
        ({"n_clusters": 1}, "n_clusters must be an integer >= 2, got 1"),
        ({"n_clusters": 61}, "n_clusters must be at most n_samples = 60, got 61"),
        ({"threshold": 1.5}, "threshold must be a cosine of at most 1, got 1.5"),
        ({"threshold": 0}, "threshold must be finite and > 0"),
    ],
)
def test_refusals(options, told):
    with pytest.raises(ValueError, match=told):
        consensus(KIND, X, **options)


def test_data_and_estimators_without_restarts_are_refused(tmp_path):
    with pytest.raises(ValueError, match="SemiNMF needs X in memory with n_init=10: give"):
        consensus(SemiNMF(3, block_size=20), as_dask(X, tmp_path))
    with pytest.raises(ValueError, match="consensus starts anew, without warm_start"):
        consensus(SemiNMF(3, warm_start=True), X)
