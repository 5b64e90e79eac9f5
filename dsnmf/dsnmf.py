"""The class of the original Theano module: X ≈ Z_1 relu(Z_2 relu(… relu(Z_m relu(H_m))))."""

from functools import cached_property

import numpy as np
import pytensor
import pytensor.tensor as pt

from dsnmf import fitting, initialisation, model_file, symbolic
from dsnmf.compression import compress as compressed
from dsnmf.initialisation import appr_seminmf, init_weights
from dsnmf.liveness import DeadModelWarning, Liveness
from dsnmf.residual import squared_error_and_gradients
from dsnmf.stopping import CostTolerance
from dsnmf.symbolic import dropout, relu
from dsnmf.updates import adam
from dsnmf.validation import (
    as_generator,
    as_l1_norms,
    as_layers,
    as_matrix,
    as_number,
    as_replacements,
    as_size,
)

__all__ = ["DSNMF", "DeadModelWarning", "adam", "appr_seminmf", "dropout", "floatX", "init_weights",
           "relu"]  # fmt: skip


def floatX(X):
    """X as an array of `pytensor.config.floatX`."""
    return np.asarray(X, dtype=pytensor.config.floatX)


def _initial_values(X, layers, pretrain, rng, verbose):
    """Values of Z_1 … Z_m, H_m, computed in float64 layer by layer, of X's dtype."""

    def factorise(H, size):
        if verbose:
            print(f"Initialising a layer of {size} components")
        return init_weights(H, size, svd_init=pretrain, random_state=rng, dtype=np.float64)

    Zs, Hs = initialisation.pretrain(X, layers, factorise)
    return [value.astype(X.dtype) for value in [*Zs, Hs[-1]]]


class DSNMF:
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
    l1_norms : sequence of float >= 0
        Weights of the L1 penalties on Z_1, …, Z_m, H_m (the raw H_m, before relu). A shorter
        sequence penalises the first parameters only.
    pretrain : bool
        Start from `appr_seminmf`, layer by layer; otherwise from 0.08 times uniform numbers, drawn
        in the order Z_1, H_1, Z_2, ….
    learning_rate : float > 0
    random_state : None, int or numpy.random.Generator
        Source of all random numbers of the start; None is a fixed seed.
    mode : None, str or pytensor Mode
        How PyTensor compiles; None is its default (Numba).
    compress : bool, "auto" or int >= 1
        Train on UᵀX, U the leading left singular vectors of X above `initialisation.NOISE_FLOOR`
        (or that many): far fewer features, another trajectory of Adam, and costs that include the
        discarded energy. "auto" does so where it at least halves the number of features. False is
        the original.
    whiten : float in [0, 1]
        With compress: flatten the spectrum, σ becomes σ^(1 - whiten). Minimises another metric
        than the squared error, whose values `history` then holds; often clusters well sooner.

    Attributes
    ----------
    params : list of shared variables
        Z_1, …, Z_m, H_m, named so.
    X : shared variable, shape (n_features, n_samples)
        The data; (rank, n_samples) with compress, in whose coordinates `params` then has Z_1.
    layers : tuple of int
    cost : scalar TensorVariable
        What is minimised.
    history : list of float
        The costs of all epochs run by `fit`, each before its epoch's update.
    stopped_by : str
        What ended the last `fit`: "max_iter", "tol", "callback" (also for a dead model) or
        "interrupt".
    get_features : callable
        Returns relu(H_m), shape (k_m, n_samples).
    get_reconstruction : callable
        Returns X̂, shape (n_features, n_samples).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

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

    def __init__(self, data, layers, verbose=False, l1_norms=(), pretrain=True, learning_rate=1e-3,
                 *, random_state=None, mode=None, compress=False, whiten=0.0):  # fmt: skip
        X = as_matrix(data, "data").T
        layers = as_layers(layers)
        l1_norms = as_l1_norms(l1_norms, len(layers) + 1)
        learning_rate = as_number(learning_rate, "learning_rate", 0, exclusive=True)
        rng = as_generator(random_state)
        X, compression = compressed(X, compress, whiten=whiten)
        if compression is not None and any(l1_norms[:1]):
            raise ValueError(
                f"l1_norms[0] must be 0 with compress, got {l1_norms[0]!r}: Z_1 is trained in "
                "other coordinates"
            )
        values = _initial_values(X, layers, pretrain, rng, verbose)
        self._assemble(X, layers, values, verbose, l1_norms, learning_rate, mode, compression)

    def _assemble(self, X, layers, values, verbose, l1_norms, learning_rate, mode, compression):
        """Set every attribute, from checked arguments."""
        self.layers = layers
        self.verbose = verbose
        self.l1_norms = l1_norms
        self.learning_rate = learning_rate
        self.mode = mode
        self._compression = compression
        self._offset = 0.0 if compression is None else compression.offset
        self.history = []
        self.stopped_by = None
        # C order: products with the transposed layout, or with a constant, are slower.
        self.X = pytensor.shared(np.array(X, order="C"), name="X", borrow=True, shape=X.shape)
        names = [f"Z_{i}" for i in range(1, len(layers) + 1)] + [f"H_{len(layers)}"]
        self.params = [
            pytensor.shared(np.array(value, order="C"), name=name, borrow=True, shape=value.shape)
            for name, value in zip(names, values)
        ]
        self._penalty = symbolic.l1_penalty(self.params, l1_norms)
        error = symbolic.squared_error(self.X, self._reconstruction())
        self.cost = self._completed(error)
        self._train(self.params)

    def _reconstruction(self):
        *Zs, H = self.params
        return symbolic.reconstruction(Zs, relu(H), relu)

    def _completed(self, error):
        """The cost whose part is this squared error."""
        return error + self._penalty + pt.constant(self._offset, dtype=self.X.dtype)

    def _train(self, trained):
        """Let `train_fun` move these parameters, from a fresh Adam state."""
        self._trained = trained
        self._liveness = Liveness(self.X, self.params, self._offset)
        for derived in ("_cost_and_updates", "_step"):
            self.__dict__.pop(derived, None)

    @cached_property
    def _cost_and_updates(self):
        *Zs, H = self.params
        error, grads = squared_error_and_gradients(self.X, Zs, relu(H), relu, self._trained)
        if any(self.l1_norms):
            penalty_grads = pytensor.grad(
                self._penalty, self._trained, disconnected_inputs="ignore"
            )
            grads = [g + of_penalty for g, of_penalty in zip(grads, penalty_grads)]
        rule = adam(grads, self._trained, learning_rate=self.learning_rate)
        return self._completed(error), rule

    @cached_property
    def _step(self):
        return fitting.compile_step(*self._cost_and_updates, self.mode)

    @cached_property
    def get_features(self):
        return pytensor.function([], self.get_h(len(self.layers)), mode=self.mode)

    @cached_property
    def get_reconstruction(self):
        reconstruct = pytensor.function([], self._reconstruction(), mode=self.mode)
        if self._compression is None:
            return reconstruct
        return lambda: self._compression.restored(reconstruct())

    def train_fun(self):
        """Run one epoch.

        Returns
        -------
        float
            The cost before the epoch's update.

        Warns
        -----
        DeadModelWarning
            If every unit of a layer has been at zero for two epochs.
        """
        cost = float(self._step())
        self._liveness.look(cost, self.learning_rate)
        return cost

    def fit(self, n_epochs=1000, tol=None, callback=None, progress=None):
        """Train for n_epochs more epochs.

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

        Warns
        -----
        DeadModelWarning
            Training stops when every unit of a layer is at zero.
        """
        n_epochs = as_size(n_epochs, "n_epochs")
        if tol is not None:
            tol = as_number(tol, "tol", 0)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable, got {callback!r}")

        def stops(epoch, cost):
            return self._liveness.is_dead or (callback is not None and callback(epoch, cost))

        self.stopped_by = fitting.run(
            self.train_fun,
            n_epochs,
            history=self.history,
            tolerance=None if tol is None else CostTolerance(tol),
            callback=stops,
            description="Deep Semi-NMF " + "-".join(map(str, self.layers)),
            progress=self.verbose if progress is None else progress,
        )
        return self

    def get_h(self, layer_num, have_dropout=False):
        """Symbolic features of one layer.

        Parameters
        ----------
        layer_num : int
            1 … m; m is the last layer, whose features are relu(H_m).
        have_dropout : bool
            Drop half the entries of relu(H_m), seeded: see `dropout`.

        Returns
        -------
        TensorVariable, shape (k_layer_num, n_samples), >= 0

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        top = relu(self.params[-1])
        if have_dropout:
            top = dropout(top)
        return symbolic.layer_features(self.params[:-1], top, layer_num, relu)

    def finetune_features(self, learning_rate=1e-3):
        """From now on train H_m alone, on the same cost, with a fresh Adam state.

        Parameters
        ----------
        learning_rate : float > 0
            Not the one that the model was made with, unless given.
        """
        self.learning_rate = as_number(learning_rate, "learning_rate", 0, exclusive=True)
        self._train(self.params[-1:])

    def get_param_values(self):
        """Copies of the values of Z_1 (of all features), …, Z_m, H_m, as a list of arrays."""
        Z_1, *others = [param.get_value() for param in self.params]
        return [Z_1 if self._compression is None else self._compression.restored(Z_1), *others]

    def set_param_values(self, values):
        """Set Z_1, …, Z_m, H_m; either all are set or, after an error, none.

        Parameters
        ----------
        values : sequence of array_like
            As from `get_param_values`: same shapes, and dtypes that fit into the model's. With
            compress, what of Z_1 lies outside the kept components is lost.

        Raises
        ------
        TypeError
            If a dtype does not fit (float64 into a float32 model, complex, …).
        ValueError
            If their number or a shape differs, or a value is NaN or infinite.
        """
        shapes = [param.type.shape for param in self.params]
        if self._compression is not None:
            shapes[0] = len(self._compression.U), self.layers[0]
        values = as_replacements(values, self.params, shapes)
        if self._compression is not None:
            values[0] = self._compression.reduced(values[0])
        for param, value in zip(self.params, values):
            param.set_value(value, borrow=True)

    def save(self, path):
        """Write the model, its data and its training state to one file, replaced atomically.

        Parameters
        ----------
        path : str or path-like
            Written as it is named; the content is NumPy's .npz format, without pickle.

        Raises
        ------
        OSError
            If the file cannot be written; a file that was there stays as it was.
        """
        model_file.write_model(path, self)

    @classmethod
    def load(cls, path, mode=None):
        """A model from a file that `save` wrote; its training continues exactly.

        Parameters
        ----------
        path : str or path-like
        mode : None, str or pytensor Mode

        Returns
        -------
        DSNMF

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a complete file of a DSNMF model.
        """
        return model_file.read_model(path, cls, mode)
