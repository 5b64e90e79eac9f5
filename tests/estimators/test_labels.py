"""Labels: what the weakly supervised estimators make of them."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.cluster import KMeans

from dsnmf import WSF, DeepWSF, metrics
from dsnmf.affinity import knn_affinity, label_affinity
from dsnmf.estimators.labels import as_attributes

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


@pytest.fixture(scope="module")
def two_attributes():
    """60 samples in which each of two attributes moves its own directions."""
    rng = np.random.default_rng(0)
    y = np.column_stack([np.arange(60) % 3, np.arange(60) // 30])
    first, second = rng.standard_normal((3, 15)), rng.standard_normal((2, 15))
    return first[y[:, 0]] + second[y[:, 1]] + 0.3 * rng.standard_normal((60, 15)), y


def accuracy(features, target):
    clusters = KMeans(len(np.unique(target)), n_init=10, random_state=0).fit_predict(features)
    return metrics.clustering_accuracy(target, clusters)


@pytest.mark.parametrize("attribute", [0, 1])
def test_wsf_represents_its_attribute(two_attributes, attribute):
    X, y = two_attributes
    H = WSF(6, alpha=5, max_iter=200).fit(X, y[:, attribute]).H_[0]
    assert accuracy(H.T, y[:, attribute]) > 0.95


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_layer_of_deep_wsf_represents_its_attribute(two_attributes, order):
    X, y = two_attributes
    model = DeepWSF((8, 6), alphas=0.3, max_iter=300).fit(X, y[:, order])
    for layer, attribute in enumerate(order):
        assert accuracy(model.H_[layer].T, y[:, attribute]) > 0.95
        assert accuracy(model.transform(X, layer=layer), y[:, attribute]) > 0.95


def test_labels_may_be_strings_and_unknown(two_attributes):
    X, y = two_attributes
    codes = np.where(np.arange(60) % 4, y[:, 0], -1)
    expected = WSF(4, max_iter=20).fit(X, codes).H_[0]
    names = np.array(["a", "b", "c"], dtype=object)[y[:, 0]]
    for unknown in (None, -1, np.nan):
        labels = names.copy()
        labels[::4] = unknown
        np.testing.assert_array_equal(WSF(4, max_iter=20).fit(X, labels).H_[0], expected)


def test_given_and_named_affinities_agree(two_attributes):
    X, y = two_attributes

    def features(labels=None, **options):
        return WSF(4, max_iter=20, **options).fit(X, labels).H_[0]

    graphs = {"knn": knn_affinity(X.T), "heat": label_affinity(y[:, 0], X.T, kind="heat", t=2.0)}
    for kind, W in graphs.items():
        named = features(y[:, 0], affinity=kind, heat_width=2.0)
        for form in (scipy.sparse.csr_matrix(W), W.toarray()):
            np.testing.assert_allclose(features(affinity=form), named, rtol=1e-9, atol=1e-12)
    # Without any label the neighbours take the labels' place.
    np.testing.assert_array_equal(features(), features(affinity="knn"))
    np.testing.assert_array_equal(features(np.full(60, -1)), features(affinity="knn"))


def test_several_attributes_are_a_weighted_sum(two_attributes):
    X, y = two_attributes
    both = WSF(4, alpha=(0.2, 0.5), max_iter=20).fit(X, y).H_[0]
    W = 0.2 * label_affinity(y[:, 0]).toarray() + 0.5 * label_affinity(y[:, 1]).toarray()
    np.testing.assert_allclose(both, WSF(4, alpha=1, affinity=W, max_iter=20).fit(X).H_[0])
    mixed = WSF(4, alpha=(0.2, 0.5), affinity=["binary", "knn"], max_iter=20).fit(X, y).H_[0]
    W = 0.2 * label_affinity(y[:, 0]).toarray() + 0.5 * knn_affinity(X.T).toarray()
    np.testing.assert_allclose(mixed, WSF(4, alpha=1, affinity=W, max_iter=20).fit(X).H_[0])


def test_a_single_column_is_the_last_layers(two_attributes):
    X, y = two_attributes
    padded = np.column_stack([np.full(60, -1), y[:, 0]])
    single = DeepWSF((5, 3), max_iter=20).fit(X, y[:, 0])
    np.testing.assert_array_equal(single.H_[1], DeepWSF((5, 3), max_iter=20).fit(X, padded).H_[1])


@pytest.mark.parametrize("estimator", [WSF(3), DeepWSF((5, 3))])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y[:-1], r"y must have one row per sample \(60\), got 59"),
        (lambda y: y[:, :, None], "y must have shape"),
    ],
)
def test_labels_of_the_wrong_shape_are_named(two_attributes, estimator, change, message):
    X, y = two_attributes
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, change(y))


def test_wrong_numbers_of_attributes_are_named(two_attributes):
    X, y = two_attributes
    with pytest.raises(ValueError, match=r"y must have one column per layer \(3\), got 2"):
        DeepWSF((5, 4, 3)).fit(X, y)
    with pytest.raises(ValueError, match="alpha must be one number or 2"):
        WSF(3, alpha=(1, 2, 3)).fit(X, y)
    with pytest.raises(ValueError, match=r"affinity must hold one entry per attribute \(2\)"):
        WSF(3, affinity=["binary"]).fit(X, y)


def test_attributes_are_encoded():
    columns = as_attributes([["b", 3], ["a", -1], [None, 7], ["b", 3]], 4)
    assert [column.tolist() for column in columns] == [[1, 0, -1, 1], [0, -1, 1, 0]]


def test_deep_wsf_has_the_authors_projection_too(two_attributes):
    X, y = two_attributes
    model = DeepWSF((5, 3), max_iter=20, transform_method="projection").fit(X, y)
    Z_1, Z_2 = model.Z_
    for layer, Psi in enumerate((Z_1, Z_1 @ Z_2)):
        np.testing.assert_allclose(
            model.transform(X, layer=layer), X @ np.linalg.pinv(Psi).T, atol=1e-9
        )
        np.testing.assert_allclose(model.components_of(layer), Psi.T)
    np.testing.assert_allclose(model.layer_components_[0], (X.T @ np.linalg.pinv(model.H_[0])).T)
