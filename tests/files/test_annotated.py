"""Features in .h5ad files, by the official library."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from dsnmf.commands.main import main
from dsnmf.files import annotated

RNG = np.random.default_rng(0)


def test_without_the_library_an_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(ImportError, match=r'pip install "dsnmf\[anndata\]"'):
        annotated.write_features(tmp_path / "made.h5ad", np.eye(2), None, None, {})
    assert os.listdir(tmp_path) == []


@pytest.fixture
def cells(tmp_path, monkeypatch):
    anndata = pytest.importorskip("anndata")
    pandas = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    obs = pandas.DataFrame({"kind": pandas.Categorical([*"abc"] * 10)})
    obs.index = [f"cell{i}" for i in range(30)]
    var = pandas.DataFrame(index=[f"gene{i}" for i in range(8)])
    counts = RNG.poisson(2.0, (30, 8)).astype(np.float32)
    data = anndata.AnnData(X=counts, obs=obs, var=var)
    data.layers["log"] = np.log1p(counts)
    data.write_h5ad("cells.h5ad")
    words = ["--layers", "3", "--labels", "kind", "--quiet", "--max-iter", "20"]
    assert main(["fit", "cells.h5ad:log", *words, "-o", "model"]) == 0
    return anndata


def test_features_go_into_the_users_file(cells, capsys):
    before = cells.read_h5ad("cells.h5ad")
    assert main(["transform", "model", "cells.h5ad:log", "-o", "made.h5ad"]) == 0
    assert main(["transform", "model", "cells.h5ad:log", "-o", "made.csv"]) == 0
    assert main(["transform", "model", "cells.h5ad:log", "--in-place"]) == 0
    assert "Features: obsm['X_dsnmf'] of cells.h5ad" in capsys.readouterr().out
    features = np.loadtxt("made.csv", delimiter=",", skiprows=1, usecols=(1, 2, 3))
    for name in ("made.h5ad", "cells.h5ad"):
        made = cells.read_h5ad(name)
        np.testing.assert_allclose(made.obsm["X_dsnmf"], features, rtol=1e-6)
        assert made.varm["dsnmf"].shape == (8, 3)
        assert made.uns["dsnmf"]["model"] == "WSF"
        np.testing.assert_array_equal(made.X, before.X)
        assert made.obs.equals(before.obs)
    assert sorted(os.listdir()) == ["cells.h5ad", "made.csv", "made.h5ad", "model"]


def test_scanpy_goes_on(cells):
    scanpy = pytest.importorskip("scanpy")
    assert main(["transform", "model", "cells.h5ad:log", "--in-place"]) == 0
    data = scanpy.read_h5ad("cells.h5ad")
    scanpy.pp.neighbors(data, n_neighbors=5, use_rep="X_dsnmf")
    assert data.obsp["distances"].shape == (30, 30)


def test_a_failed_write_leaves_the_file(cells, monkeypatch):
    before = Path("cells.h5ad").read_bytes()
    monkeypatch.setattr(cells.AnnData, "write_h5ad", lambda *args, **options: 1 / 0)
    assert main(["transform", "model", "cells.h5ad:log", "--in-place"]) == 2
    assert Path("cells.h5ad").read_bytes() == before
    assert sorted(os.listdir()) == ["cells.h5ad", "model"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("cells.h5ad --in-place -o x.h5ad", "--in-place writes into DATA: give no -o"),
        ("cells.h5ad", "-o FEATURES says where"),
        ("data.npy --in-place", "--in-place writes into a .h5ad or .h5mu file, got"),
    ],
)
def test_mistakes_are_one_line(cells, words, message, capsys):
    np.save("data.npy", np.eye(8))
    assert main(["transform", "model", *words.split()]) == 2
    assert message in capsys.readouterr().err
