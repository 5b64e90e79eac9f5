"""Known entries in text files: names, order, zeros; faults with their line."""

import numpy as np
import pytest

from dsnmf.files.triples import read_triples

WRITTEN = {
    "a.csv": "user,item,rating\n10,b,1.5\n9,a,0\n10,a,-2\n",
    "a.tsv": "10\tb\t1.5\t881250949\n9\ta\t0\t881250950\n\n10\ta\t-2\t881250951\n",
    "a.txt": "10 b 1.5\n9  a 0\n10 a -2\n",
    "b.csv": "user;item;rating\n10;b;1,5\n9;a;0\n10;a;-2\n",
    "b.txt": "9\ta\t0\n10\tb\t1,5\n10\ta\t-2\n",
    "a.data": '10; "b"; 1.5\n9; a; 0\n10; a; -2\n',
}


@pytest.mark.filterwarnings("ignore:.*as its first lines show")
@pytest.mark.parametrize("name", WRITTEN)
def test_entries_are_those_of_the_file_in_the_order_of_names(name, tmp_path):
    (tmp_path / name).write_text(WRITTEN[name])
    found = read_triples(tmp_path / name)
    assert (found.rows.tolist(), found.columns.tolist()) == (["9", "10"], ["a", "b"])
    np.testing.assert_array_equal(found.matrix.toarray(), [[0, 0], [-2, 1.5]])
    assert found.matrix.nnz == 3  # one is a known zero
    wider = read_triples(tmp_path / name, columns=["c", "b", "a"])
    np.testing.assert_array_equal(wider.matrix.toarray(), [[0, 0, 0], [0, 1.5, -2]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n1,2\n", "line 2: must be row, column, value"),
        ("1,2,3\n1,,4\n", "line 2: must be row, column, value"),
        ("1,2,3\n1,3,\n", "line 2: the value must be a finite number"),
        ("1,2,3\n1,3,inf\n", "line 2: the value must be a finite number"),
        ("1,2,3\n1,3,x\n", "line 2: the value must be a finite number"),
        ("a,b,c\n1,2,3\n2,2,1\n1,2,3\n", "line 4: row 1, column 2 has an entry in line 2"),
        ("a,b,c\n", "holds no row"),
        ("1,b,x\n1,b,2\n", "line 1: the value must be a finite number"),
    ],
)
def test_faults_are_named_with_their_line(text, said, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ValueError, match=said):
        read_triples(tmp_path / "a.csv")


def test_the_user_may_say_how_they_are_written(tmp_path):
    (tmp_path / "a.tsv").write_text("1|2|1,234\n")
    found = read_triples(tmp_path / "a.tsv", separator="|", decimal=",")
    assert found.matrix.toarray().tolist() == [[1.234]]


def test_columns_must_be_known_where_they_are_given(tmp_path):
    (tmp_path / "a.csv").write_text("1,a,3\n")
    with pytest.raises(ValueError, match="line 1: 'a' is not a feature"):
        read_triples(tmp_path / "a.csv", columns=["b"])
