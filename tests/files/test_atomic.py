"""Files that are complete or absent."""

import contextlib
import errno
import os
import stat
import tempfile
from pathlib import Path

import pytest

from dsnmf.files import atomic
from dsnmf.files.atomic import check_place, replacing


def test_a_file_takes_its_place_only_when_complete(tmp_path):
    path = tmp_path / "made.txt"
    path.write_text("old")
    with replacing(path) as file:
        file.write("ε\n")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == "ε\n".encode()
    with contextlib.suppress(KeyboardInterrupt), replacing(path) as file:
        file.write("half")
        raise KeyboardInterrupt
    assert path.read_text(encoding="utf-8") == "ε\n"
    assert os.listdir(tmp_path) == ["made.txt"]


def test_content_is_on_the_disk_before_the_name_and_the_name_before_what_follows(
    tmp_path, monkeypatch
):
    path, events = tmp_path / "made", []
    fsync, replace = os.fsync, os.replace

    def flush(descriptor):
        events.append(("flush", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", lambda *names: events.append("name") or replace(*names))
    with replacing(path) as file:
        file.write("new")
    flushed_file, flushed_folder = (("flush", place.stat().st_ino) for place in (path, tmp_path))
    assert events == [flushed_file, "name", flushed_folder]


def test_a_folder_that_cannot_be_flushed(tmp_path, monkeypatch):
    fsync = os.fsync

    def refuse(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not here")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    with replacing(tmp_path / "made") as file:
        file.write("new")
    assert (tmp_path / "made").read_text() == "new"


def test_permissions_are_those_of_new_files(tmp_path):
    previous = os.umask(0o027)
    try:
        with replacing(tmp_path / "made", "wb") as file:
            file.write(b"x")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o640


def test_names_of_every_length_that_the_system_allows(tmp_path):
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    with replacing(tmp_path / ("n" * longest)) as file:
        file.write("new")
    with pytest.raises(OSError, match="name too long") as raised:
        check_place(tmp_path / ("n" * (longest + 1)))
    assert raised.value.filename.endswith("n")
    assert [len(name) for name in os.listdir(tmp_path)] == [longest]


def test_links_are_followed(tmp_path):
    (tmp_path / "link").symlink_to("made")
    with replacing(tmp_path / "link") as file:
        file.write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "made").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("folder", IsADirectoryError),
        ("absent/made", FileNotFoundError),
        ("file/made", NotADirectoryError),
        ("pipe", OSError),
    ],
)
def test_refused_places_are_named_and_stay_as_they_are(tmp_path, name, error):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(os.listdir(tmp_path))
    for attempt in (check_place, lambda path: replacing(path).__enter__()):
        with pytest.raises(error) as raised:
            attempt(tmp_path / name)
        assert raised.value.filename == str(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == before
    assert (tmp_path / "file").read_text() == "old"


@pytest.fixture
def in_use(monkeypatch):
    """Windows refuses to replace a file that is open; as often as the list is long."""
    refusals, replace = [], os.replace

    def refuse(*names):
        if refusals:
            raise PermissionError(13, refusals.pop(), *names)
        replace(*names)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(atomic, "PAUSES", (0, 0))
    return refusals


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_file_that_is_open_elsewhere(tmp_path, in_use, attempts):
    path = tmp_path / "made"
    path.write_text("old")
    in_use += ["Access is denied"] * attempts
    if attempts == 1:  # for a moment
        with replacing(path) as file:
            file.write("new")
    else:
        with (
            pytest.raises(PermissionError, match="open in another program") as raised,
            replacing(path) as file,
        ):
            file.write("new")
        assert raised.value.filename == str(path)
    assert path.read_text() == ("new" if attempts == 1 else "old")
    assert os.listdir(tmp_path) == ["made"]


@contextlib.contextmanager
def without_privileges():
    """Root, who may write everywhere, acts as a user who owns nothing."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


def test_write_protected_places():
    # Not tmp_path, into which no other user than its owner can look.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").touch(mode=0o444)
        folder.chmod(0o555)
        for place in ("file", "made"):
            with without_privileges(), pytest.raises(PermissionError):
                check_place(folder / place)
        folder.chmod(0o755)
