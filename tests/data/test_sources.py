"""Rows of what is not in memory: the same numbers from every kind, clear errors at the door."""

import dask
import dask.array
import h5py
import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr

from dsnmf.data import sources as module
from dsnmf.data.sources import as_source
from dsnmf.files.arrays import read_sparse

X = np.random.default_rng(0).integers(-9, 9, (11, 4)).astype("int16")

#: Lengths of parts in files; one is empty.
PARTS = (3, 0, 7, 1)


def as_memmap(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


def as_view(X, folder):
    """Every second row of a Fortran-ordered file, from the second on."""
    return as_memmap(np.asfortranarray(np.repeat(X, 2, axis=0)), folder)[1::2]


def as_files(X, folder):
    paths = [folder / f"{i}.npy" for i in range(len(PARTS))]
    for path, part in zip(paths, np.split(X, np.cumsum(PARTS)[:-1])):
        np.save(path, part)
    return [str(paths[0]), *paths[1:]]


def as_h5(X, folder):
    with h5py.File(folder / "X.h5", "w") as file:
        file["X"] = X
    return h5py.File(folder / "X.h5")["X"]


def as_zarr(X, folder):
    array = zarr.create_array(folder / "X.zarr", shape=X.shape, chunks=(2, 3), dtype=X.dtype)
    array[:] = X
    return array


def as_dask(X, folder):
    return dask.array.from_array(X, chunks=(4, -1))


def as_other(X, folder):
    return Sliceable(X)


class Sliceable:
    """Shape, dtype and slices of rows, no more."""

    def __init__(self, X, answer=lambda rows: rows):
        self.shape, self.dtype, self._X, self._answer = X.shape, X.dtype, X, answer

    def __getitem__(self, rows):
        assert isinstance(rows, slice)
        return self._answer(self._X[rows])


class Exporting(Sliceable):
    """What gives out its memory, as arrays of JAX and PyTorch do."""

    def __dlpack__(self):
        raise NotImplementedError


class Labelled(Sliceable):
    """As an array of xarray: slices of it are of its own kind, and NumPy makes arrays of them."""

    def __getitem__(self, rows):
        return Labelled(super().__getitem__(rows), self._answer)

    def __array__(self, dtype=None, copy=None):
        return np.array(self._answer(self._X), dtype, copy=copy)


class Held(Labelled):
    """The same around a Dask array."""

    @property
    def data(self):
        return self._X

    def __dask_graph__(self):
        return self._X.__dask_graph__()

    def compute(self):
        return Labelled(self._X.compute())


def as_labelled(X, folder):
    """Not in memory: each slice is read anew."""
    return Labelled(X, np.copy)


def as_held(X, folder):
    return Held(as_dask(X, folder))


def as_masked(X, folder):
    """As variables of netCDF4."""
    return Sliceable(X, np.ma.array)


def as_npz(X, folder):
    paths = [folder / f"{i}.npz" for i in range(len(PARTS))]
    formats = ["csr_array", "csr_matrix", "csc_array", "coo_matrix"]
    for path, part, form in zip(paths, np.split(X, np.cumsum(PARTS)[:-1]), formats):
        scipy.sparse.save_npz(path, getattr(scipy.sparse, form)(part))
    return [str(paths[0]), *paths[1:]]


def as_sparse_dask(X, folder):
    return as_dask(X, folder).map_blocks(scipy.sparse.csr_matrix)


def as_sparse(X, folder):
    """As the X of a backed AnnData."""
    return Sliceable(X, scipy.sparse.csr_array)


SPARSE = [as_npz, as_sparse_dask, as_sparse]
DENSE = [as_files, as_h5, as_zarr, as_dask, as_held, as_other, as_masked, as_labelled]
KINDS = [as_memmap, as_view, *DENSE, *SPARSE]
ODD = ">f4", "float16"  # SciPy has no sparse matrices of these


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (kind, dtype)
        for kind in KINDS
        for dtype in ("float32", "float64", "int16", "bool", *ODD)
        if not (kind in SPARSE and dtype in ODD)
    ],
)
def test_rows_of_every_kind(kind, dtype, tmp_path):
    given, row_dtype = X.astype(dtype), "float32" if dtype in ("float32", ">f4") else "float64"
    source = as_source(kind(given, tmp_path))
    assert source.shape == X.shape
    assert source.dtype == row_dtype
    for start, stop in [(0, 11), (0, 1), (2, 4), (3, 10), (9, 11)]:
        rows = source.rows(start, stop)
        assert rows.flags.c_contiguous
        assert rows.dtype == source.dtype
        np.testing.assert_array_equal(rows, given[start:stop])


@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
def test_dask_arrays_are_computed_on_the_active_scheduler(scheduler):
    used = []

    def spy(*args, **kwargs):
        used.append(scheduler)
        return dask.base.named_schedulers[scheduler](*args, **kwargs)

    with dask.config.set(scheduler=spy):
        rows = as_source(as_dask(X, None) + 1).rows(3, 9)
    np.testing.assert_array_equal(rows, X[3:9] + 1)
    assert used == [scheduler]


@pytest.mark.parametrize(
    "held",
    [
        X,
        X.tolist(),
        [],
        np.ma.array(X),
        pd.DataFrame(X),
        scipy.sparse.csr_matrix(X),
        scipy.sparse.csr_array(X),
        Exporting(X),
        Labelled(X),
        Labelled(X)[2:],
        "X.npy",
        3,
    ],
    ids=lambda held: type(held).__name__,
)
def test_what_is_in_memory_is_no_source(held):
    assert as_source(held) is None


def test_what_is_computed_from_a_memmap_is_no_source(tmp_path):
    mapped = as_memmap(X, tmp_path)
    assert as_source(mapped[[3, 1]]) is None
    assert as_source(mapped.copy()) is None


def gives_none(X):
    return as_source(X) is None and isinstance(X, np.memmap)


def test_what_joblib_maps_for_its_workers_is_no_source():
    calls = [joblib.delayed(gives_none)(X) for _ in range(2)]
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        assert all(joblib.Parallel(2, max_nbytes=1)(calls))


@pytest.mark.parametrize("kind", KINDS)
def test_advice_how_to_read_all_into_memory_serves(kind, tmp_path):
    data = kind(X.astype(float), tmp_path)
    held = eval(as_source(data).to_memory, {"np": np, "scipy": scipy, "X": data})
    assert as_source(held) is None
    np.testing.assert_array_equal(held.toarray() if scipy.sparse.issparse(held) else held, X)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_masked_entries_are_gaps_where_there_may_be_some(dtype):
    masked = np.ma.masked_less(X.astype(dtype), 0)
    expected = np.where(masked.mask, np.nan, X)
    for lazy in (dask.array.from_array(masked, chunks=(4, -1)), Sliceable(masked)):
        rows = as_source(lazy).rows_with_gaps(2, 9)
        assert rows.dtype == ("float32" if dtype == "float32" else "float64")
        np.testing.assert_array_equal(rows, expected[2:9])
    np.testing.assert_array_equal(masked.data, X)


def test_a_private_copy_of_a_file_keeps_its_changes(tmp_path):
    as_memmap(X, tmp_path)
    changed = np.load(tmp_path / "X.npy", mmap_mode="c")
    changed[5] = 7
    source = as_source(changed)
    for _ in range(2):
        np.testing.assert_array_equal(source.rows(5, 6), np.full((1, 4), 7))


BAD = [
    (X[0], ValueError, r"X must be 2-d, got 1-d of shape \(4,\)"),
    (X[None], ValueError, r"X must be 2-d, got 3-d of shape \(1, 11, 4\)"),
    (X[:, :0], ValueError, r"X must not be empty, got shape \(11, 0\)"),
    (X.astype("complex64"), TypeError, "X must hold real numbers, got dtype complex64"),
    (X.astype("S3"), TypeError, r"X must hold real numbers, got dtype \|S3"),
    (X.astype("O"), TypeError, "X must hold real numbers, got dtype object"),
]


@pytest.mark.parametrize(("given", "error", "words"), BAD)
def test_other_than_real_matrices_are_refused(given, error, words):
    with pytest.raises(error, match=words):
        as_source(Sliceable(given))
    with pytest.raises(error, match=words):
        as_source(dask.array.from_array(given, given.shape))


def test_hdf5_closed_and_without_shape(tmp_path):
    as_h5(X, tmp_path).file.close()
    with h5py.File(tmp_path / "X.h5") as file:
        source, dataset = as_source(file["X"]), file["X"]
    with pytest.raises(ValueError, match="X cannot be read, is its file closed"):
        as_source(dataset)
    with pytest.raises(ValueError, match="samples 2 to 4 of X cannot be read"):
        source.rows(2, 5)
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["X"] = h5py.Empty("f4")
        with pytest.raises(ValueError, match="X must be 2-d, got 0-d"):
            as_source(file["X"])


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (dask.array.ones((6, 4), chunks=(2, 2)), r"got 2: use X.rechunk\({1: -1}\)"),
        (dask.array.ones((6, 4), chunks=(2, -1)), r"X.compute_chunk_sizes\(\)"),
    ],
    ids=["columns", "unknown"],
)
def test_dask_chunks_that_cannot_be_read_by_rows(array, words):
    if "compute" in words:
        array = array[array[:, 0] > 0]
    with pytest.raises(ValueError, match=words):
        as_source(array)


@pytest.mark.parametrize(
    ("part", "error", "words"),
    [
        (X[:, :3], ValueError, "1.npy gives 3 features in float64, but .*0.npy 4 in float64"),
        (X.astype("f4"), ValueError, "1.npy gives 4 features in float32, but"),
        (X[0], ValueError, "1.npy must be 2-d, got 1-d"),
        (X.astype("U2"), TypeError, "1.npy must hold real numbers, got dtype <U2"),
        (X.astype("O"), ValueError, "1.npy is no intact .npy file of numbers: .*Python objects"),
    ],
)
def test_files_that_do_not_fit_are_named(part, error, words, tmp_path):
    paths = as_files(X, tmp_path)
    np.save(paths[1], part, allow_pickle=True)
    with pytest.raises(error, match=words):
        as_source(paths)


def test_files_missing_damaged_empty_or_mixed_with_numbers(tmp_path):
    paths = as_files(X, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"none\.npy"):
        as_source([*paths, "none.npy"])
    with pytest.raises(TypeError, match=r"nothing else, got a ndarray at X\[4\]"):
        as_source([*paths, X])
    with pytest.raises(ValueError, match=r"X must not be empty, got shape \(0, 4\)"):
        as_source(paths[1:2])
    paths[2].write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match=r"2\.npy is no intact \.npy file"):
        as_source(paths)


def test_a_sparse_file_is_read_once_in_a_pass(tmp_path, monkeypatch):
    source, read = as_source(as_npz(X, tmp_path)), []
    monkeypatch.setattr(module, "read_sparse", lambda path: read.append(path) or read_sparse(path))
    for start in range(11):
        source.rows(start, start + 1)
    assert [str(path)[-5:] for path in read] == ["0.npz", "2.npz", "3.npz"]


def save_out_of_range(path):
    matrix = scipy.sparse.csr_array(X[:7].astype(float))
    matrix.indices[5] = 9
    scipy.sparse.save_npz(path, matrix)


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (lambda path: scipy.sparse.save_npz(path, scipy.sparse.eye(3)), "gives 3 features in"),
        (lambda path: np.savez(path, A=X), "is no intact .npz file of a sparse matrix: it holds A"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "is no intact .npz file of a spa"),
        (
            lambda path: np.savez(path, data=X.astype("O"), shape=(11, 4), format=b"csr"),
            "must hold real",
        ),
    ],
)
def test_sparse_files_that_do_not_fit_are_named(save, words, tmp_path):
    paths = as_npz(X, tmp_path)
    save(paths[2])
    with pytest.raises((ValueError, TypeError), match=rf"2\.npz {words}"):
        as_source(paths)


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (save_out_of_range, "2.npz is no intact sparse matrix: .*indices"),
        (lambda path: scipy.sparse.save_npz(path, scipy.sparse.eye(4)), "2.npz was replaced by .*"),
        (lambda path: path.write_bytes(b"PK"), "2.npz is no intact .npz file of a sparse"),
    ],
)
def test_sparse_files_that_turn_out_damaged_are_named(save, words, tmp_path):
    paths = as_npz(X, tmp_path)
    source = as_source(paths)
    save(paths[2])
    with pytest.raises(ValueError, match=f"samples 2 to 4 of X cannot be read: .*{words}"):
        source.rows(2, 5)


def test_files_that_change_while_they_are_read(tmp_path):
    source = as_source(as_files(X, tmp_path))
    np.save(tmp_path / "2.npy", X[:6])
    with pytest.raises(ValueError, match=r"2 to 3 of X .*2.npy was replaced by .*\(6, 4\)"):
        source.rows(2, 4)
    mapped = as_memmap(X, tmp_path)
    source = as_source(mapped[2:])
    with open(tmp_path / "X.npy", "r+b") as file:
        file.truncate(150)
    with pytest.raises(ValueError, match=r"0 to 1 of X cannot be read: .*X.npy has become shorter"):
        source.rows(0, 2)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda rows: rows[1:], r"must be an array of shape \(2, 4\), got a ndarray of shape \(1,"),
        (lambda rows: rows[:, 1:], r"got a ndarray of shape \(2, 3\)"),
        (lambda rows: rows.astype("f4"), "they must be float64, got float32"),
        (lambda rows: rows.astype("O"), "they must hold real numbers, got dtype object"),
        (lambda rows: np.ma.masked_less(rows, 99), "they have masked entries"),
        (lambda rows: scipy.sparse.csr_matrix(rows[1:]), r"got a csr_matrix of shape \(1, 4\)"),
        (lambda rows: scipy.sparse.csr_matrix(rows, dtype="f4"), "must be float64, got float32"),
    ],
)
def test_rows_that_are_not_as_promised(answer, words):
    source = as_source(Sliceable(X, answer))
    with pytest.raises(ValueError, match=f"samples 3 to 4 of X cannot be read: .*{words}"):
        source.rows(3, 5)
