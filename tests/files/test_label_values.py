"""Labels as files hold them: what is returned, and what is refused."""

import numpy as np
import pytest

from dsnmf.files.label_values import as_labels


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.array([2.0, np.nan, -1.0]), [2, -1, -1]),
        (np.array([True, False]), [1, 0]),
        (np.array([[3], [2]], np.uint64), [[3], [2]]),
        (np.array([3, None, 2.0], object), [3, -1, 2]),
        (np.array([10**17 + 1, None], object), [10**17 + 1, -1]),
    ],
)
def test_integers(values, labels):
    found = as_labels("made.npy", values)
    assert (found.tolist(), found.dtype) == (labels, np.int64)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.array(["ana", "", "-1"]), ["ana", "", "-1"]),
        (np.array([b"ana", b"ben"]), ["ana", "ben"]),
        (np.array([["ana", 1.0], [None, np.nan]], object), [["ana", 1], [None, None]]),
    ],
)
def test_names_stay_as_they_are(values, labels):
    found = as_labels("made.npy", values)
    assert (found.tolist(), found.dtype) == (labels, object)


@pytest.mark.parametrize(
    ("values", "given"),
    [
        (np.array([1, 1.5]), "got 1.5"),
        (np.array([1, np.inf]), "got inf"),
        (np.array([2**63], np.uint64), "got 9223372036854775808"),
        (np.array(["ana", 1.5], object), "got 1.5"),
        (np.array([None, 1j], object), "got a complex"),
    ],
)
def test_other_values_are_refused(values, given):
    with pytest.raises(ValueError, match=r"^made.npy must hold integers, -1 where .*" + given):
        as_labels("made.npy", values)
