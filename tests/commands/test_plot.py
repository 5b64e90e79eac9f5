"""`dsnmf plot`."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytensor
import pytest

from dsnmf.commands.main import main

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, pytensor.config.change_flags(mode="FAST_COMPILE"):
        patch.chdir(folder)
        table = pd.DataFrame(RNG.random((30, 4)), columns=["len", "wid", "mass", "age"])
        table.assign(kind=["a", "b", "c"] * 10).to_csv("plants.csv", index=False)
        words = ["--drop", "kind", "--layers", "3,2", "--solver", "multiplicative", "--quiet"]
        assert main(["fit", "plants.csv", *words, "-o", "model"]) == 0
    return folder


@pytest.fixture(autouse=True)
def folder(made, monkeypatch):
    monkeypatch.chdir(made)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield made


@pytest.mark.parametrize(
    "words",
    [
        "model --kind components --layer 1 -o made.svg",
        "model --kind history -o made.pdf",
        "model --kind variance --width 3.4 -o made.png",
        "model --kind layers --labels plants.csv:kind -o made.png",
        "model plants.csv --kind features --labels kind -o made.png",
    ],
)
def test_figures(words, folder, capsys):
    assert main(["plot", *words.split()]) == 0
    name = words.split()[-1]
    assert capsys.readouterr().out == f"Figure: {name}\n"
    assert (folder / name).stat().st_size > 2000
    (folder / name).unlink()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--kind components -o made.jpg", "made.jpg must end in one of .png, .pdf, .svg"),
        ("--kind components --shape 2 -o made.png", "must be HEIGHTxWIDTH, e.g. 32x32, got '2'"),
        ("--kind components --shape 2x3 -o made.png", "does not fit the 4 features"),
        ("--kind layers -o made.png", "compared by labels: give some (--labels)"),
        ("--kind layers --labels kind -o made.png", "'kind' is neither a file nor a data set"),
        ("--kind curves -o made.png", "invalid choice: 'curves'"),
        ("--kind history --width 0 -o made.png", "must be a number > 0, got '0'"),
        ("--kind history -o model", "model must end in one of"),
    ],
)
def test_mistakes_are_one_line(words, message, capsys, folder):
    before = sorted(folder.iterdir())
    try:
        code = main(["plot", "model", *words.split()])
    except SystemExit as end:
        code = end.code
    err = capsys.readouterr().err
    assert (code, err.count("\n")) == (2, 1)
    assert message in err
    assert sorted(folder.iterdir()) == before


def test_a_figure_of_a_saved_model_computes_nothing():
    code = "import sys; from dsnmf.commands.main import main; "
    code += "main(['plot', 'model', '--kind', 'components', '-o', 'made.png']); "
    code += "print(sys.modules.keys() & {'pytensor', 'sklearn', 'pandas'})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"
    Path("made.png").unlink()
