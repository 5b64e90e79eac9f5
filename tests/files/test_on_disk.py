"""Folders of files, and datasets in files, as several systems have them."""

from pathlib import PurePath

import h5py
import numpy as np

from dsnmf.data import lazy
from dsnmf.files.on_disk import open_matrix


def test_files_follow_each_other_in_the_same_order_everywhere(tmp_path, monkeypatch):
    for name in ("b.npy", "C.npy", "a.npy"):
        np.save(tmp_path / name, np.eye(2))
    # Windows' paths are compared so; macOS puts such files beside others on some drives.
    monkeypatch.setattr(PurePath, "__lt__", lambda a, b: a.name.lower() < b.name.lower())
    (tmp_path / "._a.npy").write_bytes(b"no array")
    assert [path.name for path in open_matrix(tmp_path)] == ["C.npy", "a.npy", "b.npy"]


def test_names_of_datasets_are_no_parts_of_paths(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["group/X"] = np.eye(3)
    abspath = lazy.os.path.abspath
    monkeypatch.setattr(lazy.os.path, "abspath", lambda path: abspath(path.replace(":", "_")))
    X = lazy.lazy_matrix(tmp_path / "big.h5:group/X")
    assert np.array_equal(X.compute(), np.eye(3))
