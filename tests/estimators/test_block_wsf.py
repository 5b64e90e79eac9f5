"""WSF and Deep WSF on data in blocks: the factors of a fit in memory, from sums over classes."""

import numpy as np
import pytest
import scipy.sparse

from dsnmf import WSF, DeepWSF
from dsnmf.affinity import LabelAffinity, combine, label_affinity
from dsnmf.data import sample_blocks as blocks_module
from tests.conftest import relative_error
from tests.data.test_sources import as_dask, as_h5, as_memmap
from tests.estimators.kinds import PLAIN, assert_same_fit, fitted

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]

RNG = np.random.default_rng(0)
N = np.arange(40)
X = RNG.random((40, 4)) @ RNG.standard_normal((4, 7)) + 0.3 * RNG.standard_normal((40, 7))
# The last sample is alone in its class of the first attribute, every fifth has no second one.
Y = np.column_stack([np.where(N == 39, 7, N % 3), np.where(N % 5, N % 2, -1), N // 10])
X += RNG.standard_normal((8, 7))[Y[:, 0]]
PARAMETERS = {"compress": False, "max_iter": 50, "tol": 0, **PLAIN}
KINDS = {
    "one attribute": (WSF(4, 0.5, **PARAMETERS), Y[:, 0]),
    "three attributes": (WSF(4, (0.1, 0, 0.3), **PARAMETERS), Y),
    "two layers": (DeepWSF((5, 3), 0.1, **PARAMETERS), Y[:, :2]),
    "three layers": (DeepWSF((6, 4, 3), (0.1, 0, 0.02), **PARAMETERS), Y),
}


@pytest.fixture(scope="module")
def memmap(tmp_path_factory):
    return as_memmap(X, tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("iterations", [1, 5, 50])
def test_trajectory_is_that_in_memory(kind, iterations, memmap):
    kind, y = KINDS[kind]
    expected = fitted(kind, X, y, max_iter=iterations)
    for block_size in (1, 17, 100):
        actual = fitted(kind, memmap, y, max_iter=iterations, block_size=block_size)
        assert_same_fit(actual, expected)
    for layer in range(len(expected.Z_)):
        assert relative_error(actual.transform(X, layer), expected.transform(X, layer)) < 1e-9


@pytest.mark.parametrize("as_source", [as_h5, as_dask])
def test_other_sources(as_source, tmp_path):
    kind, y = KINDS["two layers"]
    assert_same_fit(fitted(kind, as_source(X, tmp_path), y, block_size=9), fitted(kind, X, y))


def test_compiled_form_goes_the_same_way(memmap):
    kind, y = KINDS["two layers"]
    actual = fitted(kind, memmap, y, block_size=17, mode="NUMBA")
    assert_same_fit(actual, fitted(kind, X, y))


@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_any_unit_and_float32(unit, tmp_path):
    data, (kind, y) = (X * unit).astype("float32"), KINDS["two layers"]
    model = fitted(kind, as_memmap(data, tmp_path), y, block_size=8, max_iter=20)
    assert_same_fit(model, fitted(kind, data, y, max_iter=20), 1e-3)


def test_fits_end_where_those_in_memory_do(memmap):
    kind, y = KINDS["two layers"]
    options = {"tol": 1e-3, "max_iter": 500}
    expected = fitted(kind, X, y, **options)
    assert 10 < expected.n_iter_ < 500
    assert_same_fit(fitted(kind, memmap, y, block_size=7, **options), expected)


@pytest.mark.parametrize(
    "affinity",
    [
        combine([label_affinity(Y[:, 0]), label_affinity(Y[:, 2])], [0.2, 1]),
        LabelAffinity(
            scipy.sparse.csr_matrix(np.eye(4)[Y[:, 2]]),
            np.array([-0.3, 0.1, 0.3, 0]),
            scipy.sparse.csr_matrix((40, 40)),
        ),
    ],
    ids=["sum", "negative"],
)
def test_affinities_of_classes_that_are_given(affinity, memmap):
    kind = fitted(KINDS["one attribute"][0], X, None, affinity=affinity, max_iter=20)
    assert_same_fit(fitted(kind, memmap, None, block_size=6), kind)


def test_features_in_a_folder_from_where_a_fit_goes_on(memmap, tmp_path):
    kind, y = KINDS["two layers"]
    options = {"warm_start": True, "max_iter": 4}
    actual = fitted(kind, memmap, y, block_size=7, store=tmp_path, **options)
    expected = fitted(kind, X, y, **options)
    assert_same_fit(actual.fit(memmap, y), expected.fit(X, y))
    for i, H in enumerate(actual.H_, start=1):
        assert isinstance(H, np.memmap)
        np.testing.assert_array_equal(np.load(tmp_path / f"H_{i}.npy").T, H)


def test_callbacks_see_all_layers(memmap):
    kind, y = KINDS["three layers"]
    seen = []

    def callback(iteration, state):
        seen[:] = state.H_

    model = fitted(kind, memmap, y, block_size=7, max_iter=3, callback=callback)
    for H, features in zip(seen, model.H_, strict=True):
        np.testing.assert_array_equal(H, features)


def test_files_are_read_twice_and_once_per_iteration(memmap, monkeypatch):
    """For scale and start, for the first sums, and at the end, as models without labels are."""
    from dsnmf.data.sources import Mapped

    kind, y = KINDS["two layers"]
    reads, read = [], Mapped.rows
    monkeypatch.setattr(Mapped, "rows", lambda *where: reads.append(where) or read(*where))
    fitted(kind, memmap, y, block_size=20, max_iter=12)
    assert len(reads) == 2 * (2 + 1 + 12 + 1)


NEIGHBOURS = "as the neighbours of a sample are not in its block: give X\\[:\\]"


@pytest.mark.parametrize(
    ("estimator", "y", "text"),
    [
        (WSF(3), None, "WSF needs X in memory with nearest neighbours instead of labels"),
        (WSF(3, affinity=["binary", "knn"]), Y[:, :2], "with affinity='knn', "),
        (WSF(3, affinity="heat"), Y, "with affinity='heat', "),
        (WSF(3, affinity=np.ones((40, 40))), Y, "with an n x n affinity, "),
        (WSF(3, affinity=combine([label_affinity(N % 2)], constant=-1)), None, "an n x n affinity"),
        (DeepWSF((4, 2)), Y[:, 0], "DeepWSF needs X in memory with nearest neighbours instead"),
        (DeepWSF((4, 2)), np.column_stack([0 * N - 1, N % 2]), "nearest neighbours instead"),
    ],
)
def test_graphs_beyond_a_block_are_refused(estimator, y, text, monkeypatch, tmp_path):
    monkeypatch.setattr(blocks_module, "ENTRIES", 4 * X.shape[1])
    with pytest.raises(ValueError, match=f"{text}.*{NEIGHBOURS}"):
        estimator.fit(as_h5(X, tmp_path), y)
    assert not hasattr(estimator, "Z_")


@pytest.mark.parametrize(
    ("estimator", "y", "text"),
    [
        (WSF(3), N[:5], r"y must have one row per sample \(40\), got 5"),
        (DeepWSF((4, 2)), Y, r"y must have one column per layer \(2\), got 3"),
        (WSF(3, alpha=[1, 2, 3]), Y[:, :2], "alpha must be one number or 2, got 3"),
        (WSF(3, affinity=["binary", "near"]), Y[:, :2], "affinity must be one of .* got 'near'"),
        (WSF(3, init="random"), Y, "with init='random'"),
    ],
)
def test_bad_arguments_are_named(estimator, y, text, tmp_path):
    with pytest.raises(ValueError, match=text):
        estimator.set_params(block_size=6).fit(as_h5(X, tmp_path), y)
