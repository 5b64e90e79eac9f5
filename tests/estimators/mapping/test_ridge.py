"""Ridge regression to what labels made of the features, and to labels that are missing."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge

from dsnmf import WSF, DeepWSF
from dsnmf.estimators.mapping.ridge import PENALTIES, RidgeMap, complete_labels
from tests.conftest import relative_error
from tests.data.test_sources import as_dask, as_memmap
from tests.estimators.kinds import PLAIN
from tests.estimators.test_labels import accuracy

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]

QUICK = {"max_iter": 60, "tol": 0, **PLAIN}
RIDGE = DeepWSF((8, 6), 10.0, transform_method="ridge", **QUICK)


def noisy(n, rng, bases):
    """n samples in which each of two attributes moves few directions, and noise moves many."""
    y = np.column_stack([np.arange(n) % 3, np.arange(n) // 7 % 2])
    classes, noise = bases
    X = classes[0][y[:, 0]] + classes[1][y[:, 1]] + rng.standard_normal((n, len(noise))) @ noise
    return X + 0.05 * rng.standard_normal(X.shape), y


@pytest.fixture(scope="module")
def seen_and_new():
    rng = np.random.default_rng(0)
    classes = [rng.standard_normal((count, 40)) for count in (3, 2)]
    bases = classes, rng.standard_normal((12, 40))
    return noisy(120, rng, bases), noisy(150, rng, bases)


def few(y):
    """The labels of a fifth of the samples."""
    known = np.random.default_rng(1).permutation(len(y)) < len(y) / 5
    return np.where(known[:, None], y, -1)


def test_map_has_the_least_leave_one_out_error(seen_and_new):
    (X, y), _ = seen_and_new
    X, H = X[:30].T / 10, np.eye(3)[y[:30, 0]].T
    rests = [np.arange(30) != i for i in range(30)]

    def left_out_error(penalty):
        fits = [Ridge(penalty).fit(X.T[rest], H.T[rest]) for rest in rests]
        return sum(np.square(fit.predict(X.T) - H.T)[i].sum() for i, fit in enumerate(fits))

    best = Ridge(min(30 * PENALTIES, key=left_out_error)).fit(X.T, H.T)
    np.testing.assert_allclose(RidgeMap.fit(X, H).map_full(X), best.predict(X.T).T, rtol=1e-6)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("complete_labels", [False, True])
def test_new_samples_show_each_layers_attribute(seen_and_new, order, complete_labels):
    (X, y), (new, truth) = seen_and_new
    labels = (few(y) if complete_labels else y)[:, order]
    model = clone(RIDGE).set_params(complete_labels=complete_labels).fit(X, labels)

    def accuracies():
        return [accuracy(model.transform(new, i), truth[:, a]) for i, a in enumerate(order)]

    assert min(accuracies()) > 0.95
    model.set_params(transform_method="auto")
    assert min(accuracies()) < 0.8  # where the noise stays in


def test_labels_are_completed_before_graphs_are_built(seen_and_new):
    (X, y), _ = seen_and_new
    known = few(y)
    completed = np.column_stack([complete_labels(column, X.T) for column in known.T])
    assert (completed == y).mean() > 0.95
    np.testing.assert_array_equal(completed[known >= 0], known[known >= 0])
    plain = WSF(4, (0.1, 0.2), max_iter=5, tol=0, **PLAIN)
    got = clone(plain).set_params(complete_labels=True).fit(X, known).H_[0]
    np.testing.assert_allclose(got, clone(plain).fit(X, completed).H_[0], rtol=1e-9, atol=1e-12)
    # Without any label there is nothing to go by: the neighbours' graph, as ever.
    for labels in (None, np.full(len(X), -1), y[:, 0]):
        got = clone(plain).set_params(alpha=0.1, complete_labels=True).fit(X, labels).H_[0]
        want = clone(plain).set_params(alpha=0.1).fit(X, labels).H_[0]
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize(
    ("convert", "tolerance"),
    [(scipy.sparse.csr_matrix, 1e-6), (lambda X: X.astype("float32"), 1e-2)],
)
def test_other_kinds_of_data_and_of_units(seen_and_new, convert, tolerance):
    (X, y), (new, _) = seen_and_new
    options = {"complete_labels": True, "compress": False}
    model = clone(RIDGE).set_params(**options, max_iter=10)
    expected = clone(model).fit(X, few(y)).transform(new, 0)
    got = clone(model).fit(convert(1e20 * X), few(y)).transform(convert(1e20 * new), 0)
    assert relative_error(got, expected) < tolerance
    assert got.dtype == convert(X).dtype


def test_a_file_keeps_the_map(seen_and_new, tmp_path):
    (X, y), (new, _) = seen_and_new
    model = clone(RIDGE).set_params(max_iter=3).fit(X, y)
    model.save(tmp_path / "model")
    for layer in (0, -1):
        loaded = DeepWSF.load(tmp_path / "model").transform(new, layer)
        np.testing.assert_array_equal(loaded, model.transform(new, layer))


def test_blocks_are_read_or_refused_by_name(seen_and_new, tmp_path):
    (X, y), (new, _) = seen_and_new
    model = clone(RIDGE).set_params(max_iter=3, block_size=50)
    expected = clone(model).fit(X, y)
    got = clone(model).fit(as_memmap(X, tmp_path), y)  # an array as any other
    np.testing.assert_array_equal(got.transform(new), expected.transform(new))
    np.testing.assert_allclose(
        expected.transform(as_memmap(new, tmp_path)), expected.transform(new), rtol=1e-9, atol=1e-12
    )
    completing = model.set_params(transform_method="auto", complete_labels=True)
    for refused, name in ((expected, "transform_method='ridge'"), (completing, "complete_labels")):
        with pytest.raises(ValueError, match=f"needs X in memory with {name}"):
            clone(refused).fit(as_dask(X, tmp_path), y)


def test_what_has_no_ridge_is_refused(seen_and_new):
    (X, y), _ = seen_and_new
    gappy = X.copy()
    gappy[3, 4] = np.nan
    with pytest.raises(ValueError, match="'ridge' needs X without gaps"):
        clone(RIDGE).fit(gappy, y)
    model = clone(RIDGE).set_params(max_iter=3).fit(X, y)
    with pytest.raises(ValueError, match="'ridge' needs samples without gaps"):
        model.transform(gappy)
    late = clone(model).set_params(transform_method="auto").fit(X, y)
    with pytest.raises(ValueError, match="needs a fit with it"):
        late.set_params(transform_method="ridge").transform(X)
    with pytest.raises(ValueError, match="complete_labels needs labels of two classes"):
        WSF(4, complete_labels=True, **QUICK).fit(X, np.where(y[:, 0] == 0, 0, -1))
