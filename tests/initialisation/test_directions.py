"""Leading directions of data whose Gram matrix is not made: those of the SVD, in few reads."""

import numpy as np
import pytest

from dsnmf.initialisation import directions as module
from dsnmf.initialisation.directions import leading_directions
from dsnmf.initialisation.floor import NoiseFloor
from tests.initialisation.test_blockwise import Blocks

N, P = 500, 420
RNG = np.random.default_rng(0)
LEFT, RIGHT = (np.linalg.qr(RNG.standard_normal((side, P)))[0] for side in (N, P))
FALLING = 1 / np.arange(1, P + 1)


def found(sigma, k, *, floor=0.0, size=64, dtype="float64", n=N):
    """What is found in data of these singular values, and how often they were read."""
    blocks = Blocks(((LEFT * sigma) @ RIGHT.T)[:n].astype(dtype), size)
    blocks.eigen = None
    return leading_directions(blocks, k, NoiseFloor(floor), np.random.default_rng(0)), blocks.reads


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-8), ("float32", 1e-5)])
@pytest.mark.parametrize(("k", "floor", "rank"), [(8, 0, 8), (None, 4.1e-4, 49)])
def test_directions_are_those_of_the_svd_after_five_reads(k, floor, rank, dtype, tolerance):
    (U, S), reads = found(FALLING, k, floor=floor, dtype=dtype)
    assert reads == 5
    np.testing.assert_allclose(S, FALLING[:rank], rtol=tolerance)
    np.testing.assert_allclose(U.T @ U, np.eye(rank), atol=1e-12)
    cosines = np.linalg.svd(U.T @ RIGHT[:, :rank])[1]
    assert cosines.min() > 1 - tolerance


def test_blocks_do_not_matter():
    (U, S), _ = found(FALLING, 8)
    (other, values), _ = found(FALLING, 8, size=N)
    np.testing.assert_allclose(values, S, rtol=1e-12)
    np.testing.assert_allclose(other, U, atol=1e-8)


@pytest.mark.parametrize("k", [30, None])
@pytest.mark.parametrize("rank", [0, 1, 20])
def test_no_more_than_the_rank(rank, k):
    sigma = np.where(np.arange(P) < rank, FALLING, 0)
    (U, S), _ = found(sigma, k, floor=1e-10)
    np.testing.assert_allclose(S, sigma[:rank], rtol=1e-8)
    assert U.shape == (P, rank)


def test_fewer_samples_than_features_and_as_many_directions():
    (U, S), _ = found(np.ones(P), None, n=50)
    np.testing.assert_allclose(S, np.linalg.norm(U.T @ (LEFT @ RIGHT.T)[:50].T, axis=1))
    assert U.shape == (P, 50)
    (U, S), reads = found(FALLING, P)
    assert (len(S), reads) == (P, 1)  # the basis is all of the space


def test_many_directions_are_looked_for_until_there_are_too_many(monkeypatch):
    sigma = np.where(np.arange(P) < 201, 1.0, 1e-3) * np.linspace(2, 1, P)
    (_, S), reads = found(sigma, None, floor=1e-3)
    assert (len(S), reads) == (201, 6)
    monkeypatch.setattr(module, "MOST_DIRECTIONS", 150)
    nothing, reads = found(sigma, None, floor=1e-3)
    assert nothing is None
    assert 2 <= reads <= 4
