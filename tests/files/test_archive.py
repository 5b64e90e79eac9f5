"""Model files: complete or absent, and never trusted."""

import os

import numpy as np
import pytest

from dsnmf import DSNMF
from dsnmf.files import archive


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


def test_what_is_written_is_read(path):
    arrays = {"Z_1": np.eye(2, dtype="float32"), "history": np.array([])}
    archive.write(path, "DSNMF", 1, {"layers": [2]}, arrays)
    settings, read = archive.read(path, "DSNMF", 1)
    assert settings == {"layers": [2]}
    assert read.keys() == arrays.keys()
    assert read["Z_1"].dtype == "float32"


def test_failed_write_leaves_the_old_file(path, monkeypatch):
    archive.write(path, "DSNMF", 1, {}, {"a": np.ones(2)})
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        archive.write(path, "DSNMF", 1, {}, {"a": np.zeros(2)})
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


def damaged(path):
    archive.write(path, "DSNMF", 1, {}, {"a": np.ones(500)})
    path.write_bytes(path.read_bytes()[:1000])


def flipped(path):
    archive.write(path, "DSNMF", 1, {}, {"a": np.ones(500)})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def pickled(path):
    np.savez(path, a=np.array([{"evil": 1}], dtype=object))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_text("hello"), "is not a dsnmf model file"),
        (lambda path: path.write_bytes(b""), "is not a dsnmf model file"),
        (damaged, "is not a dsnmf model file, or is damaged"),
        (flipped, "is not a dsnmf model file, or is damaged"),
        (pickled, "is not a dsnmf model file"),
        (lambda path: np.save(path.open("wb"), np.ones(3)), "is not a dsnmf model file"),
        (lambda path: np.savez(path, a=np.ones(3)), "was not written by dsnmf"),
        (lambda path: archive.write(path, "WSF", 1, {}, {}), "holds a WSF, not a DSNMF"),
        (lambda path: archive.write(path, "DSNMF", 9, {}, {}), "has layout version 9"),
        (lambda path: archive.write(path, "DSNMF", 1, {}, {}), "is not a complete DSNMF model"),
        (
            lambda path: archive.write(path, "DSNMF", 1, {"layers": [2]}, {"X": np.eye(2)}),
            "is not a complete DSNMF model",
        ),
    ],
)
def test_foreign_or_damaged_files_are_refused(path, make, message):
    make(path)
    with pytest.raises(ValueError, match=message):
        DSNMF.load(path)


def test_kind_of_a_file(path):
    archive.write(path, "WSF", 1, {}, {"a": np.ones(2)})
    assert archive.kind_of(path) == "WSF"
    np.savez(path.open("wb"), a=np.ones(2))
    with pytest.raises(ValueError, match="was not written by dsnmf"):
        archive.kind_of(path)


def test_missing_file_and_folder(path):
    with pytest.raises(FileNotFoundError):
        DSNMF.load(path)
    with pytest.raises(FileNotFoundError):
        archive.write(path / "below", "DSNMF", 1, {}, {})
