"""Features by the methods of the experiments, and how they are scored."""

import os
import signal

import numpy as np
import pytest

from dsnmf.experiments import methods
from dsnmf.experiments.clustering import k_means_scores
from dsnmf.training import loop

pytestmark = pytest.mark.usefixtures("without_numba")


@pytest.fixture(scope="module")
def data():
    """Three noisy groups of ten samples, mixed sign."""
    rng = np.random.default_rng(0)
    return np.repeat(3 * rng.standard_normal((3, 8)), 10, axis=0) + rng.standard_normal((30, 8))


FACTORISATIONS = {
    "svd_semi_nmf": (lambda data: methods.svd_semi_nmf(data, 4), [(8, 4)], 0),
    "semi_nmf": (lambda data: methods.semi_nmf(data, 4, 30), [(8, 4)], 30),
    "deep_semi_nmf": (lambda data: methods.deep_semi_nmf(data, (5, 4), 30), [(8, 5), (5, 4)], 30),
    "dsnmf": (lambda data: methods.dsnmf(data, (5, 4), 30), [(8, 5), (5, 4)], 30),
}


@pytest.mark.parametrize("name", FACTORISATIONS)
def test_factorisation(data, name):
    run, shapes, iterations = FACTORISATIONS[name]
    learned = run(data)
    assert learned.features.shape == (30, 4)
    assert learned.features.min() >= 0
    assert [Z.shape for Z in learned.Zs] == shapes
    assert len(learned.history) == iterations
    if iterations:
        assert learned.history[-1] < learned.history[0]
    H = learned.features.T
    for Z in reversed(learned.Zs[1:]):
        H = np.maximum(Z @ H, 0) if name == "dsnmf" else Z @ H
    error = ((data.T - learned.Zs[0] @ H) ** 2).sum()
    assert error < (data**2).sum() / 2
    if iterations:
        assert error == pytest.approx(learned.history[-1], rel=0.05)


def test_pca_takes_as_many_components_as_there_are(data):
    features = methods.pca(data, 100, whiten=1).features
    assert features.shape == (30, 8)
    np.testing.assert_allclose(features.std(axis=0, ddof=1), 1)
    assert methods.pca(data, 2).features.shape == (30, 2)
    assert methods.raw(data).features is data


def test_interrupted_training_is_no_result(data, monkeypatch):
    run = loop.run

    def interrupted(step, *args, **options):
        return run(lambda: os.kill(os.getpid(), signal.SIGINT) or step(), *args, **options)

    monkeypatch.setattr(loop, "run", interrupted)
    with pytest.raises(KeyboardInterrupt), pytest.warns(RuntimeWarning, match="iteration 1"):
        methods.semi_nmf(data, 4, 30)
    with pytest.raises(KeyboardInterrupt), pytest.warns(RuntimeWarning, match="iteration 1"):
        methods.dsnmf(data, (5, 4), 30)


def test_k_means_scores(data):
    scores = k_means_scores(data, np.repeat(["a", "b", "c"], 10), n_seeds=3)
    assert scores.nmi == scores.accuracy == (1, 1, 1)
    assert str(scores) == "100.0 ±  0.0  100.0 ±  0.0"
    shuffled = np.random.default_rng(0).permutation(30) % 3
    scores = k_means_scores(data, shuffled, n_seeds=2)
    assert max(scores.nmi) < 0.3 < min(scores.accuracy) < 0.7
    with pytest.raises(ValueError, match="n_seeds must be >= 1"):
        k_means_scores(data, shuffled, n_seeds=0)
