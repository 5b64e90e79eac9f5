"""Where training starts: H >= 0 is kept from there on, so it must hold there."""

import numpy as np
import pytest

from dsnmf import WSF, DeepSemiNMF, SemiNMF
from dsnmf.estimators.start import nonnegative
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN, fitted, near_low_rank

X, CLASSES = near_low_rank(40, 3), np.arange(40) % 3
U, SIGMA, VT = np.linalg.svd(X.T, full_matrices=False)
MIXED = U[:, :3] * SIGMA[:3], VT[:3]  # X ≈ Z H as PCA has it
LISTS = [MIXED[0]], [MIXED[1]]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def on_disk(tmp_path):
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


@pytest.mark.parametrize(
    "kind",
    [
        SemiNMF(3, init=MIXED, **PLAIN),
        SemiNMF(3, init=MIXED, solver="bcd", **PLAIN),
        WSF(3, init=MIXED, **PLAIN),
        DeepSemiNMF((3,), init=LISTS, solver="multiplicative", **PLAIN),
        DeepSemiNMF((3,), init=LISTS, solver="multiplicative", nonlinearity="tanh", **PLAIN),
    ],
)
def test_given_features_of_the_wrong_sign_are_refused(kind, on_disk):
    data = [X] if "bcd" in repr(kind) or "tanh" in repr(kind) else [X, on_disk]
    for given in data:
        with pytest.raises(ValueError, match=r"init's H_1 must be >= 0, got -0\.\d+"):
            kind.set_params(block_size=16).fit(given, CLASSES)
    if hasattr(kind, "partial_fit"):
        with pytest.raises(ValueError, match="init's H_1"):
            kind.partial_fit(X)


def test_adam_takes_features_under_the_relu_of_any_sign():
    model = DeepSemiNMF((3,), solver="adam", init=LISTS, max_iter=1, tol=0, **PLAIN).fit(X)
    assert (model._raw_H[0] < 0).any()
    assert model.H_[0].min() >= 0


@pytest.mark.parametrize(
    ("in_blocks", "nonlinearity"), [(False, "auto"), (True, "auto"), (False, "softplus")]
)
def test_rules_go_on_from_what_adam_has_learned(in_blocks, nonlinearity, on_disk):
    data = on_disk if in_blocks else X
    warm = {"tol": 0, "warm_start": True, **PLAIN}
    model = DeepSemiNMF((4, 3), solver="adam", max_iter=20, block_size=16, **warm)
    model.fit(data)
    assert (model._raw_H[-1] < 0).any()
    model.set_params(solver="multiplicative", nonlinearity=nonlinearity).fit(data)
    assert all(H.min() >= 0 for H in model.H_)
    assert all((H > 0).any(axis=1).all() for H in model.H_)
    fresh = fitted(model, X, warm_start=False)
    assert model.reconstruction_err_ < 1.5 * fresh.reconstruction_err_


def test_negative_features_become_small_ones_and_zeros_stay():
    H = np.array([[2.0, 0.0, -1.0], [-2.0, 0.0, 0.0]])
    np.testing.assert_array_equal(nonnegative(H), [[2, 0, 0.005], [0.02, 0, 0]])
    assert relative_error(nonnegative(np.abs(H)), np.abs(H)) == 0
    assert nonnegative(H.astype("float32")).dtype == np.float32
