"""Columns that number or name the samples are told."""

import numpy as np
import pytest

from dsnmf.files.matrices import read_labels, read_named_matrix


def note_of(told):
    return str(told[0].message) if told else ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("k,a\n0,5\n1,5\n2,5\n", "k"),
        ("sample,a\n1,5\n2,5\n3,5\n", "sample"),
        ("Id,a\n17,5\n4,5\n9,5\n", "Id"),
        ("k,a\n17,5\n4,5\n9,5\n", None),
        ("k,a\n0,5\n1,5\n", None),
        ("id,a\n0,5\n1,5\n1,5\n", None),
        ("id,a\n0.5,5\n1,5\n2,5\n", None),
        ("id\n0\n1\n2\n", None),
        ("0,5\n1,5\n2,5\n", None),
        ("rownames,a\n17,5\n4,5\n9,5\n", "rownames"),
        ("subject_id,a\n17,5\n4,5\n9,5\n", "subject_id"),
        ("userId,a\n17,5\n4,5\n9,5\n", "userId"),
        ("acid,a\n17,5\n4,5\n9,5\n", None),
        ("Time,a\n0.5,5\n0.7,5\n9.2,5\n", "Time"),
        ("Time,a\n0.5,5\n9.7,5\n1.2,5\n", None),
        ("s,a\n0.0078,5\n.0156,5\n.0234,5\n.0312,5\n.0391,5\n", "s"),
        ("s,a\n10,5\n8,5\n6,5\n4,5\n2,5\n", "s"),
        ("s,a\n0.1,5\n.2,5\n.3,5\n.4,5\n", None),
    ],
)
def test_of_a_first_feature_that_numbers_or_dates_the_samples(text, named, tmp_path, recwarn):
    (tmp_path / "made.csv").write_text(text)
    first, *_ = text.split("\n")
    values, _ = read_named_matrix(tmp_path / "made.csv")
    assert values.shape[1] == len(first.split(","))
    note = f"its first column, {named}, seems to number or date the samples, and is read as a feat"
    assert (note in note_of(recwarn)) == (named is not None)
    assert len(recwarn) == (named is not None)


@pytest.mark.parametrize(
    ("labels", "is_told"),
    [
        ([[1, 3], [2, 3], [3, 4]], True),
        ([["s1", "a"], ["s2", "b"], ["s3", "a"]], True),
        ([[1, 3], [2, 3], [2, 4]], False),
        ([[-1, 3], [-1, 3], [2, 4]], False),
        ([[1, 3], [2, 3]], False),
        ([1, 2, 3], False),
    ],
)
def test_of_a_first_attribute_of_which_no_label_comes_twice(labels, is_told, tmp_path, recwarn):
    np.save(tmp_path / "made.npy", labels)
    assert read_labels(tmp_path / "made.npy").tolist() == labels
    assert ("seems to number or name the samples" in note_of(recwarn)) == is_told
    assert bool(recwarn) == is_told
