"""The report on made records: its numbers and claims, and the same text whatever the order."""

import csv
import json
from importlib.resources import files

import pytest
from matplotlib import rc_context

from dsnmf.commands.main import main
from dsnmf.experiments.report import (
    arena,
    attribute_tables,
    claims,
    curves,
    document,
    figures,
    layers,
    published,
)
from dsnmf.experiments.report.tables import bracket

KS = curves.COMPONENTS


def made(method, seed=0, k=None, features="pixels", experiment="icml2014-pie", **results):
    parameters = {} if k is None else {"n_components": k}
    place = {"experiment": experiment, "data": "pie", "features": features}
    item = {**place, "method": method, "parameters": parameters, "seed": seed}
    return {**item, "seconds": 1.0, "versions": {"numpy": "2"}, "results": results}


def curve(method, *, rise=0.0, features="pixels", ks=KS, **results):
    """A record per k, every result higher by `rise` at each."""
    return [
        made(method, k=k, features=features, **{n: v + i * rise for n, v in results.items()})
        for i, k in enumerate(ks)
    ]


def attribute_record(method, ac, seed=0):
    """A record of AC per (layer, attribute)."""
    rows = [
        {"share": 1.0, "layer": layer, "attribute": name, "ac": value, "nmi": value, "svm": 1.0}
        for (layer, name), value in ac.items()
    ]
    return made(method, seed, experiment="attributes-stickfigures", rows=rows)


def knows(first_arms, first_legs, second_arms, second_legs):
    places = [(1, "arms"), (1, "legs"), (2, "arms"), (2, "legs")]
    return dict(zip(places, (first_arms, first_legs, second_arms, second_legs)))


ATTRIBUTES = [
    attribute_record("Deep Semi-NMF", knows(0.5, 0.4, 0.5, 0.4)),
    attribute_record("Deep WSF, arms → legs, H", knows(0.9, 0.3, 0.4, 0.8)),
]
NOTEBOOK = made("Deep Semi-NMF (Adam)", experiment="notebook", nmi=[0.97, 0.99], ac=[0.9], error=3)


def write(folder, records, tail=""):
    lines = [json.dumps(record, sort_keys=True) + "\n" for record in records]
    (folder / "results.jsonl").write_text("".join(lines) + tail)
    return folder


def verdict(records, text):
    (claim,) = [claim for claim in claims.claims(records) if text in claim.text]
    return claim.check(records)


def test_areas_are_the_published_ones():
    path = files(published.__package__) / "papers" / "icml2014_clustering.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert len(rows) == 48
    names = {benchmark.name: data for data, benchmark in curves.BENCHMARKS.items()}
    for row in rows:
        found = curves.theirs(names[row["dataset"]], row["features"].lower(), row["metric"].lower())
        area = found[row["method"]].area()
        assert area == pytest.approx(float(row["published_auc"]), abs=0.01)


def test_curves_over_seeds():
    records = [made("GNMF", seed, 20, ac=value) for seed, value in ((1, 0.5), (0, 0.7))]
    found = curves.ours(
        [*records, made("raw", ac=0.2), made("PCA", ac=None)], "pie", "pixels", "ac"
    )
    assert list(found) == ["GNMF", "raw"]
    assert found["GNMF"].values == {20: (0.7, 0.5)}
    assert (found["GNMF"].mean(20), found["GNMF"].sd(20)) == pytest.approx((0.6, 0.1))
    assert found["GNMF"].area() is None
    assert found["raw"].area() == pytest.approx(10)


def test_errors_of_igo_are_in_the_unit_of_the_table():
    found = curves.ours([made("Semi-NMF", k=20, features="igo", error=2856)], "pie", "igo", "error")
    assert found["Semi-NMF"].mean(20) == pytest.approx(32)


@pytest.mark.parametrize(
    ("records", "ours", "holds"),
    [
        (curve("Deep Semi-NMF", ac=0.6, nmi=0.6), "AC 11 of 11 k, NMI 11 of 11 k", True),
        (curve("Deep Semi-NMF", ac=0.4, nmi=0.6), "AC 0 of 11 k, NMI 11 of 11 k", False),
        (curve("Deep Semi-NMF", ac=0.6, nmi=0.6, ks=KS[:3]), "AC 3 of 3 k, NMI 3 of 3 k", None),
        ([], "not run", None),
    ],
)
def test_claim_that_one_method_clusters_better(records, ours, holds):
    records = [*records, *curve("Semi-NMF", ac=0.5, nmi=0.5)]
    found = verdict(records, "Deep Semi-NMF on pixels clusters better than Semi-NMF on pixels")
    assert found == claims.Verdict("AC 11 of 11 k, NMI 11 of 11 k", ours, holds)


@pytest.mark.parametrize(
    ("others", "holds"),
    [
        (["NMF (MUL)", "Multi-layer NMF", "NMF (CD)", "GNMF"], True),
        (["NMF (MUL)", "Multi-layer NMF", "NMF (CD)"], None),
        (["Deep Semi-NMF"], None),
    ],
)
def test_claim_of_the_lowest_error(others, holds):
    records = [record for other in others for record in curve(other, error=3.0)]
    assert verdict(records + curve("Semi-NMF", error=2.0), "lower error").holds is holds
    answer = verdict(records + curve("Semi-NMF", error=4.0), "lower error").holds
    assert answer is (None if others == ["Deep Semi-NMF"] else False)


@pytest.mark.parametrize(("rise", "holds"), [(-0.1, True), (0.1, False)])
def test_claim_that_errors_never_rise(rise, holds):
    records = curve("Semi-NMF", error=5.0, rise=rise)
    deep = curve("Deep Semi-NMF", error=5.0, rise=-0.1)
    assert verdict(records + deep, "on pixels the errors").holds is holds
    assert verdict(records, "on pixels the errors").holds is (None if holds else False)


@pytest.mark.parametrize(("error", "answer"), [(8.5, "yes"), (7.9, "no"), (9.2, "no")])
def test_errors_between_the_best_and_the_published(error, answer):
    records = [made("best rank k", k=20, error=8.0), made("Semi-NMF", k=20, error=error)]
    place = "pie", "pixels", "error"
    table = bracket(curves.ours(records, *place), curves.theirs(*place))
    assert table.endswith(f"| best ≤ ours ≤ published | {answer} |")
    assert verdict(records, "our Semi-NMF ≤").holds is (None if answer == "yes" else False)


def test_a_later_paper_beside_ours():
    found = curves.sources([], "orl", "pixels", "nmi")
    assert list(found) == ["DGsnMF 2020"]
    assert list(found["DGsnMF 2020"]) == ["Deep Semi-NMF (LP start)", "Semi-NMF (LP start)", "NMF"]
    ks = published.LATER_COMPONENTS
    deep, semi = ("Deep Semi-NMF (LP start)", "Semi-NMF (LP start)")
    records = [
        {**record, "experiment": "dgsnmf2020-orl", "data": "orl"}
        for method, score in ((deep, 0.7), (semi, 0.6))
        for record in curve(method, ac=score, nmi=score, ks=ks)
    ]
    for record in records:  # several seeds of k-means
        record["results"]["ac"] = [record["results"]["ac"]] * 3
    better = verdict(records, f"ORL: {deep} on pixels clusters better")
    assert better == claims.Verdict(
        "–", "AC 6 of 6 k, NMI 6 of 6 k", True, "AC 5 of 6 k, NMI 6 of 6 k"
    )
    near = verdict(records, "ORL: at most 5 points")
    assert near.ours.startswith("Deep Semi-NMF AC 25.7, Semi-NMF AC 25.3, Deep Semi-NMF NMI 7.3")
    assert near.holds is False
    near = verdict(records, "CMU PIE: at most 5 points")
    assert near.published.startswith("Deep Semi-NMF AC 18.7, Semi-NMF AC 31.3")
    assert (near.ours, near.holds) == ("not run", None)


def test_arena():
    scores = {"Deep Semi-NMF": 0.8, "GNMF (its authors)": 0.7, "PCA whitened": 0.9}
    records = [
        made(method, seed, experiment="arena-pie", ac=ac, nmi=ac + 0.02 * seed)
        for method, ac in scores.items()
        for seed in (0, 1)
    ]
    lines = arena.table(records, "pie").splitlines()
    assert lines[2:] == [
        "| PCA whitened | 2 | 91.0 ± 1.0 | 90.0 ± 0.0 |",
        "| Deep Semi-NMF | 2 | 81.0 ± 1.0 | 80.0 ± 0.0 |",
        "| GNMF (its authors) | 2 | 71.0 ± 1.0 | 70.0 ± 0.0 |",
    ]
    found = verdict(records, "classes: Deep Semi-NMF clusters better than GNMF (its authors)")
    assert (found.ours, found.holds) == ("NMI 81.0 against 71.0, AC 80.0 against 70.0", True)
    assert (
        verdict(records, "classes: Deep Semi-NMF clusters better than PCA whitened").holds is False
    )
    assert verdict(records, "classes: Deep Semi-NMF clusters better than spec").holds is None
    assert not curves.pairs(records)


def test_largest_area():
    records = curve("Deep Semi-NMF", ac=0.6, nmi=0.6) + curve("NMF (CD)", ac=0.5, nmi=0.7)
    found = verdict(records, "largest area")
    assert found.ours == "AC 30.00 against 25.00 (NMF (CD)), NMI 30.00 against 35.00 (NMF (CD))"
    assert found.holds is False


def test_notebook_claim():
    assert verdict([NOTEBOOK], "notebook").ours == "98.0 ± 1.0 %, 97.0 to 99.0"
    assert verdict([NOTEBOOK], "notebook").holds is True
    assert verdict([], "notebook").holds is None


def test_effects_of_supervision():
    found = attribute_tables.scores(ATTRIBUTES, "pie")
    first, second = attribute_tables.effects(found, 1.0, "Deep WSF, arms → legs, H")
    assert (first.attribute, second.attribute) == ("arms", "legs")
    assert (*first.own, *first.others) == pytest.approx((40, -10))
    assert (*second.own, *second.others) == pytest.approx((40, -10))
    assert verdict(ATTRIBUTES, "represents attribute").holds is True
    known = attribute_record("Deep WSF, arms → legs, H", knows(0.5, 0.3, 0.4, 0.8))
    assert verdict([ATTRIBUTES[0], known], "represents attribute").holds is True
    for numbers in [(0.9, 0.8, 0.4, 0.8), (0.45, 0.3, 0.4, 0.8)]:
        worse = attribute_record("Deep WSF, arms → legs, H", knows(*numbers))
        assert verdict([ATTRIBUTES[0], worse], "represents attribute").holds is False
    assert verdict([worse], "represents attribute").holds is None


@pytest.mark.parametrize(("last", "holds"), [(0.4, True), (0.6, False)])
def test_claim_that_layers_differ_without_labels(last, holds):
    ac = {(1, "direction"): 0.5, (1, "subject"): 0.2, (2, "direction"): last, (2, "subject"): 0.3}
    found = verdict([attribute_record("Deep Semi-NMF", ac)], "without labels, the first layer")
    ours = f"AC of direction 50.0 and {100 * last:.1f}, of subject 20.0 and 30.0"
    assert (found.ours, found.holds) == (ours, holds)
    assert verdict(ATTRIBUTES, "without labels, the first layer").holds is None


@pytest.mark.parametrize(("first", "holds"), [(0.3, True), (0.2, False)])
def test_layers_beside_the_published_ones(first, holds):
    ac = {("pose", 1): first, ("pose", 2): 0.2, ("identity", 1): 0.1, ("identity", 2): 0.2}
    rows = [{"layer": layer, "attribute": name, "ac": ac[name, layer]} for name, layer in ac]
    place = {"experiment": "layers-multi-pie", "data": "multi_pie"}
    records = [{**made("Deep Semi-NMF", k=k, rows=rows), **place} for k in (60, 70)]
    assert verdict(records, "layer 1").holds is holds
    assert verdict(records[:1], "layer 1").holds is (None if holds else False)
    assert verdict(records, "layer 1").published == "pose 2 of 2 k, identity 2 of 2 k"
    lines = layers.table(records, "multi_pie").splitlines()
    assert lines[0] == "| attribute | layer |  | second layer 60 | second layer 70 |"
    assert lines[-2:] == [
        "| identity | 2 | ours | 20.0 | 20.0 |",
        "| identity | 2 | published | 16.6 | 16.7 |",
    ]


def test_same_report_whatever_the_order(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(figures, "save", lambda figure, stem: saved.append(stem.name))
    records = [
        *curve("Semi-NMF", ac=0.5, nmi=0.5, error=8, ks=KS[:2]),
        made("Semi-NMF", seed=1, k=20, ac=0.6, nmi=0.6, error=8),
        NOTEBOOK,
        *ATTRIBUTES,
    ]
    text = document.write(write(tmp_path, records)).read_text("utf-8")
    # As a run that was killed leaves it, resumed in another order.
    write(tmp_path, records[::-1], tail='{"experiment": "icml')
    slower = [{**record, "seconds": 9.0} for record in records]
    assert document.write(tmp_path).read_text("utf-8") == text
    assert document.write(write(tmp_path, slower)).read_text("utf-8") == text
    assert saved[:2] == ["pie-pixels-clustering", "pie-pixels-error"]
    assert "| Semi-NMF | ours | 1–2 | 55.0 ± 5.0 | 50.0 |" in text
    assert "| icml2014-pie | 3 |" in text
    assert "GNMF (22)" in text
    assert "IGO (Figure" not in text


def test_figures_are_the_same_bytes(tmp_path):
    place = "pie", "pixels", "error"
    records = curve("Semi-NMF", error=8) + curve("another method", error=9)
    contents = []
    for name, origin in (("first", "upper"), ("second", "lower")):
        found = curves.sources(records, *place)
        assert list(found) == ["ours", "ICML 2014"]
        with rc_context({"image.origin": origin, "lines.linestyle": ":", "font.weight": "bold"}):
            figure = figures.comparison({"error": found})
            assert {line.get_color() for line in figure.axes[0].lines} == {"#0072B2", "0.3"}
            figures.save(figure, tmp_path / name)
        contents.append([(tmp_path / f"{name}.{suffix}").read_bytes() for suffix in ("png", "pdf")])
    assert contents[0] == contents[1]
    found = attribute_tables.scores(ATTRIBUTES, "pie")
    (ax,) = figures.attribute_maps(found, "ac").axes
    assert [len(ax.texts), len(ax.patches)] == [8 + 2, 2]


@pytest.mark.filterwarnings("error")
def test_long_names_of_one_attribute_leave_the_map_its_room(tmp_path):
    name = "diagnosis of the tissue by the second pathologist"
    methods = "Deep Semi-NMF", f"Deep WSF, {name}, H", f"WSF 64, {name}"
    found = {(1.0, method, 1, name, "ac"): {0: 0.5} for method in methods}
    with rc_context({"image.origin": "lower"}):
        figure = figures.attribute_maps(found, "ac")
        figures.save(figure, tmp_path / "map")  # warns where the axes have no room
    (ax,) = figure.axes
    assert ax.get_window_extent().width > 2 * figure.dpi
    assert ax.get_window_extent().height > 0.1 * len(methods) * figure.dpi
    assert ax.yaxis_inverted()


def test_folder_without_results(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no results" in error
    assert not list(tmp_path.iterdir())
