"""What several estimators are constructed with: parameters, their constraints, their text."""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

import numpy as np
import pytensor
from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf.estimators.labels import KINDS
from dsnmf.estimators.metric import AUTO, COMPONENTS, DATA
from dsnmf.estimators.start import INITIALISERS
from dsnmf.initialisation.floor import NoiseFloor
from dsnmf.validation import as_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from dsnmf.affinity.labels import Affinity
    from dsnmf.estimators.trace import State
    from dsnmf.typing import Mode, PathLike, RandomState

T = TypeVar("T")


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def parameters(cls: type[T]) -> type[T]:
    """scikit-learn reads parameters off `__init__`, which this writes from a class's annotations.

    And from those of its bases; repr and equality stay scikit-learn's.
    """
    return dataclass(eq=False, repr=False, kw_only=True)(cls)


def _at_least(minimum):
    return Interval(Integral, minimum, None, closed="left")


@parameters
class TrainingParameters:
    """Of all estimators.

    Parameters
    ----------
    init : {"svd", "nndsvd", "lp", "random"} or (Zs, Hs)
        The start, see `dsnmf.initialisation`; or the factors of all layers as two lists (of one
        layer they themselves), Z_1 of shape (n_features, k_1), H_i of shape (k_i, n_samples), >= 0
        but for solver="adam".
    noise_floor : "auto" or float in [0, 1)
        Share of the largest σ² below which a component counts as noise, for init="svd" and for
        compress. "auto" is `dsnmf.initialisation.NOISE_FLOOR` (1.2e-4), but as many components as
        the narrowest layer has are never noise, so that a large mean takes none of them.
    compress : bool, "auto" or int >= 1
        Train on UᵀXᵀ, U the singular vectors above the noise floor (or that many): the same model
        up to the energy that is discarded, which all reported errors include. "auto" does so where
        it at least halves the number of features; never for X with gaps or sparse in memory.
    max_iter : int >= 1
    metric : "auto", float in [0, 1], "data" or "components"
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
        be changed after that.
    warm_start : bool
        Start `fit` from the factors of the last one.
    random_state : None, int, RandomState or Generator
        None is a fixed seed, so that the same call gives the same factors; for init="random" it is
        NumPy's global state.
    mode : None, str or pytensor Mode
        How PyTensor runs its graphs. None: node by node (`dsnmf guide speed`), or as
        `pytensor.config.mode` says if that is set. "JAX" needs jax and a dense X; graphs of
        samples become dense n x n matrices.
    verbose : int
        1 shows a progress bar (needs tqdm); for data in blocks also bars of the passes over them.
    callback : callable, optional
        Called as callback(iteration, state) after each iteration; a true return value stops. The
        state has `cost`, `seconds`, `change`, and `Z_` and `H_` (lists of copies).
    """

    init: Literal["svd", "nndsvd", "lp", "random"] | tuple[Any, Any] = "svd"
    noise_floor: Literal["auto"] | float = "auto"
    compress: bool | int | Literal["auto"] = "auto"
    max_iter: int = 2000
    tol: float = 1e-4
    metric: Literal["auto", "components", "data"] | float = "auto"
    transform_method: Literal["auto", "projection", "nonnegative", "ridge"] = "auto"
    warm_start: bool = False
    random_state: RandomState = None
    mode: Mode = None
    verbose: int = 0
    callback: Callable[[int, State], object] | None = None

    _parameter_constraints: ClassVar[dict] = {
        "init": [StrOptions(set(INITIALISERS)), "array-like"],
        "noise_floor": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "compress": ["boolean", StrOptions({"auto"}), _at_least(1)],
        "max_iter": [_at_least(1)],
        "tol": [Interval(Real, 0, None, closed="left")],
        "metric": [StrOptions({AUTO, COMPONENTS, DATA}), Interval(Real, 0, 1, closed="both")],
        "transform_method": [StrOptions({"auto", "projection", "nonnegative"})],
        "warm_start": ["boolean"],
        "random_state": ["random_state", np.random.Generator],
        "mode": [None, str, pytensor.compile.mode.Mode],
        "verbose": ["verbose"],
        "callback": [None, callable],
    }

    def _noise_floor(self, layers):
        """What a model with these layers counts as noise."""
        auto = self.noise_floor == "auto"
        return NoiseFloor(least=min(layers)) if auto else NoiseFloor(self.noise_floor)


@parameters
class OneLayer:
    """Of estimators with one layer.

    Parameters
    ----------
    n_components : int >= 1
        Not more than samples.
    """

    n_components: int = field(default=2, kw_only=False)

    _parameter_constraints: ClassVar[dict] = {"n_components": [_at_least(1)]}

    def _layer_sizes(self):
        return (int(self.n_components),)


@parameters
class Layers:
    """Of estimators with several layers.

    Parameters
    ----------
    layers : sequence of int >= 1
        Numbers of components k_1, …, k_m; none more than samples.
    """

    layers: Sequence[int] = field(default=(4, 2), kw_only=False)

    _parameter_constraints: ClassVar[dict] = {"layers": ["array-like"]}

    def _layer_sizes(self):
        return as_layers(self.layers)


@parameters
class BlockParameters:
    """Of estimators that also take data which are not in memory.

    Parameters
    ----------
    block_size : int >= 1, optional
        Samples that are read at a time; by default those of about 4 million entries. Data of one
        block are read into memory, unless a block_size is given.
    store : str or path-like, optional
        Folder for the features of data in blocks: `H_` are then `numpy.memmap` of H_1.npy, …,
        (samples x components, transposed) in there; without it they are arrays in memory. Data in
        memory leave it empty, with a warning.
        What compress makes of the data lies there too until the fit ends; without a store in the
        system's folder for temporary files. Adam also leaves H_m as it is before relu, from which
        `warm_start` goes on.
    checkpoint : str or path-like, optional
        Folder of its own in which a fit of data in blocks keeps its state, every five minutes and
        at Ctrl-C. The same call goes on from there, to the same bits as without interruption, once
        it has read the data as a fit does before its start. After the fit the state is removed. It
        needs room for the features twice.
    """

    block_size: int | None = None
    store: PathLike | None = None
    checkpoint: PathLike | None = None

    _parameter_constraints: ClassVar[dict] = {
        "block_size": [None, _at_least(1)],
        "store": [None, str, os.PathLike],
        "checkpoint": [None, str, os.PathLike],
    }


@parameters
class StreamParameters:
    """Of estimators that also learn from streams.

    Parameters
    ----------
    forget_factor : float in (0, 1]
        For `partial_fit` alone: the weight that a sample keeps after as many new ones as the first
        batch had. 1 forgets nothing; small values follow a changing stream, and the noise of its
        batches.
    """

    forget_factor: float = 0.9

    _parameter_constraints: ClassVar[dict] = {
        "forget_factor": [Interval(Real, 0, 1, closed="right")]
    }


@parameters
class GraphParameters:
    """Of estimators with labels.

    Parameters
    ----------
    affinity : {"binary", "heat", "knn"}, n x n matrix, or a list with one of these per attribute
        "binary": 1 between samples of the same class. "heat": exp(-‖x_i - x_j‖² / (2 heat_width²))
        there. "knn": 1 between nearest neighbours, whatever the labels. Labels that are all
        unknown, or missing (y=None), give the "knn" graph. A matrix is taken as W, symmetric and
        of any sign (see `updates.semi_nmf`): an array, a SciPy sparse matrix or array, what
        `dsnmf.affinity` makes, or a PyTensor variable, whose value is taken when the fit starts.
        Data in blocks need "binary" with labels in every layer, or a `LabelAffinity` of classes
        alone: other neighbours of a sample are not in its block.
    n_neighbors : int >= 1
        Of the "knn" graph.
    heat_width : float > 0
        t of the heat kernel, in units of the root mean square of the samples' norms.
    complete_labels : bool
        Give samples without a label of an attribute the class that a ridge classifier, fitted to
        those with one, expects, before the graphs are built. For X in memory; a gap counts as the
        feature's mean.
    """

    affinity: Affinity | Sequence[Affinity] = "binary"
    n_neighbors: int = 5
    heat_width: float = 1.0
    complete_labels: bool = False

    # "array-like" has a shape: factored affinities and PyTensor variables are among them.
    _parameter_constraints: ClassVar[dict] = {
        "affinity": [StrOptions(set(KINDS)), "array-like", "sparse matrix"],
        "n_neighbors": [_at_least(1)],
        "heat_width": [Interval(Real, 0, None, closed="neither")],
        "complete_labels": ["boolean"],
        "transform_method": [StrOptions({"auto", "projection", "nonnegative", "ridge"})],
    }


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(field,))
def estimator(cls: type[T]) -> type[T]:
    """Finishes a class of these bases: `__init__`, constraints, and the bases' parameters in its text.

    A line "[Base]" of the docstring stands for the parameters that the base documents.
    """  # noqa: E501
    bases = [base for base in cls.__mro__ if "_parameter_constraints" in vars(base)]
    cls._parameter_constraints = {
        name: allowed
        for base in reversed(bases)
        for name, allowed in base._parameter_constraints.items()
    }
    text = inspect.cleandoc(cls.__doc__ or "")
    for base in (
        TrainingParameters,
        BlockParameters,
        StreamParameters,
        OneLayer,
        Layers,
        GraphParameters,
    ):
        _, _, documented = inspect.cleandoc(base.__doc__ or "").partition("----------\n")
        text = text.replace(f"[{base.__name__}]", documented)
    cls.__doc__ = text
    return parameters(cls)
