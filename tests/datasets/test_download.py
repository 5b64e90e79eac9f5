"""Where files come from, without network: the downloader is replaced."""

import hashlib
import sys
from pathlib import Path

import pytest

from dsnmf.datasets.download import SOURCES, fetch

CONTENT = b"the whole file"
URL = "https://example.org/made.data"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The (empty) cache folder; `made.data` is a known file and DSNMF_DATA is not set."""
    folder = tmp_path / "cache"
    monkeypatch.delenv("DSNMF_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: folder)
    monkeypatch.setitem(SOURCES, "made.data", (URL, hashlib.sha256(CONTENT).hexdigest()))
    return folder


@pytest.fixture
def serve(monkeypatch):
    """A function that sets what a download brings; returns the list of the addresses asked."""
    asked = []

    def serve(content, error=None):
        def download(url, file, pooch):
            asked.append(url)
            Path(file).write_bytes(content)
            if error:
                raise error

        monkeypatch.setattr("pooch.core.choose_downloader", lambda url, progressbar: download)
        return asked

    return serve


def files(folder):
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_own_folder_comes_first(cache, serve, tmp_path, monkeypatch):
    asked = serve(CONTENT)
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))
    (tmp_path / "made.data").write_bytes(CONTENT)
    assert fetch("made.data") == tmp_path / "made.data"
    assert asked == []


def test_download_once_then_cache(cache, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))  # does not hold the file
    asked = serve(CONTENT)
    for _ in range(2):
        assert fetch("made.data") == cache / "made.data"
    assert asked == [URL]
    assert (cache / "made.data").read_bytes() == CONTENT


def test_damaged_cache_is_replaced(cache, serve):
    cache.mkdir()
    (cache / "made.data").write_bytes(CONTENT[:5])
    serve(CONTENT)
    assert fetch("made.data").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [(CONTENT[:5], ConnectionError("no network"), "no network"), (b"a page", None, "hash")],
)
def test_failed_download_says_what_to_do_and_leaves_nothing(cache, serve, content, error, reason):
    serve(content, error)
    with pytest.raises(FileNotFoundError, match=reason) as failure:
        fetch("made.data")
    message = str(failure.value)
    assert f"Fetch {URL} and put it into {cache}" in message
    assert "DSNMF_DATA names (not set)" in message
    assert files(cache) == []


def test_failed_download_names_the_own_folder_if_there_is_one(cache, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path / "mine"))
    serve(b"", ConnectionError())
    with pytest.raises(FileNotFoundError, match=f"put it into {tmp_path / 'mine'}"):
        fetch("made.data")


def test_wrong_file_in_own_folder(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))
    (tmp_path / "made.data").write_bytes(b"another")
    with pytest.raises(OSError, match=r"made.data is not the expected file: its sha256 is"):
        fetch("made.data")
    assert files(tmp_path) == ["made.data"]


def test_without_pooch(cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'needs pooch: pip install "dsnmf\[experiments\]"'):
        fetch("made.data")
