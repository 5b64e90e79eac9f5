"""Figures of models: chosen by what is known of the data, complete in their files."""

import numpy as np
import pandas as pd
import pytest

from dsnmf import DeepSemiNMF, SemiNMF
from dsnmf.inspection import draw_figure
from dsnmf.inspection.drawing import style_of
from dsnmf.plotting import component_bars, component_curves, save_figure, variance_bars

RNG = np.random.default_rng(0)
X = RNG.random((40, 3)) @ RNG.standard_normal((3, 12))
LABELS = np.arange(40) % 3

pytestmark = pytest.mark.usefixtures("without_numba")


@pytest.fixture(scope="module")
def model():
    return DeepSemiNMF((4, 2), solver="multiplicative").fit(X)


def fitted(names=None, p=12):
    data = RNG.random((20, p))
    return SemiNMF(2).fit(data if names is None else pd.DataFrame(data, columns=names))


@pytest.mark.parametrize(
    ("made", "shape", "style"),
    [
        (lambda: fitted(), (3, 4), "pictures"),
        (lambda: fitted([f"{400 + 10 * i} nm" for i in range(12)]), None, "curves"),
        (lambda: fitted([f"gene{i}" for i in range(12)]), None, "bars"),
        (lambda: fitted(), None, "bars"),
        (lambda: fitted(p=31), None, "curves"),
    ],
)
def test_the_style_follows_the_features(made, shape, style):
    assert style_of(made(), shape) == style


@pytest.mark.parametrize("kind", ["components", "features", "history", "layers", "variance"])
@pytest.mark.parametrize("width", [3.4, 7])
def test_every_text_is_inside_the_figure(kind, width, model):
    figure = draw_figure(model, kind, labels=LABELS, width=width)
    figure.draw_without_rendering()
    page = figure.bbox
    for ax in figure.axes:
        ticks = ax.get_yticklabels()
        for text in [ax.title, ax.xaxis.label, ax.yaxis.label, *ticks]:
            box = text.get_window_extent()
            if text.get_text() and box.width:
                assert box.x0 >= -1, text
                assert box.x1 <= page.x1 + 1, text
                if text not in ticks:  # of which some are beyond the axes
                    assert box.y0 >= -1, text
                    assert box.y1 <= page.y1 + 1, text


def test_features_of_pixels_are_maps():
    model = fitted()
    model._record["pixels"] = [4, 5]
    figure = draw_figure(model, "features")
    assert figure.axes[0].images[0].get_array().shape == (4, 11)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_files_are_the_same_each_time(ending, model, tmp_path):
    for name in ("a", "b"):
        save_figure(draw_figure(model, "components"), tmp_path / f"{name}.{ending}")
    first = (tmp_path / f"a.{ending}").read_bytes()
    assert first == (tmp_path / f"b.{ending}").read_bytes()
    assert first.startswith({"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[ending])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "component"}, "kind must be one of components, features"),
        ({"kind": "layers"}, "compared by labels"),
        ({"kind": "components", "style": "lines"}, "style must be one of pictures"),
        ({"kind": "components", "style": "pictures"}, "shape must say"),
        ({"kind": "components", "shape": (5, 5)}, "does not fit the 12 features"),
        ({"kind": "history", "width": 0}, "width must be finite and > 0"),
        ({"kind": "features", "labels": [1, 2]}, "40"),
    ],
)
def test_mistakes(options, message, model):
    with pytest.raises(ValueError, match=message):
        draw_figure(model, **options)


def test_curves_stand_over_numbers_and_bars_are_the_largest():
    Z = np.array([[1.0, 0], [-3, 2], [0, 4]])
    ax = component_curves(Z, ["10", "20", "40"])
    curves = [line for line in ax.get_lines() if len(line.get_xdata()) == 3]
    np.testing.assert_array_equal(curves[0].get_xdata(), [10, 20, 40])
    np.testing.assert_allclose(curves[0].get_ydata(), [1 / 3, -1, 0])
    assert "divided by its largest magnitude" in ax.get_xlabel()
    assert component_curves(Z, ["1 nm", "2 nm", "4 nm"]).get_xlabel().startswith("feature (nm)")
    first, second = component_bars(Z, [*"abc"], top=2)
    assert first.get_xlim() == second.get_xlim()
    (signs,) = first.figure.legends
    assert [text.get_text() for text in signs.get_texts()] == ["above zero", "below zero"]
    assert [patch.get_width() for patch in first.patches] == [-3, 1]
    assert [text.get_text() for text in second.get_yticklabels()] == ["c", "b"]
    ax = variance_bars([3, 2], [1, 1])
    assert [patch.get_width() for patch in ax.patches] == [3, 2, 1, 1]
    for draw in (component_curves, component_bars):
        with pytest.raises(ValueError, match="features must hold 3 names"):
            draw(Z, ["a"])


def test_figures_say_what_they_show(model):
    figure = draw_figure(model, "features")
    assert figure.axes[0].get_title().endswith("features of 40 samples\nlearned features H")
    assert figure.axes[0].get_xlabel().endswith("% of variance)")
    given = draw_figure(
        model, "features", features=model.H_[-1], features_name="transform, metric 1"
    )
    assert given.axes[0].get_title().endswith("\ntransform, metric 1")
    labels = np.where(np.arange(40) < 12, None, LABELS)
    layers = draw_figure(model, "layers", labels=labels)
    assert layers.get_suptitle() == "left out, without a label: 12 of 40"
    assert draw_figure(model, "layers", labels=["a", "b"] * 20).get_suptitle() == ""
    bars = draw_figure(model, "components", style="bars", layer=0)
    names = [ax.get_title() for ax in bars.axes]
    assert names == [f"component {j}" for j in range(len(names))]
