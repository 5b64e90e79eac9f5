"""The pictures of the README and the guide: attributes in layers, components, filled gaps.

python -m dsnmf.experiments.gallery --out .gallery
"""

import argparse
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import colormaps, style
from matplotlib.figure import Figure
from sklearn.model_selection import train_test_split

from dsnmf import WSF, DeepSemiNMF, DeepWSF, datasets
from dsnmf.experiments.attribute_methods import ALPHA, LARGE_ALPHA, TRAINING, spread_labels
from dsnmf.experiments.attributes import LAYERS, hide, load_lights, split
from dsnmf.experiments.pictures import save_small
from dsnmf.experiments.protocols import find
from dsnmf.files.output import tolerate_missing_letters
from dsnmf.plotting import plot_components, plot_layers

STYLE = {"font.family": "serif", "font.size": 9, "axes.linewidth": 0.6, "mathtext.fontset": "cm"}

#: Keep each file below 150 kB.
DPI, COLOURS = 120, 128

#: Share of labelled training samples for Deep WSF in the picture of its layers.
LABELLED = 0.2

#: Components shown per layer.
LARGEST = 16

#: Number of subjects in the picture of CMU PIE's lights, with every third flash.
SUBJECTS, EVERY_FLASH = 5, 3

#: Components shown of each of its layers.
LARGEST_OF_PIE = 9

#: Share of the digits' entries that are removed.
REMOVED = 0.3


def _pick_shown(target, per_pair):
    """Pick the same number of samples of each pair of classes."""
    pairs = np.unique(target, axis=0, return_inverse=True)[1].ravel()
    return np.concatenate([np.flatnonzero(pairs == pair)[:per_pair] for pair in range(9)])


def _similarities(found, target, names, size):
    """Draw similarities of samples, several models side by side.

    Parameters
    ----------
    found : dict of str to list of ndarray
        For each model, the features of its layers, shape (n_samples, k_i).
    target : ndarray, shape (n_samples, a)
    names : sequence of a str
    size : (float, float)
        Size of the figure in inches.
    """
    figure = Figure(figsize=size, layout="constrained")
    widths = [*[1] * len(found), 0.085 * len(found)]
    *parts, right = figure.subfigures(1, len(found) + 1, width_ratios=widths)
    for part, (title, features) in zip(parts, found.items()):
        axes = part.subplots(len(features), len(names))
        plot_layers(features, target, names=names, axes=axes)
        part.suptitle(title, fontsize="large")
    beside = right.add_axes([0.1, 0.25, 0.15, 0.5])
    bar = figure.colorbar(axes[0, 0].images[0], cax=beside, ticks=[-1, 0, 1])
    bar.set_label("cosine of two new samples' features")
    return figure


def layers_picture():
    """Similarities of new samples: an unsupervised model beside Deep WSF with few labels.

    Returns
    -------
    matplotlib Figure
    """
    poses = datasets.load("stickfigures")
    layers, names = LAYERS["stickfigures"], poses.target_names
    train, test = train_test_split(
        np.arange(len(poses.data)), test_size=0.4, random_state=0, stratify=poses.target
    )
    X, test = poses.data[train], test[_pick_shown(poses.target[test], 6)]
    y = hide(poses.target[train], LABELLED, np.random.default_rng(0))
    models = {
        "Deep Semi-NMF, no labels": DeepSemiNMF(layers, solver="multiplicative", **TRAINING),
        f"Deep WSF, {LABELLED:.0%} of samples labelled": DeepWSF(layers, ALPHA, **TRAINING),
    }
    found = {}
    for title, model in models.items():
        model.fit(X, spread_labels(X, y))
        found[title] = [model.transform(poses.data[test], layer=i) for i in range(len(layers))]
    return _similarities(found, poses.target[test], names, (8, 4.2))


@cache
def _lights():
    """CMU PIE, indices of its new pictures, Deep Semi-NMF and Deep WSF of the others."""
    faces, layers = load_lights(), find("attributes-pie").layers
    train, new = split(faces.target, seed=0)
    free = DeepSemiNMF(layers, solver="multiplicative", **TRAINING)
    ridge = DeepWSF(layers, LARGE_ALPHA, transform_method="ridge", **TRAINING)
    X, y = faces.data[train], faces.target[train]
    return faces, new, free.fit(X), ridge.fit(X, y)


def lights_picture():
    """Similarities of new pictures of CMU PIE, by Deep Semi-NMF in two metrics and by Deep WSF.

    Returns
    -------
    matplotlib Figure
    """
    faces, new, free, supervised = _lights()
    _, flash, subject = faces.target[new].T
    new = new[(flash % EVERY_FLASH == 0) & (subject <= SUBJECTS)]

    def features(model, **parameters):
        model.set_params(**parameters)
        return [model.transform(faces.data[new], layer=i) for i in range(len(model.Z_))]

    found = {
        "Deep Semi-NMF, data metric": features(free, metric="data"),
        "Deep Semi-NMF": features(free, metric="components"),
        "Deep WSF, ridge": features(supervised),
    }
    names = faces.target_names
    figure = _similarities(found, faces.target[new], names, (9, 3.2))
    for part in figure.subfigs[:-1]:
        for i, ax in enumerate(part.axes):
            ax.set_yticks([])
            if i < len(names):
                ax.set_title(names[i], fontsize="medium")
    return figure


def attributes_picture():
    """Components of every layer on CMU PIE: Deep Semi-NMF above, Deep WSF below.

    Returns
    -------
    matplotlib Figure
    """
    faces, _, *models = _lights()
    figure = Figure(figsize=(7, 4.8), layout="constrained")
    for part, title, model in zip(figure.subfigures(2), ("Deep Semi-NMF", "Deep WSF"), models):
        part.suptitle(title, fontsize="large")
        for layer, ax in enumerate(part.subplots(1, len(model.Z_))):
            plot_components(model, faces.images, layer, largest=LARGEST_OF_PIE, ax=ax)
            ax.set_xlabel("")
    return figure


def components_picture():
    """Components of the two layers of Deep Semi-NMF on PIE.

    Returns
    -------
    matplotlib Figure
    """
    faces = datasets.load("pie")
    model = DeepSemiNMF((100, 25), solver="multiplicative", max_iter=100, tol=0).fit(faces.data)
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    for layer, ax in enumerate(figure.subplots(1, 2)):
        plot_components(model, faces.images, layer, largest=LARGEST, ax=ax)
    figure.suptitle("What the layers of Deep Semi-NMF add to a face", fontsize="large")
    return figure


def fill_gaps(X, share=REMOVED, seed=0):
    """Remove entries, and fill them by factorisation and by the features' means.

    The model is WSF without labels, whose graph of nearest neighbours prevents a fit to noise.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    share : float in (0, 1)
    seed : int

    Returns
    -------
    gappy, filled, means : ndarray, shape (n, p)
        X with gaps, filled by the factorisation, and filled by the means.
    ratio : float
        Squared error over the removed entries, as a share of that of the means.
    """
    removed = np.random.default_rng(seed).random(X.shape) < share
    removed &= X.any(axis=0)  # constant zero features test nothing
    gappy = np.where(removed, np.nan, X).astype(X.dtype)
    model = WSF(20, alpha=100, affinity="knn", n_neighbors=10, max_iter=300, tol=0).fit(gappy)
    filled = np.where(removed, model.inverse_transform(model.H_[0].T), X)
    means = np.where(removed, np.nanmean(gappy, axis=0), X)
    ratio = np.square(filled - X).sum() / np.square(means - X).sum()
    return gappy, filled, means, float(ratio)


def gaps_picture():
    """Draw digits with gaps, filled by the model and by the means, and the originals.

    Returns
    -------
    matplotlib Figure
    """
    digits = datasets.load("digits")
    gappy, filled, means, ratio = fill_gaps(digits.data)
    shown = [np.flatnonzero(digits.target == digit)[3] for digit in range(10)]
    rows = {
        "original": digits.data,
        f"{REMOVED:.0%} removed": gappy,
        "feature means": means,
        "WSF": filled,
    }
    figure = Figure(figsize=(8, 3.7), layout="constrained")
    grid = figure.subplots(len(rows), len(shown))
    colours = colormaps["gray_r"].with_extremes(bad="#e8b4a0")
    for axes, (name, samples) in zip(grid, rows.items()):
        for ax, i in zip(axes, shown):
            picture = samples[i].reshape(digits.images)
            ax.imshow(picture, cmap=colours, vmin=0, vmax=digits.data[i].max())
            ax.set(xticks=[], yticks=[])
        axes[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(
        f"Removed entries filled by WSF: {ratio:.0%} of the squared error of mean filling",
        fontsize="large",
    )
    return figure


PICTURES = {
    "layers": layers_picture,
    "lights": lights_picture,
    "attributes": attributes_picture,
    "components": components_picture,
    "gaps": gaps_picture,
}


def run(out):
    """Draw all pictures of `PICTURES` as PNG files into a folder, which is created if needed.

    Parameters
    ----------
    out : str or path-like
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        with style.context(["default", STYLE]):
            save_small(draw(), out / f"{name}.png", DPI, COLOURS)
        print(out / f"{name}.png", flush=True)


def main(argv=None):
    """The command line."""
    tolerate_missing_letters()
    parser = argparse.ArgumentParser(
        prog="python -m dsnmf.experiments.gallery", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the PNG files")
    run(parser.parse_args(argv).out)


if __name__ == "__main__":
    main()
