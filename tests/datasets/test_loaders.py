"""The named data sets, from the files in the folder DSNMF_DATA."""

import os
import sys

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.initialisation import NOISE_FLOOR

needs_files = pytest.mark.skipif(
    not os.environ.get("DSNMF_DATA"), reason="DSNMF_DATA names no folder with the files"
)


@pytest.mark.parametrize(
    ("name", "shape", "images", "attributes", "classes"),
    [
        ("digits", (1797, 64), (8, 8), None, [10]),
        pytest.param("pie", (2856, 1024), (32, 32), None, [68], marks=needs_files),
        pytest.param("orl", (400, 1024), (32, 32), None, [40], marks=needs_files),
        pytest.param(
            "stickfigures",
            (900, 400),
            (20, 20),
            ("upper body", "lower body"),
            [3, 3],
            marks=needs_files,
        ),
        pytest.param(
            "nrletters",
            (10000, 189),
            (9, 7, 3),
            ("letter", "colour", "corner"),
            [6, 3, 4],
            marks=needs_files,
        ),
    ],
)
def test_named_set(name, shape, images, attributes, classes):
    loaded = datasets.load(name)
    assert loaded.name == name
    assert loaded.data.shape == shape
    assert loaded.data.dtype == np.float32
    assert loaded.images == images
    assert loaded.DESCR
    np.testing.assert_allclose(np.linalg.norm(loaded.data, axis=1), 1, rtol=1e-5)
    assert np.issubdtype(loaded.target.dtype, np.integer)
    columns = loaded.target.reshape(len(loaded.data), -1).T
    assert [len(np.unique(column)) for column in columns] == classes
    if attributes:
        assert loaded.target.shape == (shape[0], len(attributes))
        assert loaded.target_names == attributes
    else:
        assert loaded.target.shape == shape[:1]
        assert len(loaded.target_names) == classes[0]


@needs_files
def test_pie_has_the_notebooks_scale():
    faces = datasets.load_pie()
    energy = np.linalg.eigvalsh(faces.data.T.astype(float) @ faces.data.astype(float))
    discarded = energy[energy <= NOISE_FLOOR * energy.max()]
    assert len(energy) - len(discarded) == 81
    assert discarded.sum() == pytest.approx(10.29, abs=0.005)


@needs_files
@pytest.mark.parametrize("name", ["pie", "orl"])
def test_faces_stand_upright(name):
    faces = datasets.load(name)
    mean = faces.data.mean(axis=0).reshape(faces.images)
    # A face's two halves mirror each other; its upper and lower half do not.
    assert np.corrcoef(mean.ravel(), mean[:, ::-1].ravel())[0, 1] > 0.5
    assert np.corrcoef(mean.ravel(), mean[::-1].ravel())[0, 1] < 0.5


@needs_files
def test_light_of_pie_comes_from_where_it_is_said_to():
    faces = datasets.load_pie(attributes=True)
    assert [len(np.unique(column)) for column in faces.target.T] == [3, 21, 68]
    pictures = faces.data.reshape(-1, *faces.images)
    means = [pictures[faces.target[:, 0] == code].mean(axis=0) for code in range(3)]
    right, front, left = (mean[:, 16:].sum() / mean[:, :16].sum() for mean in means)
    assert right > 1.2 > front > 1 / 1.2 > left


@needs_files
def test_corner_of_the_letters_is_where_it_is_said_to_be():
    letters = datasets.load_nrletters()
    pictures = letters.data.reshape(-1, *letters.images).sum(axis=3)
    corners = pictures[:, [0, 0, -1, -1], [0, -1, 0, -1]]  # top left, top right, bottom left, …
    np.testing.assert_array_equal(corners.argmax(axis=1), letters.target[:, 2])


def test_unknown_name():
    with pytest.raises(ValueError, match=r"unknown data set 'mnist'; known are digits, pie, "):
        datasets.load("mnist")


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r'pip install "dsnmf\[experiments\]"'):
        datasets.load_digits()


def test_unit_norm_keeps_zero_rows_and_dtype():
    X = np.array([[3, 4], [0, 0]], np.float32)
    scaled = datasets.unit_norm(X)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[0.6, 0.8], [0, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("dtype", "size"), [("float16", 6e4), ("float32", 1e25), ("float64", 1e-200)]
)
def test_unit_norm_of_numbers_whose_squares_leave_their_dtype(dtype, size):
    scaled = datasets.unit_norm(np.full((2, 4), size, dtype))
    assert scaled.dtype == dtype
    np.testing.assert_allclose(scaled, 0.5, rtol=1e-3)
