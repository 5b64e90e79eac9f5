"""Scratch files: those of killed processes are removed, those in use are not."""

import atexit
import os
import shutil
import tempfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

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
        store.keep(store.new((3, 2), "float32"), "H_1")
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
        assert first.keep(array, "H_1").sum() == 6
    assert [path.name for path in tmp_path.iterdir()] == ["H_1.npy"]


def test_files_that_are_mapped_stay_where_they_are_on_windows(tmp_path, monkeypatch):
    at_the_end, replace, unlink = [], os.replace, os.unlink

    def is_mapped(path):
        return str(path).endswith("0.npy")

    def refuse_to_replace(source, target):
        if is_mapped(source):
            raise PermissionError(13, "in use", source)
        replace(source, target)

    def refuse_to_unlink(path, **options):
        if is_mapped(path):
            raise PermissionError(13, "in use", path)
        unlink(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse_to_replace)
        patched.setattr(os, "unlink", refuse_to_unlink)
        patched.setattr(atexit, "register", lambda *call, **options: at_the_end.append(call[1]))
        with Store(tmp_path) as store:
            array = store.new((3, 2), "float32")
            array[:] = 1
            assert store.keep(array, "H_1").sum() == 6
        (left,) = tmp_path.glob(".scratch-*")
        assert at_the_end == [left]
    with Store(tmp_path):  # of the next fit
        assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["H_1.npy"]


@pytest.mark.parametrize("free", [10, 1000])
def test_room_on_the_disk_where_none_can_be_reserved(tmp_path, monkeypatch, free):
    monkeypatch.delattr(os, "posix_fallocate")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: namedtuple("Usage", "free")(free))
    with Store(tmp_path) as store:
        if free < 24:
            with pytest.raises(OSError, match="No space left"):
                store.new((3, 2), "float32")
        else:
            store.new((3, 2), "float32")[:] = 1
