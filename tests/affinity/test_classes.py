"""What an unknown label is, and which labels are of one class, in every container."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from dsnmf.affinity.classes import as_label_codes

NAN, NAT = np.nan, np.datetime64("NaT", "ns")
NUMBERS, NAMES = [7, 3, -1, 7, 0], ["b", "a", None, "b", ""]
CODES = {"numbers": [2, 1, -1, 2, 0], "names": [2, 1, -1, 2, 0], "truths": [1, 0, -1, 1, 0]}
TRUTHS = [True, False, None, True, False]
HIDDEN = np.array(NUMBERS) == -1


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (NUMBERS, "numbers"),
        (tuple(NUMBERS), "numbers"),
        (np.array(NUMBERS, np.int8), "numbers"),
        (np.array(NUMBERS, np.float16), "numbers"),
        (np.array(NUMBERS, object), "numbers"),
        (np.where(HIDDEN, NAN, NUMBERS), "numbers"),
        ([7, 3.0, NAN, np.float32(7), np.uint8(0)], "numbers"),
        ([7, 3, np.ma.masked, 7, 0], "numbers"),
        (np.ma.array([7, 3, 5, 7, 0], np.uint8, mask=HIDDEN), "numbers"),
        (np.ma.array([7, 3, np.inf, 7, 0], mask=HIDDEN), "numbers"),
        (scipy.sparse.coo_matrix([NUMBERS]).todense().T, "numbers"),
        (pd.Series(NUMBERS, index=range(9, 4, -1)), "numbers"),
        (pd.DataFrame({"y": NUMBERS}, index=list("edcba")), "numbers"),
        (pd.Series(NUMBERS, dtype="Int64").mask(HIDDEN), "numbers"),
        (pd.Series(NUMBERS, dtype="Float64").mask(HIDDEN), "numbers"),
        (pd.Categorical([7, 3, None, 7, 0], categories=[9, 7, 3, 0]), "numbers"),
        (np.array(["2003", "2001", "NaT", "2003", "2000"], "datetime64[ns]"), "numbers"),
        (pd.to_datetime(["2003", "2001", None, "2003", "2000"]).tz_localize("UTC"), "numbers"),
        (NAMES, "names"),
        (np.array(NAMES, object), "names"),
        (np.array(["b", "a", -1, "b", ""]), "names"),
        (np.array(["b", "a", -1.0, "b", ""]), "names"),
        (np.array(["b", "a", NAN, "b", ""]), "names"),
        (np.array(["b", "a", pd.NA, "b", ""], object).astype(str), "names"),
        (np.array(["b", "a", NAT, "b", ""], object).astype(str), "names"),
        (np.array(["b", "a", -1, "b", ""], "S"), "names"),
        (np.array(NAMES, np.dtypes.StringDType(na_object=None)), "names"),
        (np.ma.array(["b", "a", "c", "b", ""], mask=HIDDEN), "names"),
        (pd.Series(NAMES), "names"),
        (pd.Series(NAMES, dtype="string"), "names"),
        (pd.Series(NAMES, dtype="category", index=range(9, 4, -1)), "names"),
        (np.array(TRUTHS, object), "truths"),
        (pd.array(TRUTHS, dtype="boolean"), "truths"),
    ],
)
def test_every_container_gives_the_same_codes(labels, kind):
    (codes,) = as_label_codes(labels)
    assert codes.dtype == np.int64
    assert codes.tolist() == CODES[kind]


@pytest.mark.parametrize("unknown", [-1, -1.0, None, NAN, pd.NA, pd.NaT, NAT, "-1", "nan", b"-1"])
def test_what_is_unknown(unknown):
    labels = np.empty(3, object)
    labels[:] = ["a", unknown, 1]
    assert as_label_codes(labels)[0].tolist() == [0, -1, 1]


@pytest.mark.parametrize("label", [False, 0, -2, -1.5, "", "None", " ", b"", np.uint8(255)])
def test_what_is_a_class(label):
    assert as_label_codes([label, -1, label])[0].tolist() == [0, -1, 0]
    assert as_label_codes(np.array([label, label]))[0].tolist() == [0, 0]


def test_equal_labels_are_one_class_and_others_are_not_merged():
    assert as_label_codes([1, "1", 1.0, b"1", np.int8(1)])[0].tolist() == [0, 1, 0, 2, 0]
    large = 2**53
    assert as_label_codes([large + 1, None, large])[0].tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    "labels",
    [
        [["b", 3], ["a", -1], [None, 7]],
        [["b", 3], ["a", np.ma.masked], ["-1", 7]],
        np.array([["b", 3], ["a", -1], [-1, 7]]),
        [np.ma.array([5, 3]), np.ma.array([4, 0], mask=[0, 1]), np.ma.array([0, 7], mask=[1, 0])],
        pd.DataFrame({"x": ["b", "a", None], "y": pd.array([3, None, 7], dtype="Int64")}),
        pd.DataFrame({"x": pd.Categorical(["b", "a", None]), "y": [3.0, NAN, 7.0]}, [2, 2, 1]),
    ],
)
def test_each_column_is_an_attribute(labels):
    columns = as_label_codes(labels, n_samples=3)
    assert [column.tolist() for column in columns] == [[1, 0, -1], [0, -1, 1]]


def test_nothing_known():
    assert as_label_codes([None, NAN, -1])[0].tolist() == [-1, -1, -1]
    assert as_label_codes(np.full(2, -1.0))[0].tolist() == [-1, -1]


def test_pandas_is_not_imported():
    code = (
        "import sys; from dsnmf.affinity.classes import as_label_codes as f; f(['a', None]); "
        "sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([], ValueError, r"y must have shape \(n,\) or \(n, attributes\), got \(0,\)"),
        (np.zeros((3, 0)), ValueError, r"got \(3, 0\)"),
        (3, ValueError, r"y must have shape .* got \(\)"),
        ("abc", ValueError, r"y must have shape .* got \(\)"),
        (np.zeros((3, 2, 2)), ValueError, r"y must have shape .* got \(3, 2, 2\)"),
        ([0, 1], ValueError, r"y must have one row per sample \(3\), got 2"),
        ([0, np.inf, 1], ValueError, "y must be finite .* got inf"),
        ([2.0**53, 2.0**53 + 2, 1], ValueError, "y must be .* less than 9007199254740992, "),
        (np.float32([2**24, 0, 1]), ValueError, "y must be .* less than 16777216, from where"),
        ([1j, 2j, 0], TypeError, "y must be numbers, strings or dates, .* got 1j"),
        (np.array([1j, 2j, 0]), TypeError, "y must be numbers, .* got dtype complex"),
        (np.zeros(3, "i4,i4"), TypeError, "y must be numbers, .* got dtype"),
        ([[1, 2], [3], [4]], TypeError, "y must be numbers, strings or dates: .*list"),
        ([(1, 2), (3,), (4,)], TypeError, r"y must be numbers, strings or dates, .* got \(1, 2\)"),
        ([np.ones((2, n)) for n in (1, 2, 3)], ValueError, "y must be a rectangular array"),
        (scipy.sparse.eye(3), TypeError, "y must be a dense array, got a sparse dia_matrix"),
    ],
)
def test_bad_labels_are_named(labels, error, message):
    with pytest.raises(error, match=message):
        as_label_codes(labels, "y", 3)
