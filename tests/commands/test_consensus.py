"""`dsnmf consensus`, as far as a shell is not needed."""

import numpy as np
import pytest

from dsnmf import SemiNMF
from dsnmf.commands.main import main
from tests.commands.mistakes import assert_mistake_is_one_line

GROUPS = np.repeat([0, 1, 2], [9, 7, 4])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X = 3 * np.eye(3, 9)[GROUPS] + 0.1 * np.random.default_rng(0).standard_normal((20, 9))
    np.save("data.npy", X)
    SemiNMF(3, solver="hals").fit(X).save("made.model")
    return tmp_path


def test_what_comes_back_is_printed_drawn_and_written(folder, capsys):
    words = "--clusters 3 --n-init 3 --quiet --figure found.svg -o clusters.csv"
    assert main(["consensus", "made.model", "data.npy", *words.split()]) == 0
    out, err = capsys.readouterr()
    assert "other 2 fits" in out
    assert "3 clusters: dispersion 1.00" in out
    assert out.endswith("Clusters: clusters.csv\nFigure: found.svg\n")
    assert err == ""
    found = np.loadtxt("clusters.csv", skiprows=1)
    np.testing.assert_array_equal(found, GROUPS)
    assert "share of fits" in (folder / "found.svg").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--n-init 1", "--n-init: must be an integer >= 2"),
        ("--threshold 2", "threshold must be a cosine of at most 1"),
        ("--figure found.jpg", "must end in one of .png, .pdf, .svg"),
        ("-o data.npy", "would be overwritten"),
    ],
)
def test_errors_are_one_line(words, message, capsys, folder):
    words = ["consensus", "made.model", "data.npy", "--quiet", *words.split()]
    assert_mistake_is_one_line(words, message, capsys, folder)
