"""What the figures show, read back from matplotlib's objects."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from dsnmf import DSNMF, DeepSemiNMF, SemiNMF
from dsnmf.plotting import (
    class_scatter,
    component_grid,
    cosine_similarity,
    cost_curve,
    plot_components,
    plot_consensus,
    plot_embedding,
    plot_history,
    plot_layers,
    score_intervals,
)

X = np.random.default_rng(0).standard_normal((30, 12))
ATTRIBUTES = np.array([["a", "x"], ["b", "y"], ["a", "y"], ["b", "x"]] * 2)


def texts_of(legend):
    return [text.get_text() for text in legend.get_texts()]


@pytest.fixture
def ax():
    return Figure().subplots()


def test_mixed_components_are_scaled_pictures_centred_at_zero(ax):
    Z = np.arange(1.0, 19).reshape(6, 3) * [1, -1, 0]
    assert component_grid(Z, (2, 3), columns=2, ax=ax) is ax
    (image,) = ax.images
    assert image.get_clim() == (-1, 1)
    np.testing.assert_allclose(image.cmap(0.5)[:3], 0.97, atol=0.01)
    mosaic = image.get_array().filled(np.nan)
    assert mosaic.shape == (5, 7)
    np.testing.assert_allclose(mosaic[:2, :3], Z[:, 0].reshape(2, 3) / 16)
    np.testing.assert_allclose(mosaic[:2, 4:], Z[:, 1].reshape(2, 3) / 17)
    np.testing.assert_array_equal(mosaic[3:, :3], 0)
    assert np.isnan(mosaic[2]).all()
    assert np.isnan(mosaic[:, 3]).all()
    assert np.isnan(mosaic[3:, 4:]).all()


def test_non_negative_and_rgb_components(ax):
    Z = np.random.default_rng(0).random((12, 5)).astype("float32")
    component_grid(Z, (3, 4), ax=ax)
    assert ax.images[0].get_clim() == (0, 1)
    component_grid(-Z, (2, 2, 3), columns=5, ax=ax)
    rgb = ax.images[1].get_array()
    assert rgb.shape == (2, 14, 3)
    np.testing.assert_allclose(rgb[:, :2].ravel(), (1 - Z[:, 0] / Z[:, 0].max()) / 2, atol=1e-6)


def test_largest_keeps_the_order(ax):
    Z = np.ones((4, 5)) * [3, 1, 5, 2, 4]
    Z[0] = [0.1, 0.2, 0.3, 0.4, 0.5]
    component_grid(Z, (2, 2), largest=3, columns=3, ax=ax)
    first_pixels = ax.images[0].get_array()[0, ::3]
    np.testing.assert_allclose(first_pixels, [0.1 / 3, 0.3 / 5, 0.5 / 4])


def test_cost_curves_share_axes(ax):
    cost_curve([100, 10, 1], label="first", ax=ax)
    cost_curve([50, 20], label="second", ax=ax)
    assert (ax.get_yscale(), ax.get_xlabel(), ax.get_ylabel()) == ("log", "epoch", "cost")
    ax.figure.draw_without_rendering()
    assert "100" in [text.get_text() for text in ax.get_yticklabels()]
    first, second = ax.get_lines()
    np.testing.assert_array_equal(first.get_xydata(), [[0, 100], [1, 10], [2, 1]])
    np.testing.assert_array_equal(second.get_ydata(), [50, 20])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["first", "second"]


def test_costs_several_epochs_apart(ax):
    cost_curve([263.7, 263.1], every=10, ax=ax)
    ax.figure.draw_without_rendering()
    ticks = [text.get_text() for text in ax.get_yticklabels(which="both")]
    assert ax.get_yscale() == "linear"
    assert all(float(text) >= 263 for text in ticks)  # plain numbers
    np.testing.assert_array_equal(ax.get_lines()[0].get_xdata(), [0, 10])


@pytest.fixture(scope="module")
def deep():
    return DeepSemiNMF((5, 3), solver="multiplicative", max_iter=25, tol=0).fit(X)


@pytest.fixture(scope="module")
def original():
    return DSNMF(X, (5, 3), random_state=0).fit(4, progress=False)


def test_components_of_an_estimators_layer(ax, deep):
    for layer in (0, 1, -1, np.int64(-2)):
        plot_components(deep, (3, 4), layer, columns=1, ax=ax)
        shown = ax.images[-1].get_array()[:3].filled(np.nan).ravel()
        expected = deep.components_of(int(layer))[0]
        np.testing.assert_allclose(shown, expected / np.abs(expected).max())
        assert ax.get_title() == ["layer 1: 5 components", "layer 2: 3 components"][layer]
    plot_components(deep, (3, 4), 0, largest=2, ax=ax)
    assert ax.get_title() == "layer 1: 2 of 5 components"


def test_components_of_the_original_model(ax, original):
    plot_components(original, (3, 4), columns=1, ax=ax)
    Z_1, Z_2, _ = original.get_param_values()
    expected = (Z_1 @ Z_2)[:, 0]
    shown = ax.images[0].get_array()[:3].filled(np.nan).ravel()
    np.testing.assert_allclose(shown, expected / np.abs(expected).max())


def test_history_of_rules_and_of_adam(ax, deep, original):
    adam = DeepSemiNMF((3,), solver="adam", max_iter=12, tol=0).fit(X)
    for model in (deep, adam, original):
        plot_history(model, ax=ax)
    rules, every, epochs = ax.get_lines()
    np.testing.assert_array_equal(rules.get_xdata(), [0, 10, 20])
    np.testing.assert_array_equal(rules.get_ydata(), deep.history_["cost"])
    np.testing.assert_array_equal(every.get_xdata(), range(12))
    np.testing.assert_array_equal(epochs.get_ydata(), original.history)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["DeepSemiNMF", "DeepSemiNMF", "DSNMF"]


def test_cosines_are_those_of_centred_features():
    features = np.random.default_rng(0).random((6, 3))
    cosines = cosine_similarity(features + 100)
    centred = features - features.mean(axis=0)
    assert cosines[1, 4] == pytest.approx(
        centred[1] @ centred[4] / np.linalg.norm(centred[1]) / np.linalg.norm(centred[4])
    )
    np.testing.assert_allclose(np.diag(cosines), 1)
    np.testing.assert_array_equal(cosine_similarity(np.ones((3, 2))), np.zeros((3, 3)))


def test_layers_are_sorted_by_every_attribute():
    knows = [(ATTRIBUTES[:, [a]] == np.unique(ATTRIBUTES[:, a])).astype(float) for a in (0, 1)]
    axes = plot_layers(knows, ATTRIBUTES, names=["first", "second"])
    assert axes.shape == (2, 2)
    blocks = np.kron([[1, -1], [-1, 1]], np.ones((4, 4)))
    mixed = np.kron(np.ones((2, 2)), np.kron([[1, -1], [-1, 1]], np.ones((2, 2))))
    for (i, a), ax in np.ndenumerate(axes):
        np.testing.assert_allclose(ax.images[0].get_array(), blocks if i == a else mixed)
        assert ax.images[0].get_clim() == (-1, 1)
    assert [label.get_text() for label in axes[0, 1].get_yticklabels()] == ["x", "y"]
    assert [ax.get_title() for ax in axes[0]] == ["sorted by first", "sorted by second"]
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["layer 1", "layer 2"]
    plt.close("all")


def test_layers_of_an_estimator_in_given_axes(deep):
    axes = Figure().subplots(2, 1, squeeze=False)
    assert plot_layers(deep, np.arange(30) % 3, axes=axes)[1, 0] is axes[1, 0]
    order = np.argsort(np.arange(30) % 3, kind="stable")
    np.testing.assert_allclose(
        axes[1, 0].images[0].get_array(), cosine_similarity(deep.H_[1].T)[np.ix_(order, order)]
    )


def test_embedding_is_the_first_two_principal_components(ax):
    plot_embedding(X, np.zeros(len(X)), ax=ax)
    drawn = np.asarray(ax.collections[0].get_offsets())
    covariance = drawn.T @ drawn
    sigma = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[:2]
    np.testing.assert_allclose(covariance, np.diag(sigma**2), atol=1e-10)
    assert (drawn[np.abs(drawn).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize("n_classes", [3, 10, 11, 68])
def test_every_class_is_drawn_and_named(ax, n_classes):
    labels = np.repeat(np.arange(n_classes), 4)
    points = np.random.default_rng(0).standard_normal((len(labels), 2))
    class_scatter(points, labels, axis="PCA", ax=ax)
    np.testing.assert_allclose(
        np.concatenate([drawn.get_offsets() for drawn in ax.collections]), points
    )
    texts = ax.get_legend().get_texts() if n_classes <= 10 else ax.texts
    assert [text.get_text() for text in texts] == [str(i) for i in range(n_classes)]
    assert ax.get_ylabel() == "PCA 2"


#: The same labels, of four samples, in every form that `fit` takes.
FORMS = {
    "None": lambda: np.array(["a", None, "b", "a"], dtype=object),
    "list": lambda: ["a", None, "b", "a"],
    "NaN": lambda: ["a", np.nan, "b", "a"],
    "NA": lambda: pd.Series(["a", pd.NA, "b", "a"], index=[9, 8, 7, 6]),
    "text": lambda: np.array(["a", "-1", "b", "a"]),
    "categorical": lambda: pd.Categorical(["a", None, "b", "a"]),
    "masked": lambda: np.ma.array(["a", "b", "b", "a"], mask=[0, 1, 0, 0]),
    "column": lambda: pd.DataFrame({"kind": ["a", None, "b", "a"]}),
}


@pytest.mark.parametrize("form", FORMS)
def test_unknown_labels_are_those_of_fit(ax, form):
    labels, points = FORMS[form](), np.arange(8.0).reshape(4, 2)
    class_scatter(points, labels, ax=ax)
    unknown, a, b = [drawn.get_offsets().data for drawn in ax.collections]
    for found, rows in ((unknown, [1]), (a, [0, 3]), (b, [2])):
        np.testing.assert_array_equal(found, points[rows])
    assert texts_of(ax.get_legend()) == ["a", "b", "no label"]
    similar = plot_layers([np.eye(4)], labels)[0, 0]
    assert similar.images[0].get_array().shape == (3, 3)
    assert [label.get_text() for label in similar.get_yticklabels()] == ["a", "b"]
    plt.close("all")


def test_what_is_a_class_and_what_is_none(ax):
    labels = np.array(["", "None", "_x", "$5 a_b$", None, -2, True], dtype=object)
    class_scatter(np.arange(14.0).reshape(7, 2), labels, ax=ax)
    names = texts_of(ax.get_legend())
    assert set(names) == {"''", "None", "_x", "$5 a_b$", "-2", "True", "no label"}
    ax.figure.canvas.draw()


def test_all_samples_without_label_and_many_classes(ax):
    class_scatter(np.eye(2), [-1, -1], ax=ax)
    class_scatter(np.arange(26.0).reshape(13, 2), [*range(12), None], ax=ax)
    assert texts_of(ax.get_legend()) == ["no label"]
    assert len(ax.texts) == 12


SETTINGS = {
    "text.usetex": True, "image.origin": "lower", "image.aspect": "auto", "image.cmap": "jet",
    "image.interpolation": "bicubic", "axes.grid": True, "axes.axisbelow": False,
    "axes.prop_cycle": matplotlib.cycler(color=["k"]), "axes.xmargin": 0.4,
    "lines.linestyle": "None", "lines.linewidth": 9, "lines.marker": "o", "lines.markersize": 20,
    "legend.frameon": True, "legend.loc": "center", "legend.scatterpoints": 3,
    "scatter.marker": "x", "ytick.labelleft": False, "xtick.top": True, "ytick.minor.visible": True,
    "figure.subplot.left": 0.4, "figure.autolayout": True, "axes.spines.top": False,
}  # fmt: skip

FIGURES = {
    "grid": lambda: component_grid(np.arange(12.0).reshape(6, 2) - 4, (3, 2)),
    "rgb": lambda: component_grid(np.arange(24.0).reshape(12, 2) / 30, (2, 2, 3)),
    "cost": lambda: cost_curve([100, 10, 1], label="one"),
    "scatter": lambda: class_scatter(X[:, :2], np.arange(30) % 3),
    "many": lambda: class_scatter(X[:, :2], np.arange(30) % 12),
    "layers": lambda: plot_layers([X], np.arange(30) % 3)[0, 0],
    "embedding": lambda: plot_embedding(X, [None, "a", "b"] * 10),
    "consensus": lambda: plot_consensus(X[:4, :3], np.eye(5), [0, 0, 1, 1, 2])[1],
    "scores": lambda: score_intervals(["a_b", "b"], [0.5, 0.8], [0.1, 0.2], chosen=1),
}


@pytest.mark.parametrize("name", FIGURES)
def test_no_figure_depends_on_settings(name):
    def drawn(settings):
        with plt.rc_context(settings):
            ax = FIGURES[name]()
        with plt.rc_context({"text.usetex": settings.get("text.usetex", False)}):
            for _ in range(3):  # each moves axes a little, until they fit
                ax.figure.canvas.draw()
        return np.asarray(ax.figure.canvas.buffer_rgba()).copy()

    np.testing.assert_array_equal(drawn(SETTINGS), drawn({}))
    plt.close("all")


def test_fonts_and_colours_of_a_page_are_the_users():
    with plt.rc_context({"axes.labelcolor": "red", "font.size": 20, "text.color": "green"}):
        ax = class_scatter(np.eye(2), [0, 1])
    assert ax.xaxis.label.get_color() == "red"
    assert ax.xaxis.label.get_size() == 20
    assert ax.get_legend().get_texts()[0].get_color() == "green"
    plt.close("all")


@pytest.mark.parametrize("long", ["oestrogen-receptor positive, " * 4, "x" * 200])
def test_long_names_leave_the_axes_their_room(long):
    labels = np.array([f"{long} one", f"{long} two", f"{long} two"])
    drawn = [
        plot_layers([np.eye(3)], labels, names=[long])[0, 0],
        class_scatter(np.eye(3)[:, :2], labels),
        score_intervals(labels[:2], [0.5, 0.8], [0.1, 0.2]),
    ]
    for ax in drawn:
        ax.figure.canvas.draw()
        inside = ax.get_window_extent()
        assert min(inside.width, inside.height) > 0.8 * ax.figure.dpi  # inches
        whole = ax.figure.bbox
        texts = [*ax.get_yticklabels(), ax.yaxis.label, ax.xaxis.label, ax.title]
        texts += ax.get_legend().get_texts() if ax.get_legend() else []
        for text in texts:
            box = text.get_window_extent()
            assert not text.get_text() or (whole.x0 <= box.x0 and box.x1 <= whole.x1)
    names = [label.get_text() for label in drawn[0].get_yticklabels()]
    assert len(set(names)) == 2
    plt.close("all")


def test_without_axes_a_new_figure_is_made():
    drawn = [
        component_grid(np.eye(4), (2, 2)),
        cost_curve([2.0, 1.0]),
        class_scatter(np.eye(2), [0, 1]),
        plot_layers([np.eye(2)], [0, 1])[0, 0],
        plot_embedding(np.eye(2), [0, 1]),
    ]
    assert len({ax.figure.number for ax in drawn}) == 5
    plt.close("all")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: component_grid(np.ones(4), (2, 2)), ValueError, "components must be 2-d"),
        (lambda: component_grid(np.eye(4), (2, 3)), ValueError, r"image_shape=\(2, 3\) does not"),
        (lambda: component_grid(np.eye(4), (4,)), ValueError, "image_shape must be"),
        (lambda: component_grid(np.eye(4), (2, 1, 2)), ValueError, "image_shape must be"),
        (lambda: component_grid(np.eye(4), (2, 2.0)), TypeError, r"image_shape\[1\]"),
        (lambda: component_grid(np.eye(4), (2, 2), largest=0), ValueError, "largest must be >= 1"),
        (lambda: component_grid(np.eye(4), (2, 2), columns=0), ValueError, "columns must be >= 1"),
        (lambda: cost_curve([]), ValueError, "costs must be 1-d and not empty"),
        (lambda: cost_curve([[1]]), ValueError, "costs must be 1-d and not empty"),
        (lambda: class_scatter(np.ones((3, 3)), [0, 1, 2]), ValueError, "points must have 2"),
        (
            lambda: class_scatter(np.ones((3, 2)), [0, 1]),
            ValueError,
            r"labels must .* \(3\), got 2",
        ),
        (lambda: cost_curve([1], every=0), ValueError, "every must be >= 1"),
        (lambda: plot_components(np.eye(4), (2, 2)), TypeError, "plot_components takes a fitted"),
        (lambda: plot_components(SemiNMF(2), (2, 2)), ValueError, "SemiNMF that is not fitted"),
        (lambda: plot_history(SemiNMF(2)), ValueError, "SemiNMF that is not fitted"),
        (
            lambda: plot_history(SemiNMF(2, mode="FAST_COMPILE").partial_fit(X)),
            ValueError,
            "SemiNMF that learned by partial_fit, which keeps no history_: only fit does",
        ),
        (lambda: plot_history(DSNMF(X, (2,))), ValueError, "DSNMF that is not fitted"),
        (lambda: plot_history([1.0]), TypeError, "plot_history takes a fitted"),
        (lambda: plot_layers([], [0]), ValueError, "layers must hold at least one"),
        (lambda: plot_layers([X, X[1:]], X[:, 0]), ValueError, r"layers\[1\] has 29 samples"),
        (lambda: plot_layers([X], np.ones((30, 1, 1))), ValueError, "attributes must have shape"),
        (lambda: plot_layers([X], X[:, 0], names="ab"), ValueError, "names must hold one"),
        (lambda: plot_layers([X], X[:, 0], axes=[None]), ValueError, r"axes must .* \(1, 1\)"),
        (lambda: plot_embedding(X[:, :1], X[:, 0]), ValueError, "features must be at least 2 x 2"),
        (lambda: plot_embedding(X, [0]), ValueError, r"labels must .* \(30\), got 1"),
        (lambda: plot_embedding(X, ATTRIBUTES), ValueError, r"labels must have one row"),
        (lambda: class_scatter(X[:8, :2], ATTRIBUTES), ValueError, "one attribute, got 2"),
        (lambda: plot_layers([X], [None] * 30), ValueError, "attributes must have known labels"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("layer", [2, -3, 1.0, True])
def test_bad_layer_is_named(deep, layer):
    with pytest.raises(ValueError, match="layer must be an integer from -2 to 1"):
        plot_components(deep, (3, 4), layer)


def test_scores_stand_in_their_order_with_the_chosen_one_marked(ax):
    score_intervals(["a", "b"], [0.5, 0.8], [0.1, 0.2], chosen=1, label="share", ax=ax)
    assert ax.get_ylabel() == "candidate"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["chosen"]
    lines, points, _ = ax.collections
    np.testing.assert_allclose(
        [line[:, 0] for line in lines.get_segments()], [[0.4, 0.6], [0.6, 1]]
    )
    assert not np.array_equal(*points.get_facecolors())
    assert ax.get_xlabel() == "share\n(lines: ± one standard error of the mean)"
    assert ax.yaxis_inverted()
    with pytest.raises(ValueError, match="equally many, got 1, 2 and 2"):
        score_intervals(["a"], [0.5, 0.8], [0.1, 0.2])


def test_scores_over_decades_have_a_logarithmic_axis():
    ax = score_intervals([*"abc"], [0.01, 0.5, 1.0], [0.1, 0.1, 0.1])
    assert ax.get_xscale() == "log"
    assert min(segment[0, 0] for segment in ax.collections[0].get_segments()) > 0
    assert score_intervals([*"ab"], [0.1, 1.0], [0.1, 0.1]).get_xscale() == "linear"
    assert score_intervals([*"ab"], [-0.1, 1.0], [0.1, 0.1]).get_xscale() == "linear"


def test_components_of_a_consensus_stand_in_the_order_of_their_mean():
    cosines = [[0.2, 0.95, 0.5], [0.4, 0.85, 0.7]]
    left, right = plot_consensus(cosines, np.eye(40), np.repeat([0, 1, 2], [30, 9, 1]))
    assert [text.get_text() for text in left.get_xticklabels()] == ["1", "2", "0"]
    hollow, filled, means, _ = left.collections
    np.testing.assert_allclose(means.get_offsets(), [[0, 0.9], [1, 0.6], [2, 0.3]])
    assert len(left.get_lines()) == 1  # the threshold: nothing joins components
    assert (len(hollow.get_offsets()), filled.get_offsets().tolist()) == (5, [[0, 0.95]])
    assert [text.get_text() for text in right.texts] == ["0 (30)", "1 (9)", "2 (1)"]
    heights = [text.xyann[1] for text in right.texts]
    assert np.diff(heights).min() >= 0.045 * 40 - 1e-9
    assert max(heights) <= 40
    for arguments in (([[1.0]], np.eye(3), [0, 1]), ([[1.0]], np.eye(2), [0, 1])):
        with pytest.raises(ValueError, match=r"matrix must have shape|axes must be two"):
            plot_consensus(*arguments, axes=plt.subplots()[1])
    plt.close("all")
