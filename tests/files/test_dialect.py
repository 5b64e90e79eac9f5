"""Tables of other countries: semicolons, decimal commas; and what spreadsheets add."""

import re

import numpy as np
import pandas as pd
import pytest

from dsnmf.files.layout import Layout
from dsnmf.files.matrices import read_labels, read_matrix
from dsnmf.files.named_tables import read_table

NAN = np.nan
SHOWN = "as its first lines show"


def written(text, name="made.csv", encoding="utf-8"):
    with open(name, "w", encoding=encoding, newline="") as file:
        file.write(text)
    return name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("n1;n2\n-0,2010;1\n0,5;2\n", "made.csv"),
        ("n1;n2\n-0.2010;1\n.5;2\n", "made.csv"),
        ('n1;n2\r\n"-0,2010";1\r\n0,5;2\r\n', "made.tsv"),
        ("n1\tn2\n-0,2010\t1\n0,5\t2\n", "made.tsv"),
        ("n1\tn2\n-2,010e-1\t1\n0,5\t2\n", "made.csv"),
        ("n1;n2\n-0,2010;1\n0,5;2\n", "made.txt"),
    ],
)
def test_separator_and_decimal_mark_are_as_the_first_lines_show(text, name):
    with pytest.warns(UserWarning, match=SHOWN):
        table = read_table(written(text, name))
    assert table.values.tolist() == [[-0.201, 1], [0.5, 2]]
    assert table.features == ["n1", "n2"]


@pytest.mark.filterwarnings("ignore:.*as its first lines show")
@pytest.mark.parametrize("layout", [Layout(), Layout(index="name")])
def test_names_of_features_may_have_decimal_commas(layout):
    head = "name" if layout.index else ""
    table = read_table(written(f"{head};1000,5;1001,5\na;0,1;0,2\nb;3;4\n"), layout=layout)
    assert table.values.tolist() == [[0.1, 0.2], [3, 4]]
    assert (table.features, table.samples) == (["1000.5", "1001.5"], ["a", "b"])


@pytest.mark.parametrize("layout", [Layout(decimal=","), Layout(decimal=",", columns=("*",))])
def test_the_user_may_say_the_decimal_mark(layout, recwarn):
    source = written("a\tb\n1,234\t2\n", "made.tsv")
    assert read_table(source, layout=layout).values.tolist() == [[1.234, 2]]
    assert not recwarn
    assert read_matrix(source, decimal=",").tolist() == [[1.234, 2]]
    with pytest.raises(ValueError, match=r"'1\.5' is not a number"):
        read_table(written("a\tb\n1.5\t2,5\n", "made.tsv"), layout=layout)


@pytest.mark.parametrize("layout", [Layout(), Layout(columns=("*",))])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a\tb\n1,234\t2\n", "made.tsv"),  # perhaps thousands
        ("a;b\n1,25;2.5\n", "made.csv"),
        ('a,b\n"1,25",2\n', "made.csv"),
    ],
)
def test_what_may_be_no_decimal_comma_is_an_error(text, name, layout):
    with pytest.raises(ValueError, match=r"it has a decimal comma .--decimal comma.$"):
        read_table(written(text, name), layout=layout)


@pytest.mark.parametrize("text", ["a,b;c\n1,2\n3,4\n", "a;b,c\n1,2\n", "a\n1\n2\n", "a,b\n1,2\n"])
def test_other_files_are_read_by_their_ending(text, recwarn):
    assert read_table(written(text)).values[0, 0] == 1
    assert not [told for told in recwarn if SHOWN in str(told.message)]


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("made.csv", Layout(index="sample")),
        ("made.txt", Layout()),
        ("made.csv", Layout()),
        ("made.csv", Layout(separator=",")),
    ],
)
def test_a_separator_in_doubt_is_proposed(name, layout):
    message = "the first line has 2 semicolons: add --separator semicolon"
    with pytest.raises(ValueError, match=message):
        read_table(written("sample;1000;1002\na;1;2;3\nb;1\n", name), layout=layout)


def test_labels_with_semicolons():
    with pytest.warns(UserWarning, match=SHOWN):
        assert read_labels(written("kind;origin\na;1\nb;2\n"), 2).tolist() == [["a", 1], ["b", 2]]


@pytest.mark.parametrize("layout", [Layout(), Layout(columns=("?",))])
def test_rows_without_cells_are_left_out(layout):
    with pytest.warns(UserWarning, match=r"its lines 3, 5, 6 .3 in all. have no cells"):
        table = read_table(written("a,b\n1,2\n,\n3,\n,\n,\n"), layout=layout)
    np.testing.assert_array_equal(table.values, [[1, 2], [3, NAN]])


@pytest.mark.filterwarnings("ignore:.*left out")
def test_names_stay_beside_their_samples_where_rows_have_no_cells():
    assert read_table(written(",a\nx,1\n,\ny,2\n")).samples == ["x", "y"]


@pytest.mark.parametrize("layout", [Layout(), Layout(columns=("?",))])
def test_other_encodings_are_named(layout):
    source = written("é,b\n1,2\n3,à\n", encoding="latin-1")
    with pytest.raises(ValueError, match=r"made.csv is not UTF-8 .line 1.: save it as CSV UTF-8"):
        read_table(source, layout=layout)


CELLS = "sample,kind,1000,top,1004\nW1,a,1,2,3\nW2,b,<LOD,5,6\n"


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (
            Layout(index="sample", drop=("kind",)),
            "line 3, sample W2, column 1000: '<LOD' is not a number; leave the column out "
            "(--drop 1000), use it as labels (--labels 1000), or say that the cell is unknown "
            "(--missing '<LOD')",
        ),
        (
            Layout(drop=("kind",)),
            "line 2, column sample: 'W1' is not a number; does it name the samples? --index sample",
        ),
        (Layout(drop=("knid",)), "did you mean kind?"),
    ],
)
def test_faults_are_placed_and_ways_out_are_named(layout, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_table(written(CELLS), layout=layout)


@pytest.mark.filterwarnings("ignore:.*(left out|--index k reads)")
@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("made.csv", Layout(transpose=True, index="k")),
        ("made.parquet", Layout(transpose=True, index="k")),
        ("made.csv", Layout(transpose=True)),
    ],
)
def test_of_a_turned_table_the_index_names_the_features(layout, name):
    head = "k" if layout.index else ""
    source = written(f"{head},a,b,c\n1000,1,2,3\n1002,4,5,6\n1004,7,8,9\n")
    if name != source:
        pd.read_csv(source).to_parquet(name)
    table = read_table(name, layout=layout)
    assert table.values.tolist() == [[1, 4, 7], [2, 5, 8], [3, 6, 9]]
    assert (table.features, table.samples) == (["1000", "1002", "1004"], [*"abc"])
    with pytest.warns(UserWarning, match="not features of the model, left out: 1002"):
        table = read_table(name, ["1004", "1000"], layout)
    assert table.features == ["1000", "1004"]


def test_of_a_turned_table_without_an_index_the_user_is_told():
    source = written("k,a\n1000,1\n1002,2\n1004,3\n1006,5\n1008,5\n")
    told = "k, seems to number or date the features, and is read as a sample; --index k reads"
    with pytest.warns(UserWarning, match=told):
        read_table(source, layout=Layout(transpose=True))


def test_names_are_texts():
    table = read_table(written("id,a\n007,1\n008,2\n"), layout=Layout(index="id"))
    assert table.samples == ["007", "008"]
    table = read_table(written("id,a\n7,1\n8,2\n9,3\n"), layout=Layout(index="id"))
    assert table.samples == ["7", "8", "9"]


def test_repeated_names_are_told():
    with pytest.warns(UserWarning, match="1 sample name comes more than once: x"):
        read_table(written("id,a\nx,1\nx,2\n"), layout=Layout(index="id"))


def test_of_the_plain_reader_too_the_way_out_is_named():
    with pytest.raises(ValueError, match=r"line 3, column 2: 'x' .* \(--drop b\), use"):
        read_matrix(written("a,b\n1,2\n3,x\n"))
    with pytest.raises(ValueError, match=r"names the samples .--index sample., or has to be left"):
        read_matrix(written(CELLS))


@pytest.mark.parametrize("layout", [Layout(), Layout(index="sample"), Layout(drop=("kind",))])
def test_features_that_lack_are_the_first_fault(layout):
    with pytest.raises(ValueError, match="lacks features of the model: 998; it has"):
        read_table(written("sample,kind,top\nW1,a,1\nW2,b,x\n"), ["top", "998"], layout)


def test_a_column_alone_may_have_a_semicolon_in_its_name():
    assert read_table(written("A;nm\n1\n2\n"), layout=Layout(columns=("*",))).features == ["A;nm"]
