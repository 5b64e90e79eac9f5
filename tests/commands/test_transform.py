"""`dsnmf transform` of files that name their features."""

import numpy as np
import pandas as pd
import pytensor
import pytest

from dsnmf import SemiNMF
from dsnmf.commands.main import main
from dsnmf.files.matrices import read_matrix

TABLE = pd.DataFrame(np.random.default_rng(0).random((20, 3)) * [1, 10, 100], columns=[*"abc"])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with tables, a model fitted on one of them, and its features of the samples."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch, pytensor.config.change_flags(mode="FAST_COMPILE"):
        patch.chdir(folder)
        TABLE.to_csv("train.csv", index=False)
        words = ["--layers", "2", "--max-iter", "3", "--quiet", "-o", "model"]
        assert main(["fit", "train.csv", *words]) == 0
        model = SemiNMF.load("model")
        assert model.feature_names_in_.tolist() == [*"abc"]
        np.save("right.npy", model.transform(TABLE))
        model.feature_names_in_ = np.array(["a ", "b", "c"], dtype=object)
        model.save("blank")
        model.feature_names_in_ = np.array([*"012"], dtype=object)
        model.save("numbers")
        del model.feature_names_in_
        model.save("nameless")
    TABLE[[*"cab"]].to_csv(folder / "order.tsv", sep="\t")
    TABLE[[*"bca"]].to_parquet(folder / "order.parquet")
    TABLE[[*"ab"]].to_csv(folder / "less.csv", index=False)
    TABLE.assign(**dict.fromkeys("zyxw", 1)).to_csv(folder / "more.csv", index=False)
    pd.concat([TABLE, TABLE["b"]], axis=1).to_csv(folder / "twice.csv", index=False)
    TABLE[[*"cab"]].set_axis([2, 0, 1], axis=1).to_csv(folder / "numbers.csv", index=False)
    np.save(folder / "plain.npy", TABLE)
    np.save(folder / "narrow.npy", TABLE[["a"]])
    return folder


@pytest.fixture(autouse=True)
def folder(made, monkeypatch):
    monkeypatch.chdir(made)
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield


ORDER = "features put into the model's order by their names"
INDEX = "order.tsv: its first column, which has no name, is left out as an index"
TOLD = {
    "model train.csv": ("", ""),
    "model order.tsv": (f"order.tsv: {ORDER}", INDEX),
    "model order.parquet": (f"order.parquet: {ORDER}", ""),
    "model plain.npy": ("", "plain.npy does not name features: the order of those of plain.npy is"),
    "nameless train.csv": (
        "",
        "the model does not name features: the order of those of train",
    ),
    "nameless plain.npy": ("", ""),
    "blank train.csv": ("", ""),
    "numbers numbers.csv": (
        f"numbers.csv: {ORDER}",
        "numbers.csv: its first line, 2, 0, 1, is read as the columns' names",
    ),
}


@pytest.mark.parametrize("words", TOLD)
def test_features_are_matched_by_name_and_the_user_is_told(words, capsys):
    assert main(["transform", *words.split(), "-o", "made.csv"]) == 0
    np.testing.assert_allclose(read_matrix("made.csv"), np.load("right.npy"), rtol=1e-12)
    out, err = capsys.readouterr()
    note, warning = TOLD[words]
    assert out.startswith(note or "SemiNMF")
    assert err.startswith(warning and f"dsnmf: warning: {warning}")
    assert err.count("\n") == bool(warning)


REFUSED = {
    "less.csv": "less.csv lacks features of the model: c",
    "more.csv": "more.csv has features that the model does not know: w, x, y …",
    "twice.csv": "twice.csv cannot be put into the model's order, for names come twice: b",
    "narrow.npy": "X has 1 features, but SemiNMF is expecting 3",
}


@pytest.mark.parametrize(("word", "metric"), [("data", "data"), (".5", 0.5)])
def test_a_metric(word, metric):
    assert main(["transform", "nameless", "plain.npy", "--metric", word, "-o", "x.npy"]) == 0
    expected = SemiNMF.load("nameless").set_params(metric=metric).transform(TABLE.to_numpy())
    np.testing.assert_allclose(np.load("x.npy"), expected)


def test_an_unknown_metric_is_refused(capsys):
    assert main(["transform", "nameless", "plain.npy", "--metric", "dta", "-o", "x.npy"]) == 2
    assert "metric must be 'auto', 'components', 'data' or a number" in capsys.readouterr().err


@pytest.mark.parametrize("name", REFUSED)
def test_other_features_are_refused_in_one_line(name, capsys):
    assert main(["transform", "model", name, "-o", "absent.csv"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"dsnmf: error: {REFUSED[name]}")
    assert err.count("\n") == 1
