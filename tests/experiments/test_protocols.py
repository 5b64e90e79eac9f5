"""What the experiments consist of, and what they measure."""

from dataclasses import replace
from importlib.resources import files

import joblib
import numpy as np
import pytensor
import pytest

from dsnmf import datasets
from dsnmf.datasets import Dataset, unit_norm
from dsnmf.experiments import attribute_methods, protocols
from dsnmf.experiments.catalogue import METHODS
from dsnmf.experiments.kinds import CLASSES, Attributes, Clustering, Entry, Layers
from dsnmf.experiments.methods import Learned
from dsnmf.experiments.protocols import find
from dsnmf.tasks import records


@pytest.fixture(scope="module")
def faces():
    """Two attributes of two classes each, twelve 4 x 4 pictures per pair."""
    rng = np.random.default_rng(0)
    target = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], 12, axis=0)
    first, second = 3 * rng.random((2, 2, 16))
    data = first[target[:, 0]] + second[target[:, 1]] + 0.1 * rng.random((48, 16))
    data = unit_norm(data.astype(np.float32))
    return Dataset("faces", data, target, ("identity", "pose"), (4, 4), "")


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_items_are_distinct(name):
    protocol = find(name)
    items, quick = protocol.items("set", range(3)), protocol.items("set", range(1), quick=True)
    identities = [records.identity(item) for item in items]
    assert len(set(identities)) == len(identities)
    assert {records.identity(item) for item in quick} <= set(identities)
    assert {item["method"] for item in items} == set(protocol.methods())


def test_grid_of_the_paper():
    items = find("icml2014-pie").items("pie", range(5))
    deep = [item for item in items if item["method"] == "Deep Semi-NMF"]
    assert len(deep) == 11 * 2 * 5
    assert deep[0]["parameters"] == {"first_layer": 625, "n_components": 20}
    assert {item["parameters"]["n_components"] for item in deep} == set(range(20, 71, 5))
    assert sum(item["method"] == "best rank k" for item in items) == 11
    assert sum(item["method"] == "raw" for item in items) == 5
    assert {item["method"] for item in items if item["features"] == "igo"} == {
        "Deep Semi-NMF",
        "Semi-NMF",
        "PCA",
    }
    with pytest.raises(ValueError, match="unknown experiment 'x'; known are icml2014-pie"):
        find("x")


def test_what_finds_the_cache_filled_runs_last():
    items = find("arena-pie").items("pie", range(2))
    order = [(item["method"].removeprefix("Deep Semi-NMF"), item["seed"]) for item in items]
    assert order[:2] == [("", 0), (" (LP start)", 0)]
    others = (" (selected metric)", " (2000 iterations)")
    last = {("", 1), (" (LP start)", 1)} | {(name, seed) for name in others for seed in (0, 1)}
    assert set(order[-6:]) == last


def test_clustering_measures_the_identity(faces, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    entries = Entry("PCA"), Entry("best rank k", ("pixels", "igo"), seeded=False)
    protocol = Clustering("c", "", lambda: faces, entries=entries, counts=(3,))
    pca, best, igo = (
        protocol.measure(faces, item, memory) for item in protocol.items("faces", [0])
    )
    assert pca.keys() == {"error", "ac", "nmi"}
    assert pca["error"] is None
    assert pca["ac"] == pytest.approx(1)
    assert best.keys() == igo.keys() == {"error"}
    assert igo["error"] != pytest.approx(best["error"], rel=0.1)
    several = Clustering("c", "", lambda: faces, entries=entries, counts=(3,), k_means_seeds=4)
    results = several.measure(faces, several.items("faces", [0])[0], memory)
    assert [len(results[score]) for score in ("ac", "nmi")] == [4, 4]


def test_sizes_follow_the_data(faces, monkeypatch):
    asked = []
    monkeypatch.setitem(
        METHODS, "Deep Semi-NMF", lambda data, **sizes: asked.append(sizes) or Learned(data)
    )
    entries = (Entry("Deep Semi-NMF", parameters={"first_layer": 625}, quick_features=()),)
    sized = {"counts": (CLASSES,), "quick_counts": (CLASSES,)}
    protocol = Clustering("c", "", lambda: faces, entries=entries, **sized)
    (item,) = protocol.items("faces", [0])
    assert item["parameters"] == {"first_layer": 625, "n_components": CLASSES}
    protocol.measure(faces, item, None)
    assert asked == [{"first_layer": 16, "n_components": 2, "seed": 0, "memory": None}]
    assert protocol.items("faces", [0], quick=True) == []


def test_layers_measures_both_layers(faces, tmp_path):
    protocol = Layers("layers", "", lambda: faces, names=("pose", "identity"), first_layer=8)
    (item,) = protocol.items("faces", [0], quick=True)
    item = {**item, "parameters": {"first_layer": 8, "n_components": 4}}
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        rows = protocol.measure(faces, item, joblib.Memory(tmp_path, verbose=0))["rows"]
    places = [(row["layer"], row["attribute"]) for row in rows]
    assert places == [(1, "pose"), (1, "identity"), (2, "pose"), (2, "identity")]
    assert all(0.5 <= row["ac"] <= 1 for row in rows)


def test_attributes_measures_every_share_and_layer(faces, monkeypatch):
    names = ("pose", "identity")
    protocol = Attributes("a", "", lambda: faces, names=names, layers=(8, 6), shares=(1.0, 0.5))
    items = {item["method"]: item for item in protocol.items("faces", [0])}
    rows = protocol.measure(faces, items["PCA 8"], None)["rows"]
    assert [(row["layer"], row["attribute"]) for row in rows[:2]] == [(1, "pose"), (1, "identity")]
    assert {row["share"] for row in rows} == {1.0, 0.5}
    assert rows[0]["svm"] == 1
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        monkeypatch.setitem(attribute_methods.TRAINING, "max_iter", 30)
        rows = protocol.measure(faces, items["WSF 8, pose"], None)["rows"]
    assert rows[0]["ac"] == 1
    missing = Attributes("a", "", lambda: faces, names=("mood",), layers=(8,))
    with pytest.raises(ValueError, match="faces must have the attributes mood, it has identity"):
        missing.measure(faces, items["PCA 8"], None)


def test_lights_of_pie(monkeypatch):
    """The protocol's own names, layers and maps, on a made set of its attributes."""
    rng = np.random.default_rng(0)
    target = np.stack(np.meshgrid(*map(np.arange, (3, 4, 5))), axis=-1).reshape(-1, 3)
    patterns = [rng.random((5, 16))[column] for column in target.T]
    data = unit_norm(np.sum(patterns, axis=0) + 0.1 * rng.random((60, 16)))
    protocol = find("attributes-pie")
    faces = Dataset("pie", data, target, protocol.names, (4, 4), "")
    monkeypatch.setattr(datasets, "load_pie", lambda attributes: faces if attributes else None)
    protocol = replace(protocol, layers=(12, 10, 8), shares=(1.0,))
    items = {item["method"]: item for item in protocol.items("pie", [0], quick=True)}
    monkeypatch.setitem(attribute_methods.TRAINING, "max_iter", 30)
    ridge = items["Deep WSF, direction → flash → subject, ridge"]
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        rows = protocol.measure(protocol.load(), ridge, None)["rows"]
    own = {row["attribute"]: row["ac"] for row in rows[::4]}
    assert list(own) == ["direction", "flash", "subject"]
    assert min(own.values()) > 0.9


def test_committed_records_have_every_method():
    found = records.read(files("dsnmf.experiments") / "results" / "results.jsonl")
    for name in {record["experiment"] for record in found}:
        own = [record for record in found if record["experiment"] == name]
        seeds = range(max(record["seed"] for record in own) + 1)
        expected = find(name).items(own[0]["data"], seeds)
        missing = {*map(records.identity, expected)} - {*map(records.identity, own)}
        assert not missing


def test_parse_methods():
    chosen = [find("notebook"), find("attributes-stickfigures")]
    names = {"raw", "WSF 64, lower body", "Deep WSF, upper body → lower body, joined, H"}
    assert protocols.parse_methods(",".join(names), chosen) == names
    assert protocols.parse_methods(", ".join(names), chosen) == names
    for text in ("WSF 64", "raw, GNMF"):
        with pytest.raises(ValueError, match="unknown method"):
            protocols.parse_methods(text, chosen)
