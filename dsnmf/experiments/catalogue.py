"""The methods of the clustering experiments by name."""

from functools import partial

from dsnmf.experiments import comparators, rivals

_MANY = {"iterations": comparators.MANY_ITERATIONS}

#: Methods in the order of tables and legends. A new one needs a line here, and an `Entry` in a
#: protocol's table.
METHODS = {
    "Deep Semi-NMF": comparators.deep_semi_nmf,
    "Deep Semi-NMF (selected metric)": rivals.selected_metric,
    "Deep Semi-NMF (LP start)": partial(comparators.deep_semi_nmf, begin="LP"),
    "Deep Semi-NMF (2000 iterations)": partial(comparators.deep_semi_nmf, **_MANY),
    "Deep Semi-NMF (Adam)": comparators.deep_semi_nmf_adam,
    "Semi-NMF": partial(comparators.one_layer, "Semi-NMF"),
    "Semi-NMF (SVD start)": partial(comparators.one_layer, "Semi-NMF", begin="SVD"),
    "Semi-NMF (LP start)": partial(comparators.one_layer, "Semi-NMF", begin="LP"),
    "Semi-NMF (2000 iterations)": partial(comparators.one_layer, "Semi-NMF", **_MANY),
    "NMF (MUL)": partial(comparators.one_layer, "NMF"),
    "Multi-layer NMF": comparators.multilayer_nmf,
    "NMF (CD)": comparators.nmf_cd,
    "GNMF": comparators.gnmf,
    "GNMF (its authors)": rivals.gnmf,
    "spectral clustering": rivals.spectral,
    "UMAP": rivals.umap,
    "FastICA": rivals.fast_ica,
    "dictionary, codes >= 0": rivals.dictionary,
    "raw": comparators.raw,
    "PCA": comparators.pca,
    "PCA half-whitened": partial(comparators.pca, whiten=0.5),
    "PCA whitened": partial(comparators.pca, whiten=1),
    "best rank k": comparators.best_rank_k,
}
