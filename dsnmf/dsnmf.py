"""The class of the original Theano module: X ≈ Z_1 relu(Z_2 relu(… relu(Z_m relu(H_m))))."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dsnmf import initialisation, symbolic
from dsnmf.data.compression import Compression
from dsnmf.data.compression import compress as compressed
from dsnmf.initialisation import appr_seminmf, init_weights
from dsnmf.symbolic import dropout, relu
from dsnmf.symbolic.objective import Objective
from dsnmf.symbolic.shared import as_parameter, floatX
from dsnmf.training import loop
from dsnmf.training.compiled import compiled, forget
from dsnmf.training.liveness import DeadModelWarning, Liveness, warn_of_large_steps
from dsnmf.training.modes import as_mode, compile_function
from dsnmf.training.stopping import CostTolerance
from dsnmf.training.storage import Storable, param_names
from dsnmf.training.threads import ONCE, threads_for
from dsnmf.updates import adam
from dsnmf.updates.training_rule import adam_rule
from dsnmf.validation import (
    as_generator,
    as_l1_norms,
    as_layers,
    as_matrix,
    as_number,
    as_replacements,
    as_scalar,
    as_size,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self

    from numpy.typing import ArrayLike
    from pytensor.graph.basic import Variable
    from pytensor.tensor.sharedvar import TensorSharedVariable
    from pytensor.tensor.variable import TensorVariable

    from dsnmf.typing import Array, Mode, Scalar, Seed

__all__ = ["DSNMF", "DeadModelWarning", "adam", "appr_seminmf", "dropout", "floatX", "init_weights",
           "relu"]  # fmt: skip


def _initial_values(X, layers, pretrain, random_state, verbose):
    """Values of Z_1 … Z_m, H_m, computed in float64 layer by layer, of X's dtype."""
    rng = as_generator(random_state)
    if random_state is None and not pretrain:
        rng = None  # NumPy's global state

    def factorise(H, size):
        if verbose:
            print(f"Initialising a layer of {size} components")
        return init_weights(H, size, svd_init=pretrain, random_state=rng, dtype=np.float64)

    Zs, Hs = initialisation.pretrain(X, layers, factorise)
    return [value.astype(X.dtype) for value in [*Zs, Hs[-1]]]


class DSNMF(Storable):
    """Deep Semi-NMF trained with Adam, as in the authors' Theano module.

    Minimises Σ (X - X̂)² + Σ_j l1_norms_j Σ abs(param_j) over all parameters, with
    X̂ = Z_1 relu(Z_2 relu(… relu(Z_m relu(H_m)))) and X = dataᵀ (features x samples), full batch.

    Parameters
    ----------
    data : array_like, shape (n_samples, n_features)
        Real and finite, of any sign. Copied. float32 and float64 are kept; other numeric types
        become `pytensor.config.floatX`.
    layers : sequence of int >= 1
        Numbers of components k_1, …, k_m. A layer may be wider than the one before it.
    verbose : bool
        Print the layers as they are initialised, and show a progress bar in `fit`.
    l1_norms : sequence of float >= 0 or scalar TensorVariable
        Weights of the L1 penalties on Z_1, …, Z_m, H_m (the raw H_m, before relu). A shorter
        sequence penalises the first parameters only. A shared variable may be set at any time.
    pretrain : bool
        Start from `appr_seminmf`, layer by layer; otherwise from 0.08 times uniform numbers, drawn
        in the order Z_1, H_1, Z_2, ….
    learning_rate : float > 0 or scalar TensorVariable
        The length of Adam's first steps, in the unit of the parameters. A shared variable may be
        set between epochs, so that the rate decays.
    random_state : None, int or numpy.random.Generator
        Source of all random numbers of the start. None is a fixed seed with pretrain, and NumPy's
        global state without, as in the original: restarts differ, `numpy.random.seed` repeats them.
    mode : None, str or pytensor Mode
        How PyTensor runs its graphs. None: in the mode of `pytensor.config.mode` if that is set,
        otherwise node by node (`dsnmf guide speed`).
    compress : bool, "auto" or int >= 1
        Train on UᵀX, U the leading left singular vectors of X above `initialisation.NOISE_FLOOR`
        (or that many): far fewer features, another trajectory of Adam, and costs that include the
        discarded energy. "auto" does so where it at least halves the number of features. False is
        the original.
    whiten : float in [0, 1]
        With compress: flatten the spectrum, σ becomes σ^(1 - whiten). The cost, and `history`, is
        then a weighted error instead of the squared error. Clusters are often good after fewer
        epochs.

    Attributes
    ----------
    params : list of shared variables
        Z_1, …, Z_m, H_m, named so. The number of samples is not part of H_m's type.
    X : shared variable, shape (n_features, n_samples)
        The data; (rank, n_samples) with compress. Z_1 in `params` is in the same coordinates.
    layers : list of int
    cost : scalar TensorVariable
        The minimised expression, made from `get_h(-1)`. If another is assigned, the next
        `finetune_features` trains on it.
    learning_rate : float or scalar TensorVariable
        That of the current `train_fun`; assigning another has no effect on it.
    train_fun : callable
        Runs one epoch and returns the cost before it. See there.
    get_features, get_reconstruction : callable
        Return relu(H_m), shape (k_m, n_samples), and X̂, shape (n_features, n_samples).
    history : list of float
        The costs of all epochs run by `fit`, each before its epoch's update.
    stopped_by : str
        Why the last `fit` ended: "max_iter", "tol", "callback" (also for a dead model) or
        "interrupt".

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.
    ImportError, RuntimeError
        If mode="JAX" and JAX, or a device of its, is missing.

    Warns
    -----
    RuntimeWarning
        If the learning rate is so large for the data's unit that training destroys the start.

    References
    ----------
    .. [A] Trigeorgis, Bousmalis, Zafeiriou, Schuller, "A deep semi-NMF model for learning hidden
       representations", ICML 2014, eq. 6-14.
    .. [B] The same, "A deep matrix factorization method for learning attribute representations",
       TPAMI 39(3), 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import DSNMF
    >>> data = np.random.default_rng(0).standard_normal((30, 8))
    >>> model = DSNMF(data, (5, 3)).fit(n_epochs=20)
    >>> model.get_features().shape
    (3, 30)
    >>> model.history[-1] < model.history[0]
    True
    """

    params: list[TensorSharedVariable]
    X: TensorSharedVariable
    cost: TensorVariable
    learning_rate: Scalar
    # Defaults for subclasses that do not call this class's __init__.
    layers: Sequence[int] = ()
    verbose: bool = False
    mode: Mode = None
    stopped_by: str | None = None
    history: cached_property[list[float]] = cached_property(lambda self: [])
    _compression = _objective = _rule = None  # type: Any
    _compression_from = staticmethod(Compression.from_arrays)

    def __init__(
        self,
        data: ArrayLike,
        layers: Sequence[int],
        verbose: bool = False,
        l1_norms: Sequence[Scalar] | Variable = (),
        pretrain: bool = True,
        learning_rate: Scalar = 1e-3,
        *,
        random_state: Seed = None,
        mode: Mode = None,
        compress: bool | int | Literal["auto"] = False,
        whiten: float = 0.0,
    ) -> None:
        X = as_matrix(data, "data").T
        layers = as_layers(layers)
        l1_norms = as_l1_norms(l1_norms, len(layers) + 1)
        learning_rate = as_scalar(learning_rate, "learning_rate", 0, exclusive=True)
        mode = as_mode(mode)
        with threads_for(X.shape[1], len(X), min(X.shape), limit=ONCE):
            X, compression = compressed(X, compress, whiten=whiten)
        if compression is not None and l1_norms[:1] not in ((), (0.0,)):
            raise ValueError(
                f"l1_norms[0] must be 0 with compress, got {l1_norms[0]!r}: Z_1 is trained in "
                "other coordinates"
            )
        with threads_for(X.shape[1], len(X), min(X.shape), limit=ONCE):
            values = _initial_values(X, layers, pretrain, random_state, verbose)
        self._assemble(X, layers, values, verbose, l1_norms, mode, compression)
        self._train(self.params, learning_rate)
        warn_of_large_steps(values[0], learning_rate)

    def _assemble(self, X, layers, values, verbose, l1_norms, mode, compression):
        """Set all attributes except those of the training, from validated arguments."""
        self.layers = list(layers)
        self.verbose = verbose
        self.l1_norms = l1_norms
        self.mode = mode
        self._compression = compression
        # The number of samples is left open, so that clients may give others.
        self.X = as_parameter(X, "X", (len(X), None))
        shapes = [*(Z.shape for Z in values[:-1]), (layers[-1], None)]
        self.params = [*map(as_parameter, values, param_names(layers), shapes)]
        offset = 0.0 if compression is None else compression.offset
        self._objective = Objective(self.X, self.params, self.get_h(-1), l1_norms, offset)
        if compression is not None and self._objective.features is None:
            raise ValueError("compress needs a get_h(-1) of the form dot(Z_1, F), F without Z_1")
        self.cost = self._objective.cost

    def _train(self, params, learning_rate):
        """Let `train_fun` minimise the current cost by these parameters, from a fresh state."""
        self._rule = adam_rule(self.cost, self._objective, params, learning_rate)
        self.learning_rate = learning_rate
        forget(self, "train_fun")

    @compiled
    def train_fun(self) -> Callable[[], Any]:
        """A PyTensor Function that runs one epoch and returns the cost before it.

        It is compiled at its first use, from the cost at the time when the model was made or
        `finetune_features` was called. A function that was fetched before that call still trains
        all parameters. An assigned function replaces it, also in `fit`, until the next
        `finetune_features`. It does not warn of a dead model; `fit` does.
        """
        return compile_function([], self._rule.cost, updates=self._rule.updates, mode=self.mode)

    @compiled
    def get_features(self) -> Callable[[], Array]:
        # With the parameters at the construction of the model, even if `params` has changed.
        H = (self._objective or self).params[-1]
        return compile_function([], relu(H), mode=self.mode)

    @compiled
    def get_reconstruction(self) -> Callable[[], Array]:
        X_hat = self._objective.reconstruction if self._objective else self.get_h(-1)
        reconstruct = compile_function([], X_hat, mode=self.mode)
        if self._compression is None:
            return reconstruct
        return lambda: self._compression.restored(reconstruct())

    def fit(
        self,
        n_epochs: int = 1000,
        tol: float | None = None,
        callback: Callable[[int, float], object] | None = None,
        progress: bool | None = None,
    ) -> Self:
        """Train for n_epochs more epochs, by `train_fun`.

        Ctrl-C finishes the epoch under way and returns normally, with a RuntimeWarning; a second
        Ctrl-C interrupts at once.

        Parameters
        ----------
        n_epochs : int >= 1
        tol : float >= 0, optional
            Stop when the cost changed by at most tol times the first cost of this call over the
            last 10 epochs. Without it, all epochs are run.
        callback : callable, optional
            Called as callback(epoch, cost) after each epoch, counted from 1 in this call; a true
            return value stops.
        progress : bool, optional
            Show a progress bar (needs tqdm); by default as `verbose`.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described; the model is unchanged then.
        FloatingPointError
            If the cost is no longer finite: training diverged.
        ImportError
            If a progress bar is asked for and tqdm is missing.
        MemoryError, RuntimeError
            In JAX mode, if the device has too little memory or fails; the model has the state after
            the last epoch.

        Warns
        -----
        DeadModelWarning
            If every unit of a layer is zero, which stops the training.
        """
        n_epochs = as_size(n_epochs, "n_epochs")
        if tol is not None:
            tol = as_number(tol, "tol", 0)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable, got {callback!r}")

        liveness = Liveness(self._objective)

        def stops(epoch, cost):
            return liveness.look(cost) or (callback is not None and callback(epoch, cost))

        first, last = (self.params[i].get_value(borrow=True).shape for i in (0, -1))
        with threads_for(*first, *last):
            self.stopped_by = loop.run(
                self._epoch,
                n_epochs,
                history=self.history,
                tolerance=None if tol is None else CostTolerance(tol),
                callback=stops,
                description="Deep Semi-NMF " + "-".join(map(str, self.layers)),
                progress=self.verbose if progress is None else progress,
            )
        if liveness.is_dead:
            warnings.warn(
                "every hidden unit of a layer is at zero, so no gradient flows any more (cost "
                f"{self.history[-1]:.6g}, the data's own energy). A smaller learning_rate avoids "
                "this",
                DeadModelWarning,
                stacklevel=2,
            )
        return self

    def _epoch(self):
        # Fetched in every epoch, as a callback may fine-tune or assign another.
        cost = self.train_fun()
        if cost is None or np.shape(cost) != ():
            raise TypeError(f"train_fun must return the cost, one number, got {cost!r}")
        return cost

    def get_h(self, layer_num: int, have_dropout: bool = False) -> TensorVariable:
        """Symbolic features of one layer, or the reconstruction.

        The cost and `get_reconstruction` are made from `get_h(-1)`, so that a subclass which
        overrides this method changes them.

        Parameters
        ----------
        layer_num : int
            1 … m; m is the last layer, whose features are relu(H_m). -1 is the reconstruction.
        have_dropout : bool
            Drop a tenth of the entries of relu(H_m): see `dropout`.

        Returns
        -------
        TensorVariable
            Shape (k_layer_num, n_samples), >= 0; for -1 the shape of X, in compressed coordinates
            with compress.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        *Zs, H = self.params
        if layer_num != -1 and not 1 <= layer_num <= len(Zs):
            raise ValueError(f"layer_num must be in 1 … {len(Zs)}, or -1, got {layer_num!r}")
        top = dropout(relu(H), p=0.1) if have_dropout else relu(H)
        if layer_num == -1:
            return symbolic.reconstruction(Zs, top, relu)
        return symbolic.layer_features(Zs, top, layer_num, relu)

    def finetune_features(self, learning_rate: Scalar = 1e-3) -> None:
        """From now on train H_m alone, on the current `cost`, with a fresh Adam state.

        Parameters
        ----------
        learning_rate : float > 0 or scalar TensorVariable
            By default 1e-3, not that of the model.

        Raises
        ------
        TypeError, ValueError
            If the learning rate is not as described, or H_m is not part of the cost. The model is
            unchanged then.
        """
        learning_rate = as_scalar(learning_rate, "learning_rate", 0, exclusive=True)
        self._train(self.params[-1:], learning_rate)

    def get_param_values(self) -> list[Array]:
        """Copies of the values of Z_1 (of all features), …, Z_m, H_m, as a list of arrays."""
        # In JAX mode values may be JAX arrays.
        Z_1, *others = [np.array(param.get_value(borrow=True)) for param in self.params]
        return [Z_1 if self._compression is None else self._compression.restored(Z_1), *others]

    def set_param_values(self, values: Sequence[ArrayLike]) -> None:
        """Set Z_1, …, Z_m, H_m; either all are set or, after an error, none.

        Parameters
        ----------
        values : sequence of array_like
            In the form of `get_param_values`: same shapes, real numbers of any dtype, which are
            rounded to the model's. With compress, the part of Z_1 outside the kept components is
            lost.

        Raises
        ------
        TypeError
            If they are not real numbers.
        ValueError
            If their number or a shape differs, or a value is NaN or infinite.
        """
        shapes = [param.get_value(borrow=True).shape for param in self.params]
        if self._compression is not None:
            shapes[0] = len(self._compression.U), shapes[0][1]
        values = as_replacements(values, self.params, shapes)
        if self._compression is not None:
            values[0] = self._compression.reduced(values[0])
        for param, value in zip(self.params, values):
            param.set_value(value, borrow=True)
