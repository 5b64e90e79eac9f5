"""UCI multiple features, from arrays and from the archive's text files."""

import io
import os
import tarfile
import zipfile

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.datasets.multiple_features import VIEWS


def texts():
    rng = np.random.default_rng(0)
    arrays = {view: rng.integers(0, 9, (2000, width)) for view, width in VIEWS}
    lines = {v: "\n".join(" ".join(map(str, row)) for row in X) for v, X in arrays.items()}
    return arrays, {f"mfeat-{view}": text.encode() for view, text in lines.items()}


@pytest.mark.parametrize("nested", [False, True])
def test_the_archive_of_uci(tmp_path, monkeypatch, nested):
    arrays, files = texts()
    with zipfile.ZipFile(tmp_path / "uci_multiple_features.npz", "w") as archive:
        if nested:
            inner = io.BytesIO()
            with tarfile.open(fileobj=inner, mode="w") as tar:
                for name, content in files.items():
                    member = tarfile.TarInfo(f"mfeat/{name}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
            archive.writestr("mfeat.tar", inner.getvalue())
        else:
            for name, content in files.items():
                archive.writestr(name, content)
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))
    loaded = datasets.load("multiple_features")
    np.testing.assert_array_equal(loaded.data, np.hstack([arrays[v] for v, _ in VIEWS]))


def test_a_damaged_archive_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))
    path = tmp_path / "uci_multiple_features.npz"
    for content in (b"", b"x" * 99):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"uci_multiple_features.npz is damaged, fetch it"):
            datasets.load("multiple_features")
    np.savez(path, **{view: np.zeros((3, width)) for view, width in VIEWS})
    with pytest.raises(ValueError, match=r"fou has shape \(3, 76\), not \(2000, 76\)"):
        datasets.load("multiple_features")


@pytest.mark.skipif(not os.environ.get("DSNMF_DATA"), reason="DSNMF_DATA names no folder")
def test_the_set():
    digits = datasets.load("multiple_features")
    assert digits.data.shape == (2000, sum(width for _, width in digits.views))
    assert np.bincount(digits.target).tolist() == [200] * 10
    ends = np.cumsum([width for _, width in digits.views])
    pix = digits.data[:, ends[2] : ends[3]]
    assert (pix == pix.round()).all()
    assert pix.max() <= 6
