"""Files of mudata: one modality as a matrix, all of them as views."""

import contextlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from dsnmf import MultiViewDeepSemiNMF
from dsnmf.commands.main import main
from dsnmf.estimators.saved import open_estimator
from dsnmf.files.matrices import read_labels, read_matrix, read_named_matrix, read_sample_names
from tests.commands.mistakes import assert_mistake_is_one_line

pytestmark = pytest.mark.usefixtures("without_numba")

RNG = np.random.default_rng(0)
H = RNG.random((30, 3))
GENES, PROTEINS = [f"g{i}" for i in range(8)], [f"p{i}" for i in range(6)]
RNA = H @ RNG.standard_normal((3, 8)) + 0.1 * RNG.standard_normal((30, 8))
PROT = np.maximum(H[5:] @ RNG.standard_normal((3, 6)), 0)
CELLS = [f"s{i}" for i in range(30)]
SHUFFLED = RNG.permutation(25)
KINDS, TYPES = [*"abc"] * 10, [*"xyz"] * 10


def frame(index, columns):
    return pd.DataFrame(columns, index=index)


class Modality:
    """What is used of an AnnData."""

    def __init__(self, X, obs, var):
        self.X, self.obs, self.var, self.obsm, self.varm, self.uns = X, obs, var, {}, {}, {}
        self.obs_names, self.var_names, (self.n_obs, self.n_vars) = obs.index, var.index, X.shape


class MuData:
    """What is used of a MuData, read and written in the layout of its files."""

    def __init__(self, mod):
        self.mod, self.obsm, self.varm, self.uns, self.axis = mod, {}, {}, {}, 0
        self.obs = frame(CELLS, {"type": TYPES})
        self.obs_names, self.shape = self.obs.index, (30, sum(m.n_vars for m in mod.values()))

    def write(self, path):
        with h5py.File(path, "w") as file:
            self._put(file, self)
            for name, modality in self.mod.items():
                group = file.create_group(f"mod/{name}")
                group["X"] = np.asarray(modality.X)
                self._put(group, modality)
            file["mod"].attrs["mod-order"] = [*self.mod]

    @staticmethod
    def _put(group, of):
        for axis in ("obs", "var"):
            table = getattr(of, axis, frame([], {}))
            node = group.create_group(axis)
            node.attrs["_index"], node.attrs["column-order"] = "_index", [*table.columns]
            node["_index"] = table.index.to_numpy("S")
            for name in table.columns:
                codes, categories = pd.factorize(table[name])
                node[f"{name}/codes"], node[f"{name}/categories"] = codes, categories.to_numpy("S")
        for place in ("obsm", "varm"):
            for name, values in getattr(of, place, {}).items():
                group[f"{place}/{name}"] = values
        for name, value in of.uns.get("dsnmf", {}).items():
            group[f"uns/dsnmf/{name}"] = value if isinstance(value, np.ndarray) else str(value)


def read_h5mu(path):
    data = MuData({"rna": Modality(*parts()[0]), "prot": Modality(*parts(form=np.asarray)[1])})
    with h5py.File(path) as file:
        for group, of in [(file, data), *((file["mod"][m], data.mod[m]) for m in data.mod)]:
            for place in ("obsm", "varm"):
                getattr(of, place).update({k: v[()] for k, v in group.get(place, {}).items()})
            if "uns" in group:
                of.uns["dsnmf"] = {
                    k: v.asstr()[()] for k, v in group["uns/dsnmf"].items() if v.dtype.kind == "O"
                }
    return data


def parts(form=scipy.sparse.csr_matrix):
    """X, obs and var of both modalities; the second lacks five observations, and has an order."""
    cells = np.array(CELLS[5:])[SHUFFLED]
    return [
        (RNA, frame(CELLS, {"kind": KINDS}), frame(GENES, {})),
        (
            form(PROT[SHUFFLED]),
            frame(cells, {"kind": np.array(KINDS[5:])[SHUFFLED]}),
            frame(PROTEINS, {}),
        ),
    ]


@pytest.fixture(params=["stand-in", "mudata"])
def library(request, tmp_path, monkeypatch):
    """The library, with a file `cells.h5mu` in the folder."""
    monkeypatch.chdir(tmp_path)
    if request.param == "stand-in":
        options = lambda **given: contextlib.nullcontext()  # noqa: E731
        made = SimpleNamespace(read_h5mu=read_h5mu, set_options=options, MuData=MuData)
        monkeypatch.setitem(sys.modules, "mudata", made)
        MuData({n: Modality(*p) for n, p in zip(("rna", "prot"), parts(np.asarray))}).write(
            "cells.h5mu"
        )
        return made
    mudata, anndata = pytest.importorskip("mudata"), pytest.importorskip("anndata")
    modalities = {
        name: anndata.AnnData(X, obs=obs, var=var)
        for name, (X, obs, var) in zip(("rna", "prot"), parts())
    }
    with mudata.set_options(pull_on_update=False):
        data = mudata.MuData(modalities)
        data.obs["type"] = TYPES
        data.write("cells.h5mu")
    return mudata


def views():
    """The same as a dict, NaN where the second modality lacks a cell."""
    return {"rna": RNA, "prot": np.vstack([np.full((5, 6), np.nan), PROT])}


def test_one_modality_is_a_matrix(library):
    values, names = read_named_matrix("cells.h5mu:prot")
    dense = values.toarray() if scipy.sparse.issparse(values) else values
    np.testing.assert_array_equal(dense, PROT[SHUFFLED])
    assert names.tolist() == PROTEINS
    assert read_sample_names("cells.h5mu:prot") == [CELLS[5:][i] for i in SHUFFLED]
    assert read_labels("cells.h5mu:type").tolist() == TYPES
    assert read_labels("cells.h5mu:rna:kind").tolist() == KINDS
    assert read_labels("cells.h5mu:prot:kind").tolist() == [None] * 5 + KINDS[5:]
    for source in ("cells.h5mu", "cells.h5mu:other"):
        with pytest.raises(ValueError, match="PATH:NAME picks one of rna, prot"):
            read_matrix(source)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_features_go_into_the_users_file(library, capsys):
    fit = "fit cells.h5mu --layers 4,3 --labels rna:kind --quiet -o model"
    for words in (
        fit,
        "transform model cells.h5mu -o made.h5mu",
        "transform model cells.h5mu -o made.csv",
        "transform model cells.h5mu --in-place",
        "score model cells.h5mu",
        "show model cells.h5mu",
        "cluster model cells.h5mu --clusters 2 --labels type -o clusters.csv",
    ):
        assert main(words.split()) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "MultiViewDeepSemiNMF 4-3: 30 samples, 14 features (rna 30 x 8, prot 25 x 6)" in out
    assert "Features: obsm['X_dsnmf'] of cells.h5mu" in out
    assert "prot:p" in out
    expected = MultiViewDeepSemiNMF((4, 3), alphas=0.1, random_state=0).fit(views(), KINDS)
    features = np.loadtxt("made.csv", delimiter=",", skiprows=1, usecols=(1, 2, 3))
    np.testing.assert_allclose(features, expected.transform(views()), rtol=1e-6)
    for path in ("made.h5mu", "cells.h5mu"):
        data = library.read_h5mu(path)
        np.testing.assert_allclose(data.obsm["X_dsnmf"], features, rtol=1e-6)
        both = np.vstack([data.mod[name].varm["dsnmf"] for name in ("rna", "prot")])
        np.testing.assert_allclose(both, expected.components_of(-1).T, rtol=1e-6)
        assert data.uns["dsnmf"]["model"] == "MultiViewDeepSemiNMF"
    names = ["cells.h5mu", "clusters.csv", "made.csv", "made.h5mu", "model"]
    assert sorted(os.listdir()) == names
    assert main(["components", "model", "-o", "components.csv"]) == 0
    written = pd.read_csv("components.csv", index_col=0)
    assert [*written.columns] == [f"rna:{g}" for g in GENES] + [f"prot:{p}" for p in PROTEINS]
    model = open_estimator("model")
    np.testing.assert_allclose(written.to_numpy(), model.components_of(-1), rtol=1e-6)


def test_features_of_one_modality_go_there(library):
    fit = "fit cells.h5mu:prot --layers 2 --quiet --max-iter 20 --set solver=bcd -o model"
    assert main(fit.split()) == 0
    assert main(["transform", "model", "cells.h5mu:prot", "--in-place"]) == 0
    prot = library.read_h5mu("cells.h5mu").mod["prot"]
    assert (prot.obsm["X_dsnmf"].shape, prot.varm["dsnmf"].shape) == ((25, 2), (6, 2))


def test_a_failed_write_leaves_the_file(library, monkeypatch):
    fit = "fit cells.h5mu --layers 2 --quiet --max-iter 9 -o model"
    assert main(fit.split()) == 0
    before = Path("cells.h5mu").read_bytes()
    monkeypatch.setattr(library.MuData, "write", lambda *args, **options: 1 / 0)
    assert main(["transform", "model", "cells.h5mu", "--in-place"]) == 2
    assert Path("cells.h5mu").read_bytes() == before
    assert sorted(os.listdir()) == ["cells.h5mu", "model"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("select cells.h5mu", "holds several matrices of the same samples"),
        ("fit cells.h5mu:nose --layers 2 -o x", "no modality nose: PATH:NAME picks one of rna"),
        ("fit cells.h5mu --layers 2 --labels nose -o x", "holds no nose; it holds"),
        ("fit cells.h5mu --layers 2 --solver adam -o x", "--solver is for one matrix"),
        ("fit cells.h5mu --layers 2 --block-size 5 -o x", "--block-size is for one matrix"),
        ("fit cells.h5mu --layers 2 --columns g1 -o x", "the options for tables are for"),
        ("fit cells.h5mu --layers 2 --alpha 1 -o x", "--alpha weighs labels"),
        ("fit damaged.h5mu --layers 2 -o x", "damaged.h5mu is no intact .h5mu file"),
        ("fit empty.h5mu --layers 2 -o x", "empty.h5mu holds no modalities"),
        ("transform model cells.h5mu:rna -o x.h5mu --layer 3", "--layer must be from 1 to 1"),
        ("transform model table.npy -o x.h5mu", "would be a copy of DATA, which is no .h5mu"),
        ("transform model cells.h5mu -o x.csv", "holds several matrices of the same samples"),
    ],
)
def test_mistakes_are_one_line(library, words, message, capsys, tmp_path):
    Path("damaged.h5mu").write_bytes(Path("cells.h5mu").read_bytes()[:3000])
    h5py.File("empty.h5mu", "w").close()
    np.save("table.npy", RNA)
    if "model" in words:
        fit = "fit cells.h5mu:rna --layers 2 --quiet --max-iter 9 --set solver=bcd -o model"
        assert main(fit.split()) == 0
    capsys.readouterr()
    assert_mistake_is_one_line(words.split(), message, capsys, tmp_path)


def test_without_the_library_an_error_says_what_to_install(library, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "mudata", None)
    message = 'reading all of a .h5mu file needs mudata: pip install "dsnmf[anndata]"'
    fit = "fit cells.h5mu --layers 2 -o model"
    assert_mistake_is_one_line(fit.split(), message, capsys, tmp_path)
