"""Transform leaves about what the fit leaves: whatever the norms, however long the training was."""

import warnings

import numpy as np
import pytest

from dsnmf import DeepSemiNMF
from tests.conftest import relative_error
from tests.estimators.kinds import PLAIN, near_low_rank

RNG = np.random.default_rng(0)
NORMS = {
    "from 1e-20 to 1e20": 10 ** RNG.uniform(-20, 20, 120),
    "log-normal": np.exp(2 * RNG.standard_normal(120)),
    "one huge": np.where(np.arange(120) == 3, 1e6, 1),
    "one tiny": np.where(np.arange(120) == 3, 1e-20, 1),
    "zeros": np.where(np.arange(120) % 5 == 0, 0, 1),
}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("without_numba"),
]


def fitted(X, layers=(5, 3), **options):
    options = {"max_iter": 300, "tol": 0, "metric": "components"} | options
    return DeepSemiNMF(layers, **{"solver": "adam", **options}, **PLAIN).fit(X)


def left(model, X, layer=-1):
    """The norm that transform leaves of X, as a share of what the fit leaves."""
    found = model.inverse_transform(model.transform(X, layer=layer), layer=layer)
    unit = np.abs(X).max()
    return np.linalg.norm((X - found) / unit) / (model.reconstruction_err_ / unit)


def efforts(model):
    return [made._effort for made in model._ready.values() if hasattr(made, "_effort")]


@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
@pytest.mark.parametrize("norms", NORMS)
def test_whatever_the_norms(nonlinearity, norms):
    X = NORMS[norms][:, None] * near_low_rank(120, 4)
    model = fitted(X, nonlinearity=nonlinearity)
    assert max(left(model, X, layer) for layer in (0, 1)) < 1.1
    gaps = np.where(RNG.random(X.shape) < 0.05, np.nan, X)
    model = fitted(gaps, nonlinearity=nonlinearity)
    residual = gaps - model.inverse_transform(model.transform(gaps))
    assert np.sqrt(np.nansum(residual**2)) < 1.1 * model.reconstruction_err_


def test_quiet_samples_change_nothing_of_the_others():
    X = near_low_rank(120, 4)
    model, other = fitted(X), fitted(np.vstack([X, 1e-6 * X[:30]]))
    assert left(other, X) == pytest.approx(left(model, X), rel=0.02)


@pytest.mark.parametrize(
    ("X", "layers", "needed"),
    [
        (NORMS["log-normal"][:, None] * RNG.standard_normal((120, 20)), (10, 5), 1),
        (RNG.random((150, 4)) @ RNG.random((4, 12)) + 2, (8, 4), 3),
    ],
    ids=["noise of log-normal norms", "large mean"],
)
def test_after_long_training(X, layers, needed):
    model = fitted(X, layers, max_iter=3000)
    assert left(model, X) < 1.1
    assert efforts(model) == [needed]
    model._probes, model._ready = [], {}
    assert left(model, X) > 1.1


def test_what_the_search_cannot_reach_is_said():
    X = near_low_rank(120, 4)
    model = fitted(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.transform(X)
    model._probes[0][2] /= 100  # as if the fit left a tenth of the norm that it leaves
    model._ready.clear()
    with pytest.warns(RuntimeWarning, match=r"transform leaves 0\.\d+ of the training samples'"):
        model.score(X)


@pytest.mark.parametrize(("solver", "max_iter"), [("adam", 300), ("multiplicative", 10)])
def test_features_below_a_tanh_have_any_sign(solver, max_iter):
    X = near_low_rank(120, 4)
    model = fitted(X, nonlinearity="tanh", solver=solver, max_iter=max_iter)
    assert model.transform(X, layer=0).min() < 0 <= model.transform(X).min()
    assert left(model, X, layer=0) < 1.02


def test_blocks_have_the_same_priors_and_probes(tmp_path):
    X = NORMS["log-normal"][:, None] * near_low_rank(120, 4)
    np.save(tmp_path / "X.npy", X)
    model = fitted(X)
    other = fitted([tmp_path / "X.npy"], block_size=17)
    for ours, theirs in zip([*other._priors, *other._probes], [*model._priors, *model._probes]):
        assert relative_error(ours, theirs) < 1e-6


def test_models_from_0_2_0_search_as_they_did(tmp_path):
    X = near_low_rank(120, 4)
    model = fitted(X)
    model.transform(X)
    assert efforts(model) == [0]
    model.save(tmp_path / "new")
    with np.load(tmp_path / "new") as file:
        arrays = dict(file)
    for i in (0, 1):
        arrays[f"_priors{i}"] = arrays[f"_priors{i}"][:2]
    del arrays["_probes0"]
    header = str(arrays["dsnmf"]).replace('"version": 3', '"version": 2')
    header = header.replace(', "_probes": 1', "")
    with open(tmp_path / "old", "wb") as file:
        np.savez(file, **arrays | {"dsnmf": np.array(header)})
    for layer in (0, 1):
        features = DeepSemiNMF.load(tmp_path / "old").transform(X, layer=layer)
        np.testing.assert_array_equal(features, model.transform(X, layer=layer))
