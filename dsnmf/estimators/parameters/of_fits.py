"""Parameters of the fit: its start, its end, the place of data and features."""

import os
from numbers import Real

import numpy as np
import pytensor
from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf.estimators.parameters.parameter import (
    AT_LEAST_0,
    COUNT,
    Parameter,
    none_of,
    one_of,
    quote,
)
from dsnmf.estimators.start import INITIALISERS

_PLACE = [None, str, os.PathLike]

OF_FITS = {
    "init": Parameter(
        f"{{{quote(INITIALISERS)}}} or (Zs, Hs)",
        """
        The start, see `dsnmf.initialisation`; or the factors of all layers as two lists (with one
        layer, the two matrices). Z_1 has shape (n_features, k_1), H_i has shape (k_i, n_samples)
        and is >= 0, except for solver="adam".""",
        [StrOptions(set(INITIALISERS)), "array-like"],
        needs_memory=one_of(*[name for name in INITIALISERS if name != "svd"]),
    ),
    "MultiViewDeepSemiNMF.init": Parameter(
        '"svd" or (Zss, H)',
        """
        The start, see `dsnmf.initialisation.joint_start`; or V lists of Z_1^v, …, Z_m^v, in the
        form of `Zs_`, and H_m >= 0 of shape (k_m, n_samples).""",
        [StrOptions({"svd"}), tuple, list],
    ),
    "MultiViewDeepSemiNMF.noise_floor": Parameter(
        '"auto" or float in [0, 1)',
        "Share of the largest σ² below which a component of the start is noise; see `SemiNMF`.",
        [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    ),
    "n_init": Parameter(
        "int >= 1",
        """
        Number of starts. The fit with the least cost is kept, with its `n_iter_` and `history_`.
        The first start is that of `init`; the others are random (init="random"), from streams of
        random_state. With warm_start, a second fit has one start.""",
        [COUNT],
        changes_numbers=False,  # of data in blocks, and only these have checkpoints
        needs_memory=lambda value: value > 1,
    ),
    "noise_floor": Parameter(
        '"auto" or float in [0, 1)',
        """
        Share of the largest σ² below which a component counts as noise, for init="svd" and for
        compress. "auto" is `dsnmf.initialisation.NOISE_FLOOR` (1.2e-4), but always keeps as many
        components as the narrowest layer has: a large mean cannot turn them into noise.""",
        [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
    ),
    "compress": Parameter(
        'bool, "auto" or int >= 1',
        """
        Train on UᵀXᵀ, with U the singular vectors above the noise floor (an int: so many vectors).
        The model is the same up to the discarded energy; all reported errors include this energy.
        "auto" compresses if this at least halves the number of features; never for X with gaps, or
        sparse in memory.""",
        ["boolean", StrOptions({"auto"}), COUNT],
        needs_complete=none_of("auto", False),
    ),
    "max_iter": Parameter("int >= 1", "", [COUNT]),
    "tol": Parameter(
        "float >= 0",
        "Stop when the cost changed by at most tol times the first cost over ten iterations.",
        [AT_LEAST_0],
    ),
    "MultiViewDeepSemiNMF.tol": Parameter(
        "float >= 0",
        """
        Stop when the cost changed by at most tol times the first cost over ten iterations. With
        missing views, a smaller tol fits the noise of the few known views.""",
        [AT_LEAST_0],
    ),
    "DeepSemiNMF.tol": Parameter(
        '"auto" or float >= 0',
        """
        "adam" stops when the features of the last layer moved by at most tol (relative, Frobenius)
        over ten iterations. The other solvers stop like `SemiNMF`. "auto" is 5 times the learning
        rate for "adam", 3e-4 for "lbfgs" and 1e-4 for "multiplicative".""",
        [StrOptions({"auto"}), AT_LEAST_0],
    ),
    "warm_start": Parameter("bool", "Start `fit` from the factors of the last one.", ["boolean"]),
    "random_state": Parameter(
        "None, int, RandomState or Generator",
        """
        None is a fixed seed: the same call gives the same factors. With init="random", None is
        NumPy's global state.""",
        ["random_state", np.random.Generator],
    ),
    "mode": Parameter(
        "None, str or pytensor Mode",
        """
        PyTensor's mode. None: `pytensor.config.mode` if it is set, else node by node
        (`dsnmf guide speed`). "JAX" needs jax and a dense X; graphs of samples become dense n x n
        matrices.""",
        [None, str, pytensor.compile.mode.Mode],
        changes_numbers=False,
        is_name_on_cluster=True,
    ),
    "verbose": Parameter(
        "int",
        """
        1 shows a progress bar (needs tqdm); for data in blocks, also a bar for each pass.""",
        ["verbose"],
        changes_numbers=False,
    ),
    "callback": Parameter(
        "callable, optional",
        """
        Called as callback(iteration, state) after each iteration; a true return value stops the
        fit. The state has `cost`, `seconds`, `change`, and `Z_` and `H_` (lists of copies).""",
        [None, callable],
        changes_numbers=False,
    ),
    "block_size": Parameter(
        "int >= 1, optional",
        """
        Number of samples per block; by default, blocks have about 4 million entries. Without a
        block_size, data that fit into one block are read into memory. An array in memory is fitted
        at once, with a warning that block_size has no effect.""",
        [None, COUNT],
        changes_numbers=False,  # the resulting blocks do, and a checkpoint stores those
    ),
    "store": Parameter(
        "str or path-like, optional",
        """
        Folder for the features of data in blocks. `H_` are then `numpy.memmap`s of the files
        H_1.npy, … (samples x components, transposed) in it; without a store they are arrays in
        memory. A fit to data in memory leaves the folder empty, with a warning.
        The compressed data lie there too until the fit ends; without a store, in the system's
        folder for temporary files. Adam also writes H_m before relu, from which `warm_start`
        continues.""",
        _PLACE,
        changes_numbers=False,
    ),
    "checkpoint": Parameter(
        "str or path-like, optional",
        """
        Folder, used for nothing else, in which a fit of data in blocks saves its state every five
        minutes and at Ctrl-C. The same call resumes from there, with the same bits as without
        interruption; like any fit, it first reads the data once. The end of the fit removes the
        state. The folder needs room for the features twice.""",
        _PLACE,
        changes_numbers=False,
    ),
    "forget_factor": Parameter(
        "float in (0, 1]",
        """
        For `partial_fit` only: the weight that a sample keeps after as many new samples as the
        first batch had. 1 forgets nothing; small values follow a changing stream, but also the
        noise of its batches.""",
        [Interval(Real, 0, 1, closed="right")],
    ),
}
