"""CMU Face Images from an archive made here, in the layout of the original's."""

import io
import tarfile

import numpy as np
import pytest

from dsnmf.datasets import load_cmu_faces

HEADER = b"P5\n# made\n32 30\n255\n"


def pixels(value):
    return np.full((30, 32), value, np.uint8).tobytes()


INTACT = {
    "faces_4/tammo/tammo_up_happy_open_4.pgm": HEADER + pixels(9),
    "faces_4/an2i/an2i_left_sad_sunglasses_4.pgm": HEADER + bytes(range(240)) * 4,
    "faces_4/an2i/an2i_straight_sad_open_4.pgm": b"P5 32 30 255\n" + pixels(7),
}
DAMAGED_OR_OTHER = {
    "faces_4/an2i/an2i_right_sad_open_4.bad": HEADER + pixels(1),
    "faces_4/an2i/an2i_up_sad_open_4.pgm": HEADER + pixels(1)[:-5],
    "faces_4/an2i/an2i_up_angry_open_4.pgm": b"P2" + HEADER[2:] + pixels(1),
    "faces_4/an2i/an2i_up_neutral_open_2.pgm": b"P5\n64 60\n255\n" + 4 * pixels(1),
    "faces_4/README": b"text",
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A function that puts an archive of the given files where the loader looks first."""
    monkeypatch.setenv("DSNMF_DATA", str(tmp_path))

    def archive(files):
        path = tmp_path / "faces_4.tar.gz"
        with tarfile.open(path, "w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return path

    return archive


def test_pictures_and_attributes(archive):
    archive(INTACT | DAMAGED_OR_OTHER)
    faces = load_cmu_faces()
    assert faces.target_names == ("identity", "pose", "expression", "eyes")
    assert faces.images == (30, 32)
    np.testing.assert_array_equal(faces.target, [[0, 0, 1, 1], [0, 1, 1, 0], [1, 2, 0, 0]])
    assert "pose: left, straight, up" in faces.DESCR
    assert faces.data.shape == (3, 960)
    assert faces.data.dtype == np.float32
    ramp = np.tile(np.arange(240.0), 4)
    np.testing.assert_allclose(faces.data[0], ramp / np.linalg.norm(ramp), rtol=1e-5)
    np.testing.assert_allclose(faces.data[1:], 960**-0.5, rtol=1e-5)


def test_no_pictures(archive):
    archive(DAMAGED_OR_OTHER)
    with pytest.raises(ValueError, match=r"holds no pictures named NAME_POSE"):
        load_cmu_faces()


def test_truncated_archive(archive):
    path = archive(INTACT)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"faces_4.tar.gz is damaged, fetch it anew"):
        load_cmu_faces()
