"""Labels: what the weakly supervised estimators make of them."""

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.cluster import KMeans

from dsnmf import WSF, DeepWSF, metrics
from dsnmf.affinity import LabelAffinity, combine, knn_affinity, label_affinity
from dsnmf.data.recognition import as_samples

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


def test_the_cost_has_no_minimum_above_that_without_labels(two_attributes):
    """(cZ, H/c) has the penalty 1/c² times, and the same error: see the guide's rules."""
    X, y = two_attributes
    model = WSF(4, alpha=1, max_iter=20).fit(X, y[:, 0])
    ((Z,), (H,)) = model.Z_, model.H_
    costs = [
        WSF(4, alpha=1, init=(c * Z, H / c), max_iter=1).fit(X, y[:, 0]).history_["cost"][0]
        for c in (1, 10, 100)
    ]
    penalties = np.array(costs) - model.reconstruction_err_**2 / 2
    np.testing.assert_allclose(penalties[1:] / penalties[0], [1e-2, 1e-4], rtol=1e-4)
    assert penalties[0] > 1


@pytest.mark.parametrize("attribute", [0, 1])
def test_wsf_represents_its_attribute(two_attributes, attribute):
    X, y = two_attributes
    H = WSF(6, alpha=5, max_iter=200).fit(X, y[:, attribute]).H_[0]
    assert accuracy(H.T, y[:, attribute]) > 0.95


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_each_layer_of_deep_wsf_represents_its_attribute(two_attributes, order):
    X, y = two_attributes
    model = DeepWSF((8, 6), alphas=0.01, max_iter=300).fit(X, y[:, order])
    for layer, attribute in enumerate(order):
        assert accuracy(model.H_[layer].T, y[:, attribute]) > 0.95
        assert accuracy(model.transform(X, layer=layer), y[:, attribute]) > 0.95


@pytest.mark.parametrize(
    "estimator", [WSF(4, (0.1, 0.3), max_iter=20), DeepWSF((5, 4), max_iter=20)]
)
def test_labels_of_any_kind_give_the_same_features_to_the_bit(two_attributes, estimator):
    # All forms that mean "unknown" are in tests/test_validation.py.
    X, y = two_attributes
    codes = np.where((np.arange(60) % 4)[:, None], y, -1)
    expected = clone(estimator).fit(X, codes).H_
    names = np.where(codes < 0, None, np.array(["a", "b", "c"], object)[codes])
    columns = {"x": pd.Series(codes[:, 0], dtype="Int64").mask(codes[:, 0] < 0), "y": names[:, 1]}
    frame = pd.DataFrame(columns).set_index(np.arange(60)[::-1]).astype({"y": "category"})
    text = np.where(codes < 0, "-1", names.astype("U"))
    for labels in (codes.astype(float), codes.tolist(), names, text, frame):
        for got, wanted in zip(clone(estimator).fit(X, labels).H_, expected):
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("n_neighbors", [3, 8])
def test_default_weights(two_attributes, n_neighbors):
    """.3 n over the mean degree of a graph of neighbours; .1 for labels, and what is given."""
    X, y = two_attributes
    graph = knn_affinity(X.T, n_neighbors)
    weight = 0.3 * 60 / (graph.sum() / 60)
    options = {"max_iter": 5, "tol": 0, "n_neighbors": n_neighbors}
    unknown = np.column_stack([np.full(60, -1), y[:, 0]])
    for labels, affinity, alpha in [
        (None, "binary", weight),
        (y[:, 0], "knn", weight),
        (y[:, 0], "heat", 0.1),
        (None, graph, 0.1),
        (unknown, "binary", [weight, 0.1]),
    ]:
        got = WSF(4, affinity=affinity, **options).fit(X, labels).H_[0]
        expected = WSF(4, alpha, affinity=affinity, **options).fit(X, labels).H_[0]
        np.testing.assert_array_equal(got, expected)


def test_given_and_named_affinities_agree(two_attributes):
    X, y = two_attributes
    scale = np.sqrt(np.mean(np.square(X).sum(axis=1)))  # the unit of heat_width

    def features(labels=None, **options):
        return WSF(4, 0.1, max_iter=20, **options).fit(X, labels).H_[0]

    graphs = {
        "knn": knn_affinity(X.T),
        "heat": label_affinity(y[:, 0], X.T, kind="heat", t=2 * scale),
        "binary": label_affinity(y[:, 0]),
    }
    for kind, W in graphs.items():
        named = features(y[:, 0], affinity=kind, heat_width=2.0)
        for form in (W, W.toarray()):
            np.testing.assert_allclose(features(affinity=form), named, rtol=1e-9, atol=1e-12)
    # Without any label the neighbours take the labels' place.
    np.testing.assert_array_equal(features(), features(affinity="knn"))
    np.testing.assert_array_equal(features(np.full(60, -1)), features(affinity="knn"))
    np.testing.assert_array_equal(
        features(n_neighbors=10_000), features(affinity=knn_affinity(X.T, n_neighbors=59))
    )


GIVEN = {
    "array": lambda W: W.toarray(),
    "lists": lambda W: W.toarray().tolist(),
    "factored": lambda W: W,
    "sum": lambda W: combine([W, W], [0.5, 0.5]),
    "csr": lambda W: W.tosparse(),
    "coo array": lambda W: scipy.sparse.coo_array(W.tosparse()),
    "variable": lambda W: pytensor.shared(W.toarray()),
    "sparse variable": lambda W: pytensor.shared(W.tosparse().tocsc()),
    "expression": lambda W: 0.5 * pytensor.shared(2 * W.toarray()),
}


@pytest.mark.parametrize("form", GIVEN)
def test_given_affinities_of_every_form_alone_or_beside_names(two_attributes, form):
    X, y = two_attributes
    W = label_affinity(y[:, 1])
    names = WSF(4, (0.2, 0.5), affinity=["knn", "binary"], max_iter=20).fit(X, y).H_[0]
    given = WSF(4, (0.2, 0.5), affinity=["knn", GIVEN[form](W)], max_iter=20)
    np.testing.assert_allclose(clone(given).fit(X, y).H_[0], names, rtol=1e-9, atol=1e-12)
    names = DeepWSF((5, 4), max_iter=20).fit(X, y).H_
    given = DeepWSF((5, 4), affinity=("binary", GIVEN[form](W)), max_iter=20).fit(X, y).H_
    for got, wanted in zip(given, names):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)
    # One for all layers, without labels.
    names = DeepWSF((5, 4), max_iter=20).fit(X, y[:, [1, 1]]).H_
    for got, wanted in zip(DeepWSF((5, 4), affinity=GIVEN[form](W), max_iter=20).fit(X).H_, names):
        np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)


def test_affinities_that_cannot_be_used_are_named(two_attributes):
    X, y = two_attributes
    for affinity, message in (
        (["binary", "cosine"], "affinity must be one of .*'knn'.* got 'cosine'"),
        (["binary", np.eye(5)], "affinity must be 60 x 60"),
        (["binary", np.triu(np.ones((60, 60)))], "affinity must be symmetric"),
        (pt.matrix("W"), "affinity must have a value, but the variable W has inputs without one"),
    ):
        with pytest.raises(ValueError, match=message):
            WSF(3, affinity=affinity).fit(X, y)


def test_a_correlation_is_subtracted(two_attributes):
    X, y = two_attributes
    W = combine([label_affinity(y[:, 0]), label_affinity(y[:, 1])], [0.2, 0.5], constant=-0.001)
    factored, dense = (
        WSF(4, alpha=1, affinity=form, max_iter=20).fit(X) for form in (W, W.toarray())
    )
    np.testing.assert_allclose(factored.H_[0], dense.H_[0], rtol=1e-9)
    np.testing.assert_allclose(factored.history_["cost"], dense.history_["cost"], rtol=1e-9)
    without = WSF(4, (0.2, 0.5), max_iter=20).fit(X, y)
    assert abs(factored.H_[0] - without.H_[0]).max() > 1e-4


def test_attributes_of_different_weights_stay_factored(two_attributes):
    X, y = two_attributes
    model = WSF(4, (0.2, 0.5, 0.1), affinity=["binary", "binary", "knn"])
    labels = np.column_stack([y, y[:, 0]])
    (W,) = model._affinities(labels, len(X), lambda: [as_samples(X)])
    assert isinstance(W, LabelAffinity)
    assert W.indicators.nnz == 2 * 60
    assert W.graph.nnz <= 60 * 10


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
    with pytest.raises(ValueError, match="alpha must be one number or 2, got 3"):
        WSF(3, alpha=(1, 2, 3)).fit(X, y)
    with pytest.raises(ValueError, match="alpha must be finite and >= 0, got -1"):
        WSF(3, alpha=(1, -1)).fit(X, y)
    with pytest.raises(ValueError, match=r"affinity must hold one entry per attribute \(2\)"):
        WSF(3, affinity=["binary"]).fit(X, y)


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
