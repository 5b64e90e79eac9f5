"""Tables in text files, as programs write them and as people break them."""

import re

import numpy as np
import pandas as pd
import pytest

import dsnmf.files.text as tables
from dsnmf.files.text import read_labels, read_matrix

NAN = np.nan


def written(text, name="made.csv"):
    with open(name, "wb") as file:
        file.write(text.encode())
    return name


@pytest.mark.parametrize(
    ("text", "values", "names"),
    [
        ("1,2.5\n,-4e1\n", [[1, 2.5], [NAN, -40]], None),
        ("a,b\n1,2.5\nnan,-4e1", [[1, 2.5], [NAN, -40]], ["a", "b"]),
        (
            '\ufeff"a, b" ,"c"\r\n1,"2.5"\r\n\r\n ,-4e1\r\n',
            [[1, 2.5], [NAN, -40]],
            ["a, b", "c"],
        ),
        ("1_1,1_2\n1,2\n", [[1, 2]], ["1_1", "1_2"]),
        ("NA,+.5\nTrue,#N/A\r", [[NAN, 0.5], [1, NAN]], None),
        ("a,b,\n1,2,\n3,,\n", [[1, 2, NAN], [3, NAN, NAN]], ["a", "b", ""]),
        ('"a\nb",c\n1,2\n', [[1, 2]], ["a\nb", "c"]),
        (",400\n5,1\n", [[NAN, 400], [5, 1]], None),
        # What pandas cannot read, or reads otherwise.
        ("1,NA \nTRUE, 1.5\n", [[1, NAN], [1, 1.5]], None),
        ("a,b\nnull\t,\xa01\n2.5,Nan\n", [[NAN, 1], [2.5, NAN]], ["a", "b"]),
        ('"a", "b"\n"1", "2"\n', [[1, 2]], ["a", "b"]),
        ("1,2\r,3\r\r,4\r", [[1, 2], [NAN, 3], [NAN, 4]], None),
        ("0" * 400 + "1,2\n", [[1, 2]], None),
    ],
)
def test_values_and_names(text, values, names):
    found = read_matrix(written(text))
    np.testing.assert_array_equal(found[0], values)
    assert found[1] == names


def test_tabs():
    values, names = read_matrix(written("a\tb\tc\n1\t\t2.5\n", "made.TSV"))
    np.testing.assert_array_equal(values, [[1, NAN, 2.5]])
    assert names == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "names", "note"),
    [
        (",a,b\n2020_01,1,2\n", ["a", "b"], "its first column, which has no name, is left out"),
        ('"","a","b"\n"1",1,2\n', ["a", "b"], "its first column"),
        ("Unnamed: 0,a,b\n7,1,2\n", ["a", "b"], "its first column"),
        (",0,1\n0,1,2\n1,1,2\n", ["0", "1"], "its first column"),
        ("0,1\n1.0,2.0\n", ["0", "1"], "its first line, 0, 1, is read as the columns' names"),
        ("0,1\n1,2\n", None, "is read as a sample, not as the columns' names"),
        ("NA,1,b\n1,1,2\n", ["NA", "1", "b"], "its first line, NA, 1, b, is read as the col"),
    ],
)
def test_the_user_is_told_of_an_index_and_of_names_that_count(text, names, note):
    with pytest.warns(UserWarning, match=note) as told:
        values, found = read_matrix(written(text))
    np.testing.assert_array_equal(values[-1, -2:], [1, 2])
    assert (found, len(told)) == (names, 1)


@pytest.mark.parametrize("name", ["made.csv", "made.tsv"])
@pytest.mark.parametrize("index", [["x", "y"], ['"1"', '"2"'], ["17", "4"]])
def test_a_header_without_a_cell_for_the_row_names(name, index):
    rows = ["a,b", *(f"{row},1.5,{i}" for i, row in enumerate(index))]
    text = "\n".join(rows).replace(",", "," if name.endswith("csv") else "\t")
    with pytest.warns(UserWarning, match="its first column, which has no name, is left out"):
        values, names = read_matrix(written(text, name))
    assert (values.tolist(), names) == ([[1.5, 0], [1.5, 1]], ["a", "b"])
    with pytest.warns(UserWarning, match="its first column"):
        labels = read_labels(written(text.replace("1.5", "ana"), name), n_samples=2)
    assert labels.tolist() == [["ana", 0], ["ana", 1]]


CELLS = [
    *("1", "2.5", "-3", "NA", "nan", "-NaN", "+nAn", "null", "None", "True", "1_0", "٢", "+INF"),
    *("1e400", "1.", ".", "1e", "0x1", "#N/A", "--1", "1f"),
    "",
    "NA ",
    " 1",
    "1\t",
    "\xa01",
    "1\x0b",
    '"2"',
    '"2',
    '2"',
    '""',
    '"1\n"',
    "1 2",
    "\ufeff1",
]


@pytest.mark.parametrize("seed", range(20))
def test_both_readers_see_the_same(seed):
    """That of pandas, which is quick, declines whatever it would see otherwise."""
    rng, seen = np.random.default_rng(seed), 0
    for _ in range(30):
        width, end = int(rng.integers(1, 4)), rng.choice(["\n", "\r", "\r\n"])
        index = rng.choice(["", "name", '"a,b"', '"a', "a"])
        rows = [
            [rng.choice(CELLS if rng.random() < 0.2 else ["1", ".5", ""]) for _ in range(size)]
            for size in width + rng.choice([0] * 18 + [1, -1], int(rng.integers(1, 4)))
        ]
        if index:
            rows = [["", *"abc"[:width]], *([index, *row] for row in rows)]
        lines = end.join(map(",".join, rows)) + rng.choice(["", end, end * 2])
        try:
            table = tables._table(written(lines), None)
        except ValueError:
            continue
        quick = tables._parse_quickly(table, pd)
        if quick is not None:
            seen += 1
            np.testing.assert_array_equal(quick, tables._parse(table))
    assert seen


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,a\n2020_01,1\n", "line 2, column 1: '2020_01' is not a number (column id; an index"),
        ("a,b\n1,2\n3,x\n", "line 3, column 2: 'x' is not a number (column b)"),
        ("1,2\n1,2_0\n", "line 2, column 2: '2_0' is not a number"),
        ("1,٢\n", "line 1, column 2: '٢' is not a number"),
        ("a,2\n", "line 1, column 1: 'a' is not a number, and the line is no header"),
        ("a,1,b\n1,2,3\n1,x,3\n", "line 3, column 2: 'x' is not a number (column 1)"),
        ("a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells, but 3 in the first"),
        ("a,b,c\n1,2\n", "line 2: 2 cells, but 3 in the first"),
        ("1,2\n1,2,3\n", "line 2: 3 cells, but 2 in the first"),
        ("a,b\n1,2,\n3,4,\n", "line 2: 3 cells, but 2 in the first"),
        ("kind,1,2\nx,3,4\n", "column 1: 'kind' is not a number, nor is 'x' below it: a column"),
        (
            "kind,9,8,7,6,5\nx,.1,.3,.2,.5,.4\n",
            "line 2, column 1: 'x' is not a number (column kind",
        ),
        (",a\nx,1,2\n", "line 2: 3 cells, but 2 in the first"),
        (
            "a;b\n1;2;3;4\n",
            "is not a number: the first line has 1 semicolon: add",
        ),
        ("a,b\n", "holds no rows of numbers"),
        ("", "holds no rows of numbers"),
        ('1,"2\n', "is no text with commas: a quoted cell has no end"),
    ],
)
def test_faults_are_named(text, message):
    with pytest.raises(ValueError, match=r"^made\.csv.*" + re.escape(message)):
        read_matrix(written(text))


def test_every_digit_is_kept():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((500, 4)) * 10.0 ** rng.integers(-300, 300, (500, 4))
    pd.DataFrame(X, columns=list("abcd")).to_csv("made.csv")
    with pytest.warns(UserWarning, match="index"):
        np.testing.assert_array_equal(read_matrix("made.csv")[0], X)


@pytest.mark.parametrize(
    ("text", "n_samples", "labels"),
    [
        ("person,pose\n3,-1\n,2\n", None, [[3, -1], [None, 2]]),
        ("label\n1_2\n1_3\n", None, [["1_2"], ["1_3"]]),
        ("person,pose\nana,1\nben,2\n", 2, [["ana", 1], ["ben", 2]]),
        ("ana\nben\nana\n", None, [["ana"], ["ben"], ["ana"]]),
        ("ana\nben\neva\n", 3, [["ana"], ["ben"], ["eva"]]),
        ("ana\nben\neva\n", 2, [["ben"], ["eva"]]),
        ("who\nNA\n\nana\n-1\n\n", 4, [[None], [None], ["ana"], ["-1"]]),
        ('"who"\n"ana"\n""\n', 2, [["ana"], [None]]),
        ("1.0\n2.5\n", None, [[1], [2.5]]),
        ("None\nana\n", 2, [["None"], ["ana"]]),
    ],
)
def test_labels(text, n_samples, labels):
    assert read_labels(written(text), n_samples=n_samples).tolist() == labels


@pytest.mark.parametrize("text", [",0\n0,5\n1,6\n", ",who\n0,5\n1,6\n"])
def test_an_index_of_labels(text):
    with pytest.warns(UserWarning, match="its first column"):
        assert read_labels(written(text), n_samples=2).tolist() == [[5], [6]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no labels"),
        ("who\n", "holds no labels"),
        ("1,2\n3\n", "row 2: 1 cells, but 2"),
        ("who\nana\nana\nben\nben\n", "has the header who and labels of 4 samples, but 5 are"),
        ("a,b\n1,x\n2,x\n", "has the header a, b and labels of 2 samples, but 5 are expected"),
    ],
)
def test_faults_of_labels(text, message):
    with pytest.raises(ValueError, match=message):
        read_labels(written(text), n_samples=5)
