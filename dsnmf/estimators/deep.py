"""Estimators with several layers: Deep Semi-NMF and Deep WSF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnmf.estimators.graphs import per_attribute, weights
from dsnmf.estimators.parameters.declaration import declared
from dsnmf.estimators.streams import StreamFactorisation
from dsnmf.estimators.supervised import SupervisedFactorisation
from dsnmf.validation import as_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from dsnmf.affinity.labels import Affinity
    from dsnmf.estimators.trace import State
    from dsnmf.typing import Array, Init, Mode, Nonlinearity, PathLike, RandomState

#: tol="auto": Adam moves every entry by about the learning rate per step, so the change over ten
#: steps is compared with that rate. For the other solvers see `Rule.auto_tol`.
AUTO_STEPS = 5


@declared
class DeepSemiNMF(StreamFactorisation):
    """Deep Semi-NMF: Xᵀ ≈ Z_1 g(Z_2 g(… g(Z_m H_m))) with H_m >= 0, for data of any sign.

    Parameters
    ----------
    [parameters]

    Attributes
    ----------
    Z_ : list of m ndarray
        Z_1 (n_features x k_1), Z_2 (k_1 x k_2), …, Z_m.
    H_ : list of m ndarray, shape (k_i, n_samples)
        The layers' features. H_1 … H_{m-1} of linear models influence nothing, and are computed
        after the fit: see `dsnmf.solvers.inner_features`.
    components_, reconstruction_err_, n_iter_, history_, mean_, scale_, n_samples_seen_, n_steps_
        See `SemiNMF`; "lbfgs" and "adam" record the cost of every iteration.

    References
    ----------
    Trigeorgis, Bousmalis, Zafeiriou & Schuller, "A deep semi-NMF model for learning hidden
    representations", ICML 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import DeepSemiNMF
    >>> X = np.random.default_rng(0).standard_normal((50, 8))
    >>> model = DeepSemiNMF((6, 3)).fit(X)
    >>> [H.shape for H in model.H_]
    [(6, 50), (3, 50)]
    """

    def __init__(
        self,
        layers: Sequence[int] = (4, 2),
        *,
        solver: Literal["auto", "lbfgs", "adam", "multiplicative", "hals"] = "adam",
        nonlinearity: Literal["auto"] | Nonlinearity = "auto",
        learning_rate: float = 1e-3,
        whiten: float = 0.0,
        center: bool | Literal["median"] = False,
        scale: bool = False,
        init: Init = "svd",
        n_init: int = 1,
        noise_floor: Literal["auto"] | float = "auto",
        compress: bool | int | Literal["auto"] = "auto",
        max_iter: int = 2000,
        tol: float | Literal["auto"] = "auto",
        metric: Literal["auto", "components", "data"] | float = "auto",
        transform_method: Literal["auto", "projection", "nonnegative"] = "auto",
        warm_start: bool = False,
        random_state: RandomState = None,
        mode: Mode = None,
        verbose: int = 0,
        callback: Callable[[int, State], object] | None = None,
        block_size: int | None = None,
        store: PathLike | None = None,
        checkpoint: PathLike | None = None,
        forget_factor: float = 0.9,
    ) -> None:
        self.layers = layers
        self.solver = solver
        self.nonlinearity = nonlinearity
        self.learning_rate = learning_rate
        self.whiten = whiten
        self.center = center
        self.scale = scale
        self.init = init
        self.n_init = n_init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.metric = metric
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback
        self.block_size = block_size
        self.store = store
        self.checkpoint = checkpoint
        self.forget_factor = forget_factor

    def _layer_sizes(self):
        return as_layers(self.layers)

    def _tol(self, rule):
        if self.tol != "auto":
            return self.tol
        return AUTO_STEPS * self.learning_rate if rule.auto_tol is None else rule.auto_tol

    def _tolerance(self, model, rule):
        if not rule.raw_features:
            return super()._tolerance(model, rule)
        return model.tolerance(self._tol(rule))

    def _inner_nonlinearity(self):
        if self.nonlinearity == "auto":
            return "relu" if self.solver in ("auto", "adam", "lbfgs") else "identity"
        return self.nonlinearity


@declared
class DeepWSF(SupervisedFactorisation):
    """Deep WSF: Xᵀ ≈ Z_1 … Z_m H_m, layer i's features H_i kept close within classes of attribute i.

    Parameters
    ----------
    [parameters]

    Attributes
    ----------
    layer_components_ : list of m ndarray, shape (k_i, n_features)
        (Xᵀ H_i†)ᵀ: the components with which layer i's own features reconstruct X best, as in WSF
        with its single layer. Those of the last layer are `components_`.
    Z_, H_, components_, reconstruction_err_, n_iter_, history_, mean_, scale_, n_features_in_
        See `DeepSemiNMF`. `H_` contains the labels' information; for classifiers use `transform`.

    References
    ----------
    Trigeorgis, Bousmalis, Zafeiriou & Schuller, "A deep matrix factorization method for learning
    attribute representations", TPAMI 39(3), 2017.

    Examples
    --------
    Two attributes for two layers, the second unknown for every fifth sample:

    >>> import numpy as np
    >>> from dsnmf import DeepWSF
    >>> X = np.random.default_rng(0).standard_normal((50, 8))
    >>> i = np.arange(50)
    >>> y = np.column_stack([i % 2, np.where(i % 5, i % 3, -1)])
    >>> model = DeepWSF((6, 3), alphas=0.1).fit(X, y)
    >>> model.transform(X, layer=0).shape
    (50, 6)
    """  # noqa: E501

    def __init__(
        self,
        layers: Sequence[int] = (4, 2),
        alphas: float | Sequence[float] | Array = 0.1,
        *,
        solver: Literal["multiplicative", "hals"] = "multiplicative",
        affinity: Affinity | Sequence[Affinity] = "binary",
        n_neighbors: int = 5,
        heat_width: float = 1.0,
        complete_labels: bool = False,
        center: bool | Literal["median"] = False,
        scale: bool = False,
        init: Init = "svd",
        n_init: int = 1,
        noise_floor: Literal["auto"] | float = "auto",
        compress: bool | int | Literal["auto"] = "auto",
        max_iter: int = 2000,
        tol: float = 1e-4,
        metric: Literal["auto", "components", "data"] | float = "auto",
        transform_method: Literal[
            "auto", "projection", "nonnegative", "ridge", "neighbors"
        ] = "auto",
        warm_start: bool = False,
        random_state: RandomState = None,
        mode: Mode = None,
        verbose: int = 0,
        callback: Callable[[int, State], object] | None = None,
        block_size: int | None = None,
        store: PathLike | None = None,
        checkpoint: PathLike | None = None,
    ) -> None:
        self.layers = layers
        self.alphas = alphas
        self.solver = solver
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.heat_width = heat_width
        self.complete_labels = complete_labels
        self.center = center
        self.scale = scale
        self.init = init
        self.n_init = n_init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.metric = metric
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback
        self.block_size = block_size
        self.store = store
        self.checkpoint = checkpoint

    def _layer_sizes(self):
        return as_layers(self.layers)

    _per_layer = (*SupervisedFactorisation._per_layer, "layer_components_")

    def _note(self, model, y):
        super()._note(model, y)
        self.layer_components_ = model.layer_components()

    def _paths(self):
        return [*super()._paths(), *([components.T] for components in self.layer_components_)]

    def _path_number(self, layer):
        chain = self.transform_method == "projection"
        return self._index(layer) + (0 if chain else len(self.Z_))

    def _attributes(self, y, n):
        m, codes = len(self._layer_sizes()), self._codes(y, n)
        if len(codes) == 1:
            codes = [None] * (m - 1) + codes
        if len(codes) != m:
            raise ValueError(
                f"y must have one column per layer ({m}), got {len(codes)}; a column of -1 "
                "gives its layer the graph of nearest neighbours"
            )
        affinities = per_attribute(self.affinity, m)
        return [[graph] for graph in zip(codes, affinities, weights(self.alphas, "alphas", m))]
