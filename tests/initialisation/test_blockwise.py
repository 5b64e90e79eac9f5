"""The start from data in blocks: that of data in memory, with few reads and little memory."""

import tracemalloc

import numpy as np
import pytest

from dsnmf.initialisation import NOISE_FLOOR, appr_seminmf, pretrain
from dsnmf.initialisation.blockwise import ArrayBlocks, blockwise_svd_start
from dsnmf.initialisation.pretraining import pretrain_product
from dsnmf.initialisation.spectrum import eigen_of
from dsnmf.initialisation.svd import raised, without_zeros
from tests.conftest import relative_error


class Blocks(ArrayBlocks):
    """Read-only rows of an array, the reads counted."""

    eigen = None

    def __init__(self, rows, size):
        n = len(rows)
        super().__init__(rows, [slice(i, min(i + size, n)) for i in range(0, n, size)])
        wide = rows.astype(float)
        self.eigen = eigen_of(wide.T @ wide)
        self.reads = 0
        rows.setflags(write=False)

    def __iter__(self):
        self.reads += 1
        return super().__iter__()


def full_rank(n=90, p=24):
    return np.random.default_rng(0).standard_normal((n, p)) * np.linspace(1, 3, p)


def rank_four(n=90, p=24):
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 4)) @ rng.standard_normal((4, p))


DATA = {
    "full rank": full_rank(),
    "square": full_rank(24),
    "non-negative": np.abs(full_rank()),
    "rank four": rank_four(),
    "square of rank four": rank_four(24),
    "rank four and noise": rank_four() + 1e-3 * full_rank(),
    "equal singular values": np.linalg.qr(full_rank())[0],
    "zero": np.zeros((90, 24)),
}


def in_memory(X, layers, noise_floor, seed, fill_zeros=True):
    options = {"noise_floor": noise_floor, "random_state": np.random.default_rng(seed)}

    def factorise(H, k):
        Z, H = appr_seminmf(H, k, dtype=float, **options)
        if fill_zeros:
            H = raised(H) if k > 1 else without_zeros(H)
        return Z, H

    return (pretrain_product if fill_zeros else pretrain)(X, layers, factorise)


@pytest.mark.parametrize("noise_floor", [0, NOISE_FLOOR])
@pytest.mark.parametrize(
    "layers", [(1,), (2,), (6,), (30,), (12, 5), (5, 9), (24, 40), (24, 24, 1)], ids=str
)
@pytest.mark.parametrize("name", DATA)
def test_start_is_that_of_the_data_in_memory(name, layers, noise_floor):
    exact = 1e-7 if name == "rank four and noise" else 1e-10  # condition² · eps
    for dtype, tolerance in (("float64", exact), ("float32", 1e-7)):
        rows = DATA[name].astype(dtype)
        expected_Zs, expected_Hs = in_memory(rows.T, layers, noise_floor, seed=5)
        for size in (7, 64, len(rows)):
            Zs, Hs = blockwise_svd_start(
                Blocks(rows, size), layers, np.empty, noise_floor=noise_floor, random_state=5
            )
            for Z, expected in zip(Zs, expected_Zs, strict=True):
                assert Z.dtype == float
                assert relative_error(Z, expected) < exact
            for H, expected in zip(Hs, expected_Hs, strict=True):
                assert H.dtype == dtype
                assert H.min() > 0
                assert relative_error(H.T, expected) < tolerance


@pytest.mark.parametrize("layers", [(1,), (12, 5), (24, 24, 1)], ids=str)
def test_zeros_may_stay(layers):
    rows = DATA["full rank"]
    expected_Zs, expected_Hs = in_memory(rows.T, layers, 0, seed=5, fill_zeros=False)
    Zs, Hs = blockwise_svd_start(
        Blocks(rows, 7), layers, np.empty, noise_floor=0, random_state=5, aim="zeros"
    )
    for Z, expected in zip(Zs, expected_Zs, strict=True):
        assert relative_error(Z, expected) < 1e-10
    assert np.any(Hs[0] == 0)
    for H, expected in zip(Hs, expected_Hs, strict=True):
        np.testing.assert_array_equal(H.T == 0, expected == 0)
        assert relative_error(H.T, expected) < 1e-10


def test_drawn_vectors_are_orthonormal_to_rounding():
    """Where they fill the whole space, and one Cholesky factor would lose digits with this seed."""
    rows, layers, seed = np.zeros((24, 24)), (25,), 126
    _, (H,) = blockwise_svd_start(
        Blocks(rows, 7), layers, np.empty, noise_floor=0, random_state=seed
    )
    assert relative_error(H.T, in_memory(rows.T, layers, 0, seed)[1][0]) < 1e-13


@pytest.mark.parametrize(
    ("layers", "reads"), [((5,), 1), ((6,), 2), ((5, 4, 1), 1), ((6, 4, 1), 2), ((1,), 2)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_data_are_read_once_and_left_as_they_are(dtype, layers, reads):
    asked = []

    def new_array(shape, dtype):
        asked.append((shape, np.dtype(dtype)))
        return np.empty(shape, dtype)

    blocks = Blocks(rank_four().astype(dtype), 40)
    eigen = [part.copy() for part in blocks.eigen]
    blockwise_svd_start(blocks, layers, new_array, noise_floor=0)
    for part, expected in zip(blocks.eigen, eigen, strict=True):
        np.testing.assert_array_equal(part, expected)
    assert blocks.reads == reads
    dtypes = ["float64", "float32"] if dtype == "float32" else ["float64"]
    assert asked == [((90, k), np.dtype(each)) for each in dtypes for k in layers]


def test_memory_is_that_of_a_few_blocks(tmp_path):
    def new_array(shape, dtype):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.npy"
        return np.lib.format.open_memmap(path, "w+", dtype, shape)

    rows, size = rank_four(20_000, 16).astype("float32"), 200
    blocks = Blocks(rows, size)
    tracemalloc.start()
    _, Hs = blockwise_svd_start(blocks, (10, 5), new_array, noise_floor=NOISE_FLOOR)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(isinstance(H, np.memmap) for H in Hs)
    assert peak < 8 * size * (16 + 10) * 8 < Hs[0].nbytes / 2


@pytest.mark.parametrize(
    ("shape", "arguments", "error", "message"),
    [
        ((5, 6), {}, ValueError, "at least as many samples as features.*got 5 samples, 6 features"),
        ((9, 6), {"layers": (10, 2)}, ValueError, r"of each layer but the last.*layers=\(10, 2\)"),
        ((9, 6), {"layers": ()}, ValueError, "at least one layer"),
        ((9, 6), {"noise_floor": 1}, ValueError, r"noise_floor must be in \[0, 1\)"),
        ((9, 6), {"random_state": -1}, ValueError, "random_state must be >= 0"),
    ],
)
def test_bad_arguments_are_named_before_anything_is_read(shape, arguments, error, message):
    blocks = Blocks(np.ones(shape), 4)
    arguments = {"layers": (3,), "noise_floor": 0, **arguments}
    with pytest.raises(error, match=message):
        blockwise_svd_start(blocks, new_array=np.empty, **arguments)
    assert blocks.reads == 0
