"""Drawn faces: what is in them, and that each attribute can be told from the pixels."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from dsnmf import datasets
from dsnmf.datasets import make_attribute_faces


@pytest.fixture(scope="module")
def faces():
    return datasets.load("attribute_faces")


def test_every_combination_as_often(faces):
    assert faces.data.shape == (1080, 1024)
    assert (faces.data.dtype, faces.target.dtype) == (np.float32, np.int64)
    assert faces.target_names == ("identity", "pose", "expression")
    assert faces.images == (32, 32)
    combinations, counts = np.unique(faces.target, axis=0, return_counts=True)
    assert len(combinations) == 20 * 3 * 3
    assert set(counts) == {6}
    assert faces.data.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(faces.data, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(("attribute", "accuracy"), [(0, 0.9), (1, 0.9), (2, 0.85)])
def test_linear_classifier_tells_each_attribute_of_new_pictures(faces, attribute, accuracy):
    y = faces.target[:, attribute]
    new = np.arange(len(y)) % 3 == 0
    classifier = RidgeClassifier(alpha=0.1).fit(faces.data[~new], y[~new])
    assert classifier.score(faces.data[new], y[new]) > accuracy


def test_pose_moves_the_face_and_expression_only_its_features():
    plain = make_attribute_faces(40, repeats=1, noise=0, image_shape=(48, 40))
    pictures = plain.data.reshape(40, 3, 3, 48, 40).mean(axis=0)  # of all people
    eyes = pictures[:, 0, 18:24]
    left, front, right = ((row > 0.9 * row.max()).nonzero()[1].mean() for row in eyes)
    assert left + 2 < front < right - 2
    differences = [np.abs(pictures[1, i] - pictures[1, 0]).sum(axis=1) for i in (1, 2)]
    for difference in differences:
        assert difference[15:36].sum() > 2 * difference[:15].sum() + difference[40:].sum()


def test_seed_decides():
    first, again, other = (
        make_attribute_faces(3, repeats=1, random_state=seed).data for seed in (None, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_people_stay_as_others_join():
    few, many = (
        make_attribute_faces(n, ["front"], ["neutral"], 10).data.reshape(n, 10, -1).mean(axis=1)
        for n in (3, 6)
    )
    distances = np.linalg.norm(few[:, None] - many, axis=2)
    np.testing.assert_array_equal(distances.argmin(axis=1), range(3))
    assert np.sort(distances, axis=1)[:, 1].min() > 2 * distances.diagonal().max()


def test_chosen_poses_and_expressions_count_in_the_order_given():
    given = {"repeats": 2, "noise": 0, "image_shape": (20, 16)}
    faces = make_attribute_faces(2, ("right", "left"), ["surprise"], **given)
    np.testing.assert_array_equal(faces.target[:4], [[0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0]])
    assert faces.images == (20, 16)
    assert "pose: right, left; expression: surprise" in faces.DESCR
    right, left = faces.data.reshape(2, 2, 2, 20, 16)[0].mean(axis=1)
    bright = [np.average(np.arange(16), weights=face[10]) for face in (right, left)]
    assert bright[0] > bright[1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_identities": 0}, ValueError, "n_identities must be >= 1, got 0"),
        ({"repeats": 1.5}, TypeError, "repeats must be an integer >= 1"),
        ({"poses": ("up",)}, ValueError, r"poses must be a sequence of left, front.*\('up',\)"),
        ({"poses": ()}, ValueError, r"got \(\)"),
        ({"expressions": ("smile", "smile")}, ValueError, "each at most once, got"),
        ({"expressions": "smile"}, ValueError, "must be a sequence .* got 'smile'"),
        ({"image_shape": 32}, ValueError, r"image_shape must be \(height, width\), got 32"),
        ({"noise": -1}, ValueError, "noise must be finite and >= 0"),
        ({"random_state": "a"}, TypeError, "random_state must be None"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        make_attribute_faces(**arguments)
