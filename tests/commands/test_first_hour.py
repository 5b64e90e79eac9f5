"""A user's first hour in several fields: load, fit, look, export, fill, predict, without Python."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytensor
import pytest
import scipy.io
import scipy.sparse
from sklearn.datasets import load_wine

from dsnmf.commands.main import main

RNG = np.random.default_rng(0)
FIT = ["--layers", "3", "--quiet", "-o", "model"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield tmp_path


def typed(capsys, *lines):
    """What commands print; each must succeed."""
    capsys.readouterr()
    for words in lines:
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        assert code == 0, err
    return out


def low_rank(n, p, noise=0.05):
    return RNG.exponential(size=(n, 3)) @ RNG.standard_normal((3, p)) + noise * RNG.random((n, p))


def described(capsys):
    return json.loads(typed(capsys, ["show", "model", "--json"]))


def test_pictures(capsys, folder):
    pictures = low_rank(40, 48).reshape(40, 6, 8)
    np.save("faces.npy", pictures)
    typed(
        capsys,
        ["fit", "faces.npy", "--array", "pictures", *FIT],
        ["plot", "model", "--kind", "components", "-o", "a.png"],
        ["show", "model", "-o", "a.html"],
        ["transform", "model", "faces.npy", "--array", "pictures", "-o", "h.npy"],
    )
    assert np.load("h.npy").shape == (40, 3)
    assert "divided by its largest magnitude" in (folder / "a.html").read_text("utf-8")


def test_spectra_of_a_spreadsheet(capsys):
    waves = np.arange(400, 700, 10)
    table = pd.DataFrame(low_rank(30, 30), columns=waves, index=[f"leaf {i}" for i in range(30)])
    table.to_csv("spectra.csv", sep=";", index_label="leaf")
    read = ["--index", "leaf", "--separator", "semicolon"]
    typed(capsys, ["fit", "spectra.csv", *read, *FIT])
    found = described(capsys)
    assert found["components"][0]["samples"][0][0].startswith("leaf ")
    assert {name for name, _ in found["components"][0]["features"]} <= {*map(str, waves)}
    typed(
        capsys,
        ["plot", "model", "--kind", "components", "-o", "a.svg"],
        ["transform", "model", "spectra.csv", *read, "-o", "h.csv"],
    )
    assert pd.read_csv("h.csv", index_col=0).index[3] == "leaf 3"


def test_a_survey_with_gaps_and_half_known_groups(capsys):
    table = pd.DataFrame(low_rank(50, 6), columns=[f"q{i}" for i in range(6)]).round(2)
    table = table.mask(RNG.random(table.shape) < 0.1, -9)
    table["group"] = np.where(np.arange(50) % 3, np.array(["x", "y"])[np.arange(50) % 2], "refused")
    table.to_csv("survey.csv", index=False)
    labels = ["--labels", "group", "--unknown", "refused", "--missing=-9"]
    typed(capsys, ["fit", "survey.csv", *labels, *FIT])
    found = described(capsys)
    assert found["data"]["unknown"] == (table == -9).to_numpy().sum()
    assert found["data"]["labels"] == [{"classes": 2, "names": ["x", "y"], "unknown": 17}]
    read = ["--drop", "group", "--missing=-9"]
    typed(capsys, ["fill", "model", "survey.csv", *read, "-o", "full.csv"])
    full = pd.read_csv("full.csv")
    known = (table != -9).to_numpy()
    assert full["group"].equals(table["group"])
    np.testing.assert_array_equal(
        full.drop(columns="group").to_numpy()[known[:, :-1]],
        table.drop(columns="group").to_numpy()[known[:, :-1]],
    )


def test_genes_by_cells(capsys, folder):
    run = folder / "filtered"
    run.mkdir()
    counts = scipy.sparse.random(20, 40, 0.4, random_state=0, format="csc")
    scipy.io.mmwrite(run / "matrix.mtx", counts)
    (run / "genes.tsv").write_text("".join(f"ENS{i}\tg{i}\n" for i in range(20)))
    (run / "barcodes.tsv").write_text("".join(f"AC{i}-1\n" for i in range(40)))
    typed(capsys, ["fit", "filtered", *FIT], ["components", "model", "--transpose", "-o", "c.csv"])
    assert [*pd.read_csv("c.csv", index_col=0).index] == [f"g{i}" for i in range(20)]
    assert described(capsys)["components"][0]["samples"][0][0].startswith("AC")
    frame = pd.DataFrame(counts.toarray(), index=[f"g{i}" for i in range(20)])
    frame.columns = [f"AC{i}-1" for i in range(40)]
    frame.to_csv("genes.tsv", sep="\t", index_label="gene")
    turned = ["--transpose", "--index", "gene"]
    out = typed(capsys, ["score", "model", "genes.tsv", *turned, "--json"])
    assert json.loads(out)["n_samples"] == 40


def test_a_scene_of_many_bands(capsys):
    scipy.io.savemat("scene.mat", {"cube": np.abs(low_rank(60, 12)).reshape(6, 10, 12)})
    typed(
        capsys,
        ["fit", "scene.mat", "--array", "cube", *FIT],
        ["plot", "model", "--kind", "features", "-o", "maps.pdf"],
        ["cluster", "model", "scene.mat", "--array", "cube", "--clusters", "3", "-o", "c.npy"],
    )
    assert np.load("c.npy").shape == (60, 1)


def test_a_choice_and_its_figure(capsys, folder):
    low = pd.DataFrame(low_rank(40, 9), columns=[*"abcdefghi"])
    low.to_parquet("table.parquet")
    words = ["--criterion", "entries", "--layers", "2", "3", "--repeats", "2", "--quiet"]
    typed(capsys, ["select", "table.parquet", *words, "--figure", "s.svg", "-o", "model"])
    assert described(capsys)["data"]["source"] == "table.parquet"
    assert (folder / "s.svg").read_text("utf-8").count("<svg") == 1


def test_ratings(capsys):
    lines = ["user,film,stars"]
    lines += [
        f"u{i},f{j},{(i * j) % 5}" for i in range(20) for j in range(12) if RNG.random() < 0.5
    ]
    Path("ratings.csv").write_text("\n".join(lines) + "\n", "utf-8")
    typed(capsys, ["fit", "ratings.csv", "--triples", "--l2", "0.03", *FIT])
    found = described(capsys)
    assert found["data"]["unknown"] == 20 * 12 - (len(lines) - 1)
    assert 0 < found["explained"] < 1
    assert found["components"][0]["samples"][0][0].startswith("u")
    typed(
        capsys,
        ["score", "model", "ratings.csv", "--triples"],
        ["transform", "model", "ratings.csv", "--triples", "-o", "h.csv"],
    )
    assert pd.read_csv("h.csv", index_col=0).index[0] == "u0"


def test_windows_of_brain_waves(capsys):
    seconds, phases = np.arange(50) / 50, RNG.random((40, 1)) * 2 * np.pi
    waves = np.sin(2 * np.pi * 10 * seconds + phases)
    windows = RNG.standard_normal((40, 4, 1)) * waves[:, None] + 0.1 * RNG.random((40, 4, 50))
    scipy.io.savemat("eeg.mat", {"epochs": windows, "hertz": 50.0})
    read = ["eeg.mat:epochs", "--array", "pictures"]
    choose = ["--criterion", "entries", "--layers", "1", "4", "--repeats", "2"]
    typed(
        capsys,
        ["select", *read, *choose, "--set", "center=True", "--quiet", "-o", "model"],
        ["plot", "model", "--kind", "components", "-o", "a.pdf"],
        ["transform", "model", *read, "-o", "h.mat"],
    )
    assert described(capsys)["layers"] == [4]
    assert scipy.io.loadmat("h.mat")["fea"].shape == (40, 4)


def test_words_of_texts(capsys):
    topics = np.repeat(np.eye(3), 15, axis=0)
    counts = RNG.poisson(topics @ RNG.exponential(size=(3, 60)) * 3)
    scipy.io.mmwrite("texts.mtx", scipy.sparse.csr_array(counts))
    words = ["texts.mtx", "--clusters", "3", "-o", "topics.csv"]
    typed(
        capsys,
        ["fit", "texts.mtx", *FIT],
        ["components", "model", "--transpose", "-o", "words.tsv"],
        ["cluster", "model", *words],
    )
    found = pd.read_csv("topics.csv")["cluster"].to_numpy()
    assert [len({*found[i : i + 15]}) for i in (0, 15, 30)] == [1, 1, 1]
    assert pd.read_csv("words.tsv", sep="\t").shape == (60, 3)


def test_chemistry_of_wines_of_which_some_are_known(capsys):
    data, kinds = load_wine(return_X_y=True)
    data = (data - data.mean(axis=0)) / data.std(axis=0)
    few = np.where(RNG.random(len(kinds)) < 0.2, kinds, -1)
    seen = np.arange(len(kinds)) % 4 > 0
    scipy.io.savemat("wines.mat", {"fea": data[seen], "gnd": few[seen][:, None]})
    scipy.io.savemat("new.mat", {"fea": data[~seen]})
    labels = ["--labels", "wines.mat:gnd"]
    out = typed(
        capsys,
        ["fit", "wines.mat", *labels, *FIT],
        ["show", "model", *labels, "-o", "wines.html"],
        ["predict", "wines.mat", *labels, "-o", "all.npy"],
        ["predict", "wines.mat", *labels, "--new", "new.mat", "-o", "new.csv"],
    )
    assert f"3 classes, {(few[seen] < 0).sum()} unknown" in out
    predicted = np.load("all.npy").ravel()
    assert np.array_equal(predicted[few[seen] >= 0], few[seen][few[seen] >= 0])
    assert (predicted == kinds[seen]).mean() > 0.85
    assert (pd.read_csv("new.csv")["class"] == kinds[~seen]).mean() > 0.85
