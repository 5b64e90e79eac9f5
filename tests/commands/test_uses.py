"""What a saved model is used for; `predict`, which needs none; --set."""

import json

import numpy as np
import pandas as pd
import pytensor
import pytest

from dsnmf import SemiNMF, WSFClassifier
from dsnmf.commands.main import main
from dsnmf.estimators.saved import open_estimator
from tests.commands.mistakes import assert_mistake_is_one_line

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    np.abs(RNG.random((30, 3)) @ RNG.random((3, 4))), columns=["len", "wid", "mass", "age"]
).round(3)
TABLE.insert(0, "plant", [f"p{i}" for i in range(30)])
TABLE["kind"] = np.array([*"abc"])[np.arange(30) % 3]
READ = ["--index", "plant", "--drop", "kind"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, pytensor.config.change_flags(mode="FAST_COMPILE"):
        patch.chdir(folder)
        TABLE.to_csv("plants.csv", index=False)
        (folder / "other.csv").write_text("x,age,hue\na,1,2\nb,3,4\n")
        TABLE.drop(columns="age").to_csv("less.csv", index=False)
        np.save("cube.npy", np.ones((4, 3, 2)))
        gaps = TABLE.astype(object)
        gaps.loc[3, "wid"], gaps.loc[7, "age"] = "", "-9"
        gaps.to_csv("gaps.csv", index=False)
        words = ["--layers", "2", "--set", "solver=bcd", "--set", "tol=1e-3", "--quiet"]
        assert main(["fit", "gaps.csv", *READ, "--missing=-9", *words, "-o", "model"]) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made, monkeypatch):
    monkeypatch.chdir(made)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield made


def test_any_plain_parameter_can_be_set():
    model = open_estimator("model")
    assert (model.solver, model.tol) == ("bcd", 1e-3)


@pytest.mark.filterwarnings("ignore:.*left out")
def test_components_have_names(folder):
    assert main(["components", "model", "-o", "made.csv"]) == 0
    found = pd.read_csv("made.csv", index_col=0)
    np.testing.assert_array_equal(found, SemiNMF.load("model").components_of(-1))
    assert ([*found.index], [*found]) == (["seminmf0", "seminmf1"], ["len", "wid", "mass", "age"])
    assert main(["components", "model", "--transpose", "-o", "made.csv"]) == 0
    assert pd.read_csv("made.csv", index_col=0).equals(found.T)
    (folder / "made.csv").unlink()


def test_fill_changes_only_what_was_unknown(folder):
    assert main(["fill", "model", "gaps.csv", *READ, "--missing=-9", "-o", "full.csv"]) == 0
    before = [line.split(",") for line in (folder / "gaps.csv").read_text().splitlines()]
    after = [line.split(",") for line in (folder / "full.csv").read_text().splitlines()]
    changed = [
        (i, j)
        for i, (old, new) in enumerate(zip(before, after, strict=True))
        for j, (a, b) in enumerate(zip(old, new, strict=True))
        if a != b
    ]
    assert changed == [(4, 2), (8, 4)]
    full = TABLE[["len", "wid", "mass", "age"]].to_numpy()
    assert float(after[4][2]) == pytest.approx(full[3, 1], abs=0.2)
    assert float(after[8][4]) == pytest.approx(full[7, 3], abs=0.2)
    (folder / "full.csv").unlink()


def test_score_and_cluster(folder, capsys):
    assert main(["score", "model", "plants.csv", *READ, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    model = SemiNMF.load("model")
    columns = TABLE[["len", "wid", "mass", "age"]]
    assert found == {
        "explained": pytest.approx(model.score(columns)),
        "n_samples": 30,
        "n_features": 4,
    }
    words = ["--index", "plant", "--labels", "kind", "--clusters", "3", "--metric", "data"]
    assert main(["cluster", "model", "plants.csv", *words, "-o", "clusters.csv"]) == 0
    out = capsys.readouterr().out
    assert "30 samples in 3 clusters of " in out
    assert "Against label kind of 30 samples: NMI " in out
    clusters = pd.read_csv("clusters.csv", index_col=0)
    assert [*clusters.index] == [*TABLE["plant"]]
    assert sorted(clusters["cluster"].unique()) == [0, 1, 2]
    (folder / "clusters.csv").unlink()


def test_predicted_classes_have_their_names(folder):
    columns = TABLE[["len", "wid", "mass", "age"]]
    half = TABLE.assign(kind=TABLE["kind"].where(np.arange(30) % 2 == 0, "?"))
    half.to_csv("half.csv", index=False)
    TABLE[["kind", "age", "mass", "plant", "wid", "len"]].to_csv("more.csv", index=False)
    words = ["half.csv", "--index", "plant", "--labels", "kind", "--unknown", "?"]
    assert main(["predict", *words, "-o", "made.csv"]) == 0
    assert main(["predict", *words, "--new", "more.csv", "-o", "made.parquet"]) == 0
    model = WSFClassifier(random_state=0).fit(columns, half["kind"].replace("?", None))
    found, new = pd.read_csv("made.csv", index_col=0), pd.read_parquet("made.parquet")
    assert [*found["class"]] == [*model.transduction_]
    assert [*found.index] == [*new.index] == [*TABLE["plant"]]
    assert [*new["class"]] == [*model.predict(columns)]
    assert found["predicted"].tolist() == (half["kind"] == "?").tolist()
    assert new["predicted"].all()
    for name in ("half.csv", "more.csv", "made.csv", "made.parquet"):
        (folder / name).unlink()


def test_columns_that_are_no_features_are_left_out_and_told(folder, capsys):
    assert main(["transform", "model", "plants.csv", "--index", "plant", "-o", "made.csv"]) == 0
    assert "not features of the model, left out: kind" in capsys.readouterr().err
    found = pd.read_csv("made.csv", index_col=0)
    assert ([*found.index], [*found]) == ([*TABLE["plant"]], ["seminmf0", "seminmf1"])
    (folder / "made.csv").unlink()


def test_a_class_that_may_be_misspelt_is_told(folder, capsys):
    kinds = np.array(["Barbera", "Nebbiolo"])[np.arange(30) % 2].tolist()
    kinds[4:7] = ["Barbera ", "Nebiolo", "grape A"]
    TABLE.assign(kind=[*kinds[:29], "grape B"]).to_csv("wines.csv", index=False)
    words = ["wines.csv", "--index", "plant", "--labels", "kind", "-o", "made.npy"]
    assert main(["predict", *words]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "misspelt" in line]
    assert [line.split("class ")[1] for line in told] == [
        "'Barbera ' has one sample; is it 'Barbera', misspelt?",
        "'Nebiolo' has one sample; is it 'Nebbiolo', misspelt?",
    ]
    for name in ("wines.csv", "made.npy"):
        (folder / name).unlink()


FIT = ["fit", "plants.csv", *READ, "--layers", "2", "-o", "x"]
PREDICT = ["predict", "plants.csv", "--index", "plant", "--labels", "kind", "-o", "x.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([*FIT, "--set", "tol"], "must be NAME=VALUE, e.g. tol=1e-6, got 'tol'"),
        ([*FIT, "--set", "tols=1"], "--set tols: SemiNMF has absent, center, compress, forget"),
        ([*FIT, "--set", "tol=-1"], "'tol' parameter of SemiNMF must be a float in the range"),
        ([*FIT, "--set", "layers=3"], "--set layers: use the option --layers"),
        ([*FIT, "--set", "tol=1", "--set", "tol=2"], "--set tol is given twice"),
        (
            ["transform", "model", "plants.csv", *READ, "--set", "tol=1", "-o", "x.csv"],
            "metric, tr",
        ),
        (["components", "model", "-o", "x.txt"], "x.txt must end in one of .npy, .npz, .csv"),
        (["components", "model", "--layer", "2", "-o", "x.csv"], "--layer must be from 1 to 1"),
        (["fill", "model", "digits", "-o", "x.csv"], "64 features, but SemiNMF is expecting 4"),
        (["score", "model", "plants.csv", "--index", "plnt"], "no column 'plnt' (--index)"),
        (
            ["cluster", "model", "plants.csv", *READ, "--clusters", "31", "-o", "x.csv"],
            "--clusters must be at most n_samples = 30, got 31",
        ),
        (["cluster", "model", "plants.csv", *READ, "-o", "x.csv"], "required: --clusters"),
        (
            ["score", "model", "less.csv", "--index", "plant"],
            "lacks features of the model: age",
        ),
        ([*FIT, "--drop", "knid"], "did you mean kind?"),
        ([*FIT, "--indx", "plant"], "unrecognized arguments: --indx; did you mean --index?"),
        (["fit", "plants.csv", "--components", "4"], "--components; did you mean --layers?"),
        ([*FIT[:-4], "--layers", "4", "2", "-o", "x"], "--layers: write 4,2"),
        (["score", "plants.csv", "digits"], "plants.csv is not a dsnmf model file, which dsnmf"),
        (["score", "model", "other.csv", "--index", "x"], "len, mass, wid; it has age, hue"),
        (["fit", "cube.npy", "--layers", "2", "-o", "x"], "--array pictures or --array cube"),
        ([*PREDICT, "--labels", "sort"], "plants.csv has no column 'sort' (--labels); it has len"),
        ([*PREDICT, "--labels", "kind,len"], "plants.csv:kind,len must hold integers"),
        ([*PREDICT, "--new", "digits"], "is a data set, and takes no options for tables"),
        ([*PREDICT, "--drop", "age", "--new", "none.csv"], "none.csv: No such file"),
        ([*PREDICT, "--set", "random_state=3"], "use the option --seed"),
        (["predict", "gaps.csv", *PREDICT[2:]], "has unknown entries (1), which predict"),
    ],
)
def test_mistakes_are_one_line(words, message, capsys, folder):
    assert_mistake_is_one_line(words, message, capsys, folder)
