"""Tables read as the user says, with all their names."""

import gzip

import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

from dsnmf.files.layout import Layout
from dsnmf.files.matrices import read_labels
from dsnmf.files.named_tables import read_table

PLANTS = pd.DataFrame(
    {
        "plant": ["p1", "p2", "p3"],
        "length": [1.5, -9999, 3.5],
        "width": [4, 5, 6],
        "kind": ["a", "b", "?"],
    }
)
VALUES = [[1.5, 4], [np.nan, 5], [3.5, 6]]
PLAIN = Layout(index="plant", drop=("kind",), missing=("-9999",))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PLANTS.to_csv("made.csv", index=False)
    PLANTS.to_csv("made.txt", index=False, sep=";")
    PLANTS.to_parquet("made.parquet")
    PLANTS[["length", "width"]].T.set_axis(PLANTS["plant"], axis=1).to_csv("turned.csv")
    return tmp_path


@pytest.mark.parametrize(
    ("source", "layout"),
    [
        ("made.csv", PLAIN),
        ("made.csv", Layout(index="plant", columns=("*th",), missing=("-9999",))),
        ("made.txt", Layout(index="plant", drop=("kind",), missing=("-9999",), separator=";")),
        ("made.parquet", PLAIN),
        ("turned.csv", Layout(transpose=True, missing=("-9999",), separator=",")),
    ],
)
def test_a_table_as_the_user_says(source, layout, recwarn):
    table = read_table(source, layout=layout)
    np.testing.assert_array_equal(table.values, VALUES)
    assert (table.features, table.samples) == (["length", "width"], ["p1", "p2", "p3"])


def test_without_a_word_names_of_samples_are_read_too():
    PLANTS[["length", "width"]].set_index(PLANTS["plant"].rename(None)).to_csv("indexed.csv")
    with pytest.warns(UserWarning, match="left out as an index"):
        assert read_table("indexed.csv").samples == ["p1", "p2", "p3"]
    assert read_table("made.csv", layout=Layout(columns=("width",))).samples is None


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (Layout(columns=("lenght",)), "no column 'lenght' .--columns.; it has plant, length, wi"),
        (Layout(drop=("x*",)), "no column 'x\\*' .--drop."),
        (Layout(index="name"), "no column 'name' .--index."),
        (Layout(drop=("*",)), "no column is left"),
        (Layout(index="plant"), "column kind: 'a' is not a number"),
        (Layout(separator=";"), "is not a number"),
    ],
)
def test_what_is_not_there_is_one_line(layout, message):
    with pytest.raises(ValueError, match=message) as error:
        read_table("made.csv", layout=layout)
    assert "made.csv" in str(error.value)


def test_columns_of_files_without_names_are_numbers():
    np.save("made.npy", np.arange(12.0).reshape(3, 4))
    table = read_table("made.npy", layout=Layout(drop=("1", "2"), missing=("8",)))
    np.testing.assert_array_equal(table.values, [[0, 3], [4, 7], [np.nan, 11]])
    with pytest.raises(ValueError, match=r"no column '4'.* it has 0, 1, 2, 3"):
        read_table("made.npy", layout=Layout(columns=("4",)))


def test_cubes_and_pictures():
    cube = np.arange(24.0).reshape(2, 3, 4)
    np.save("made.npy", cube)
    scipy.io.savemat("made.mat", {"scene": cube, "other": np.eye(3)})
    for source in ("made.npy", "made.mat"):
        table = read_table(source, layout=Layout(array="cube"))
        np.testing.assert_array_equal(table.values, cube.reshape(6, 4))
        assert (table.pixels, table.picture) == ((2, 3), None)
        table = read_table(source, layout=Layout(array="pictures"))
        np.testing.assert_array_equal(table.values, cube.reshape(2, 12))
        assert (table.pixels, table.picture) == (None, (3, 4))
    with pytest.raises(ValueError, match="--transpose"):
        read_table("made.npy", layout=Layout(array="cube", transpose=True))


def test_matrix_market_and_the_folders_of_10x(folder):
    counts = scipy.sparse.random(5, 3, 0.6, random_state=0, format="csc")
    scipy.io.mmwrite("made.mtx", counts)
    np.testing.assert_allclose(read_table("made.mtx").values.toarray(), counts.toarray())
    run = folder / "filtered"
    run.mkdir()
    with gzip.open(run / "matrix.mtx.gz", "wb") as file:
        scipy.io.mmwrite(file, counts)
    genes = ["g0", "g1", "g2", "g1", "g4"]
    lines = [f"ENS{i}\t{name}\tGene Expression\n" for i, name in enumerate(genes)]
    with gzip.open(run / "features.tsv.gz", "wt") as file:
        file.writelines(lines)
    (run / "barcodes.tsv").write_text("AA\nAC\nAG\n")
    table = read_table("filtered")
    np.testing.assert_allclose(table.values.toarray(), counts.toarray().T)
    assert table.features == ["g0", "g1 (ENS1)", "g2", "g1 (ENS3)", "g4"]
    assert table.samples == ["AA", "AC", "AG"]
    (run / "barcodes.tsv").write_text("AA\n")
    with pytest.raises(ValueError, match="names 1 barcodes, but has 3"):
        read_table("filtered")


def test_envi(folder):
    pytest.importorskip("spectral")
    cube = np.arange(24, dtype="<f4").reshape(2, 3, 4)
    cube.tofile("scene.img")
    (folder / "scene.hdr").write_text(
        "ENVI\nsamples = 3\nlines = 2\nbands = 4\nheader offset = 0\ndata type = 4\n"
        "interleave = bip\nbyte order = 0\nwavelength = {400, 500, 600, 700}\n"
        "data ignore value = 5\n"
    )
    table = read_table("scene.hdr")
    expected = np.where(cube == 5, np.nan, cube).reshape(6, 4)
    np.testing.assert_array_equal(table.values, expected)
    assert (table.features, table.pixels) == (["400", "500", "600", "700"], (2, 3))


def test_envi_says_what_it_needs(folder, monkeypatch):
    (folder / "scene.hdr").write_text("ENVI\n")
    monkeypatch.setattr("dsnmf.files.envi.is_installed", lambda name: False)
    with pytest.raises(ImportError, match="pip install spectral"):
        read_table("scene.hdr")


@pytest.mark.parametrize("source", ["made.csv", "made.parquet"])
def test_labels_are_columns_by_name(source):
    found = read_labels(f"{source}:kind", unknown=("?",))
    assert found.tolist() == ["a", "b", None]
    found = read_labels(f"{source}:width,kind", layout=Layout(missing=("6",)))
    assert found.tolist() == [[4, "a"], [5, "b"], [None, "?"]]
    with pytest.raises(ValueError, match=r"no column 'sort' .--labels."):
        read_labels(f"{source}:sort")


def test_tokens_of_unknown_numbers():
    np.save("made.npy", [0, -9, 1])
    assert read_labels("made.npy", unknown=("-9",)).tolist() == [0, -1, 1]


def test_the_cell_that_is_no_number_is_named():
    with open("cell.csv", "w", encoding="utf-8") as file:
        file.write("plant,length,kind\np1,1.5,a\np2,,b\np3,ca. 3,a\n")
    with pytest.raises(ValueError, match=r"column length: 'ca\. 3' is not a number"):
        read_table("cell.csv", layout=Layout(index="plant", drop=("kind",)))
