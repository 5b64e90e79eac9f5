"""Every method of the clustering experiments on a tiny matrix."""

import sys
from types import SimpleNamespace

import joblib
import numpy as np
import pytensor
import pytest

from dsnmf.experiments import comparators, protocols, rivals
from dsnmf.experiments.catalogue import METHODS

K = 4
DEEP = [name for name in METHODS if name.startswith(("Deep", "Multi-layer"))]
PARAMETERS = {name: {"first_layer": 6} for name in DEEP}
PARAMETERS["Deep Semi-NMF (Adam)"]["epochs"] = 50

#: What may be negative, and reconstructs nothing.
COORDINATES = ("raw", "PCA", "PCA half-whitened", "PCA whitened", "spectral clustering", "UMAP")
COORDINATES += ("FastICA",)

#: What does not have its factorisation's own features.
MOVED = ("Deep Semi-NMF (selected metric)",)


class FirstColumns:
    """In the place of UMAP, which the tests go without."""

    def __init__(self, n_components, **parameters):
        assert parameters.keys() == {"n_neighbors", "min_dist", "random_state", "n_jobs"}
        self.n_components = n_components

    def fit_transform(self, data):
        return data[:, : self.n_components]


@pytest.fixture
def data():
    """Three groups of ten samples, >= 0, of unit norm."""
    rng = np.random.default_rng(0)
    data = np.repeat(rng.random((3, 8)), 10, axis=0) + 0.3 * rng.random((30, 8))
    return (data / np.linalg.norm(data, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def run(data, tmp_path):
    def run(name, seed=0, **options):
        parameters = {"n_components": K, **PARAMETERS.get(name, {})} if name != "raw" else {}
        memory = joblib.Memory(tmp_path, verbose=0)
        with pytensor.config.change_flags(mode="FAST_COMPILE"):
            return METHODS[name](data, **parameters, **options, seed=seed, memory=memory)

    return run


def best_error(data, k):
    return np.linalg.norm(np.linalg.svd(data, compute_uv=False)[k:])


@pytest.mark.parametrize("name", METHODS)
def test_method(data, run, name, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FirstColumns))
    learned = run(name)
    if name == "best rank k":
        assert learned.features is None
        assert learned.error == pytest.approx(best_error(data, K), rel=1e-4)
        return
    assert learned.features.shape == (30, {"raw": 8, "UMAP": 2}.get(name, K))
    if name in COORDINATES:
        assert learned.error is None
        return
    assert learned.features.min() >= 0 or name in MOVED
    assert best_error(data, K) * (1 - 1e-5) < learned.error < np.linalg.norm(data) / 2
    if "Adam" not in name and name not in MOVED:
        product = np.linalg.multi_dot([*learned.Zs, learned.features.T])
        assert learned.error == pytest.approx(np.linalg.norm(data.T - product), rel=1e-4)
    negative = any((Z < 0).any() for Z in learned.Zs)
    assert not negative or "Semi-NMF" in name


def test_first_layer_is_computed_once(run, monkeypatch):
    calls = []
    layer = comparators._layer

    def counted(kind, X, n_components, *options):
        calls.append(n_components)
        return layer(kind, X, n_components, *options)

    monkeypatch.setattr(comparators, "_layer", counted)
    first, again, other = run("Multi-layer NMF"), run("Multi-layer NMF"), run("Multi-layer NMF", 1)
    assert calls == [6, K, K, K]
    np.testing.assert_array_equal(first.features, again.features)
    assert not np.array_equal(first.features, other.features)


def test_start_and_iterations_are_those_of_the_name(run):
    plain, many, other = (run(f"Semi-NMF{k}") for k in ("", " (2000 iterations)", " (LP start)"))
    assert run("Semi-NMF", iterations=3).error > plain.error > many.error
    assert not np.allclose(other.features, plain.features, rtol=0.1)


def test_selected_metric_is_the_one_of_the_best_agreement(run, monkeypatch):
    plain = run("Deep Semi-NMF")
    for chosen, t in enumerate(rivals.METRICS):
        agreements = iter(np.eye(3)[chosen])
        monkeypatch.setattr(
            rivals, "agreement_beyond_shapeless", lambda *_, found=agreements: next(found)
        )
        learned = run("Deep Semi-NMF (selected metric)")
        np.testing.assert_array_equal(learned.features, plain.features_in_metric(t))


def test_gnmf_of_its_authors_keeps_the_best_of_its_starts(data, run, monkeypatch):
    errors = []
    for starts in (1, 2, 3):
        monkeypatch.setattr(rivals, "GNMF_STARTS", starts)
        errors.append(run("GNMF (its authors)").error)
    assert errors[0] >= errors[1] >= errors[2] < errors[0]


def test_independent_components_are_a_rotation_of_the_whitened_principal_ones(data, run):
    data[:, 0] = 0
    whitened, independent = run("PCA whitened").features, run("FastICA").features
    assert not np.allclose(whitened, independent, atol=0.1)
    np.testing.assert_allclose(whitened @ whitened.T, independent @ independent.T, atol=1e-4)


def test_without_umap(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ImportError, match=r'UMAP needs umap: pip install "dsnmf\[rivals\]"'):
        run("UMAP")


def test_protocols_name_methods_that_there_are():
    for entries in (protocols.ICML2014, protocols.NOTEBOOK, protocols.ARENA):
        assert {entry.method for entry in entries} <= set(METHODS)
