"""All parameters of the estimators: what each may be and does, and what it excludes.

A parameter that means different things to different classes stands here once for each, as
"Class.parameter". The order of the docstrings is that of the `__init__`s.
"""

import os
from dataclasses import replace
from numbers import Integral, Real

import numpy as np
import pytensor
from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf import symbolic
from dsnmf.estimators.labels import KINDS
from dsnmf.estimators.metric import AUTO, COMPONENTS, DATA
from dsnmf.estimators.parameter import Parameter, none_of, one_of, quoted
from dsnmf.estimators.solver_parameters import SOLVERS
from dsnmf.estimators.start import INITIALISERS

_COUNT = Interval(Integral, 1, None, closed="left")
_AT_LEAST_0 = Interval(Real, 0, None, closed="left")
_ABOVE_0 = [Interval(Real, 0, None, closed="neither")]
_FROM_0_TO_1 = Interval(Real, 0, 1, closed="both")
_PLACE = [None, str, os.PathLike]
_METHODS = {"auto", "projection", "nonnegative"}
_UNLABELLED = Parameter(
    '{"auto", "projection", "nonnegative"}', "", [StrOptions(_METHODS)], changes_numbers=False
)
_LABELLED = Parameter(
    '{"auto", "projection", "nonnegative", "ridge"}',
    "",
    [StrOptions({*_METHODS, "ridge"})],
    changes_numbers=False,
    needs_memory=one_of("ridge"),
    needs_complete=one_of("ridge"),
)

PARAMETERS = {
    **SOLVERS,
    # A checkpoint has the layers' sizes, whatever these are called.
    "n_components": Parameter(
        "int >= 1", "Not more than samples.", [_COUNT], changes_numbers=False
    ),
    "layers": Parameter(
        "sequence of int >= 1",
        "Numbers of components k_1, …, k_m; none more than samples.",
        ["array-like"],
        changes_numbers=False,
    ),
    "alpha": Parameter(
        "float >= 0, or one per attribute",
        """
        Weight λ of the penalty against the squared error, in units of the samples' mean squared
        norm: on samples of unit norm, as the authors have them, it is their λ. There .01 was enough
        for `H_` to separate the classes, 1 to 10 for new samples too.""",
        [_AT_LEAST_0, "array-like"],
    ),
    "alphas": Parameter(
        "float >= 0, or one per layer",
        """
        Weights λ_i of the layers' penalties, in units of the samples' mean squared norm; we used
        .01 to .1, and up to 10 with transform_method="ridge".
        `y` of `fit` has one column of labels per layer; a single column is the last layer's. A
        layer without labels (y=None, or all -1) gets the graph of nearest neighbours. Graphs are
        built on what the layer factorises; a list of affinities has one per layer.""",
        [_AT_LEAST_0, "array-like"],
    ),
    "nonlinearity": Parameter(
        '"auto", str or callable',
        f"""
        g: {quoted(symbolic.NONLINEARITIES)},
        or a function of PyTensor variables, which for data in blocks must treat each sample (a
        column) by itself. "auto" is "relu" for "adam" and "identity" for "multiplicative".""",
        [StrOptions({"auto", *symbolic.NONLINEARITIES}), callable],
        in_streams=("identity", "auto", symbolic.NONLINEARITIES["identity"]),
        is_name_on_cluster=True,
    ),
    "learning_rate": Parameter(
        "float > 0",
        'Of "adam", for samples of unit norm, to which the fit scales X (see `SemiNMF`).',
        _ABOVE_0,
    ),
    "whiten": Parameter(
        "float in [0, 1]",
        """
        Flatten the spectrum of X before training, singular values σ become σ^(1 - whiten). What is
        minimised (and recorded in `history_`) is then not the squared error; `reconstruction_err_`
        still is. See `dsnmf.data.compression`; needs compression, so X dense and without gaps.""",
        [_FROM_0_TO_1],
        needs_complete=none_of(0),
        in_streams=(0,),
    ),
    "affinity": Parameter(
        f"{{{quoted(KINDS)}}}, n x n matrix, or a list with one of these per attribute",
        """
        "binary": 1 between samples of the same class. "heat": exp(-‖x_i - x_j‖² / (2 heat_width²))
        there. "knn": 1 between nearest neighbours, whatever the labels. Labels that are all
        unknown, or missing (y=None), give the "knn" graph. A matrix is taken as W, symmetric and
        of any sign (see `updates.semi_nmf`): an array, a SciPy sparse matrix or array, what
        `dsnmf.affinity` makes, or a PyTensor variable, whose value is taken when the fit starts.
        Data in blocks need "binary" with labels in every layer, or a `LabelAffinity` of classes
        alone: other neighbours of a sample are not in its block.""",
        # "array-like" has a shape: factored affinities and PyTensor variables are among them.
        [StrOptions(set(KINDS)), "array-like", "sparse matrix"],
    ),
    "n_neighbors": Parameter("int >= 1", 'Of the "knn" graph.', [_COUNT]),
    "heat_width": Parameter(
        "float > 0",
        "t of the heat kernel, in units of the root mean square of the samples' norms.",
        _ABOVE_0,
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
    "init": Parameter(
        f"{{{quoted(INITIALISERS)}}} or (Zs, Hs)",
        """
        The start, see `dsnmf.initialisation`; or the factors of all layers as two lists (of one
        layer they themselves), Z_1 of shape (n_features, k_1), H_i of shape (k_i, n_samples), >= 0
        but for solver="adam".""",
        [StrOptions(set(INITIALISERS)), "array-like"],
        needs_memory=one_of(*[name for name in INITIALISERS if name != "svd"]),
    ),
    "n_init": Parameter(
        "int >= 1",
        """
        Fits from so many starts, of which that with the least cost is kept, its `n_iter_` and
        `history_` too. The first start is `init`'s, the others are random ones (init="random") from
        streams of random_state. 1 where a fit goes on from the last one (warm_start).""",
        [_COUNT],
        needs_memory=lambda value: value > 1,
    ),
    "noise_floor": Parameter(
        '"auto" or float in [0, 1)',
        """
        Share of the largest σ² below which a component counts as noise, for init="svd" and for
        compress. "auto" is `dsnmf.initialisation.NOISE_FLOOR` (1.2e-4), but as many components as
        the narrowest layer has are never noise, so that a large mean takes none of them.""",
        [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    ),
    "compress": Parameter(
        'bool, "auto" or int >= 1',
        """
        Train on UᵀXᵀ, U the singular vectors above the noise floor (or that many): the same model
        up to the energy that is discarded, which all reported errors include. "auto" does so where
        it at least halves the number of features; never for X with gaps or sparse in memory.""",
        ["boolean", StrOptions({"auto"}), _COUNT],
        needs_complete=none_of("auto", False),
    ),
    "max_iter": Parameter("int >= 1", "", [_COUNT]),
    "tol": Parameter(
        "float >= 0",
        "Stop when the cost changed by at most tol times the first cost over ten iterations.",
        [_AT_LEAST_0],
    ),
    "DeepSemiNMF.tol": Parameter(
        '"auto" or float >= 0',
        """
        "adam" stops when the features of the last layer moved by at most tol (relative, Frobenius)
        over ten iterations, "multiplicative" as `SemiNMF`. "auto" is 5 times the learning rate for
        "adam" and 1e-4 for "multiplicative".""",
        [StrOptions({"auto"}), _AT_LEAST_0],
    ),
    "metric": Parameter(
        '"auto", float in [0, 1], "data" or "components"',
        """
        What the distances between the features that `transform` gives are. 1 or "data": of the
        reconstructions, for classes that are near each other in the data too, as digits are. 0: of
        the reconstructions with all their directions counted alike (whitened), for classes that
        hide below stronger variation, as people do below the light in CMU PIE. Between, directions
        are whitened to the degree 1 - metric, see `dsnmf.estimators.metric.WhitenedMetric`; .5
        loses least where neither is known (measured: `dsnmf guide choosing`). "components": the
        features h themselves, as in the papers, in which a component that reconstructs nothing may
        count most. "auto": .5, but "components" for features of a transform_method that is named,
        and of layers for which nearly all samples have labels, which set the distances then. In
        place of their reconstruction non-linear models have the linear map of their features that
        is nearest to it, but with 1 or "data": that is the reconstruction in an orthonormal basis
        of Z_1's span, so rank(Z_1) features. `H_` does not depend on it, nor does the fit: it may
        be changed after that.""",
        [StrOptions({AUTO, COMPONENTS, DATA}), _FROM_0_TO_1],
        changes_numbers=False,
    ),
    "SemiNMF.transform_method": replace(
        _UNLABELLED,
        text="""
        What `transform` returns. "projection": Z† x, which may have negative entries.
        "nonnegative": the h >= 0 with the least ‖x - Z h‖. "auto" is "projection".""",
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
        scale with the sample.""",
    ),
    "DeepWSF.transform_method": replace(
        _LABELLED,
        text="""
        "auto" projects on `layer_components_`, "nonnegative" searches from there. "projection" is
        the authors' (Z_1 … Z_layer)† x: as H_1 … H_{m-1} do not influence any Z, it carries the
        last layer's attribute only. "ridge", which generalises best, is the regularised least
        squares from samples to the layer's `H_`, see `WSF`.""",
    ),
    "warm_start": Parameter("bool", "Start `fit` from the factors of the last one.", ["boolean"]),
    "random_state": Parameter(
        "None, int, RandomState or Generator",
        """
        None is a fixed seed, so that the same call gives the same factors; for init="random" it is
        NumPy's global state.""",
        ["random_state", np.random.Generator],
    ),
    "mode": Parameter(
        "None, str or pytensor Mode",
        """
        How PyTensor runs its graphs. None: node by node (`dsnmf guide speed`), or as
        `pytensor.config.mode` says if that is set. "JAX" needs jax and a dense X; graphs of
        samples become dense n x n matrices.""",
        [None, str, pytensor.compile.mode.Mode],
        changes_numbers=False,
        is_name_on_cluster=True,
    ),
    "verbose": Parameter(
        "int",
        """
        1 shows a progress bar (needs tqdm); for data in blocks also bars of the passes over them.
        """,
        ["verbose"],
        changes_numbers=False,
    ),
    "callback": Parameter(
        "callable, optional",
        """
        Called as callback(iteration, state) after each iteration; a true return value stops. The
        state has `cost`, `seconds`, `change`, and `Z_` and `H_` (lists of copies).""",
        [None, callable],
        changes_numbers=False,
    ),
    "block_size": Parameter(
        "int >= 1, optional",
        """
        Samples that are read at a time; by default those of about 4 million entries. Data of one
        block are read into memory, unless a block_size is given.""",
        [None, _COUNT],
        changes_numbers=False,  # the blocks that come of it do, and a checkpoint has those
    ),
    "store": Parameter(
        "str or path-like, optional",
        """
        Folder for the features of data in blocks: `H_` are then `numpy.memmap` of H_1.npy, …,
        (samples x components, transposed) in there; without it they are arrays in memory. Data in
        memory leave it empty, with a warning.
        What compress makes of the data lies there too until the fit ends; without a store in the
        system's folder for temporary files. Adam also leaves H_m as it is before relu, from which
        `warm_start` goes on.""",
        _PLACE,
        changes_numbers=False,
    ),
    "checkpoint": Parameter(
        "str or path-like, optional",
        """
        Folder of its own in which a fit of data in blocks keeps its state, every five minutes and
        at Ctrl-C. The same call goes on from there, to the same bits as without interruption, once
        it has read the data as a fit does before its start. After the fit the state is removed. It
        needs room for the features twice.""",
        _PLACE,
        changes_numbers=False,
    ),
    "forget_factor": Parameter(
        "float in (0, 1]",
        """
        For `partial_fit` alone: the weight that a sample keeps after as many new ones as the first
        batch had. 1 forgets nothing; small values follow a changing stream, and the noise of its
        batches.""",
        [Interval(Real, 0, 1, closed="right")],
    ),
}
