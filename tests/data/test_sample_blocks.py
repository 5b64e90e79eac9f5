"""Blocks: the numbers of data in memory, one pass for all sums, errors that name the block."""

import contextvars
import threading
from functools import partial

import numpy as np
import pytest

from dsnmf.data import sample_blocks as module
from dsnmf.data.dense import Dense
from dsnmf.data.sample_blocks import Blocks
from dsnmf.data.sources import Source, as_source
from tests.data.test_sources import KINDS, Sliceable, as_npz

N, P = 11, 4
X = np.random.default_rng(0).standard_normal((N, P)) * 50

close = partial(np.testing.assert_allclose, rtol=1e-13, atol=0)


def in_blocks(X, *args, **kwargs):
    return Blocks(as_source(Sliceable(X)), *args, **kwargs)


def read(blocks):
    return np.concatenate([rows for _, rows in blocks])


def expected(X, scale=None):
    """Scale, rows, Gram matrix and energy of the same data in memory, in float64."""
    dense = Dense(X.T.astype(float), scale)
    return dense.scale, dense.start.T, dense.start @ dense.start.T, float(np.sum(dense.norms**2))


def check(blocks, X, scale=None):
    scale, rows, gram, squared_norm = expected(X, scale)
    assert blocks.scale == pytest.approx(scale, rel=1e-13)
    close(blocks.gram, gram, atol=1e-13 * squared_norm)
    np.testing.assert_array_equal(blocks.gram, blocks.gram.T)
    assert blocks.squared_norm == pytest.approx(squared_norm, rel=1e-13)
    assert {rows.dtype for _, rows in blocks} == {blocks.dtype}
    assert all(rows.flags.c_contiguous for _, rows in blocks)
    close(read(blocks), rows, rtol=1e-13 if blocks.dtype == float else 2e-7)


@pytest.mark.parametrize("size", [None, 1, 3, N, 100])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_those_of_data_in_memory(kind, dtype, size, tmp_path):
    given = X.astype(dtype)
    blocks = Blocks(as_source(kind(given, tmp_path)), size)
    assert blocks.shape == (P, N)
    check(blocks, given)
    assert [samples for samples, _ in blocks] == blocks.slices
    assert [len(rows) for _, rows in blocks] == [len(range(N)[part]) for part in blocks.slices]
    assert len(blocks.slices) == {None: 1, 1: N, 3: 4, N: 1, 100: 1}[size]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_at_a_given_scale_are_those_in_memory_to_the_bit(dtype):
    given = X.astype(dtype)
    blocks = in_blocks(given, 3, 7.3)
    np.testing.assert_array_equal(read(blocks), Dense(given.T, 7.3).start.T)
    check(blocks, given, 7.3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("unit", [1e-30, 1e30])
@pytest.mark.parametrize("order", [1, -1])
def test_any_unit_and_growing_or_shrinking_blocks(dtype, unit, order):
    growing = X * np.logspace(-6, 0, N)[::order, None] * unit
    growing[3] = 0
    check(in_blocks(growing.astype(dtype), 2), growing.astype(dtype))


def test_the_limits_of_float64():
    blocks = in_blocks(np.array([[0.0], [5e-324], [1.5e308], [-1.5e308]]), 1)
    assert blocks.scale == pytest.approx(1.5e308 / np.sqrt(2), rel=1e-15)
    close(read(blocks)[2:], [[np.sqrt(2)], [-np.sqrt(2)]], rtol=1e-15)
    assert in_blocks(np.full((3, 1), 2.0**-1074), 2).squared_norm == pytest.approx(3)


def test_zeros_have_scale_1():
    blocks = in_blocks(np.zeros((3, 2), "float32"), 2)
    assert (blocks.scale, blocks.squared_norm, read(blocks).any()) == (1.0, 0.0, False)


def test_a_power_of_two_as_unit_changes_no_bit():
    plain, large = in_blocks(X, 3), in_blocks(X * 2.0**200, 3)
    assert large.scale == plain.scale * 2.0**200
    np.testing.assert_array_equal(large.gram, plain.gram)
    np.testing.assert_array_equal(read(large), read(plain))


class Counting(Source):
    """Notes what is read, and by which thread."""

    def __init__(self, X):
        super().__init__(X)
        self.reads, self.threads = [], set()

    def rows(self, start, stop):
        self.reads.append((start, stop))
        self.threads.add(threading.current_thread())
        return super().rows(start, stop)


def test_one_pass_serves_scale_gram_and_norm():
    source = Counting(X)
    blocks = Blocks(source, 4)
    assert not source.reads
    assert blocks.scale > 0
    assert blocks.gram.shape == (P, P)
    assert blocks.squared_norm == pytest.approx(N)
    once = [(0, 4), (4, 8), (8, 11)]
    assert source.reads == once
    for _ in blocks:
        pass
    assert source.reads == once * 2


def test_a_given_scale_needs_no_pass_before():
    source = Counting(X)
    assert len(read(Blocks(source, 4, 2.0))) == N
    assert len(source.reads) == 3


def test_block_size_is_chosen_from_the_number_of_features(monkeypatch):
    monkeypatch.setattr(module, "ENTRIES", 2 * P + 1)
    assert in_blocks(X).slices[0] == slice(0, 2)
    assert in_blocks(X[:1]).slices == [slice(0, 1)]
    assert in_blocks(np.ones((3, 50))).slices == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_the_next_block_is_read_while_the_caller_works_by_one_thread():
    source, reads = Counting(X), threading.Semaphore(0)
    for _ in Blocks(as_source(Sliceable(X, lambda rows: reads.release() or rows)), 4, 1.0):
        assert reads.acquire(timeout=60)
        assert reads.acquire(timeout=60)  # the block after this one
        break
    read(Blocks(source, 4, 1.0))
    assert len(source.threads - {threading.current_thread()}) == len(source.threads) == 1


@pytest.mark.parametrize("error", [None, ArithmeticError, KeyboardInterrupt])
def test_a_loop_left_early_leaves_no_thread(error):
    source = Counting(X)

    def leave():
        for _ in Blocks(source, 1, 1.0):
            if error is None:
                return
            raise error

    if error is None:
        leave()
    else:
        with pytest.raises(error):
            leave()
    assert len(source.reads) <= 2
    assert not any(thread.is_alive() for thread in source.threads)


def test_errors_of_the_thread_reach_the_caller():
    def fail(rows):
        raise OSError(5, "no disk")

    broken = Blocks(as_source(Sliceable(X, fail)), 4)
    for need in (lambda: broken.scale, lambda: broken.gram, lambda: read(broken)):
        with pytest.raises(OSError, match="no disk: 'samples 0 to 3 of X'"):
            need()


def test_the_callers_context_holds_in_the_thread():
    setting = contextvars.ContextVar("setting")
    setting.set(3.0)
    blocks = Blocks(as_source(Sliceable(X, lambda rows: rows * 0 + setting.get())), 4, 1.0)
    assert (read(blocks) == 3).all()


@pytest.mark.parametrize("scale", [None, 1.0])
@pytest.mark.parametrize(
    ("value", "words"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")]
)
def test_what_is_not_finite_is_named_with_its_block(value, words, scale):
    broken = X.astype("float32")
    broken[9, 2] = value
    with pytest.raises(
        ValueError, match=rf"X contains {words} in sample 9 \(block 2, samples 8 to 10\)"
    ):
        read(in_blocks(broken, 4, scale))


def test_stored_nan_of_sparse_rows_is_named_too(tmp_path):
    broken = X.copy()
    broken[9, 2] = np.nan
    with pytest.raises(ValueError, match=r"NaN in sample 9 \(block 2, .*; gaps need a dense array"):
        read(Blocks(as_source(as_npz(broken, tmp_path)), 4))


def test_sums_that_overflow_are_finite_data():
    close(read(in_blocks(np.full((N, P), 1e38, "float32"), 4)), 0.5, rtol=1e-6)


@pytest.mark.parametrize("entry", [np.finfo("float32").max, 1e-45])
def test_a_scale_that_is_no_float32_is_refused(entry):
    with pytest.raises(ValueError, match=r"scale .* must be within float32's range"):
        read(in_blocks(np.full((N, P), entry, "float32"), 4))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"block_size": 0}, ValueError, "block_size must be >= 1"),
        ({"block_size": 2.0}, TypeError, "block_size must be an integer >= 1"),
        ({"scale": 0}, ValueError, "scale must be finite and > 0"),
        ({"scale": np.nan}, ValueError, "scale must be finite and > 0"),
        ({"scale": "1"}, TypeError, "scale must be a number > 0"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        in_blocks(X, **arguments)


@pytest.mark.parametrize("unit", [1e-30, 1, 1e30])
def test_scale_and_norm_without_a_gram_matrix(unit, monkeypatch):
    monkeypatch.setattr(module, "MOST_FEATURES", P - 1)
    for scale in (None, 3 * unit):
        blocks, (expected_scale, _, _, squared_norm) = in_blocks(X * unit, 3, scale), expected(X, 3)
        assert (blocks.gram, blocks.eigen) == (None, None)
        if scale is None:
            expected_scale, _, _, squared_norm = expected(X * unit)
            assert blocks.scale == pytest.approx(expected_scale, rel=1e-13)
        assert blocks.squared_norm == pytest.approx(squared_norm, rel=1e-13)


def test_more_features_than_a_gram_matrix_is_made_of():
    wide = in_blocks(np.ones((2, 30_000), "float32"), 1)
    assert (wide.gram, wide.scale) == (None, pytest.approx(30_000**0.5))
