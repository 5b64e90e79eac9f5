"""A chemist's tables: with semicolons and decimal commas, and features x samples."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytensor
import pytest

from dsnmf.commands.main import main

RNG = np.random.default_rng(0)
WAVES = [str(1000 + 2 * i) for i in range(20)]
NAMES = [f"W{i:03d}" for i in range(24)]
FIT = ["--layers", "3", "--max-iter", "20", "--quiet", "-o", "model"]
SPECTRA = pd.DataFrame(
    RNG.exponential(size=(24, 3)) @ RNG.standard_normal((3, 20)),
    index=pd.Index(NAMES, name="sample"),
    columns=WAVES,
).round(3)
KINDS = np.array(["Nebbiolo", "Barbera"])[np.arange(24) // 12]
TURNED = ["--transpose", "--index", "wavenumber"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SPECTRA.assign(kind=KINDS).to_csv("wine.csv", sep=";", decimal=",")
    SPECTRA.T.to_csv("turned.csv", index_label="wavenumber")
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        yield tmp_path


def typed(capsys, *words):
    """What a command prints; it must succeed."""
    capsys.readouterr()
    code = main([*words])
    out, err = capsys.readouterr()
    assert code == 0, err
    return out, err


def changed(before, after, separator):
    """Cells of a text file that are others in another one."""
    lines = [Path(name).read_text("utf-8").splitlines() for name in (before, after)]
    return {
        (i, j): new
        for i, rows in enumerate(zip(*lines, strict=True))
        for j, (old, new) in enumerate(zip(*(r.split(separator) for r in rows), strict=True))
        if old != new
    }


@pytest.mark.parametrize("out", ["full.csv", "full.txt"])
def test_fill_keeps_separator_and_decimal_mark(capsys, out):
    read = ["--index", "sample", "--drop", "kind"]
    _, err = typed(capsys, "fit", "wine.csv", *read, *FIT)
    told = [line for line in err.splitlines() if "wine.csv" in line]
    assert [line.split(": ", 2)[2] for line in told] == [
        "wine.csv: is read with --separator semicolon and --decimal comma, as its first lines show"
    ]
    gaps = SPECTRA.assign(kind=KINDS).astype(object)
    gaps.iloc[2, 5] = ""
    gaps.to_csv("gaps.csv", sep=";", decimal=",")
    typed(capsys, "fill", "model", "gaps.csv", *read, "-o", out)
    ((place, cell),) = changed("gaps.csv", out, ";").items()
    assert place == (3, 6)
    assert float(cell.replace(",", ".")) == pytest.approx(SPECTRA.iloc[2, 5], abs=0.5)


def test_fill_without_options_keeps_them_too(capsys):
    SPECTRA.rename_axis(None).mask(SPECTRA.iloc[2, 5] == SPECTRA).to_csv(
        "gaps.csv", sep=";", decimal=","
    )
    typed(capsys, "fit", "gaps.csv", *FIT)
    typed(capsys, "fill", "model", "gaps.csv", "-o", "full.csv")
    full = pd.read_csv("full.csv", sep=";", decimal=",", index_col=0)
    pd.testing.assert_index_equal(full.index, SPECTRA.index, check_names=False)
    assert np.isclose(full, SPECTRA).sum() >= SPECTRA.size - 1


def test_turned_tables_keep_both_names(capsys):
    typed(capsys, "fit", "turned.csv", *TURNED, *FIT)
    for data in ([], ["turned.csv", *TURNED]):
        said = typed(capsys, "show", "model", *data, "--json")[0]
        component = json.loads(said)["components"][0]
        assert {name for name, _ in component["features"]} < {*WAVES}
        assert {name for name, _ in component["samples"]} < {*NAMES}
    typed(capsys, "components", "model", "-o", "z.csv")
    assert [*pd.read_csv("z.csv", index_col=0)] == WAVES
    SPECTRA.T.iloc[::-1].to_csv("back.csv", index_label="wavenumber")
    features = []
    for source in ("turned.csv", "back.csv"):
        typed(capsys, "transform", "model", source, *TURNED, "-o", "h.csv")
        features.append(pd.read_csv("h.csv", index_col=0))
    pd.testing.assert_frame_equal(*features, rtol=1e-9)
    assert [*features[0].index] == NAMES


@pytest.mark.parametrize("read", [TURNED, ["--transpose", "--missing=-9"]])
def test_fill_keeps_the_names_of_a_turned_table(capsys, read):
    name = "wavenumber" if "--index" in read else ""
    pd.read_csv("turned.csv").rename(columns={"wavenumber": name}).to_csv("t.csv", index=False)
    typed(capsys, "fit", "t.csv", *read, *FIT)
    gaps = SPECTRA.T.iloc[::-1].astype(object)
    gaps.iloc[2, 5] = ""
    gaps.to_csv("gaps.csv", index_label=name)
    typed(capsys, "fill", "model", "gaps.csv", *read, "-o", "full.csv")
    ((place, cell),) = changed("gaps.csv", "full.csv", ",").items()
    assert place == (3, 6)
    assert float(cell) == pytest.approx(SPECTRA.iloc[5, 17], abs=0.5)


@pytest.mark.parametrize("turned", [True, False])
def test_labels_of_another_file_find_their_samples(capsys, turned):
    source, read = ("turned.csv", TURNED) if turned else ("wide.csv", ["--index", "sample"])
    SPECTRA.to_csv("wide.csv")
    kinds = pd.DataFrame({"ID": NAMES, "kind": KINDS})
    scores = []
    for order in (kinds, kinds.iloc[::-1], kinds.sample(frac=1, random_state=0)):
        order.to_csv("kinds.csv", index=False)
        words = [source, *read, "--labels", "kinds.csv:kind", "-o", "made.csv"]
        typed(capsys, "predict", *words)
        scores.append([*pd.read_csv("made.csv")["class"]])
    assert scores == [[*KINDS]] * 3
    kinds.assign(ID="other").to_csv("kinds.csv", index=False)
    typed(capsys, "predict", *words)
