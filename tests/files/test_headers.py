"""What is a header or an index, what is told of it, and what is ordinary data."""

import numpy as np
import pytest

from dsnmf.files.headers import label_header, matrix_header

NAMES, SAMPLE, INDEX = "is read as the columns' names", "is read as a sample", "is left out"
LABELS, NO_LABELS = "is read as labels, not", "is read as a header, not as labels"
DECIMALS = "\n.4,.1,0,1.0,.2,0,.3,.1\n.1,.2,.2,.5,0,.3,1.0,.7"
COUNTS = "\n3,0,420,1,0,9,2,5\n0,407,3,1,1,6,0,2"


def rows_of(text):
    return [line.split(",") for line in text.split("\n")]


def check(header, lines, columns, note):
    assert (header.lines, header.columns) == (lines, columns)
    assert note in header.note
    assert bool(header.note) == bool(note)


@pytest.mark.parametrize(
    ("text", "lines", "columns", "note"),
    [
        # Numbers above numbers.
        ("400,402,404,406,408,410,412,414" + DECIMALS, 1, 0, NAMES),
        ("8.5,7.5,6.5,5.5,4.5,3.5,2.5,1.5" + DECIMALS, 1, 0, NAMES),
        ("8.5,7.5,6.5,5.5,4.5\n0,0,0,0,0\n0,.1,.2,0,.3", 1, 0, NAMES),
        ("2001,2002,2003,2004,2005\n3,0,1,5,2", 1, 0, NAMES),
        ("0,1\n1.0,2.0", 1, 0, NAMES),
        ("400,402,404,406,408,410,412,414" + COUNTS, 0, 0, SAMPLE),
        (".1,.2,.3,.4,.5,.6,.7,.8" + DECIMALS, 0, 0, SAMPLE),
        ("7157,672,1956\n.1,.2,.3", 0, 0, SAMPLE),
        ("0,1\n1,2", 0, 0, SAMPLE),
        # Numbers that repeat one, and what pandas makes of them.
        ("0,1,2,3,4,0" + "\n.4,.1,0,1.0,.2,0", 1, 0, NAMES),
        ("0,1,2,3,4,0,1,2" + DECIMALS, 1, 0, NAMES),
        ("0,1,2,3,4,0.1,1.1,2.1" + DECIMALS, 1, 0, NAMES),
        ("0,1,2,3,4,5,6,0" + COUNTS, 0, 0, SAMPLE),
        ("400,402,404,406,408,410,412,400" + DECIMALS, 0, 0, SAMPLE),
        ("1,2,1" + "\n.1,.2,.3", 0, 0, SAMPLE),
        ("0,1,0,0,1,0,1,1" + COUNTS, 0, 0, ""),
        # Names, and what may be one beside them.
        ("a,b\nx,2", 1, 0, ""),
        ("a,1,b\n1,2,3\n4,x,6", 1, 0, NAMES),
        ("NA,Cl,K\n1,2,3", 1, 0, ""),
        ("ana,1,2\nben,3,4", 0, 0, ""),
        ("n.d.,1.5,2\n1,2,3", 0, 0, ""),
        ("?,1\n2,3", 0, 0, ""),
        # A column of names, and one of classes, beside wavelengths.
        ("kind,400,402,404,406,408\nx,.1,.2,0,.3,.1\ny,.4,.2,.1,.3,.5", 1, 0, NAMES),
        ("kind,9.5,8.5,7.5,6.5,5.5\nx,.1,.2,0,.3,.1\ny,.4,.2,.1,.3,.5", 1, 0, NAMES),
        ("kind,9.5,8.5,7.5,6.5,5.5\n1,.1,.2,0,.3,.1\n2,.4,.2,.1,.3,.5", 1, 0, NAMES),
        # An index.
        (",400,402\n0,.1,.2\n1,.3,.4", 1, 1, INDEX),
        (",400,402\nx,.1,.2", 1, 1, INDEX),
        (",0,1\n17,.1,.2\n4,.3,.4", 1, 1, INDEX),
        (",3,7\n17,.1,.2\n4,.3,.4", 0, 0, SAMPLE),
        (",400\n5,1", 0, 0, ""),
        (",,400\n5,1,2\n6,1,2", 1, 1, INDEX),
    ],
)
def test_first_lines_of_matrices(text, lines, columns, note):
    first, *below = rows_of(text)
    check(matrix_header(first, below), lines, columns, note)


@pytest.mark.parametrize(
    ("first", "columns", "note"), [("2,0,1", 0, NAMES), (",2,0,1", 1, INDEX), ("2,0", None, "")]
)
def test_known_names_are_a_header_in_any_order(first, columns, note):
    below = [["7"] * len(first.split(","))]
    header = matrix_header(first.split(","), below, known=["0", "1", "2"])
    check(header, int(columns is not None), columns or 0, note)


ORDINARY = {
    "normal": lambda rng: rng.standard_normal((30, 6)),
    "integers": lambda rng: rng.integers(-50, 50, (30, 6)),
    "images": lambda rng: rng.integers(0, 256, (30, 64)).astype(np.uint8),
    "counts": lambda rng: rng.poisson(1.5, (30, 12)),
    "halves": lambda rng: rng.integers(0, 20, (30, 6)) / 2,
    "sorted rows": lambda rng: np.sort(rng.random((30, 12))),
    "sorted integers": lambda rng: np.sort(rng.integers(0, 99, (30, 12))),
    "sorted columns": lambda rng: np.sort(rng.random((30, 12)), axis=0)[::-1],
    "ranges": lambda rng: np.arange(1, 73).reshape(6, 12)[::-1],
    "one row": lambda rng: np.sort(rng.random((1, 12))),
    "one column": lambda rng: rng.integers(0, 99, (30, 1)),
    "with gaps": lambda rng: np.where(rng.random((30, 6)) < 0.5, np.nan, 4),
    "identity": lambda rng: np.eye(9),
}


@pytest.mark.parametrize("kind", ORDINARY)
@pytest.mark.parametrize("form", ["%s", "%g"])
def test_ordinary_data_have_no_header_and_no_note(kind, form):
    for seed in range(5):
        matrix = ORDINARY[kind](np.random.default_rng(seed))
        first, *below = [[form % value for value in row] for row in matrix.tolist()]
        check(matrix_header(first, below), 0, 0, "")


@pytest.mark.parametrize(
    ("text", "n_samples", "lines", "columns", "note"),
    [
        # A name above numbers, or one that does not come again above names that do.
        ("who\n3\n3\n1", 4, 1, 0, ""),
        ("who\nana\nana\nben\nben", 5, 1, 0, ""),
        ("who\nana\nana\nben\nben", None, 1, 0, ""),
        # The number of samples tells.
        ("who\nana\nben", 2, 1, 0, ""),
        ("0\n3\n3\n1", 3, 1, 0, NO_LABELS),
        ("ana\nben\nana", 2, 0, 0, ""),
        ("ana\nben\nana", 3, 0, 0, ""),
        ("3\n5\n5\n1", 3, 0, 0, ""),
        ("who\nana\nana\nben", 4, 0, 0, LABELS),
        ("who\nana\nben", None, 1, 0, NO_LABELS),
        # An index.
        (",who\n0,5\n1,6", 3, 1, 1, INDEX),
        ("Unnamed: 0,0\n7,ana\n3,ana", 2, 1, 1, INDEX),
        (",ana\n2,ben\n2,ana", 3, 0, 0, ""),
    ],
)
def test_first_lines_of_labels(text, n_samples, lines, columns, note):
    check(label_header(rows_of(text), n_samples), lines, columns, note)
