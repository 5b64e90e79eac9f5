"""Compressed blocks: what data in memory become, read twice and kept."""

import numpy as np
import pytest

from dsnmf.data import sample_blocks as blocks_module
from dsnmf.data.compressed_blocks import compress_blocks
from dsnmf.data.compression import compress
from dsnmf.data.dense import Compressed, Dense
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import as_source
from dsnmf.data.store import Store
from dsnmf.initialisation import directions
from tests.data.test_sample_blocks import Counting, in_blocks, read

N, P, RANK = 40, 12, 4
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, RANK)) @ RNG.standard_normal((RANK, P))
X += 1e-3 * RNG.standard_normal(X.shape)


def in_memory(X, how, whiten=0.0):
    whole = Dense(X.T)
    return Compressed(whole, *compress(whole.given, how, scale=whole.scale, whiten=whiten))


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize(
    ("most", "dtype", "tolerance"),
    # Without a Gram matrix from data that have been divided by the scale, in their own dtype.
    [(P, "float32", 1e-5), (P, "float64", 1e-8), (0, "float32", 3e-4), (0, "float64", 1e-8)],
)
@pytest.mark.parametrize(
    ("how", "whiten", "rank"), [(True, 0, RANK), ("auto", 0, RANK), (7, 0, 7), ("auto", 0.5, RANK)]
)
def test_numbers_are_those_of_data_in_memory(
    how, whiten, rank, dtype, tolerance, folder, most, tmp_path, monkeypatch
):
    monkeypatch.setattr(blocks_module, "MOST_FEATURES", most)
    given = 50 * X.astype(dtype)
    expected, whole = in_memory(given, how, whiten), in_blocks(given, 7)
    with Store(tmp_path if folder else None) as store:
        blocks = compress_blocks(whole, how, store.new, whiten=whiten)
        rows = read(blocks)
        assert (blocks.shape, blocks.dtype, blocks.slices) == ((rank, N), dtype, whole.slices)
        assert blocks.scale == whole.scale == pytest.approx(expected.scale, rel=tolerance)
        signs = np.sign(np.sum(rows * expected.start.T, axis=0))
        np.testing.assert_allclose(rows * signs, expected.start.T, atol=tolerance)
        np.testing.assert_allclose(blocks.gram, rows.T @ rows, rtol=tolerance, atol=20 * tolerance)
        np.testing.assert_allclose(blocks.offset, expected.offset, rtol=1e-5, atol=tolerance)
        Z = RNG.standard_normal((P, 3)).astype(dtype)
        restored = expected.restored(expected.reduced(Z))
        np.testing.assert_allclose(blocks.restored(blocks.reduced(Z)), restored, atol=tolerance)
        outputs = np.empty_like(rows), np.empty_like(given)
        blocks.run_pass_whole(lambda small, large: ((small, large), []), outputs=outputs)
        np.testing.assert_array_equal(outputs[0], rows)
        np.testing.assert_array_equal(outputs[1], read(whole))


def test_the_data_are_read_twice():
    source = Counting(X)
    blocks = compress_blocks(Blocks(source, 20), "auto", np.empty)
    assert blocks.squared_norm == pytest.approx(N)
    read(blocks)
    read(blocks)
    assert source.reads == 2 * [(0, 20), (20, 40)]
    blocks.run_pass_whole(lambda small, large: ([], []))
    assert len(source.reads) == 6


@pytest.fixture
def too_many(monkeypatch):
    """Of three directions, where no Gram matrix is made."""
    monkeypatch.setattr(blocks_module, "MOST_FEATURES", P - 1)
    monkeypatch.setattr(directions, "MOST_DIRECTIONS", 3)
    monkeypatch.setattr(directions, "FIRST_RANK", 1)
    monkeypatch.setattr(directions, "OVERSAMPLING", 1)


def test_too_many_directions(too_many):
    noise = RNG.standard_normal((N, P))
    blocks = in_blocks(noise, 7)
    assert compress_blocks(blocks, "auto", None) is blocks
    assert compress_blocks(blocks, 5, np.empty).shape == (5, N)
    for data, how, whiten in [(noise, True, 0), (noise, "auto", 0.5), (noise[:11], "auto", 0)]:
        with pytest.raises(ValueError, match=r"more than .* directions of X.*: give their number"):
            compress_blocks(in_blocks(data, 7), how, np.empty, whiten=whiten)


def test_coordinates_do_not_hang_on_rounding():
    """Nor on signs, which LAPACK may choose by it."""
    expected = read(compress_blocks(in_blocks(X, N), True, np.empty))
    for size in range(1, 8):
        rows = read(compress_blocks(in_blocks(X * (1 + 1e-14 * size), size), True, np.empty))
        np.testing.assert_allclose(rows, expected, atol=1e-9)


def test_fewer_samples_than_features():
    blocks = compress_blocks(in_blocks(X[:3], 2), "auto", np.empty)
    assert blocks.shape == (3, 3)


@pytest.mark.parametrize(
    ("data", "how"),
    [(X, False), (RNG.standard_normal((N, P)), "auto"), (np.zeros((N, P)), True)],
    ids=["not asked for", "not worthwhile", "zeros"],
)
def test_blocks_that_stay(data, how):
    whole = in_blocks(data, 7)
    assert compress_blocks(whole, how, None) is whole


@pytest.mark.parametrize(
    ("how", "whiten", "text"),
    [
        (13, 0, r"compress must be at most min\(p, n\) = 12, got 13"),
        ("all", 0, "compress must be 'auto', True, False or a rank, got 'all'"),
        (False, 0.5, "whiten needs compress"),
        (True, 2, r"whiten must be in \[0, 1\], got 2.0"),
    ],
)
def test_bad_arguments_read_nothing(how, whiten, text):
    source = Counting(X)
    with pytest.raises(ValueError, match=text):
        compress_blocks(Blocks(source), how, np.empty, whiten=whiten)
    assert source.reads == []


def test_kept_rows_that_are_lost_are_an_error(tmp_path):
    with Store(tmp_path) as store:
        blocks = compress_blocks(in_blocks(X, 7), True, store.new)
        file = next(tmp_path.glob(".scratch-*/*.npy"))
        file.write_bytes(b"")
        with pytest.raises(ValueError, match=r"samples 0 to 6 of X cannot be read: .*shorter"):
            read(blocks)


def test_memory_maps_serve_too(tmp_path):
    np.save(tmp_path / "X.npy", X)
    whole = Blocks(as_source(np.load(tmp_path / "X.npy", mmap_mode="r")), 7)
    rows = read(compress_blocks(whole, True, np.empty))
    np.testing.assert_array_equal(rows, read(compress_blocks(in_blocks(X, 7), True, np.empty)))
