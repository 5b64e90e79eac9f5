"""What is damage, and what the system or memory refuse."""

import errno

import h5py
import numpy as np
import pytest

from dsnmf.data.sources import as_source
from dsnmf.files.archive import kind_of
from dsnmf.files.damage import damage_as
from dsnmf.files.matrices import read_matrix
from dsnmf.files.on_disk import open_matrix

LOCKED = BlockingIOError(errno.EAGAIN, "unable to lock file")
NOT_DAMAGE = [LOCKED, PermissionError(errno.EACCES, "no"), OSError(errno.EIO, "no"), MemoryError()]


@pytest.mark.parametrize("error", NOT_DAMAGE, ids=repr)
def test_what_is_no_damage_keeps_its_type_and_names_the_file(error):
    with pytest.raises(type(error), match=r"a\.npy") as raised, damage_as("a.npy", "is damaged"):
        raise error
    assert getattr(raised.value, "errno", None) == getattr(error, "errno", None)


@pytest.mark.parametrize("error", [OSError("no"), OSError(errno.EINVAL, "no"), KeyError("x")])
def test_what_is_damage(error):
    with pytest.raises(ValueError, match=r"a\.npy is damaged: "), damage_as("a.npy", "is damaged"):
        raise error


def refuse(*args, **kwargs):
    raise refuse.error


READERS = {
    "made.npy": (read_matrix, np, "load"),
    "made.npz": (kind_of, np, "load"),
    "made.h5:x": (open_matrix, h5py, "File"),
    "made.h5ad": (read_matrix, h5py, "File"),
}


@pytest.mark.parametrize("error", [LOCKED, MemoryError("no room")], ids=repr)
@pytest.mark.parametrize("source", READERS)
def test_every_reader_lets_it_through(source, error, monkeypatch):
    read, library, name = READERS[source]
    path = source.partition(":")[0]
    open(path, "wb").close()
    monkeypatch.setattr(library, name, refuse)
    monkeypatch.setattr(refuse, "error", error, raising=False)
    with pytest.raises(type(error), match=path):
        read(source)


@pytest.mark.parametrize("error", [LOCKED, MemoryError("no room")], ids=repr)
def test_rows_that_cannot_be_read_now(error):
    class Rows:
        shape, dtype = (5, 2), np.dtype(float)
        __getitem__ = refuse

    refuse.error = error
    with pytest.raises(type(error), match="samples 1 to 2 of X"):
        as_source(Rows()).rows(1, 3)
