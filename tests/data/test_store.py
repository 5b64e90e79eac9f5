"""Scratch files: those of killed processes are removed, those in use are not."""

import tempfile
from pathlib import Path

import numpy as np

from dsnmf.data.store import Store


def test_scratch_is_in_files_also_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Store() as store:
        assert not isinstance(store.new((3, 2), "float32"), np.memmap)
        assert not list(tmp_path.iterdir())
        array = store.scratch((3, 2), "float32")
        assert tmp_path in Path(array.filename).parents
    assert not list(tmp_path.iterdir())


def test_files_that_are_kept_are_open_to_whom_others_are(tmp_path):
    with Store(tmp_path) as store:
        store.kept(store.new((3, 2), "float32"), "H_1")
    (tmp_path / "other").touch()
    assert (tmp_path / "H_1.npy").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_is_abandoned_is_removed_and_what_is_in_use_is_not(tmp_path):
    (tmp_path / ".scratch-abandoned").mkdir()
    (tmp_path / ".scratch-abandoned" / "H.npy").write_bytes(b"0")
    with Store(tmp_path) as first:
        array = first.new((3, 2), "float32")
        with Store(tmp_path):
            assert len(list(tmp_path.glob(".scratch-*"))) == 2
        array[:] = 1
        assert first.kept(array, "H_1").sum() == 6
    assert [path.name for path in tmp_path.iterdir()] == ["H_1.npy"]
