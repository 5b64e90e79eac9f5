"""The experiments as data: their methods, parameters, seeds and samples.

A new method is one line in `catalogue.METHODS` and one `Entry`; a new data set is one entry of
`PROTOCOLS`.
"""

from dsnmf import datasets
from dsnmf.experiments import attributes
from dsnmf.experiments.clustering import load_classes
from dsnmf.experiments.kinds import (
    CLASSES,
    Attributes,
    Clustering,
    Entry,
    Layers,
    RivalAttributes,
)
from dsnmf.experiments.missing_views import MissingViews
from dsnmf.experiments.report.published import LATER_COMPONENTS

_BOTH = ("pixels", "igo")
_TWO_LAYERS = {"first_layer": 625}

#: Methods of the ICML paper. IGO has too many directions above the noise floor for compression.
ICML2014 = (
    Entry("Deep Semi-NMF", _BOTH, _TWO_LAYERS, quick_features=("pixels",), cached="Semi-NMF"),
    Entry("Deep Semi-NMF (Adam)", parameters={**_TWO_LAYERS, "epochs": 500, "compress": True}),
    Entry("Semi-NMF", _BOTH),
    Entry("Semi-NMF (SVD start)"),
    Entry("NMF (MUL)"),
    Entry("Multi-layer NMF", parameters=_TWO_LAYERS, cached="NMF"),
    Entry("NMF (CD)"),
    Entry("GNMF"),
    Entry("raw", counted=False),
    Entry("PCA", _BOTH),
    Entry("PCA half-whitened"),
    Entry("PCA whitened"),
    Entry("best rank k", seeded=False),
)

#: Methods of the original notebook.
NOTEBOOK = (
    Entry("Deep Semi-NMF (Adam)", parameters={"first_layer": 400, "epochs": 1000}),
    Entry("raw", counted=False),
    Entry("PCA"),
    Entry("PCA half-whitened"),
    Entry("PCA whitened"),
)

_DEEP = {"parameters": _TWO_LAYERS, "cached": "Semi-NMF"}

#: Size of the first layer. A linear program starts without error. So components beyond the data's
#: rank without noise learn nothing, and the second layer starts from noise: with 625 components,
#: NMI is .72 on PIE.
_DEEP_LP = {"parameters": {"first_layer": 100}, "cached": "LP"}

#: Methods of a later paper, which starts all layers from a linear program: "DGsnMF 2020" in the
#: report. This start has no seed, so only k-means has several seeds.
DGSNMF2020 = (
    Entry("Deep Semi-NMF (LP start)", **_DEEP_LP, seeded=False),
    Entry("Semi-NMF (LP start)", seeded=False),
)

#: Every method once, on any data: k-means on as many components as classes.
ARENA = (
    Entry("Deep Semi-NMF", **_DEEP),
    Entry("Deep Semi-NMF (selected metric)", **_DEEP),
    Entry("Deep Semi-NMF (LP start)", **_DEEP_LP),
    Entry("Deep Semi-NMF (2000 iterations)", **_DEEP, quick_features=()),
    Entry("Deep Semi-NMF (Adam)", parameters={**_TWO_LAYERS, "epochs": 500, "compress": True}),
    Entry("Semi-NMF"),
    Entry("Semi-NMF (LP start)"),
    Entry("Semi-NMF (2000 iterations)"),
    Entry("NMF (MUL)"),
    Entry("NMF (CD)"),
    Entry("GNMF"),
    Entry("GNMF (its authors)"),
    Entry("spectral clustering"),
    Entry("UMAP"),
    Entry("FastICA"),
    Entry("dictionary, codes >= 0"),
    Entry("raw", counted=False),
    Entry("PCA"),
    Entry("PCA half-whitened"),
    Entry("PCA whitened"),
)

_ARENA = {"entries": ARENA, "counts": (CLASSES,), "quick_counts": (CLASSES,)}
_LATER = {
    "entries": DGSNMF2020,
    "counts": LATER_COMPONENTS,
    "quick_counts": (20, 70),
    "k_means_seeds": 5,
}

_FACES = {"names": ("pose", "expression", "identity"), "layers": (64, 48, 32)}

_STICKFIGURES = {
    "load": datasets.load_stickfigures,
    "names": ("upper body", "lower body"),
    "layers": attributes.LAYERS["stickfigures"],
}
_NRLETTERS = {
    "load": datasets.load_nrletters,
    "names": ("letter", "colour", "corner"),
    "layers": attributes.LAYERS["nrletters"],
}

_PIE = {
    "load": attributes.load_lights,
    "max_samples": None,
    "names": ("direction", "flash", "subject"),
    "layers": (100, 90, 80),
    "maps": ("Z", "H", "as coded", "ridge", "ridge, completed", "ridge, completed, λ = 10"),
    "quick_methods": (
        "raw pixels",
        "Deep Semi-NMF",
        "Deep Semi-NMF, data metric",
        "Deep WSF, direction → flash → subject, H",
        "Deep WSF, direction → flash → subject, ridge",
    ),
}

PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Clustering(
            "icml2014-pie",
            "clustering of CMU PIE by layers 625-k and eight comparators (ICML 2014)",
            datasets.load_pie,
            entries=ICML2014,
        ),
        Clustering(
            "icml2014-xm2vts",
            "the same on XM2VTS, from your file",
            datasets.load_xm2vts,
            needs_file=True,
            entries=ICML2014,
        ),
        Clustering(
            "icml2014-multi-pie",
            "the same on CMU Multi-PIE, from your file",
            datasets.load_multi_pie,
            needs_file=True,
            entries=ICML2014,
        ),
        Clustering(
            "dgsnmf2020-pie",
            "clustering of CMU PIE from linear-program starts, as in a later paper (DGsnMF 2020)",
            datasets.load_pie,
            **_LATER,
        ),
        Clustering("dgsnmf2020-orl", "the same on ORL", datasets.load_orl, **_LATER),
        Clustering("arena-pie", "all methods on CMU PIE", datasets.load_pie, **_ARENA),
        Clustering("arena-digits", "all methods on digits", datasets.load_digits, **_ARENA),
        Clustering("arena-orl", "all methods on ORL", datasets.load_orl, **_ARENA),
        Clustering(
            "arena-mat", "all methods on your .mat file", load_classes, needs_file=True, **_ARENA
        ),
        Layers(
            "layers-multi-pie",
            "pose and identity by layers 625-60 and 625-70 on CMU Multi-PIE, from your file",
            datasets.load_multi_pie,
            needs_file=True,
            names=("pose", "identity"),
        ),
        Clustering(
            "notebook",
            "Deep Semi-NMF 400-100 on CMU PIE, as in the original notebook",
            datasets.load_pie,
            entries=NOTEBOOK,
            counts=(100,),
            quick_counts=(100,),
            k_means_seeds=10,
        ),
        Attributes("attributes-stickfigures", "attributes by layer: two poses", **_STICKFIGURES),
        Attributes(
            "attributes-nrletters", "attributes by layer: letter, colour and corner", **_NRLETTERS
        ),
        RivalAttributes(
            "attributes-stickfigures-rivals", "the poses by several clusterings", **_STICKFIGURES
        ),
        RivalAttributes(
            "attributes-nrletters-rivals", "the letters by several clusterings", **_NRLETTERS
        ),
        Attributes(
            "attributes-pie",
            "attributes by layer: direction of the light, flash and subject of CMU PIE",
            **_PIE,
        ),
        Attributes(
            "attributes-faces",
            "attributes by layer: pose, expression and identity of drawn faces",
            datasets.make_attribute_faces,
            **_FACES,
        ),
        Attributes(
            "attributes-cmu-faces",
            "the same on CMU Face Images",
            datasets.load_cmu_faces,
            **_FACES,
        ),
        Attributes(
            "attributes-multi-pie",
            "the same on CMU Multi-PIE, from your file (TPAMI 2017)",
            datasets.load_multi_pie,
            needs_file=True,
            max_samples=None,
            names=_FACES["names"],
            layers=(100, 100, 100),
        ),
        MissingViews("multiview", "digits by views, some missing", datasets.load_multiple_features),
    )
}


def find(name):
    """The protocol with this name; ValueError if there is none.

    Examples
    --------
    >>> from dsnmf.experiments.protocols import find
    >>> len(find("icml2014-pie").items("pie", seeds=[0], quick=True))
    43
    """
    if name not in PROTOCOLS:
        raise ValueError(f"unknown experiment {name!r}; known are {', '.join(PROTOCOLS)}")
    return PROTOCOLS[name]


def parse_methods(text, protocols):
    """The methods of some protocols in a text, with commas between their names.

    Names may contain commas themselves.

    Parameters
    ----------
    text : str
    protocols : sequence of Protocol

    Returns
    -------
    set of str

    Raises
    ------
    ValueError
        If the text contains another name.

    Examples
    --------
    >>> from dsnmf.experiments.protocols import find, parse_methods
    >>> sorted(parse_methods("raw, PCA", [find("notebook")]))
    ['PCA', 'raw']
    """
    known = {name for protocol in protocols for name in protocol.methods()}
    chosen, rest = set(), text.strip()
    while rest:
        fitting = [name for name in known if f"{rest},".startswith(f"{name},")]
        if not fitting:
            raise ValueError(f"unknown method {rest!r}; known are {'; '.join(sorted(known))}")
        name = max(fitting, key=len)
        chosen.add(name)
        rest = rest[len(name) + 1 :].strip()
    return chosen
