"""The light of PIE's pictures, found by their places and verified by matching."""

from dataclasses import replace

import numpy as np
import pytest

from dsnmf import datasets
from dsnmf.datasets.lights import DIRECTIONS, FLASHES, PICTURES, with_lights


@pytest.fixture
def faces():
    """Four subjects under 42 lights."""
    rng = np.random.default_rng(0)
    subjects, lights = rng.random((4, 1, 30)), rng.random((PICTURES, 30))
    data = (subjects + lights + 0.1 * rng.random((4, PICTURES, 30))).reshape(-1, 30)
    target = np.repeat([3, 5, 7, 9], PICTURES)
    return datasets.Dataset("made", data, target, ("3", "5", "7", "9"), None, "")


def test_attributes_follow_from_the_places(faces):
    lit = with_lights(faces)
    assert lit.target_names == ("direction", "flash", "subject")
    assert lit.data is faces.data
    direction, flash, subject = lit.target.T
    np.testing.assert_array_equal(subject, faces.target)
    np.testing.assert_array_equal(flash, np.tile(np.arange(FLASHES), 8))
    names = list(DIRECTIONS)
    assert all(f in DIRECTIONS[names[d]] for d, f in zip(direction, flash))


def test_other_orders_are_refused(faces):
    data = faces.data.copy()
    data[[45, 50]] = data[[50, 45]]  # two pictures of the second subject
    with pytest.raises(ValueError, match="in one order of their lights; those of 5 do not"):
        with_lights(replace(faces, data=data))
    for target in (faces.target[::-2], np.roll(faces.target, 1), faces.target[:-1]):
        with pytest.raises(ValueError, match="made must have 42 pictures of each subject, one"):
            with_lights(replace(faces, data=data[: len(target)], target=target))
