"""Every method of the ICML paper's comparison on a tiny matrix."""

import joblib
import numpy as np
import pytensor
import pytest

from dsnmf.experiments import comparators, protocols
from dsnmf.experiments.comparators import METHODS

K = 4
PARAMETERS = {
    "Deep Semi-NMF": {"first_layer": 6},
    "Multi-layer NMF": {"first_layer": 6},
    "Deep Semi-NMF (Adam)": {"first_layer": 6, "epochs": 50},
}


@pytest.fixture(scope="module")
def data():
    """Three groups of ten samples, >= 0, of unit norm."""
    rng = np.random.default_rng(0)
    data = np.repeat(rng.random((3, 8)), 10, axis=0) + 0.3 * rng.random((30, 8))
    return (data / np.linalg.norm(data, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def run(data, tmp_path):
    def run(name, seed=0):
        parameters = {"n_components": K, **PARAMETERS.get(name, {})} if name != "raw" else {}
        memory = joblib.Memory(tmp_path, verbose=0)
        with pytensor.config.change_flags(mode="FAST_COMPILE"):
            return METHODS[name](data, **parameters, seed=seed, memory=memory)

    return run


def best_error(data, k):
    return np.linalg.norm(np.linalg.svd(data, compute_uv=False)[k:])


@pytest.mark.parametrize("name", METHODS)
def test_method(data, run, name):
    learned = run(name)
    if name == "best rank k":
        assert learned.features is None
        assert learned.error == pytest.approx(best_error(data, K), rel=1e-4)
        return
    assert learned.features.shape == (30, 8 if name == "raw" else K)
    if name in ("raw", "PCA", "PCA whitened"):
        assert learned.error is None
        return
    assert learned.features.min() >= 0
    assert best_error(data, K) * (1 - 1e-5) < learned.error < np.linalg.norm(data) / 2
    if "Adam" not in name:
        product = np.linalg.multi_dot([*learned.Zs, learned.features.T])
        assert learned.error == pytest.approx(np.linalg.norm(data.T - product), rel=1e-4)
    negative = any((Z < 0).any() for Z in learned.Zs)
    assert not negative or "Semi-NMF" in name


def test_first_layer_is_computed_once(run, monkeypatch):
    calls = []
    layer = comparators._layer

    def counted(kind, X, n_components, seed):
        calls.append(n_components)
        return layer(kind, X, n_components, seed)

    monkeypatch.setattr(comparators, "_layer", counted)
    first, again, other = run("Multi-layer NMF"), run("Multi-layer NMF"), run("Multi-layer NMF", 1)
    assert calls == [6, K, K, K]
    np.testing.assert_array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)


def test_protocols_name_methods_that_there_are():
    for entries in (protocols.ICML2014, protocols.NOTEBOOK):
        assert {entry.method for entry in entries} <= set(METHODS)
