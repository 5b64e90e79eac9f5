"""A fitted model as one HTML file with texts and figures, which needs no network."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.inspection.description import describe
from dsnmf.inspection.drawing import draw_figure, style_of
from dsnmf.inspection.wording import FEATURES, data_line, end_line, label_lines, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from dsnmf.estimators.base import Factorisation
    from dsnmf.typing import Data, PathLike

#: Widths of figures in inches, on pages wider than 600 pixels and on narrower ones.
WIDE, NARROW = 7.0, 3.6

#: Dots per inch of the pictures, and pixels per inch on the page.
DOTS, PIXELS = 144, 110

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; }
dt { color: #666; } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; } img { display: block; max-width: 100%; height: auto; }
figcaption, .note { color: #666; font-size: .9rem; }
code { background: #f3f3f3; padding: .1rem .3rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
@media (max-width: 600px) {
  dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; }
  thead { display: none; } tr { display: block; padding: .5rem 0; border-bottom: 1px solid #ddd; }
  td, th { display: block; border: 0; padding: 0; } .number { text-align: left; }
  td::before { content: attr(data-label) ": "; color: #666; }
}
"""


def _encode(figure):
    """Encode a figure as a data: address; also its size in pixels on the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS)
    width, height = figure.get_size_inches()
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/png;base64,{text}", round(width * PIXELS), round(height * PIXELS)


def _figure(alt, caption, draw):
    """HTML of a figure, with a second drawing for narrow pages."""
    wide, width, height = _encode(draw(WIDE))
    narrow, narrow_width, narrow_height = _encode(draw(NARROW))
    return (
        f"<figure><picture><source media='(max-width: 600px)' srcset='{narrow}' "
        f"width='{narrow_width}' height='{narrow_height}'>"
        f"<img src='{wide}' width='{width}' height='{height}' alt='{escape(alt)}'></picture>"
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _facts(found):
    """HTML of terms and their values."""
    yield "Layers", "-".join(map(str, found.layers))
    parameters = ", ".join(f"{name}={value!r}" for name, value in found.parameters.items())
    if parameters:
        yield "Parameters", parameters
    yield "Data", data_line(found.data)
    for line in label_lines(found.data.get("labels") or []):
        term, _, text = line.partition(": ")
        yield term, text
    yield "Fit", end_line(found.fit)
    if found.explained is not None:
        whose = "" if found.shown == "training" else " of the samples given"
        text = f"{100 * found.explained:.1f} % ({FEATURES[found.features]})"
        yield f"Explained variance{whose}", text


def _table(found):
    titles = ["component", "own %", "unique %", "largest features", "nearest samples"]
    yield "<table><thead><tr>"
    for title in titles:
        yield f"<th{' class=number' if title.endswith('%') else ''}>{title}</th>"
    yield "</tr></thead><tbody>"
    for component in found.components:
        features = ", ".join(f"{name} {value:+.3g}" for name, value in component["features"])
        samples = ", ".join(name for name, _ in component.get("samples", []))
        shares = [share(component.get(part)) for part in ("own", "unique")]
        yield f"<tr><th>{escape(component['name'])}</th>"
        for title, cell in zip(titles[1:], [*shares, features, samples]):
            kind = " class=number" if title.endswith("%") else ""
            yield f"<td data-label='{title}'{kind}>{escape(cell)}</td>"
        yield "</tr>"
    yield "</tbody></table>"


def _columns(labels):
    """The labels of each attribute."""
    labels = np.asarray(labels, dtype=object)
    return [labels] if labels.ndim == 1 else [*labels.T]


def _sections(model, found, features, labels, shape, layer):
    """(title, HTML) of each part."""
    options = {"layer": layer, "shape": shape}

    def draw(kind, **more):
        return lambda width: draw_figure(model, kind, width=width, **options, **more)

    caption = "Contribution of a unit of each feature to a sample"
    if style_of(model, shape) != "bars":
        caption += ", divided by its largest magnitude"
    caption += "."
    yield "Components", _figure("components", caption, draw("components"))
    yield (
        "Components in numbers",
        "".join(_table(found))
        + (
            "<p class='note'>own: the variance of a component's part by itself; unique: the part "
            "of it that no other component explains; both as shares of the data's variance. "
            "Nearest: by the cosine between the component and the samples' reconstructions.</p>"
        ),
    )
    learned = hasattr(model, "H_")
    if learned:
        text = "The components' variances, see the table."
        if found.shown == "given" and found.features != "learned":
            text = (
                "The variances of the fit's own samples; the table has those of the samples given."
            )
        yield "Explained variance", _figure("variance of components", text, draw("variance"))
    if (learned or features is not None) and found.layers[layer] > 1:
        planes = [None] if labels is None else _columns(labels)
        name = None if features is None else FEATURES[found.features]
        figures = [
            _figure(
                "features of the samples",
                "Principal components of the features"
                + ("." if column is None else ", coloured by label."),
                draw("features", labels=column, features=features, features_name=name),
            )
            for column in planes
        ]
        yield "Samples", "".join(figures)
    if labels is not None and features is None and learned:
        text = "Cosines between samples of each layer's features, sorted by label."
        yield (
            "Attributes in each layer",
            _figure("similarity of samples by layer", text, draw("layers", labels=labels)),
        )
    if hasattr(model, "history_"):
        yield "Cost", _figure("cost over iterations", "As minimised.", draw("history"))


def page_of(
    model: Factorisation,
    X: Data | None = None,
    *,
    layer: int = -1,
    labels: ArrayLike | None = None,
    shape: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    n_features: int = 5,
    n_samples: int = 3,
) -> str:
    """The HTML of `write_page`.

    Parameters
    ----------
    model, X, layer, labels, shape, names, n_features, n_samples
        See `write_page`.

    Returns
    -------
    str
    """
    found = describe(model, X, layer=layer, n_features=n_features, n_samples=n_samples, names=names)
    features = None
    if X is not None:
        from dsnmf.inspection.given_samples import described_samples

        features = described_samples(model, X, layer)[1]
    title = f"{found.kind} of {found.data.get('source', 'data')}"
    parts = [
        "<!DOCTYPE html>",
        "<html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(title)}</title><link rel='icon' href='data:,'>",
        f"<style>{STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><dl>",
        *(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in _facts(found)),
    ]
    if "command" in found.data:
        parts.append(f"<dt>Made by</dt><dd><code>{escape(found.data['command'])}</code></dd>")
    parts.append("</dl>")
    index = layer % len(found.layers)
    if len(found.layers) > 1:
        parts.append(f"<p class='note'>Layer {index + 1} of {len(found.layers)} is shown.</p>")
    with extra("matplotlib.style", "figures").context("default"):
        for heading, content in _sections(model, found, features, labels, shape, index):
            parts.append(f"<section><h2>{escape(heading)}</h2>{content}</section>")
    return "\n".join([*parts, "</body></html>", ""])


def write_page(
    model: Factorisation,
    path: PathLike,
    X: Data | None = None,
    *,
    layer: int = -1,
    labels: ArrayLike | None = None,
    shape: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    n_features: int = 5,
    n_samples: int = 3,
) -> None:
    """Write one HTML file that shows a model in any browser, without network.

    The page has the model's class, data and command, its components as figures and as a table,
    their variances, the samples in the plane, the similarities of samples in each layer, and the
    cost.

    Parameters
    ----------
    model : fitted estimator or SavedModel
    path : str or path-like
        It has either its old content or all of the new one.
    X : array-like or sparse matrix, shape (n_samples, n_features), optional
        Samples to show instead of those of the fit.
    layer : int
        Index into `Z_` and `H_`.
    labels : array-like, shape (n_samples,) or (n_samples, n_attributes), optional
        Labels of the shown samples.
    shape : sequence of int, optional
        Shape of a sample's picture, see `draw_figure`.
    names : sequence of str, optional
        Names of the shown samples.
    n_features, n_samples : int >= 0
        See `describe`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    OSError
        If the file cannot be written.
    ImportError
        If matplotlib is missing.
    """
    text = page_of(
        model,
        X,
        layer=layer,
        labels=labels,
        shape=shape,
        names=names,
        n_features=n_features,
        n_samples=n_samples,
    )
    with replacing(path) as file:
        file.write(text)
