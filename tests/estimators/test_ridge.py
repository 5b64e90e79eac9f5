"""Ridge regression to what labels made of the features, and to labels that are missing."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.linear_model import Ridge

from dsnmf import WSF, DeepWSF
from dsnmf.affinity import label_affinity
from dsnmf.estimators.ridge import PENALTIES, RidgeMap, completed_labels
from tests.conftest import relative_error
from tests.data.test_sources import as_dask, as_memmap
from tests.estimators.kinds import PLAIN
from tests.estimators.test_labels import accuracy

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]

QUICK = {"max_iter": 60, "tol": 0, **PLAIN}
RIDGE = DeepWSF((8, 6), transform_method="ridge", **QUICK)
FEW = 5  # labels of one sample in so many


def faces(n, rng, bases):
    """n samples in which each of two attributes moves few directions, and noise many, strongly."""
    y = np.column_stack([np.arange(n) % 3, np.arange(n) // 7 % 2])
    classes, noise = bases
    X = classes[0][y[:, 0]] + classes[1][y[:, 1]] + rng.standard_normal((n, len(noise))) @ noise
    return X + 0.05 * rng.standard_normal(X.shape), y


@pytest.fixture(scope="module")
def seen_and_new():
    rng = np.random.default_rng(0)
    classes = [rng.standard_normal((count, 40)) for count in (3, 2)]
    bases = classes, 2 * rng.standard_normal((12, 40))
    return faces(120, rng, bases), faces(150, rng, bases)


def test_map_has_the_least_leave_one_out_error(seen_and_new):
    (X, y), _ = seen_and_new
    X, H = X.T / 10, np.eye(3)[y[:, 0]].T

    def left_out_error(penalty):
        errors = 0.0
        for i in range(X.shape[1]):
            rest = np.arange(X.shape[1]) != i
            ridge = Ridge(penalty).fit(X.T[rest], H.T[rest])
            errors += np.square(ridge.predict(X.T[[i]])[0] - H[:, i]).sum()
        return errors

    tried = X.shape[1] * PENALTIES[::2]
    best = tried[np.argmin([left_out_error(penalty) for penalty in tried])]
    ridge = RidgeMap.fitted(X, H)
    size = np.square(ridge.C).sum()
    bounds = [np.square(Ridge(best * factor).fit(X.T, H.T).coef_).sum() for factor in (10, 0.1)]
    assert bounds[0] < size < bounds[1]
    np.testing.assert_allclose(ridge.of_full(X).mean(axis=1), H.mean(axis=1))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("share", [1, FEW])
def test_new_samples_show_each_layers_attribute(seen_and_new, order, share):
    (X, y), (new, truth) = seen_and_new
    known = np.where((np.arange(len(y)) % share == 0)[:, None], y, -1)[:, order]
    model = clone(RIDGE).set_params(complete_labels=share > 1).fit(X, known)
    for layer, attribute in enumerate(order):
        assert accuracy(model.transform(new, layer), truth[:, attribute]) > 0.95
        # Neither the projection nor the labels of a few do it.
        others = clone(RIDGE).set_params(transform_method="auto")
        if layer == 0 and share == 1:
            others = others.fit(X, known).transform(new, layer)
            assert accuracy(others, truth[:, attribute]) < 0.9
    if share > 1:
        completed = [completed_labels(column, X.T) for column in known.T]
        assert (np.transpose(completed) == y[:, order]).mean() > 0.95


def test_labels_are_completed_before_graphs_are_built(seen_and_new):
    (X, y), _ = seen_and_new
    known = np.where((np.arange(len(y)) % FEW == 0)[:, None], y, -1)
    completed = np.column_stack([completed_labels(column, X.T) for column in known.T])
    np.testing.assert_array_equal(completed[known >= 0], known[known >= 0])
    plain = WSF(4, (0.1, 0.2), **QUICK)
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
    few = np.where((np.arange(len(y)) % FEW == 0)[:, None], y, -1)
    expected = clone(model).fit(X, few).transform(new, 0)
    got = clone(model).fit(convert(1e20 * X), few).transform(convert(1e20 * new), 0)
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
