"""Parameters that say what is learned: the model, its rule, its labels, its features."""

from dataclasses import replace

from sklearn.utils._param_validation import StrOptions

from dsnmf import symbolic
from dsnmf.estimators.graphs import KINDS
from dsnmf.estimators.mapping.metric import AUTO, COMPONENTS, DATA
from dsnmf.estimators.parameters.parameter import (
    ABOVE_0,
    AT_LEAST_0,
    COUNT,
    FROM_0_TO_1,
    Parameter,
    none_of,
    one_of,
    quoted,
)

_METHODS = {"auto", "projection", "nonnegative"}
_UNLABELLED = Parameter(
    '{"auto", "projection", "nonnegative"}', "", [StrOptions(_METHODS)], changes_numbers=False
)
_LABELLED = Parameter(
    '{"auto", "projection", "nonnegative", "ridge", "neighbors"}',
    "",
    [StrOptions({*_METHODS, "ridge", "neighbors"})],
    changes_numbers=False,
    needs_memory=one_of("ridge"),
    needs_complete=one_of("ridge"),
)

OF_MODELS = {
    # A checkpoint has the layers' sizes, whatever these are called.
    "n_components": Parameter("int >= 1", "Not more than samples.", [COUNT], changes_numbers=False),
    "layers": Parameter(
        "sequence of int >= 1",
        "Numbers of components k_1, …, k_m; none more than samples.",
        ["array-like"],
        changes_numbers=False,
    ),
    "alpha": Parameter(
        '"auto", float >= 0, or one per attribute',
        """
        Weight λ of the penalty against the squared error, in units of the samples' mean squared
        norm: on samples of unit norm, as the authors have them, it is their λ. There .01 was enough
        for `H_` to separate the classes, 1 to 10 for new samples too. "auto" is .1 for labels and
        given affinities. For the graph of nearest neighbours it is the weight with which its mean
        degree is .3 of the number of samples, so that it works alike for few and for many
        (`dsnmf guide choosing`); up to version 0.2.0 it was .1 there too.""",
        [StrOptions({"auto"}), AT_LEAST_0, "array-like"],
    ),
    "alphas": Parameter(
        "float >= 0, or one per layer",
        """
        Weights λ_i of the layers' penalties, in units of the samples' mean squared norm; we used
        .01 to .1, and up to 10 with transform_method="ridge".
        `y` of `fit` has one column of labels per layer; a single column is the last layer's. A
        layer without labels (y=None, or all -1) gets the graph of nearest neighbours. Graphs are
        built on what the layer factorises; a list of affinities has one per layer.""",
        [AT_LEAST_0, "array-like"],
    ),
    "MultiViewDeepSemiNMF.alphas": Parameter(
        "float >= 0, or one per view",
        """
        Weights β_v of the penalties tr(H_m (D_v - W_v) H_mᵀ) in R_v, W_v the graph of the samples
        that have the view: from labels `y`, or without these of nearest neighbours in the view. 0
        is none.""",
        [AT_LEAST_0, "array-like"],
    ),
    "views": Parameter(
        "None, or list or dict with an entry per view",
        """
        Which columns of one matrix are which view: the widths of views side by side, or of each a
        slice, or a list of numbers or names of columns. All columns belong to a view. Keys of a
        dict are the views' names. None: all are one view, or X of `fit` is a list or dict.""",
        [None, "array-like", dict],
        changes_numbers=True,
    ),
    "weights": Parameter(
        '"equal", "auto" or float > 0 but 1',
        """
        w_v. "equal": the best where nothing is known. A number is γ: w_v = α_v^γ with
        α_v ∝ R_v^{1/(1-γ)}; above 1 views that are easy to fit count more, below 1 those that are
        fitted worst, and then the cost may rise. "auto": w_v ∝ 1/√R_v, without a parameter.""",
        [StrOptions({"equal", "auto"}), ABOVE_0],
    ),
    "SemiNMF.solver": Parameter(
        '{"multiplicative", "hals", "bcd"}',
        """
        The multiplicative rule of Ding et al. 2010; or hierarchical alternating least squares with
        extrapolation, which decreases many times as fast, see `dsnmf.solvers.hals.HALS`; or plain
        block coordinate descent (Gillis & Kumar 2014).""",
        [StrOptions({"multiplicative", "hals", "bcd"})],
        in_streams=("multiplicative", "hals"),
    ),
    "solver": Parameter(
        '{"multiplicative", "hals"}',
        """
        The authors' multiplicative rules, or hierarchical alternating least squares, see
        `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"multiplicative", "hals"})],
    ),
    "DeepSemiNMF.solver": Parameter(
        '{"auto", "lbfgs", "adam", "multiplicative", "hals"}',
        """
        "auto" is "lbfgs" for a model with relu of X in memory, and "adam" for all else: other
        nonlinearities, data in blocks, mode="JAX". "adam" is the model of the authors' Theano code,
        see `dsnmf.DSNMF`: Σ (Xᵀ - X̂)² over all Z_i and H_m, with relu around H_m. "lbfgs" minimises
        the same over H_m >= 0 from a start that fits as a linear model does, see
        `dsnmf.solvers.lbfgs`: 2 to 60 times as fast, mostly to a lower
        cost, but not where the mean or one sample is far larger than the rest. "multiplicative"
        minimises ½‖Xᵀ - X̂‖²_F by Algorithm 1 of the ICML paper, or, with a nonlinearity, by the
        authors' rules for that. "hals" takes the linear model alone, and decreases many times as
        fast, see `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"auto", "lbfgs", "adam", "multiplicative", "hals"})],
        in_streams=("multiplicative", "hals"),
    ),
    "nonlinearity": Parameter(
        '"auto", str or callable',
        f"""
        g: {quoted(symbolic.NONLINEARITIES)},
        or a function of PyTensor variables, which for data in blocks must treat each sample (a
        column) by itself. "auto" is "identity" for "multiplicative" and "hals", else "relu".""",
        [StrOptions({"auto", *symbolic.NONLINEARITIES}), callable],
        in_streams=("identity", "auto", symbolic.NONLINEARITIES["identity"]),
        is_name_on_cluster=True,
    ),
    "center": Parameter(
        'bool or "median"',
        """
        Factorise X less its features' means, or their medians, over the known entries of the
        training samples: `mean_`. `transform` and `score` subtract the same, `inverse_transform`
        adds it again. A sparse X stays sparse; sparse rows of data in blocks do not. These are
        read once more, before the fit, for the means; medians need X in memory. `init`, if
        given, `Z_`, `components_` and `reconstruction_err_` are those of what is factorised.""",
        ["boolean", StrOptions({"median"})],
        needs_memory=one_of("median"),
        in_streams=(False,),
    ),
    "scale": Parameter(
        "bool",
        """
        Divide each feature by its standard deviation `scale_`, or by 1 if it is constant; for the
        rest as center, which it does not depend on.""",
        ["boolean"],
        in_streams=(False,),
    ),
    "learning_rate": Parameter(
        "float > 0",
        'Of "adam" alone, for samples of unit norm, to which the fit scales X (see `SemiNMF`).',
        [ABOVE_0],
    ),
    "whiten": Parameter(
        "float in [0, 1]",
        """
        Flatten the spectrum of X before training, singular values σ become σ^(1 - whiten). What is
        minimised (and recorded in `history_`) is then not the squared error; `reconstruction_err_`
        still is. See `dsnmf.data.compression`; needs compression, so X dense and without gaps.""",
        [FROM_0_TO_1],
        needs_complete=none_of(0),
        in_streams=(0,),
    ),
    "affinity": Parameter(
        f"{{{quoted(KINDS)}}}, n x n matrix, or a list with one of these per attribute",
        """
        "binary": 1 between samples of the same class. "heat": exp(-‖x_i - x_j‖² / (2 heat_width²))
        there. "knn": 1 between nearest neighbours, whatever the labels. Labels that are all
        unknown, or missing (y=None), give the "knn" graph. "approximate_knn" is nearly the same
        graph, made of hundreds of thousands of samples in far less time (by pynndescent). A matrix
        is taken as W, symmetric and of any sign (see `updates.semi_nmf`): an array, a SciPy sparse
        matrix or array, what `dsnmf.affinity` makes, or a PyTensor variable, whose value is taken
        when the fit starts.
        Data in blocks need "binary" with labels in every layer, or a `LabelAffinity` of classes
        alone: other neighbours of a sample are not in its block.""",
        # "array-like" has a shape: factored affinities and PyTensor variables are among them.
        [StrOptions(set(KINDS)), "array-like", "sparse matrix"],
    ),
    "n_neighbors": Parameter("int >= 1", "Of the graph of neighbours.", [COUNT]),
    "heat_width": Parameter(
        "float > 0",
        "t of the heat kernel, in units of the root mean square of the samples' norms.",
        [ABOVE_0],
    ),
    "complete_labels": Parameter(
        "bool",
        """
        Give samples without a label of an attribute the class that a ridge classifier, fitted to
        those with one, expects, before the graphs are built. For X in memory; a gap counts as the
        feature's mean.""",
        ["boolean"],
        needs_memory=one_of(True),
    ),
    "metric": Parameter(
        '"auto", float in [0, 1], "data" or "components"',
        """
        What the distances between the features that `transform` gives are. 1 or "data": of the
        reconstructions, for classes that are near each other in the data too, as digits are. 0: of
        the reconstructions with all their directions counted alike (whitened), for classes that
        hide below stronger variation, as people do below the light in CMU PIE. Between, directions
        are whitened to the degree 1 - metric, see `dsnmf.estimators.mapping.metric.WhitenedMetric`;
        .5 loses least where neither is known (measured: `dsnmf guide choosing`). "components": the
        features h themselves, as in the papers, in which a component that reconstructs nothing may
        count most. "auto": .5, but "components" for features of a transform_method that is named,
        other than "neighbors", and of layers for which nearly all samples have labels, which set
        the distances then. With a graph of neighbours and no labels the covariance is that of
        features of nearly even variances, which keeps what the graph found. In
        place of their reconstruction non-linear models have the linear map of their features that
        is nearest to it, but with 1 or "data": that is the reconstruction in an orthonormal basis
        of Z_1's span, so rank(Z_1) features. `H_` does not depend on it, nor does the fit: it may
        be changed after that.""",
        [StrOptions({AUTO, COMPONENTS, DATA}), FROM_0_TO_1],
        changes_numbers=False,
    ),
    "SemiNMF.transform_method": replace(
        _UNLABELLED,
        text="""
        What `transform` returns. "projection": Z† x, which may have negative entries.
        "nonnegative": the h >= 0 with the least ‖x - Z h‖. "auto" is "projection".""",
    ),
    "MultiViewDeepSemiNMF.transform_method": replace(
        _UNLABELLED, text="See `MultiViewDeepSemiNMF.transform`."
    ),
    "DeepSemiNMF.transform_method": replace(
        _UNLABELLED,
        text="""
        "auto" is "projection" for linear models and "nonnegative" (a search) for others, where a
        linear projection misses the features.""",
    ),
    "WSF.transform_method": replace(
        _LABELLED,
        text="""
        See `SemiNMF`. "ridge": the affine map of least Σ ‖h - C x - c‖² + penalty ‖C‖² over the
        training samples, with their `H_` as h and the penalty of the least leave-one-out error.
        As `H_` nearly encodes the classes, that is a regularised discriminant analysis. For X in
        memory and without gaps, in O(n p min(n, p)); to be set before the fit. Its features do not
        scale with the sample. "neighbors": the h >= 0 that the model would give one more sample,
        joined to the `n_neighbors` training samples whose reconstructions are nearest to it, all
        else fixed; for graphs of neighbours, which it keeps on new samples. Its features do not
        scale with the sample either, and are in metric .5 by default. See
        `dsnmf.estimators.mapping.neighbour_map.NeighbourMap`. "auto" is "neighbors" for a graph of
        neighbours without labels, else "projection".""",
    ),
    "DeepWSF.transform_method": replace(
        _LABELLED,
        text="""
        "auto" projects on `layer_components_`, "nonnegative" searches from there. "projection" is
        the authors' (Z_1 … Z_layer)† x: as H_1 … H_{m-1} do not influence any Z, it carries the
        last layer's attribute only. "ridge", which generalises best, is the regularised least
        squares from samples to the layer's `H_`, and "neighbors" keeps a graph of neighbours, see
        `WSF`.""",
    ),
}
