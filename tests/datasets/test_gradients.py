"""Image gradient orientations."""

import os

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.datasets.gradients import igo

SHAPE = (5, 7)


def split(features, shape=SHAPE):
    """Cosines and sines as pictures."""
    return features.reshape(-1, 2, *shape).swapaxes(0, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("angle", [0.0, 0.5, 2.0, -2.5])
def test_direction_of_a_ramp(angle, dtype):
    y, x = np.mgrid[:5, :7]
    ramp = np.cos(angle) * x + np.sin(angle) * y
    features = igo(ramp.reshape(1, -1).astype(dtype), SHAPE)
    assert features.dtype == dtype
    cosines, sines = split(features)
    np.testing.assert_allclose(cosines, np.cos(angle), atol=1e-5)
    np.testing.assert_allclose(sines, np.sin(angle), atol=1e-5)


def test_unit_length_unless_flat_and_scale_does_not_matter():
    data = np.random.default_rng(0).random((3, 35))
    data[0] = 0.7
    data[1].reshape(SHAPE)[1:4, 1:4] = 0.2  # flat around its centre only
    features = igo(data, SHAPE)
    cosines, sines = split(features)
    length = np.ones((3, *SHAPE))
    length[0] = length[1, 2, 2] = 0
    np.testing.assert_allclose(np.hypot(cosines, sines), length, rtol=1e-12)
    np.testing.assert_array_equal(igo(4 * data, SHAPE), features)


def test_falling_bytes_do_not_wrap_around():
    pixels = np.array([[200, 100, 0, 200, 100, 0]], np.uint8)
    np.testing.assert_array_equal(igo(pixels, (2, 3)), [[-1] * 6 + [0] * 6])


@pytest.mark.skipif(
    not os.environ.get("DSNMF_DATA"), reason="DSNMF_DATA names no folder with the files"
)
def test_pie_pixel_by_pixel():
    faces = datasets.load_pie()
    features = igo(faces.data, faces.images)
    assert features.shape == (2856, 2048)
    cosines, sines = split(features, faces.images)
    k = 1234
    picture = faces.data[k].reshape(faces.images).astype(float)
    for row, column in np.ndindex(30, 30):
        g_x = picture[row + 1, column + 2] - picture[row + 1, column]
        g_y = picture[row + 2, column + 1] - picture[row, column + 1]
        angle = np.arctan2(g_y, g_x)
        expected = (np.cos(angle), np.sin(angle)) if g_x or g_y else (0, 0)
        found = cosines[k, row + 1, column + 1], sines[k, row + 1, column + 1]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("data", "image_shape", "error", "message"),
    [
        (np.ones((2, 6)), (2, 4), ValueError, r"image_shape=\(2, 4\) does not fit the 6 features"),
        (np.ones((2, 6)), (2, 3, 1), ValueError, r"must be \(height, width\), got \(2, 3, 1\)"),
        (np.ones((2, 6)), 6, ValueError, r"image_shape must be \(height, width\), got 6"),
        (np.ones((2, 6)), (1, 6), ValueError, "sides of 2 or more pixels"),
        (np.ones((2, 6)), (2.0, 3), TypeError, r"image_shape\[0\] must be an integer"),
        (np.ones((2, 2, 3)), (2, 3), ValueError, "data must be 2-d"),
        (np.full((2, 6), np.nan), (2, 3), ValueError, "data must be finite"),
    ],
)
def test_bad_arguments(data, image_shape, error, message):
    with pytest.raises(error, match=message):
        igo(data, image_shape)
