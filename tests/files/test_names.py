"""`PATH:NAME`, as users of several systems write it."""

from pathlib import PurePosixPath, PureWindowsPath

import pytest

from dsnmf.files.names import file_of


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("big.h5:group/X", ("big.h5", "group/X")),
        (r"C:\faces\all.MAT:fea", (r"C:\faces\all.MAT", "fea")),
        (r"C:\faces\all.mat", (r"C:\faces\all.mat", None)),
        ("C:table.csv", ("C:table.csv", None)),
        (PurePosixPath("cells.h5ad:raw/X"), ("cells.h5ad", "raw/X")),
        # There a path turns slashes around, in the name too, where only slashes are right.
        (PureWindowsPath("C:/data/big.h5:group/X"), ("C:/data/big.h5", "group/X")),
    ],
)
def test_a_name_is_what_follows_the_ending(source, parts):
    assert file_of(source) == parts
