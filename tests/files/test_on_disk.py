"""Folders of files, and datasets in files, as several systems have them."""

from pathlib import PurePath

import h5py
import numpy as np
import pytest
import zarr

from dsnmf.data import lazy
from dsnmf.files.on_disk import is_on_disk, open_matrix


def test_files_follow_each_other_in_the_same_order_everywhere(tmp_path, monkeypatch):
    for name in ("b.npy", "C.npy", "a.npy"):
        np.save(tmp_path / name, np.eye(2))
    # Windows' paths are compared so; macOS puts such files beside others on some drives.
    monkeypatch.setattr(PurePath, "__lt__", lambda a, b: a.name.lower() < b.name.lower())
    (tmp_path / "._a.npy").write_bytes(b"no array")
    assert [path.name for path in open_matrix(tmp_path)] == ["C.npy", "a.npy", "b.npy"]


def test_numbers_in_names_count(tmp_path):
    names = ["part1.npy", "part2.npy", "part10.npy", "part10b.npy", "part010.npy"]
    for name in names:
        np.save(tmp_path / name, np.eye(2))
    ordered = ["part1.npy", "part2.npy", "part010.npy", "part10.npy", "part10b.npy"]
    assert [path.name for path in open_matrix(tmp_path)] == ordered


def save_h5(path):
    with h5py.File(path, "w") as file:
        file["X"], file["layers/counts"], file["b"] = np.eye(3), np.eye(2), np.ones(3)


def save_zarr(path, zarr_format=3):
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    for name, values in {"X": np.eye(3), "layers/counts": np.eye(2), "b": np.ones(3)}.items():
        group.create_array(name, data=values)


SAVED = {
    "a.h5": save_h5,
    "a.zarr": save_zarr,
    "b.zarr": lambda path: save_zarr(path, zarr_format=2),
}


@pytest.mark.parametrize("name", SAVED)
def test_arrays_in_groups(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SAVED[name](name)
    fault = (
        rf"{name}{{}} {{}}: name one of its arrays, as in {name}:X; it holds X, b, layers/counts"
    )
    for tail, words in {"": "is a group", ":layers": "is a group", ":Y": "holds no Y"}.items():
        shown = tail if tail != ":Y" else ""
        with pytest.raises(ValueError, match=fault.format(shown, words)):
            open_matrix(name + tail)
    assert np.array_equal(open_matrix(f"{name}:layers/counts")[:], np.eye(2))


def test_an_array_within_a_zarr_group_is_a_folder_too(tmp_path):
    save_zarr(tmp_path / "a")
    with pytest.raises(ValueError, match=r"a is a group: name one of its arrays, as in .*a/X; it"):
        open_matrix(tmp_path / "a")
    assert is_on_disk(tmp_path / "a/X")
    assert np.array_equal(open_matrix(tmp_path / "a/X")[:], np.eye(3))
    zarr.create_array(tmp_path / "b.zarr", data=np.eye(3))
    with pytest.raises(ValueError, match=r"b\.zarr holds no Y; it holds no arrays"):
        open_matrix(f"{tmp_path}/b.zarr:Y")


def test_names_of_datasets_are_no_parts_of_paths(tmp_path, monkeypatch):
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["group/X"] = np.eye(3)
    abspath = lazy.os.path.abspath
    monkeypatch.setattr(lazy.os.path, "abspath", lambda path: abspath(path.replace(":", "_")))
    X = lazy.lazy_matrix(tmp_path / "big.h5:group/X")
    assert np.array_equal(X.compute(), np.eye(3))
