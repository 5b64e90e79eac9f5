"""`dsnmf select`, as far as a shell is not needed."""

import numpy as np
import pytensor
import pytest

from dsnmf.commands.main import main
from dsnmf.estimators.saved import open_estimator

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("data.npy", RNG.exponential(size=(40, 3)) @ RNG.standard_normal((3, 9)))
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield tmp_path


@pytest.mark.parametrize(
    ("words", "model"),
    [
        ("--criterion entries --layers 2", "SemiNMF"),
        ("--clusters 2,3 --layers 5,2", "DeepSemiNMF"),
        ("--criterion entries --layers 1 5,3", "DeepSemiNMF"),
        ("--clusters 2 --models graph", "WSF"),
        ("--clusters 2 --models deep graph --layers 5,2", ("DeepSemiNMF", "WSF")),
    ],
)
def test_the_choice_is_printed_drawn_and_saved(words, model, folder, capsys):
    more = "--repeats 2 --max-iter 9 --restarts 2 --folder state --figure scores.png -o made"
    assert main(["select", "data.npy", *words.split(), *more.split()]) == 0
    out, _ = capsys.readouterr()
    assert "* " in out
    assert ("standard_error" in out) == ("entries" in words)
    assert "Its fit from 2 starts:\n" in out
    assert out.endswith("Model: made\nFigure: scores.png\n")
    made = open_estimator("made")
    assert type(made).__name__ in ([model] if isinstance(model, str) else model)
    assert made.n_iter_ <= 9
    assert (folder / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "state" / "results.jsonl").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "--criterion clusters needs --clusters"),
        ("--clusters 41", "--clusters must be at most"),
        ("--clusters 2 --layers 3 4,2 --set k=2", "--set k: SemiNMF has absent"),
        ("--clusters 2 --layers 3 41,2", "as many samples as components"),
        ("--clusters 2 -o data.npy", "would be overwritten"),
    ],
)
def test_errors_are_one_line(words, message, capsys):
    assert main(["select", "data.npy", *words.split()]) == 2
    assert message in capsys.readouterr().err
