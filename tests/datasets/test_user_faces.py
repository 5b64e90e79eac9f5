"""The licensed sets, from files made here."""

import numpy as np
import pytest
import scipy.io

from dsnmf.datasets import load_multi_pie, load_xm2vts

ATTRIBUTES = ("identity", "pose", "expression")
LABELS = np.array([[3, 1, 0], [3, 2, 0], [1, 1, 1], [1, 2, 1]])
KINDS = {
    "xm2vts": (load_xm2vts, (42, 30), LABELS[:, 0], ("1", "3")),
    "multi_pie": (load_multi_pie, (30, 30), LABELS, ATTRIBUTES),
}


@pytest.fixture
def save(tmp_path):
    def save(**variables):
        scipy.io.savemat(tmp_path / "mine.mat", variables)
        return tmp_path / "mine.mat"

    return save


@pytest.mark.parametrize("name", KINDS)
def test_pictures_stand_upright_with_their_labels(save, name):
    load, images, target, target_names = KINDS[name]
    pictures = np.random.default_rng(0).integers(0, 256, (4, *images))
    fea = np.array([picture.ravel(order="F") for picture in pictures], np.uint8)
    faces = load(str(save(fea=fea, gnd=target if target.ndim == 2 else target[:, None])))
    assert (faces.name, faces.images, faces.target_names) == (name, images, target_names)
    np.testing.assert_array_equal(faces.target, target)
    norms = np.linalg.norm(fea.astype(float), axis=1)[:, None, None]
    np.testing.assert_allclose(faces.data.reshape(pictures.shape), pictures / norms, rtol=1e-5)
    assert faces.data.dtype == np.float32
    assert "4 faces" in faces.DESCR


@pytest.mark.parametrize(
    ("load", "variables", "message"),
    [
        (load_xm2vts, {"fea": np.ones((4, 900)), "gnd": LABELS[:, :1]}, "does not fit the 900 fea"),
        (load_xm2vts, {"fea": np.ones((4, 1260)), "gnd": LABELS}, "gnd has 3 column"),
        (load_multi_pie, {"fea": np.ones((4, 1260)), "gnd": LABELS}, "does not fit the 1260 fea"),
        (load_multi_pie, {"fea": np.ones((4, 900)), "gnd": LABELS[:, 0]}, "gnd has 1 column"),
        (load_multi_pie, {"fea": np.ones((4, 900))}, "'gnd'"),
        (load_multi_pie, {"fea": np.array([["text"]]), "gnd": [[1, 1, 1]]}, "real numbers"),
    ],
)
def test_errors_name_the_file_and_what_was_expected(save, load, variables, message):
    with pytest.raises(ValueError, match=message) as caught:
        load(save(**variables))
    assert "mine.mat" in str(caught.value)
    title, size, columns = {
        load_xm2vts: ("XM2VTS", "fea n x 1260", "gnd n x 1 (identity)"),
        load_multi_pie: ("Multi-PIE", "fea n x 900", "gnd n x 3 (identity, pose, expression)"),
    }[load]
    assert all(part in str(caught.value) for part in (title, size, columns))
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"absent\.mat"):
        load_xm2vts(tmp_path / "absent.mat")
