"""Sparse files in blocks: the numbers of sparse data in memory, and nothing dense of their size."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

from dsnmf import WSF, DeepSemiNMF, DeepWSF, SemiNMF
from dsnmf.data import sample_blocks as module
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import as_source
from dsnmf.estimators import in_blocks
from tests.conftest import relative_error

pytestmark = pytest.mark.usefixtures("without_numba")

N, P = 60, 30
X = scipy.sparse.random(N, P, 0.08, format="csr", random_state=0)
X.data += 0.5 * np.random.default_rng(0).standard_normal(X.nnz)
LABELS = np.where(np.arange(N) % 5, np.arange(N) % 3, -1)
OPTIONS = {"max_iter": 12, "tol": 0}

MODELS = {
    "Semi-NMF": SemiNMF(4, **OPTIONS),
    "exact": SemiNMF(4, solver="bcd", **OPTIONS),
    "Algorithm 1": DeepSemiNMF((6, 3), solver="multiplicative", **OPTIONS),
    "Adam": DeepSemiNMF((6, 3), solver="adam", **OPTIONS),
    "WSF": WSF(4, **OPTIONS),
    "Deep WSF": DeepWSF((6, 3), **OPTIONS),
    "compressed": SemiNMF(4, compress=P, **OPTIONS),
}


def written(X, folder, parts=4):
    paths = [folder / f"{i}.npz" for i in range(parts)]
    bounds = np.linspace(0, X.shape[0], parts + 1).astype(int)
    for path, start, stop in zip(paths, bounds, bounds[1:]):
        scipy.sparse.save_npz(path, X[start:stop])
    return paths


class Rows:
    """What gives sparse matrices for slices of rows, as an AnnData on disk does."""

    def __init__(self, X):
        self._X, self.shape, self.dtype = X, X.shape, X.dtype

    def __getitem__(self, rows):
        return self._X[rows]


@pytest.fixture
def without_dense(monkeypatch):
    """Whatever makes more than a few rows of a sparse matrix dense is an error."""
    toarray = scipy.sparse.csr_matrix.toarray

    def few(self, *given, **options):
        assert self.shape != (N // 4, P), "a block has become dense"
        return toarray(self, *given, **options)

    for kind in (scipy.sparse.csr_matrix, scipy.sparse.csc_matrix):
        monkeypatch.setattr(kind, "toarray", few)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *((name, 7) for name in MODELS),
        pytest.param("Semi-NMF", 15, marks=pytest.mark.numba),
        ("Adam", 15),
    ],
)
def test_trajectories_are_those_in_memory(name, size, tmp_path):
    y = np.stack([LABELS, LABELS], axis=1) if name == "Deep WSF" else LABELS
    model = clone(MODELS[name])
    given = X.toarray() if name == "compressed" else X
    expected = model.fit(given, y if "WSF" in name else None)
    cost, Z, H = expected.history_["cost"], expected.Z_, expected.H_
    features, score = expected.transform(X), expected.score(X)
    error = expected.reconstruction_err_
    model.set_params(block_size=size)
    found = model.fit(written(X, tmp_path), y if "WSF" in name else None)
    model.set_params(block_size=None)
    np.testing.assert_allclose(found.history_["cost"], cost, rtol=1e-9)
    assert found.reconstruction_err_ == pytest.approx(error, rel=1e-9)
    for got, wanted in zip([*found.Z_, *found.H_], [*Z, *H]):
        assert relative_error(got, wanted) < 1e-8
    paths = written(X, tmp_path)
    assert relative_error(found.transform(paths), features) < 1e-7
    assert found.score(paths) == pytest.approx(score, rel=1e-8)


@pytest.mark.parametrize("kind", [written, lambda X, folder: Rows(X)])
@pytest.mark.parametrize("name", ["Semi-NMF", "Adam"])
def test_blocks_are_sparse_to_the_end(kind, name, tmp_path, monkeypatch, without_dense):
    monkeypatch.setattr(module, "LARGEST_SPARSE_GRAM", 0)
    monkeypatch.setattr(in_blocks, "pick_samples", lambda n, layers: np.arange(3))
    model = clone(MODELS[name]).set_params(block_size=15).fit(kind(X, tmp_path))
    assert np.isfinite(model.reconstruction_err_)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_start_without_gram_matrix_is_the_same_where_few_directions_are(
    dtype, tmp_path, monkeypatch
):
    rng = np.random.default_rng(1)
    low = scipy.sparse.random(N, 3, 0.2, random_state=1) @ scipy.sparse.random(
        3, P, 0.2, random_state=2
    )
    low = scipy.sparse.csr_matrix(low).astype(dtype)
    low.data *= rng.uniform(1, 2)
    expected = SemiNMF(4, **OPTIONS).fit(low)
    monkeypatch.setattr(module, "LARGEST_SPARSE_GRAM", 0)
    found = SemiNMF(4, block_size=15, **OPTIONS).fit(written(low, tmp_path))
    assert found.Z_[0].dtype == dtype
    tolerance = 1e-8 if dtype == "float64" else 1e-3
    got, wanted = (m.H_[0].T @ m.Z_[0].T for m in (found, expected))
    assert relative_error(got, wanted) < tolerance


def test_many_entries_make_dense_blocks(tmp_path):
    full = scipy.sparse.random(N, P, 0.5, format="csr", random_state=0)
    for given, is_sparse in ((X, True), (full, False)):
        blocks = Blocks(as_source(written(given, tmp_path)), 15, sparse=True)
        assert blocks.are_sparse == is_sparse
        assert all(scipy.sparse.issparse(rows) == is_sparse for _, rows in blocks)
        dense = Blocks(as_source(written(given, tmp_path)), 15)
        assert blocks.scale == pytest.approx(dense.scale, rel=1e-12)
        np.testing.assert_allclose(blocks.gram, dense.gram, atol=1e-12)
        np.testing.assert_array_equal(blocks.ends(), dense.ends())


def test_files_of_few_entries_are_one_block(tmp_path):
    expected, found = (SemiNMF(4, **OPTIONS).fit(data) for data in (X, written(X, tmp_path)))
    np.testing.assert_array_equal(found.H_[0], expected.H_[0])


def test_jax_sees_dense_blocks(tmp_path):
    pytest.importorskip("jax")
    options = {"mode": "JAX", "block_size": 15, "max_iter": 3, "tol": 0}
    found = SemiNMF(3, **options).fit(written(X, tmp_path))
    expected = SemiNMF(3, max_iter=3, tol=0).fit(X)
    assert relative_error(found.H_[0], expected.H_[0]) < 1e-8


def test_an_interrupted_fit_goes_on_to_the_same_bits(tmp_path):
    paths = written(X, tmp_path)
    expected = SemiNMF(4, block_size=15, **OPTIONS).fit(paths)
    options = {"block_size": 15, "checkpoint": tmp_path / "state", **OPTIONS}

    def interrupt(iteration, state):
        if iteration == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SemiNMF(4, callback=interrupt, **options).fit(paths)
    resumed = SemiNMF(4, **options).fit(paths)
    np.testing.assert_array_equal(resumed.H_[0], expected.H_[0])


@pytest.mark.parametrize(("value", "said"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_what_is_not_finite_is_named(value, said, tmp_path):
    wrong = X.copy()
    wrong.data[wrong.indptr[20]] = value
    with pytest.raises(ValueError, match=f"{said} in sample 20"):
        SemiNMF(2, block_size=15).fit(written(wrong, tmp_path))
