"""One feature that holds nearly all of a matrix's norm is told of, wherever the matrix is."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.data.shares import GoverningFeatureWarning, energies_of, warn_of_governing

RNG = np.random.default_rng(0)
X = RNG.integers(1, 7, (40, 4)).astype(float)
NUMBERED = np.column_stack([X, 61617 + np.arange(40)])


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_array, scipy.sparse.csc_matrix])
def test_energies_are_sums_of_squares_at_any_scale(form, unit):
    found = energies_of(form(unit * X))
    np.testing.assert_allclose(found / found.sum(), (X**2).sum(axis=0) / (X**2).sum())


def test_gaps_and_zeros():
    gappy = np.where(RNG.random(X.shape) < 0.3, np.nan, X)
    np.testing.assert_allclose(energies_of(gappy), np.nansum(gappy**2, axis=0) / 36)
    assert energies_of(np.zeros((2, 3))).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("energies", "is_told"),
    [([1, 97], True), ([1, 20], False), ([5], False), ([0, 0], False), ([0, 1], True)],
)
def test_which_shares_are_told(energies, is_told, recwarn):
    warn_of_governing(np.array(energies, float))
    assert bool(recwarn) == is_told


@pytest.mark.parametrize("model", [SemiNMF(2, max_iter=2), DeepSemiNMF((3, 2), max_iter=2)])
@pytest.mark.parametrize("kind", ["array", "sparse", "frame", "gaps", "files"])
def test_every_kind_of_data_tells(model, kind, tmp_path):
    data, names = NUMBERED, "feature 4 holds 99.9 % or more"
    if kind == "sparse":
        data = scipy.sparse.csr_array(NUMBERED)
    elif kind == "frame":
        data, names = pd.DataFrame(NUMBERED, columns=[*"abcd", "stamp"]), "feature 4, stamp, holds"
    elif kind == "gaps":
        data = np.where(np.arange(200).reshape(40, 5) == 7, np.nan, NUMBERED)
    elif kind == "files":
        np.save(tmp_path / "a.npy", NUMBERED)
        data, model = [tmp_path / "a.npy"], model.set_params(block_size=15)
    with pytest.warns(GoverningFeatureWarning, match=names):
        model.fit(data)
    model.set_params(block_size=None)


def test_the_first_batch_of_a_stream_tells():
    model = SemiNMF(2)
    with pytest.warns(GoverningFeatureWarning, match="feature 4 holds"):
        model.partial_fit(NUMBERED)
    with warnings.catch_warnings():
        warnings.simplefilter("error", GoverningFeatureWarning)
        model.partial_fit(NUMBERED)
        SemiNMF(2, max_iter=2).fit(X)
