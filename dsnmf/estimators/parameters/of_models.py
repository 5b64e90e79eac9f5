"""Parameters of the model: its layers, its solver, its labels, its features."""

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
    quote,
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
    # A checkpoint stores the layers' sizes under their own name.
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
        norm. On samples of unit norm, which the authors use, it is their λ. There, .01 separated
        the classes in `H_`, and 1 to 10 also separated those of new samples. "auto" is .1 for
        labels and given affinities. For the graph of nearest neighbours, "auto" is the weight that
        makes its mean degree .3 of the number of samples, so that it acts alike for few and for
        many samples (`dsnmf guide choosing`); up to version 0.2.0 it was .1 there too.""",
        [StrOptions({"auto"}), AT_LEAST_0, "array-like"],
    ),
    "alphas": Parameter(
        "float >= 0, or one per layer",
        """
        Weights λ_i of the layers' penalties, in units of the samples' mean squared norm; we used
        .01 to .1, and up to 10 with transform_method="ridge".
        `y` of `fit` has one column of labels per layer; a single column belongs to the last layer.
        A layer without labels (y=None, or all -1) gets the graph of nearest neighbours, built on
        the matrix that the layer factorises. A list of affinities has one per layer.""",
        [AT_LEAST_0, "array-like"],
    ),
    "MultiViewDeepSemiNMF.alphas": Parameter(
        "float >= 0, or one per view",
        """
        Weights β_v of the penalties tr(H_m (D_v - W_v) H_mᵀ) in R_v; 0 for no penalty. W_v is the
        graph of the samples that have the view: from the labels `y`, or, without labels, of
        nearest neighbours in the view.""",
        [AT_LEAST_0, "array-like"],
    ),
    "views": Parameter(
        "None, or list or dict with an entry per view",
        """
        The columns of each view in one matrix: the widths of views that lie side by side, or for
        each view a slice, or a list of column numbers or names. Every column must belong to a view.
        The keys of a dict name the views. None: all columns are one view, or X of `fit` is a list
        or dict.""",
        [None, "array-like", dict],
        changes_numbers=True,
    ),
    "weights": Parameter(
        '"equal", "auto" or float > 0 but 1',
        """
        The weights w_v. "equal" is best if nothing is known about the views. A number is γ:
        w_v = α_v^γ with α_v ∝ R_v^{1/(1-γ)}. Above 1, views that are easy to fit count more; below
        1, the worst fitted views count more, and the cost may rise. "auto": w_v ∝ 1/√R_v, without
        a parameter.""",
        [StrOptions({"equal", "auto"}), ABOVE_0],
    ),
    "SemiNMF.solver": Parameter(
        '{"multiplicative", "hals", "bcd"}',
        """
        "multiplicative": the rule of Ding et al. 2010. "hals": hierarchical alternating least
        squares with extrapolation, whose cost falls many times as fast, see
        `dsnmf.solvers.hals.HALS`. "bcd": plain block coordinate descent (Gillis & Kumar 2014).""",
        [StrOptions({"multiplicative", "hals", "bcd"})],
        in_streams=("multiplicative", "hals"),
    ),
    "solver": Parameter(
        '{"multiplicative", "hals"}',
        """
        "multiplicative": the authors' rules. "hals": hierarchical alternating least squares, see
        `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"multiplicative", "hals"})],
    ),
    "DeepSemiNMF.solver": Parameter(
        '{"auto", "lbfgs", "adam", "multiplicative", "hals"}',
        """
        "auto" is "lbfgs" with relu and X in memory, else "adam": for other nonlinearities, data in
        blocks and mode="JAX". "adam" is the model of the authors' Theano code, see `dsnmf.DSNMF`:
        it minimises Σ (Xᵀ - X̂)² over all Z_i and H_m, with relu around H_m. "lbfgs" minimises the
        same over H_m >= 0, from a start with the error of a linear model, see
        `dsnmf.solvers.lbfgs`. It is 2 to 60 times as fast and mostly reaches a lower cost. If the
        mean, a sample or a feature is far larger than the rest, it still leaves no more than a
        linear model of one component less, but may leave more than one of as many components.
        "multiplicative" minimises
        ½‖Xᵀ - X̂‖²_F by Algorithm 1 of the ICML paper or, with a nonlinearity, by the authors'
        rules for it. "hals" is for the linear model only; its cost falls many times as fast, see
        `dsnmf.solvers.hals.HALS`.""",
        [StrOptions({"auto", "lbfgs", "adam", "multiplicative", "hals"})],
        in_streams=("multiplicative", "hals"),
    ),
    "nonlinearity": Parameter(
        '"auto", str or callable',
        f"""
        g: {quote(symbolic.NONLINEARITIES)},
        or a function of PyTensor variables; for data in blocks it must treat each sample (a column)
        by itself. "auto" is "identity" for "multiplicative" and "hals", else "relu".""",
        [StrOptions({"auto", *symbolic.NONLINEARITIES}), callable],
        in_streams=("identity", "auto", symbolic.NONLINEARITIES["identity"]),
        is_name_on_cluster=True,
    ),
    "center": Parameter(
        'bool or "median"',
        """
        Subtract `mean_` before the factorisation: the features' means (or medians) over the known
        entries of the training samples. `transform` and `score` subtract it too;
        `inverse_transform` adds it. A sparse X in memory stays sparse; sparse blocks become dense.
        Data in blocks are read once more before the fit, for the means; medians need X in memory.
        A given `init`, and `Z_`, `components_` and `reconstruction_err_` refer to the centred
        data.""",
        ["boolean", StrOptions({"median"})],
        needs_memory=one_of("median"),
        in_streams=(False,),
    ),
    "scale": Parameter(
        "bool",
        """
        Divide each feature by its standard deviation `scale_`, or by 1 if it is constant. All else
        is as with center; each of the two works without the other.""",
        ["boolean"],
        in_streams=(False,),
    ),
    "learning_rate": Parameter(
        "float > 0",
        'For "adam" only, on samples of unit norm: the fit scales X to it (see `SemiNMF`).',
        [ABOVE_0],
    ),
    "whiten": Parameter(
        "float in [0, 1]",
        """
        Flatten the spectrum of X before training: singular values σ become σ^(1 - whiten). The fit
        then minimises (and records in `history_`) another cost than the squared error;
        `reconstruction_err_` is still the error of X itself. Whitening needs compression, and so a
        dense X without gaps. See `dsnmf.data.compression`.""",
        [FROM_0_TO_1],
        needs_complete=none_of(0),
        in_streams=(0,),
    ),
    "affinity": Parameter(
        f"{{{quote(KINDS)}}}, n x n matrix, or a list with one of these per attribute",
        """
        "binary": 1 between samples of the same class. "heat": exp(-‖x_i - x_j‖² / (2 heat_width²))
        between them. "knn": 1 between nearest neighbours, whatever the labels. If all labels are
        unknown or missing (y=None), "binary" and "heat" become "knn". "approximate_knn" is nearly
        the same graph, and takes far less time for hundreds of thousands of samples (needs
        pynndescent). A matrix is W itself, symmetric and of any sign (see `updates.semi_nmf`): an
        array, a SciPy sparse matrix or array, a result of `dsnmf.affinity`, or a PyTensor variable,
        whose value is read when the fit starts.
        Data in blocks need "binary" with labels in every layer, or a `LabelAffinity` of classes
        only: a sample's other neighbours are not in its block.""",
        # "array-like" has a shape: factored affinities and PyTensor variables are among them.
        [StrOptions(set(KINDS)), "array-like", "sparse matrix"],
    ),
    "n_neighbors": Parameter("int >= 1", "Neighbours per sample in the graph.", [COUNT]),
    "heat_width": Parameter(
        "float > 0",
        "Width t of the heat kernel, in units of the root mean square of the samples' norms.",
        [ABOVE_0],
    ),
    "complete_labels": Parameter(
        "bool",
        """
        Before the graphs are built, predict each attribute's unknown labels by a ridge classifier
        that is fitted to the labelled samples. X must be in memory; a gap counts as the feature's
        mean.""",
        ["boolean"],
        needs_memory=one_of(True),
    ),
    "metric": Parameter(
        '"auto", float in [0, 1], "data" or "components"',
        """
        The distances between the features that `transform` returns. 1 or "data": the distances
        between reconstructions, for classes that differ in the data themselves, such as digits. 0:
        the distances between whitened reconstructions, in which all directions count alike, for
        classes below stronger variation, such as people below the light in CMU PIE. Between,
        directions are whitened to the degree 1 - metric, see
        `dsnmf.estimators.mapping.metric.WhitenedMetric`; .5 loses least if nothing is known of the
        classes (measured: `dsnmf guide choosing`). "components": the features h themselves, as in
        the papers; a component that reconstructs nothing may then count most. "auto" is
        "components" for a transform_method other than "auto" and "neighbors", and for layers where
        nearly all samples have labels, because these labels set the distances; else it is .5.
        With a graph of neighbours and no labels, the covariance is that of features of nearly even
        variances, which preserves the structure that the graph found. For non-linear models, the
        reconstruction is replaced by the nearest linear map of the features, except with 1 or
        "data": these give the reconstruction itself, in an orthonormal basis of Z_1's span, so
        rank(Z_1) features. The metric changes neither the fit nor `H_`, and may be set after the
        fit.""",
        [StrOptions({AUTO, COMPONENTS, DATA}), FROM_0_TO_1],
        changes_numbers=False,
    ),
    "SemiNMF.transform_method": replace(
        _UNLABELLED,
        text="""
        The result of `transform`. "projection": Z† x, which may have negative entries.
        "nonnegative": the h >= 0 with the least ‖x - Z h‖. "auto" is "projection".""",
    ),
    "MultiViewDeepSemiNMF.transform_method": replace(
        _UNLABELLED, text="See `MultiViewDeepSemiNMF.transform`."
    ),
    "DeepSemiNMF.transform_method": replace(
        _UNLABELLED,
        text="""
        "auto" is "projection" for linear models and "nonnegative" (a search) for the others, whose
        features a linear projection misses.""",
    ),
    "WSF.transform_method": replace(
        _LABELLED,
        text="""
        See `SemiNMF`. "ridge": the affine map with the least Σ ‖h - C x - c‖² + penalty ‖C‖² over
        the training samples. The h are the columns of `H_`; the penalty is the one with the least
        leave-one-out error. As `H_` nearly encodes the classes, this is a regularised discriminant
        analysis. It takes O(n p min(n, p)), needs X in memory and without gaps, and must be set
        before the fit. Its features do not scale with the sample. "neighbors": the h >= 0 that the
        model would give to one more sample, joined to the `n_neighbors` training samples with the
        nearest reconstructions, all else fixed. It extends graphs of neighbours to new samples.
        Its features do not scale with the sample either, and are in metric .5 by default. See
        `dsnmf.estimators.mapping.neighbour_map.NeighbourMap`. "auto" is "neighbors" for a graph of
        neighbours without labels, else "projection".""",
    ),
    "DeepWSF.transform_method": replace(
        _LABELLED,
        text="""
        "auto" projects on `layer_components_`; "nonnegative" searches with them for h >= 0.
        "projection" is the authors' (Z_1 … Z_layer)† x: as H_1 … H_{m-1} do not influence any Z,
        it carries the last layer's attribute only. "ridge" is the regularised least squares from
        samples to the layer's `H_`, and generalises best. "neighbors" extends a graph of
        neighbours to new samples. For both see `WSF`.""",
    ),
}
