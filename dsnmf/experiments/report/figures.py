"""The report's figures, at the width of a journal's column."""

from dataclasses import dataclass

import numpy as np

from dsnmf.experiments.pictures import save_small
from dsnmf.experiments.report.attribute_tables import attributes, labels, methods
from dsnmf.experiments.report.attribute_tables import shares as shares_of
from dsnmf.experiments.report.curves import counterpart, rank
from dsnmf.extras import extra
from dsnmf.files.atomic import replacing
from dsnmf.plotting.captions import LETTERS, LITERAL, shorten, width

#: Width of a column and of a page, in inches.
COLUMN, PAGE = 3.4, 6.9

#: Dots per inch of the PNG files, which are part of the repository and of installations.
DPI, COLOURS = 132, 256

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "pdf.fonttype": 42,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def style(more=()):
    """A context with the report's own settings instead of the user's."""
    context = extra("matplotlib.style", "the report").context
    return context(["default", _STYLE, dict(more)])


@dataclass(frozen=True)
class Look:
    """The style of a method in every figure."""

    colour: str
    marker: str = ""
    line: str = "-"


#: Colours of Okabe and Ito, which the colour-blind can distinguish; baselines in greys.
LOOKS = {
    "Deep Semi-NMF": Look("#D55E00", "o"),
    "Deep Semi-NMF (LP start)": Look("#D55E00", "2", "--"),
    "Deep Semi-NMF (Adam)": Look("#E69F00", "s"),
    "Semi-NMF": Look("#0072B2", "^"),
    "Semi-NMF (SVD start)": Look("#0072B2", "1", "--"),
    "Semi-NMF (LP start)": Look("#0072B2", "2", ":"),
    "NMF (MUL)": Look("#009E73", "D"),
    "NMF": Look("#009E73", "D"),
    "Multi-layer NMF": Look("#CC79A7", "v"),
    "NMF (CD)": Look("#56B4E9", "P"),
    "NeNMF": Look("#56B4E9", "P"),
    "GNMF": Look("#8A7A00", "X"),
    "DGsnMF": Look("#000000", "*"),
    "Deep nsNMF": Look("0.45", "p"),
    "raw": Look("0.55", line=":"),
    "PCA": Look("0.45", line="--"),
    "PCA half-whitened": Look("0.25"),
    "PCA whitened": Look("0.0", line="-."),
    "best rank k": Look("0.0", line=":"),
}
_OTHER = Look("0.3", ".")

#: For each metric, the label of its axis and a factor.
METRICS = {"ac": ("AC, %", 100), "nmi": ("NMI, %", 100), "error": ("Reconstruction error", 1)}


def _draw_curves(ax, curves, factor):
    for method, curve in curves.items():
        look = LOOKS.get(method, _OTHER)
        k = np.array(curve.components)
        mean = factor * np.array([curve.mean(i) for i in k])
        sd = factor * np.array([curve.sd(i) for i in k])
        ax.fill_between(k, mean - sd, mean + sd, color=look.colour, alpha=0.2, linewidth=0)
        ax.plot(
            k,
            mean,
            look.line,
            color=look.colour,
            marker=look.marker or ("_" if len(k) == 1 else ""),
            markeredgewidth=0,
            label=method,
        )


def _legend(figure, panels):
    """Draw one entry per method below the panels; a pair of counterparts shares its entry."""
    names, handles = {}, {}
    for ax in panels:
        for handle, name in zip(*ax.get_legend_handles_labels()):
            method = counterpart(name)
            names.setdefault(method, dict.fromkeys([name])).setdefault(name)
            handles.setdefault(method, handle)
    methods = sorted(names, key=rank)
    figure.legend(
        [handles[method] for method in methods],
        [" / ".join(names[method]) for method in methods],
        loc="outside lower center",
        ncols=round(2 * figure.get_figwidth() / COLUMN),
        frameon=False,
        labelspacing=0.3,
    )


def comparison(found):
    """Draw curves over the number of components: a row of panels per metric, with equal axes.

    Parameters
    ----------
    found : dict of str to (dict of str to (dict of str to Curve))
        For each metric, "ac", "nmi" or "error", the result of
        `dsnmf.experiments.report.curves.sources`: a column of panels per source.

    Returns
    -------
    matplotlib Figure
    """
    Figure = extra("matplotlib.figure", "the report").Figure
    with style():
        sources = list(dict.fromkeys(source for curves in found.values() for source in curves))
        size = PAGE if len(sources) > 2 else COLUMN, 1.25 + 1.4 * len(found)
        figure = Figure(figsize=size, layout="constrained")
        shape = len(found), len(sources)
        axes = figure.subplots(*shape, sharex=True, sharey="row", squeeze=False)
        for row, (metric, curves) in zip(axes, found.items()):
            label, factor = METRICS[metric]
            for ax, source in zip(row, sources):
                _draw_curves(ax, curves.get(source, {}), factor)
                ax.grid(axis="y", color="0.9", linewidth=0.5)
                ax.set_axisbelow(True)
            row[0].set_ylabel(label)
        for ax, source in zip(axes[0], sources):
            ax.set_title(source)
        for ax in axes[-1]:
            ax.set(xlabel="components", xticks=range(20, 71, 10))
        _legend(figure, axes.ravel())
    return figure


def _label_rows(ax, rows):
    """Label every row with its layer, and the first row of a method with its name."""
    ax.set_yticks(range(len(rows)), [str(layer) for _, layer in rows])
    names = shorten([method for method, _ in rows], 2 * LETTERS)
    for i, name in enumerate(names):
        if i == 0 or rows[i][0] != rows[i - 1][0]:
            ax.annotate(
                name,
                (0, i),
                (-18, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="center",
                **LITERAL,
            )


def _draw_heat_map(ax, values, gaps, supervised):
    """Draw per cent in colour and as numbers, with a frame around the attributes of labels."""
    ax.imshow(values, cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for i in gaps:
        ax.axhline(i - 0.5, color="white", linewidth=2)
    for (i, a), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = "white" if value > 60 else "black"
            ax.text(a, i, f"{value:.0f}", color=colour, fontsize=6, ha="center", va="center")
        if (i, a) in supervised:
            box = {
                "fill": False,
                "edgecolor": LOOKS["Deep Semi-NMF"].colour,
                "linewidth": 1,
                "clip_on": False,
            }
            ax.add_patch(_rectangle(a, i, box))


def _rectangle(column, row, style):
    Rectangle = extra("matplotlib.patches", "the report").Rectangle
    return Rectangle((column - 0.47, row - 0.4), 0.94, 0.8, **style)


def attribute_maps(found, score):
    """Draw heat maps of layer x attribute: methods in rows, a column per share of labels.

    Parameters
    ----------
    found : dict
        See `dsnmf.experiments.report.attribute_tables.scores`.
    score : {"ac", "nmi", "svm"}

    Returns
    -------
    matplotlib Figure
    """
    Figure = extra("matplotlib.figure", "the report").Figure
    names, shares = attributes(found), shares_of(found)
    rows = [(method, layer) for method, layers in methods(found).items() for layer in layers]
    gaps = [i for i in range(1, len(rows)) if rows[i][0] != rows[i - 1][0]]
    supervised = {
        (i, names.index(name))
        for i, (method, layer) in enumerate(rows)
        for name in (labels(method)[layer - 1] if labels(method) else [])
    }
    shown = shorten(names)
    with style({"axes.spines.left": False, "axes.spines.bottom": False}):
        height = 0.2 + 0.16 * len(rows) + max(0.4, 0.75 * width(shown, 6))
        figure = Figure(figsize=(PAGE, height), layout="constrained")
        axes = figure.subplots(1, len(shares), sharey=True, squeeze=False)[0]
        for ax, share in zip(axes, shares):
            values = np.array(
                [[_mean(found.get((share, *row, name, score))) for name in names] for row in rows]
            )
            _draw_heat_map(ax, values, gaps, supervised)
            turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
            ax.set_xticks(range(len(names)), shown, fontsize=6, **turned, **LITERAL)
            ax.tick_params(length=0)
            ax.set_title(f"{share:.0%} of labels")
        _label_rows(axes[0], rows)
    return figure


def _mean(by_seed):
    return 100 * float(np.mean(list(by_seed.values()))) if by_seed else np.nan


def save(figure, stem):
    """Write `stem`.png and `stem`.pdf; equal figures give equal bytes.

    Parameters
    ----------
    figure : matplotlib Figure
    stem : Path
        Without a suffix.
    """
    with style():
        save_small(figure, stem.with_name(f"{stem.name}.png"), DPI, COLOURS)
        with replacing(stem.with_name(f"{stem.name}.pdf"), "wb") as file:
            figure.savefig(file, format="pdf", metadata={"CreationDate": None})
