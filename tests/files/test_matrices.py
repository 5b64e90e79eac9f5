"""Matrices in files: what is written is read, and what cannot be read is named."""

import os
import sys

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from dsnmf.files.matrices import file_of, read_labels, read_matrix, write_matrix

MATRIX = np.array([[0.1, -2.0, np.nan], [1e-300, 4.0, 1 / 3]])
SUFFIXES = [".npy", ".npz", ".csv", ".tsv", ".mat"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Files lie in the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_digit_comes_back(suffix, dtype):
    matrix = MATRIX.astype(dtype)
    write_matrix("made" + suffix, matrix)
    assert os.listdir() == ["made" + suffix]
    read = read_matrix("made" + suffix)
    assert read.dtype == ("float64" if suffix in (".csv", ".tsv") else dtype)
    np.testing.assert_array_equal(read.astype(dtype), matrix)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_failed_write_leaves_the_old_file(suffix, monkeypatch):
    write_matrix("made" + suffix, MATRIX)
    monkeypatch.setattr(os, "fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_matrix("made" + suffix, np.zeros((1, 1)))
    np.testing.assert_array_equal(read_matrix("made" + suffix), MATRIX)
    assert os.listdir() == ["made" + suffix]


def test_numbers_that_count_are_no_header():
    counting = np.array([[0, 1, 2], [0.5, 1, 2]])
    write_matrix("made.csv", counting)
    np.testing.assert_array_equal(read_matrix("made.csv"), counting)


def test_the_matrix_that_is_meant():
    rows = np.arange(6, dtype=np.uint8).reshape(2, 3)
    scipy.io.savemat("usual.MAT", {"other": MATRIX, "fea": rows, "gnd": [[3], [1]]})
    scipy.io.savemat("only.mat", {"text": "a", "X": scipy.sparse.csc_matrix(rows.astype(float))})
    scipy.io.savemat("labels.mat", {"note": "a", "y": [[3], [1]]})
    np.savez("named.npz", X=rows, Y=MATRIX, pickled=np.array([{}], dtype=object), y=[3, 1])
    assert read_matrix("usual.MAT").dtype == "float64"
    np.testing.assert_array_equal(read_matrix("usual.MAT"), rows)
    np.testing.assert_array_equal(read_matrix("usual.MAT:other"), MATRIX)
    np.testing.assert_array_equal(read_matrix("only.mat").toarray(), rows)
    np.testing.assert_array_equal(read_matrix("named.npz:X"), rows)
    for source in ("usual.MAT", "named.npz:y", "labels.mat"):
        labels = read_labels(source)
        np.testing.assert_array_equal(labels, [3, 1])
        assert labels.dtype == "int64"


def test_labels_of_several_attributes_and_unknown_ones(folder):
    (folder / "labels.csv").write_text("person,pose\n3,-1\n,2\n")
    np.testing.assert_array_equal(read_labels("labels.csv"), [[3, -1], [-1, 2]])


def made(name, content):
    """A function that writes the file."""

    def make():
        if isinstance(content, dict) and name.endswith(".mat"):
            scipy.io.savemat(name, content)
        elif isinstance(content, dict):
            np.savez(name, **content)
        elif isinstance(content, np.ndarray):
            np.save(name, content)
        else:
            with open(name, "wb") as file:
                file.write(content)

    return make


def cut(name):
    def make():
        write_matrix(name, np.eye(5))
        os.truncate(name, os.path.getsize(name) - 10)

    return make


UNREADABLE = {
    "absent.npy": (lambda: None, FileNotFoundError, "No such file"),
    "folder.csv": (lambda: os.mkdir("folder.csv"), IsADirectoryError, "Is a directory"),
    "table.xlsx": (
        made("table.xlsx", b"PK"),
        ValueError,
        "Excel files are not read",
    ),
    "table.doc": (
        made("table.doc", b"PK"),
        ValueError,
        r"must end in one of \.npy, .*, \.txt, \.mtx, \.hdr",
    ),
    "cut.npy": (cut("cut.npy"), ValueError, r"cut.npy is no intact \.npy"),
    "cut.npz": (cut("cut.npz"), ValueError, r"cut.npz is no intact \.npz"),
    "cut.mat": (cut("cut.mat"), ValueError, "cut.mat is no intact MATLAB"),
    "text.npy": (made("text.npy", b"1,2"), ValueError, r"text.npy is no intact \.npy"),
    "pickle.npy": (
        made("pickle.npy", np.array([[{}]], dtype=object)),
        ValueError,
        r"pickle.npy is no intact \.npy file without pickle",
    ),
    "empty.csv": (made("empty.csv", b""), ValueError, "empty.csv holds no rows"),
    "binary.csv": (
        made("binary.csv", b"\xff\xfe\x00"),
        ValueError,
        "binary.csv is not UTF-8",
    ),
    "word.csv": (
        made("word.csv", b"a,b\n1,2\n3,x\n"),
        ValueError,
        "word.csv, line 3, column 2: 'x' is not a number",
    ),
    "several.npz": (
        made("several.npz", {"A": np.eye(2), "B": np.eye(3), "c": np.ones(2)}),
        ValueError,
        r"several matrices, name one as in several.npz:A: A \(2, 2\), B \(3, 3\)",
    ),
    "several.mat": (
        made("several.mat", {"A": np.eye(2), "B": np.eye(3)}),
        ValueError,
        "several matrices, name one as in several.mat:A",
    ),
    "named.npz:C": (
        made("named.npz", {"A": np.eye(2), "B": np.eye(3)}),
        ValueError,
        "named.npz holds no C; it holds A, B",
    ),
    "none.mat": (
        made("none.mat", {"note": "a"}),
        ValueError,
        r"holds no matrix of numbers; it holds note \(text of shape \(1,\)\)",
    ),
    "vector.npy": (made("vector.npy", np.ones(3)), ValueError, r"2-d .* shape \(3,\)"),
    "rowless.npy": (made("rowless.npy", np.ones((0, 3))), ValueError, "not empty"),
    "complex.npy": (made("complex.npy", np.eye(2) * 1j), ValueError, "got complex128"),
    "infinite.npy": (made("infinite.npy", np.full((2, 2), np.inf)), ValueError, "infinities"),
}


@pytest.mark.parametrize("source", UNREADABLE)
def test_errors_name_the_file_in_one_line(source):
    make, error, message = UNREADABLE[source]
    make()
    with pytest.raises(error, match=message) as raised:
        read_matrix(source)
    assert source.partition(":")[0] in str(raised.value)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("made.csv", "pandas"),
        ("made.tsv", "pandas"),
        ("made.parquet", "pandas"),
        ("made.parquet", "pyarrow"),
        ("made.h5ad", "h5py"),
        ("made.mat", "h5py"),
    ],
)
def test_a_missing_extra_says_what_to_install(folder, monkeypatch, name, missing):
    (folder / name).write_bytes(b"MATLAB 7.3".ljust(124) + b"\x00\x02IM")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=rf'needs {missing}: pip install "dsnmf\[files\]"'):
        read_matrix(name)


def test_names_with_colons():
    assert file_of("C:/a.b/cells.H5AD:layers/a:b") == ("C:/a.b/cells.H5AD", "layers/a:b")
    assert file_of("a:b.csv") == ("a:b.csv", None)


@pytest.mark.parametrize("labels", [np.array([0.5, 1]), np.array([np.inf, 1]), np.ones((2, 2, 2))])
def test_labels_are_integers(labels):
    np.save("labels.npy", labels)
    with pytest.raises(ValueError, match=r"labels\.npy must hold"):
        read_labels("labels.npy")


def test_unknown_suffix_is_not_written():
    with pytest.raises(ValueError, match=r"features\.txt must end in"):
        write_matrix("features.txt", MATRIX)
    assert os.listdir() == []
