"""Parameters that say how a fit goes: its start, its end, where data and features lie."""

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
    quoted,
)
from dsnmf.estimators.start import INITIALISERS

_PLACE = [None, str, os.PathLike]

OF_FITS = {
    "init": Parameter(
        f"{{{quoted(INITIALISERS)}}} or (Zs, Hs)",
        """
        The start, see `dsnmf.initialisation`; or the factors of all layers as two lists (of one
        layer they themselves), Z_1 of shape (n_features, k_1), H_i of shape (k_i, n_samples), >= 0
        unless the fit is solver="adam"'s.""",
        [StrOptions(set(INITIALISERS)), "array-like"],
        needs_memory=one_of(*[name for name in INITIALISERS if name != "svd"]),
    ),
    "MultiViewDeepSemiNMF.init": Parameter(
        '"svd" or (Zss, H)',
        """
        The start: see `dsnmf.initialisation.joint_start`; or V lists of Z_1^v, …, Z_m^v as `Zs_`
        has them, and H_m of shape (k_m, n_samples), >= 0.""",
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
        Fits from so many starts, of which that with the least cost is kept, its `n_iter_` and
        `history_` too. The first start is `init`'s, the others are random ones (init="random") from
        streams of random_state. 1 where a fit goes on from the last one (warm_start).""",
        [COUNT],
        changes_numbers=False,  # not those of data in blocks, which alone have checkpoints
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
        Stop when the cost changed by at most tol times the first cost over ten iterations. Where
        views are missing, a smaller one has features follow the noise of the few that are there.
        """,
        [AT_LEAST_0],
    ),
    "DeepSemiNMF.tol": Parameter(
        '"auto" or float >= 0',
        """
        "adam" stops when the features of the last layer moved by at most tol (relative, Frobenius)
        over ten iterations, the others as `SemiNMF`. "auto" is 5 times the learning rate for
        "adam", 3e-4 for "lbfgs" and 1e-4 for "multiplicative".""",
        [StrOptions({"auto"}), AT_LEAST_0],
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
        [None, COUNT],
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
