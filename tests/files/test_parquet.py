"""Tables in .parquet files."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from dsnmf.files.matrices import read_labels, read_matrix, read_named_matrix

TABLE = pd.DataFrame({"a": [1.5, np.nan], "b": pd.array([None, 2], "Int64"), "c": [True, False]})


def test_numbers_and_names():
    TABLE.to_parquet("made.parquet")
    values, names = read_named_matrix("made.parquet")
    np.testing.assert_array_equal(values, [[1.5, np.nan, 1], [np.nan, 2, 0]])
    assert names.tolist() == ["a", "b", "c"]
    TABLE[["a"]].astype("float32").to_parquet("made.parquet")
    assert read_matrix("made.parquet").dtype == np.float32


def test_names_have_no_blanks_around_them():
    table = TABLE.add_suffix(" ")
    table.to_parquet("made.parquet")
    table.to_csv("made.csv", index=False)
    for source in ("made.parquet", "made.csv"):
        assert read_named_matrix(source)[1].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("table", "note"),
    [
        (TABLE.set_index(pd.Index(["x", "y"])), "its index is left out"),
        (pd.concat([pd.Series([0, 1], name="Unnamed: 0"), TABLE], axis=1), "its first column"),
    ],
)
def test_the_user_is_told_of_an_index(table, note):
    table.to_parquet("made.parquet")
    with pytest.warns(UserWarning, match=note):
        assert read_matrix("made.parquet").shape == (2, 3)


def test_a_column_of_names_is_named_in_the_error():
    TABLE.assign(kind=["x", "y"]).to_parquet("made.parquet")
    with pytest.raises(ValueError, match=r"made\.parquet, column kind: .* is not a type of numb"):
        read_matrix("made.parquet")
    with open("made.parquet", "r+b") as file:
        file.truncate(100)
    with pytest.raises(ValueError, match=r"made\.parquet is no intact"):
        read_matrix("made.parquet")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ([Decimal("1.25"), None], [1.25, np.nan]),
        ([True, None], [1, np.nan]),
        ([None, None], [np.nan, np.nan]),
        (pd.Categorical([2.5, 1]), [2.5, 1]),
    ],
)
def test_numbers_that_pandas_has_as_objects(column, values):
    pd.DataFrame({"a": column, "b": [1.0, 2.0]}).to_parquet("made.parquet")
    np.testing.assert_array_equal(read_matrix("made.parquet"), np.column_stack([values, [1, 2]]))


@pytest.mark.parametrize("column", [["1", None], pd.Categorical(["a", "b"]), [b"1", b"2"]])
def test_texts_are_no_numbers(column):
    pd.DataFrame({"a": column}).to_parquet("made.parquet")
    with pytest.raises(ValueError, match=r"made\.parquet, column a: .* is not a type of numbers"):
        read_matrix("made.parquet")


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (["ana", None, "ben"], ["ana", None, "ben"]),
        (pd.Categorical(["ana", None, "ben"]), ["ana", None, "ben"]),
        (pd.array([3, None, 4], "Int64"), [3, -1, 4]),
        (pd.array([True, None, False], "boolean"), [1, -1, 0]),
        ([3.0, np.nan, 4.0], [3, -1, 4]),
        ([Decimal(3), None, Decimal(4)], [3, -1, 4]),
    ],
)
def test_labels_of_every_type(column, labels):
    pd.DataFrame({"who": column}).to_parquet("made.parquet")
    assert read_labels("made.parquet").tolist() == labels
