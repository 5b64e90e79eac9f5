"""The experiment of several views, on few samples."""

import json

import joblib
import numpy as np
import pytest

from dsnmf.datasets import Dataset
from dsnmf.experiments import view_methods
from dsnmf.experiments.missing_views import MissingViews
from dsnmf.experiments.report import document, view_tables

SETTINGS = {"multi-view, β = 10", "as coded, last view's H", "view kar", "multi-view"}


@pytest.fixture(scope="module")
def digits():
    rng = np.random.default_rng(0)
    target = np.repeat(np.arange(3), 40)
    data = np.hstack([3 * rng.standard_normal((3, p))[target] for p in (9, 7, 6, 5)])
    data = (data + rng.standard_normal(data.shape)).astype(np.float32)
    views = tuple(zip("abcd", (9, 7, 6, 5)))
    return Dataset("multiple_features", data, target, ("0", "1", "2"), None, "", views)


def test_methods_find_the_classes(digits, tmp_path, monkeypatch):
    monkeypatch.setattr(view_methods, "LAYERS", (5, 4))
    protocol = MissingViews("multiview", "", lambda: digits, shares=(0.0, 0.3))
    memory, records = joblib.Memory(tmp_path / "cache", verbose=0), []
    for item in protocol.items("multiple_features", [0]):
        if item["method"] in SETTINGS or item["parameters"]["missing"]:
            results = protocol.measure(digits, item, memory)
            assert max(row["nmi"] for row in results["rows"]) > 0.4
            records.append({**item, "seconds": 1.0, "results": results})
    assert {r["method"] for r in records} == SETTINGS | set(view_methods.WITH_GAPS)
    lines = map(json.dumps, records)
    (tmp_path / "results.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = document.write(tmp_path).read_text("utf-8")
    assert "## Several views: UCI multiple features" in text
    assert (tmp_path / "figures" / "multiview-multiple_features.png").exists()
    found = view_tables.scores(records, "multiple_features")
    assert set(found["multi-view", "metric"]) == {0.0, 0.3}
    for table in (view_tables.complete_table, view_tables.gaps_table):
        assert "| multi-view | H, data metric |" in table(records, "multiple_features")


def test_every_sample_keeps_a_view():
    views = [np.ones((500, 2)), np.ones((500, 3))]
    missing = [np.isnan(X).all(axis=1) for X in view_methods.without_some(views, 0.5, 0)]
    assert not np.logical_and(*missing).any()
    assert 0.35 < np.mean(missing) < 0.45  # a quarter would have lost both


def test_filling():
    X = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]])
    assert view_methods.fill_views(X, "means")[1, 1] == 4
    assert view_methods.fill_views(X, "neighbours")[1, 1] == 4
