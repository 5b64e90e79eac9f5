"""`dsnmf show`, and tables that are read as the options say."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytensor
import pytest

from dsnmf.commands.main import main
from tests.commands.mistakes import assert_mistake_is_one_line

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.random((30, 4)), columns=["len", "wid", "mass", "age"])
TABLE.insert(0, "plant", [f"p{i}" for i in range(30)])
TABLE["kind"] = np.where(np.arange(30) % 4 == 0, "?", np.array([*"abc"])[np.arange(30) % 3])
OPTIONS = ["--layers", "2", "--max-iter", "9", "--quiet", "--index", "plant"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, pytensor.config.change_flags(mode="FAST_COMPILE"):
        patch.chdir(folder)
        TABLE.to_csv("plants.csv", index=False)
        words = ["--labels", "kind", "--unknown", "?", "--drop", "age", "-o", "model"]
        assert main(["fit", "plants.csv", *OPTIONS, *words]) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made, monkeypatch):
    monkeypatch.chdir(made)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield made


def test_what_the_model_is(capsys):
    assert main(["show", "model"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("WSF 2 (max_iter=9, random_state=0)\nData: plants.csv, 30 samples, 3 fea")
    assert "Labels: 3 classes (a, b, c); 8 unknown" in out
    assert "9 iterations, ended at max_iter" in out
    assert "len " in out


def test_json_has_names_and_the_samples_that_are_given(capsys):
    words = ["--json", "--features", "3", "--samples", "1"]
    assert main(["show", "model", *words]) == 0
    own = json.loads(capsys.readouterr().out)
    assert {name for name, _ in own["components"][0]["features"]} == {"len", "wid", "mass"}
    assert own["components"][0]["samples"][0][0] in set(TABLE["plant"])
    TABLE[["plant", "mass", "len", "wid"]].to_csv("order.csv", index=False)
    assert main(["show", "model", "order.csv", "--index", "plant", *words]) == 0
    out, err = capsys.readouterr()
    assert "order.csv: features put into the model's order" in err
    other = json.loads(out)
    assert other["components"][0]["features"] == own["components"][0]["features"]
    assert (other["shown"], other["features"]) == ("given", "learned")  # samples of the fit
    assert other["explained"] == pytest.approx(own["explained"])


def test_it_computes_nothing():
    code = "import sys; from dsnmf.commands.main import main; main(['show', 'model']); "
    code += "print(sys.modules.keys() & {'pytensor', 'sklearn', 'scipy.optimize', 'pandas'})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "plants.csv"], "plants.csv is not a dsnmf model file"),
        (["show", "model", "--layer", "2"], "--layer must be from 1 to 1"),
        (["show", "model", "plants.csv"], "plants.csv, line 2, column 1: 'p0' is not a number"),
        (["show", "model", "plants.csv", "--drop", "knd"], "no column 'knd' (--drop); it has plan"),
        (["fit", "plants.csv", *OPTIONS, "--labels", "knd", "-o", "x"], "no column 'knd' (--label"),
        (["fit", "plants.csv", *OPTIONS, "-o", "x"], "column kind: '?' is not a number; leave"),
        (["fit", "plants.csv", *OPTIONS, "--separator", "ab", "-o", "x"], "must be one letter or"),
        (
            ["fit", "digits", *OPTIONS, "-o", "x"],
            "a data set, and takes no options for tables",
        ),
        (["fit", "plants.csv:age", "--layers", "2", "-o", "x"], "picked by --columns age"),
    ],
)
def test_mistakes_are_one_line(words, message, capsys, folder):
    assert_mistake_is_one_line(words, message, capsys, folder)


def test_labels_of_another_file_are_matched_by_the_samples_names(folder, capsys):
    labels = TABLE[["plant", "kind"]]
    labels.iloc[::-1].to_csv("kinds.csv", index=False)
    words = ["--drop", "kind", "--unknown", "?", "-o", "matched"]
    assert main(["fit", "plants.csv", *OPTIONS, "--labels", "kinds.csv:kind", *words]) == 0
    assert "labels put into the samples' order by their names" in capsys.readouterr().err
    assert main(["fit", "plants.csv", *OPTIONS, "--labels", "kind", *words[2:-1], "own"]) == 0
    first, second = (np.load(name, allow_pickle=False)["H_0"] for name in ("matched", "own"))
    np.testing.assert_array_equal(first, second)
    labels.assign(plant=[f"q{i}" for i in range(30)]).to_csv("kinds.csv", index=False)
    capsys.readouterr()
    assert main(["fit", "plants.csv", *OPTIONS, "--labels", "kinds.csv:kind", *words]) == 0
    assert "are not those of the data; the order of labels is kept" in capsys.readouterr().err
    for name in ("kinds.csv", "matched", "own"):
        (folder / name).unlink()
