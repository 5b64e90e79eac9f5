"""The paper's face data: the notebook's result, over seeds, and a start free of chance."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dsnmf import DSNMF, datasets
from dsnmf.experiments.clustering import k_means_scores

LAYERS = (400, 100)


@pytest.fixture(scope="module")
def pie():
    return datasets.load_pie()


# Seed 0 is trained and held to the same numbers by tests/test_notebook.py.
@pytest.mark.parametrize("seed", [1, 2])
def test_reaches_the_notebooks_result(pie, seed):
    model = DSNMF(pie.data, LAYERS, random_state=seed).fit(1000)
    scores = k_means_scores(model.get_features().T, pie.target)
    nmi, accuracy = np.mean(scores.nmi), np.mean(scores.accuracy)
    print(f"seed {seed}: NMI {nmi:.4f}, accuracy {accuracy:.4f}")
    assert nmi >= 0.976
    assert accuracy >= 0.91


@pytest.mark.parametrize("whiten", [0, 0.5])
def test_compressed_training_gets_there_in_fewer_epochs(pie, whiten):
    model = DSNMF(pie.data, LAYERS, compress=True, whiten=whiten).fit(100 if whiten else 450)
    scores = k_means_scores(model.get_features().T, pie.target, 3)
    print(f"whiten {whiten}: NMI {np.mean(scores.nmi):.4f}")
    assert np.mean(scores.nmi) >= 0.976


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_start_does_not_depend_on_threads(pie, dtype):
    starts = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            starts.append(DSNMF(pie.data.astype(dtype), LAYERS).get_param_values())
    for one, two in zip(*starts):
        spans = []
        for value in (one, two):
            U, S, _ = np.linalg.svd(value.astype("float64"), full_matrices=False)
            spans.append(U[:, S / S[0] > 1e-5])
        assert spans[0].shape == spans[1].shape
        assert np.abs(spans[0] @ spans[0].T - spans[1] @ spans[1].T).max() < 1e-4
