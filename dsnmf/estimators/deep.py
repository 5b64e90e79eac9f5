"""Estimators with several layers: Deep Semi-NMF and Deep WSF."""

from __future__ import annotations

from dataclasses import field
from functools import reduce
from numbers import Real
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf import symbolic
from dsnmf.estimators.in_blocks import BlockFactorisation
from dsnmf.estimators.labels import per_attribute, weights
from dsnmf.estimators.parameters import Layers, estimator
from dsnmf.estimators.streams import StreamFactorisation
from dsnmf.estimators.supervised import SupervisedFactorisation
from dsnmf.initialisation.least_squares import regressed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dsnmf.typing import Array, Nonlinearity

#: tol="auto": Adam moves every entry by about the learning rate per step, so what ten steps move is
#: judged by that; the rules' cost by its own size.
AUTO_STEPS, AUTO_TOL = 5, 1e-4


@estimator
class DeepSemiNMF(Layers, StreamFactorisation, BlockFactorisation):
    """Deep Semi-NMF: Xᵀ ≈ Z_1 g(Z_2 g(… g(Z_m H_m))) with H_m >= 0, for data of any sign.

    Parameters
    ----------
    [Layers]
    solver : {"adam", "multiplicative"}
        "adam" is the model of the authors' Theano code, see `dsnmf.DSNMF`: Σ (Xᵀ - X̂)² over all
        Z_i and H_m, with relu around H_m. "multiplicative" minimises ½‖Xᵀ - X̂‖²_F by Algorithm 1
        of the ICML paper, or, with a nonlinearity, by the authors' rules for that.
    nonlinearity : "auto", str or callable
        g. "auto" is "relu" for "adam" and "identity" for "multiplicative"; other names are
        "tanh", "square", "sigmoid", "softplus"; or a function of PyTensor variables, which for data
        in blocks must treat each sample (a column) by itself.
    learning_rate : float > 0
        Of "adam", for samples of unit norm, to which the fit scales X (see `SemiNMF`).
    whiten : float in [0, 1]
        Flatten the spectrum of X before training, singular values σ become σ^(1 - whiten). What is
        minimised (and recorded in `history_`) is then not the squared error; `reconstruction_err_`
        still is. See `dsnmf.data.compression`; needs compression, so X dense and without gaps.
    transform_method : {"auto", "projection", "nonnegative"}
        "auto" is "projection" for linear models and "nonnegative" (a search) for others, where a
        linear projection misses the features.
    tol : "auto" or float >= 0
        "adam" stops when the features of the last layer moved by at most tol (relative, Frobenius)
        over ten iterations, "multiplicative" as `SemiNMF`. "auto" is 5 times the learning rate for
        "adam" and 1e-4 for "multiplicative".
    [BlockParameters]
    [StreamParameters]
    [TrainingParameters]

    Attributes
    ----------
    Z_ : list of m ndarray
        Z_1 (n_features x k_1), Z_2 (k_1 x k_2), …, Z_m.
    H_ : list of m ndarray, shape (k_i, n_samples)
        The layers' features. H_1 … H_{m-1} of linear models, which influence nothing, are inferred
        once the fit has ended: see `dsnmf.solvers.inner_features`.
    components_, reconstruction_err_, n_iter_, history_, n_samples_seen_, n_steps_, n_features_in_
        See `SemiNMF`; "adam" records the cost of every iteration.

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

    solver: Literal["adam", "multiplicative", "hals"] = "adam"
    nonlinearity: Literal["auto"] | Nonlinearity = "auto"
    learning_rate: float = 1e-3
    whiten: float = 0.0
    tol: float | Literal["auto"] = "auto"  # type: ignore[assignment]  # wider than the others'

    _parameter_constraints: ClassVar[dict] = {
        "solver": [StrOptions({"adam", "multiplicative", "hals"})],
        "nonlinearity": [StrOptions({"auto", *symbolic.NONLINEARITIES}), callable],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "whiten": [Interval(Real, 0, 1, closed="both")],
        "tol": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    }

    def _solver(self):
        return self.solver

    def _tol(self):
        if self.tol != "auto":
            return self.tol
        return AUTO_STEPS * self.learning_rate if self.solver == "adam" else AUTO_TOL

    def _tolerance(self, model):
        if self.solver != "adam":
            return super()._tolerance(model)
        return model.tolerance(self._tol())

    def _inner_nonlinearity(self):
        if self.nonlinearity == "auto":
            return "relu" if self.solver == "adam" else "identity"
        return self.nonlinearity


@estimator
class DeepWSF(Layers, SupervisedFactorisation):
    """Deep WSF: Xᵀ ≈ Z_1 … Z_m H_m, layer i's features H_i kept close within classes of attribute i.

    Parameters
    ----------
    [Layers]
    alphas : float >= 0, or one per layer
        Weights λ_i of the layers' penalties, in units of the samples' mean squared norm; we used .01
        to .1, and up to 10 with transform_method="ridge".
        `y` of `fit` has one column of labels per layer; a single column is the last layer's. A
        layer without labels (y=None, or all -1) gets the graph of nearest neighbours. Graphs are
        built on what the layer factorises; a list of affinities has one per layer.
    [GraphParameters]
    transform_method : {"auto", "projection", "nonnegative", "ridge"}
        "auto" projects on `layer_components_`, "nonnegative" searches from there. "projection" is
        the authors' (Z_1 … Z_layer)† x: as H_1 … H_{m-1} do not influence any Z, it carries the
        last layer's attribute only. "ridge", which generalises best, is the regularised least
        squares from samples to the layer's `H_`, see `WSF`.
    tol
        See `SemiNMF`.
    [BlockParameters]
    [TrainingParameters]

    Attributes
    ----------
    layer_components_ : list of m ndarray, shape (k_i, n_features)
        (Xᵀ H_i†)ᵀ: the components by which layer i's own features reproduce X best, which is how
        WSF has it for its single layer; the last layer's are `components_`.
    Z_, H_, components_, reconstruction_err_, n_iter_, history_, n_features_in_
        See `DeepSemiNMF`. `H_` contains what the labels said; for classifiers use `transform`.

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

    alphas: float | Sequence[float] | Array = field(default=0.1, kw_only=False)

    _parameter_constraints: ClassVar[dict] = {
        "alphas": [Interval(Real, 0, None, closed="left"), "array-like"]
    }

    _per_layer = (*SupervisedFactorisation._per_layer, "layer_components_")

    def _keep(self, model, trace):
        of_first = super()._keep(model, trace)
        X = model.samples.completed(self.Z_[0], of_first)
        eps = float(np.finfo(X.dtype).eps)
        inner = [regressed(X, H, eps).T.astype(H.dtype) for H in self.H_[:-1]]
        self.layer_components_ = [*inner, reduce(np.matmul, self.Z_).T]
        return of_first

    def _keep_of_blocks(self, model):
        super()._keep_of_blocks(model)
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
