"""MATLAB files with fea and gnd, or X and Y, made here."""

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from dsnmf.datasets import load_mat

FEA = np.arange(24, dtype=np.uint8).reshape(4, 6)
GND = np.array([3, 1, 3, 1])


@pytest.fixture
def save(tmp_path):
    def save(**variables):
        scipy.io.savemat(tmp_path / "made.mat", variables)
        return tmp_path / "made.mat"

    return save


@pytest.mark.parametrize("gnd", [GND[:, None], GND[None, :].astype(float)], ids=["column", "row"])
@pytest.mark.parametrize(
    "fea", [FEA, FEA.astype(float), scipy.sparse.csc_matrix(FEA.astype(float))]
)
def test_values_as_in_the_file(save, fea, gnd):
    made = load_mat(save(fea=fea, gnd=gnd))
    assert made.data.dtype == np.float32
    np.testing.assert_array_equal(made.data, FEA)
    np.testing.assert_array_equal(made.target, GND)
    assert made.target.dtype == np.int64
    assert (made.name, made.target_names, made.images) == ("made", ("1", "3"), None)


def test_other_names(save):
    made = load_mat(save(X=FEA, Y=GND[:, None]))
    np.testing.assert_array_equal(made.data, FEA)
    np.testing.assert_array_equal(made.target, GND)
    assert made.DESCR == "X and Y of made.mat."
    both = load_mat(save(X=FEA[:2], Y=GND[:2], fea=FEA, gnd=GND))
    assert both.data.shape == FEA.shape


def test_several_attributes(save):
    gnd = np.c_[GND, [-1, 0, 0, 1]]
    made = load_mat(str(save(fea=FEA, gnd=gnd)))
    np.testing.assert_array_equal(made.target, gnd)
    assert made.target_names == ("attribute 1", "attribute 2")


def test_pictures_in_column_order_become_upright(save):
    pictures = np.random.default_rng(0).random((4, 2, 3))
    fea = np.array([picture.ravel(order="F") for picture in pictures])
    made = load_mat(save(fea=fea, gnd=GND), images=(2, 3))
    np.testing.assert_allclose(made.data.reshape(4, *made.images), pictures, rtol=1e-6)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"fea": FEA, "labels": GND}, r"\['gnd'\] missing, it holds \['fea', 'labels'\]"),
        ({"Y": GND}, r"fea and gnd, or X and Y; \['X'\] missing, it holds \['Y'\]"),
        ({"X": FEA, "Y": GND[:3]}, "X has 4 rows but Y has 3"),
        ({"fea": FEA, "gnd": GND[:3]}, "fea has 4 rows but gnd has 3"),
        ({"fea": FEA, "gnd": GND + 0.5}, "gnd of .*made.mat must hold integers"),
        ({"fea": np.full((4, 6), np.nan), "gnd": GND}, "fea of .*made.mat must be finite"),
    ],
)
def test_bad_variables(save, variables, message):
    with pytest.raises(ValueError, match=message):
        load_mat(save(**variables))


def test_a_sparse_matrix_with_indices_beyond_its_shape(save):
    path = save(fea=scipy.sparse.csc_array(np.eye(4)), gnd=GND)
    rows = np.arange(4, dtype=np.int32).tobytes()
    path.write_bytes(path.read_bytes().replace(rows, rows[:-1] + b"\x40"))
    with pytest.raises(ValueError, match=r"made\.mat is no intact sparse matrix"):
        load_mat(path)


def test_bad_files(save, tmp_path):
    with pytest.raises(ValueError, match="does not fit the 6 features"):
        load_mat(save(fea=FEA, gnd=GND), images=(3, 3))
    whole = (tmp_path / "made.mat").read_bytes()
    for name, content in {"text.mat": b"only text; " * 50, "cut.mat": whole[:-10]}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} is no intact MATLAB"):
            load_mat(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        load_mat(tmp_path / "absent.mat")
