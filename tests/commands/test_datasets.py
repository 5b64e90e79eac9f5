"""`dsnmf datasets`: what is here, and how to get the rest."""

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.commands.main import main
from dsnmf.datasets.download import SOURCES


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder of data, an empty cache, and no sets that are slow to draw."""
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delitem(datasets.LOADERS, "attribute_faces", raising=False)
    return tmp_path


def rows(capsys):
    assert main(["datasets"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    table, _, rest = out.partition("\n\n")
    return {line.split()[0]: line.split(maxsplit=3)[1:] for line in table.splitlines()}, rest


def test_what_is_absent_and_how_to_get_it(folder, capsys):
    table, rest = rows(capsys)
    assert table.keys() == {"name", *datasets.LOADERS}
    assert table.pop("digits") == ["1797", "64", "10 classes"]
    del table["name"]
    assert set(map(tuple, table.values())) == {("-", "-", "not here")}
    assert all(url in rest for url, _ in SOURCES.values())
    assert f"into {folder}" in rest


def test_a_damaged_file_is_no_reason_to_stop(folder, capsys):
    (folder / "PIE_pose27.mat").write_text("no faces")
    table, _ = rows(capsys)
    assert table["pie"][2].startswith(f"unreadable: {folder / 'PIE_pose27.mat'} is not the expect")
    assert table["digits"] == ["1797", "64", "10 classes"]


def test_several_attributes(capsys, monkeypatch):
    made = datasets.Dataset(
        name="made",
        data=np.zeros((2, 3), np.float32),
        target=np.zeros((2, 2), np.int64),
        target_names=("letter", "colour"),
        images=None,
        DESCR="",
    )
    monkeypatch.setitem(datasets.LOADERS, "digits", lambda: made)
    table, _ = rows(capsys)
    assert table["digits"] == ["2", "3", "letter, colour"]
