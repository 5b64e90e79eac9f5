"""MATLAB files of all versions, whole and damaged."""

import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from dsnmf.datasets import load_mat
from dsnmf.files.matrices import read_labels, read_matrix

X = np.arange(12, dtype=float).reshape(4, 3)
SPARSE = scipy.sparse.csc_array(X)
CELLS = np.array([["ana"], ["ben"], [""], ["ana"]], dtype=object)


def save_5(path):
    """Structures, cells and text as `save -v7` writes them."""
    variables = {
        "fea": X,
        "gnd": CELLS,
        "s": {"a": 2 * X, "in": {"z": SPARSE}, "many": np.array([{"q": 1}, {"q": 2}])},
        "rows": np.array(["ana", "ben ", "eva", "ana"]),
        "mixed": np.array([[1], [2], [X], [3]], dtype=object),
        "counts": np.array([[1], [2], [2], [np.zeros((0, 0))]], dtype=object),
    }
    scipy.io.savemat(path, variables)


def save_73(path):
    """The same as `save -v7.3` writes it: HDF5, all dimensions in the other order."""
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, values, kind, **attributes):
            node = group.create_dataset(name, data=values)
            for key, value in {"class": np.bytes_(kind), **attributes}.items():
                node.attrs[f"MATLAB_{key}"] = value
            return node

        def put_text(group, name, *rows):
            codes = np.array([list(row.encode("utf-16-le"))[::2] for row in rows], np.uint16)
            return put(group, name, codes.T, "char")

        def put_cells(name, *cells):
            put(file, name, np.array([[cell.ref for cell in cells]], h5py.ref_dtype), "cell")

        refs = file.create_group("#refs#")
        ana, ben = put_text(refs, "a", "ana"), put_text(refs, "b", "ben")
        one, two = put(refs, "c", [[1.0]], "double"), put(refs, "d", [[2.0]], "double")
        empty = put(refs, "e", np.array([0, 0], np.uint64), "char", empty=1)
        matrix = put(refs, "f", X.T, "double")
        put(file, "fea", X.T, "double")
        put_cells("gnd", ana, ben, empty, ana)
        put_cells("counts", one, two, two, empty)
        put_cells("mixed", one, two, matrix, one)
        put_text(file, "rows", "ana", "ben", "eva", "ana")
        put(file, "y", np.zeros((1, 6), np.uint32), "string", object_decode=3)
        put(file.create_group("s"), "a", 2 * X.T, "double")
        inner = file.create_group("s/in/z")
        inner.attrs["MATLAB_sparse"] = 4
        for name, part in {"data": "data", "ir": "indices", "jc": "indptr"}.items():
            inner[name] = getattr(SPARSE, part)
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")


@pytest.fixture(params=[save_5, save_73])
def path(request):
    request.param("made.mat")
    return "made.mat"


def test_variables_and_fields_of_structures(path):
    np.testing.assert_array_equal(read_matrix(path), X)
    np.testing.assert_array_equal(read_matrix(f"{path}:s.a"), 2 * X)
    assert read_matrix(f"{path}:s.in.z").format == "csr"
    np.testing.assert_array_equal(read_matrix(f"{path}:s.in.z").toarray(), X)
    with pytest.raises(ValueError, match=r"no s; it holds counts, fea, gnd, .*s\.a, s\.in\.z"):
        read_matrix(f"{path}:s")


def test_cells_and_text_are_labels_where_they_are_named(path):
    assert read_labels(f"{path}:gnd").tolist() == ["ana", "ben", None, "ana"]
    assert read_labels(f"{path}:rows").tolist() == ["ana", "ben", "eva", "ana"]
    assert read_labels(f"{path}:counts").tolist() == [1, 2, 2, -1]
    for name, message in {
        "": r"gnd holds cells of shape \(4, 1\), no numbers; .* name it as in made\.mat:gnd",
        ":mixed": "must hold integers, -1 where a label is unknown, or names, got a ndarray",
    }.items():
        with pytest.raises(ValueError, match=message):
            read_labels(path + name)
    with pytest.raises(ValueError, match="must hold real numbers, 2-d and not empty, got cells"):
        read_matrix(f"{path}:gnd")


def test_a_structure_names_what_it_holds():
    scipy.io.savemat("made.mat", {"faces": {"fea": X, "gnd": [1, 2, 1, 2]}})
    with pytest.raises(ValueError, match=r"name one as in made\.mat:faces\.fea: .* faces\.gnd \(1"):
        read_matrix("made.mat")
    assert read_labels("made.mat:faces.gnd").tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("fields", "of_samples", "of_labels"),
    [
        ({"z": X, "N": 4.0, "b": X}, "b", "b"),
        ({"fea": X, "gnd": np.ones((4, 1)), "a": X}, "fea", "gnd"),
    ],
)
def test_what_is_proposed_is_no_empty_array_and_no_scalar(fields, of_samples, of_labels):
    scipy.io.savemat("made.mat", {"s": {"E": np.zeros((0, 0)), **fields}})
    for read, name in ((read_matrix, of_samples), (read_labels, of_labels)):
        with pytest.raises(ValueError, match=rf"name one as in made\.mat:s\.{name}: "):
            read("made.mat")


def test_an_empty_array_is_not_meant():
    scipy.io.savemat("made.mat", {"s": {"E": np.zeros((0, 0)), "a": X}})
    np.testing.assert_array_equal(read_matrix("made.mat"), X)


def test_pairs_of_names_as_load_mat_takes_them():
    scipy.io.savemat("made.mat", {"X": X, "Y": [[1], [2], [1], [2]], "other": X})
    np.testing.assert_array_equal(read_matrix("made.mat"), load_mat("made.mat").data)
    assert read_labels("made.mat").tolist() == load_mat("made.mat").target.tolist()
    scipy.io.savemat("made.mat", {"X": X, "other": X})
    with pytest.raises(ValueError, match="several matrices"):
        read_matrix("made.mat")


def test_objects_are_named():
    save_73("made.mat")
    with pytest.raises(ValueError, match="got structures or objects"):
        read_labels("made.mat:y")


@pytest.mark.parametrize("head", [b"MATLAB 7.3".ljust(124) + b"\x00\x02IM", b"text" * 50, b""])
def test_other_content(head):
    with open("made.mat", "wb") as file:
        file.write(head.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n" + bytes(2000))
    # SciPy 1.15 finds an empty matrix in the last.
    with pytest.raises(ValueError, match=r"made\.mat (is no intact MATLAB file|must hold real)"):
        read_matrix("made.mat")


DAMAGE = """
import numpy as np
from dsnmf.files.matlab import read_variables

with open("made.mat", "rb") as file:
    whole = file.read()
for position in range(128, len(whole)):
    for byte in (0, 9, 103):
        with open("cut.mat", "wb") as file:
            file.write(whole[:position] + bytes([byte]) + whole[position + 1 :])
        try:
            read_variables("cut.mat")
        except ValueError as error:
            assert str(error).startswith("cut.mat is no intact MATLAB file"), error
"""


def test_no_damaged_byte_ends_the_process():
    variables = {"fea": X, "cells": CELLS[:2], "s": {"z": SPARSE}, "text": "ana"}
    scipy.io.savemat("made.mat", variables)
    run = subprocess.run([sys.executable, "-c", DAMAGE], stderr=subprocess.PIPE, text=True)
    assert (run.returncode, run.stderr) == (0, "")
