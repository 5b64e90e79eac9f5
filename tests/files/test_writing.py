"""Matrices with names, read again by their usual readers."""

import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import polars
import pytest
import scipy.io

from dsnmf.files.named_tables import read_table
from dsnmf.files.writing import write_matrix

MATRIX = np.array([[0.1, -2], [3e-300, 1 / 3], [5, 0]])
FEATURES, SAMPLES = ["a,b", "c"], ["s 1", 'q"', "s3"]


@pytest.mark.filterwarnings("ignore:.*left out")
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_names_come_back(suffix, tmp_path):
    path = tmp_path / f"made{suffix}"
    write_matrix(path, MATRIX, features=FEATURES, samples=SAMPLES)
    table = read_table(path)
    np.testing.assert_array_equal(table.values, MATRIX)
    assert (table.features, table.samples) == (FEATURES, SAMPLES)


def test_other_programs_read_them(tmp_path):
    write_matrix(tmp_path / "made.parquet", MATRIX, features=FEATURES, samples=SAMPLES)
    frame = polars.read_parquet(tmp_path / "made.parquet")
    np.testing.assert_array_equal(frame.select(FEATURES).to_numpy(), MATRIX)
    assert frame.drop(FEATURES).to_series().to_list() == SAMPLES
    write_matrix(tmp_path / "made.csv", MATRIX, features=FEATURES, samples=SAMPLES)
    frame = pd.read_csv(tmp_path / "made.csv", index_col=0)
    np.testing.assert_array_equal(frame, MATRIX)
    assert [*frame.index] == SAMPLES
    write_matrix(tmp_path / "made.mat", MATRIX, features=FEATURES, samples=SAMPLES)
    made = scipy.io.loadmat(tmp_path / "made.mat")
    assert [cell.item() for cell in made["sample_names"].ravel()] == SAMPLES
    write_matrix(tmp_path / "made.npz", MATRIX, features=FEATURES)
    with np.load(tmp_path / "made.npz", allow_pickle=False) as made:
        assert made["feature_names"].tolist() == FEATURES


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="there is no Octave")
def test_octave_reads_cells_of_names(tmp_path):
    write_matrix(tmp_path / "made.mat", MATRIX, features=FEATURES, samples=SAMPLES)
    code = "load made.mat; printf('%s|%s|%.17g', feature_names{1}, sample_names{2}, fea(2, 2))"
    words = ["octave-cli", "--eval", code]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ran.stdout == 'a,b|q"|0.33333333333333331'


def test_mistakes_leave_nothing(tmp_path):
    for name, options in (("made.csv", {"samples": ["a"]}), ("made.xls", {})):
        with pytest.raises(ValueError, match="must"):
            write_matrix(tmp_path / name, MATRIX, **options)
    assert os.listdir(tmp_path) == []
