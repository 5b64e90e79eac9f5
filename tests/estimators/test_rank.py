"""Fits are as near as the SVD of one direction less, on data of any kind, or say why not."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from dsnmf import WSF, DeepSemiNMF, SemiNMF

RNG = np.random.default_rng(0)
ROWS = RNG.random((80, 5)) @ RNG.standard_normal((5, 20)) + 0.1 * RNG.standard_normal((80, 20))
HUGE, TINY = np.ones((80, 1)), np.ones((80, 1))
HUGE[3], TINY[3] = 1e9, 1e-15
DATA = {
    "plain": ROWS,
    "mean of 1e3": ROWS + 1e3,
    "mean of 1e8": ROWS + 1e8,
    "a feature of 1e6": ROWS + 1e6 * (np.arange(20) == 3),
    "features of many units": ROWS * 10.0 ** np.linspace(-6, 6, 20),
    "breast cancer": load_breast_cancer().data[:200],
    "a huge sample": ROWS * HUGE,
    "a tiny sample": ROWS * TINY,
    "zero samples": ROWS * (np.arange(80) % 3 > 0)[:, None],
    "constant features": np.hstack([ROWS, np.full((80, 3), 7.0)]),
    "duplicates": np.repeat(ROWS[:20], 4, axis=0),
    "rank 2": ROWS[:, :2] @ RNG.standard_normal((2, 20)),
    "more features than samples": np.ascontiguousarray(ROWS.T),
    "heavy tails": RNG.standard_cauchy((80, 20)),
    "integers": np.round(100 * ROWS).astype(int),
    "float16": ROWS.astype(np.float16),
    "float32, mean of 1e3": (ROWS + 1e3).astype(np.float32),
}
MODELS = {
    "SemiNMF": SemiNMF(6),
    "BCD": SemiNMF(6, solver="bcd"),
    "WSF without a penalty": WSF(6, alpha=0),
    "DeepSemiNMF": DeepSemiNMF((9, 6), solver="multiplicative"),
}


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("name", MODELS)
def test_error_is_that_of_the_svd(name, data):
    X = DATA[data]
    sigma = np.linalg.svd(X.astype(float), compute_uv=False)
    rounding = 10 * np.finfo(X.dtype if X.dtype.kind == "f" else float).eps * sigma[0]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        model = MODELS[name].fit(X)
    said = any("carry anything" in str(warning.message) for warning in seen)
    bound = np.sqrt(np.square(sigma[5:]).sum())
    assert model.reconstruction_err_ <= 1.02 * bound + rounding
    assert said == (data == "rank 2")


def test_a_floor_that_was_asked_for_holds_and_is_named():
    X = DATA["mean of 1e3"]
    with pytest.warns(RuntimeWarning, match=r"only 1 of the 6 components.*noise_floor=0.001"):
        model = SemiNMF(6, noise_floor=1e-3).fit(X)
    assert np.linalg.matrix_rank(model.Z_[0]) == 1


def test_blocks_keep_small_components_too(tmp_path):
    X = DATA["mean of 1e8"]
    np.save(tmp_path / "X.npy", X)
    rows = np.load(tmp_path / "X.npy", mmap_mode="r")
    model = SemiNMF(6, block_size=13).fit(rows)
    sigma = np.linalg.svd(X, compute_uv=False)
    assert model.reconstruction_err_ <= 1.02 * np.sqrt(np.square(sigma[5:]).sum())
