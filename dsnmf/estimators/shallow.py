"""Estimators with one layer: Semi-NMF and weakly supervised factorisation (WSF)."""

from __future__ import annotations

from dataclasses import field
from numbers import Real
from typing import TYPE_CHECKING, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf.estimators.in_blocks import BlockFactorisation
from dsnmf.estimators.labels import per_attribute, weights
from dsnmf.estimators.parameters import OneLayer, estimator
from dsnmf.estimators.streams import StreamFactorisation
from dsnmf.estimators.supervised import SupervisedFactorisation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from dsnmf.typing import Array


@estimator
class SemiNMF(OneLayer, StreamFactorisation, BlockFactorisation):
    """Semi-NMF: Xᵀ ≈ Z H with H >= 0 and Z free, for data of any sign.

    Minimises ½‖Xᵀ - Z H‖²_F over the known entries of X. The fit divides X by the root mean square
    of its samples' norms and scales the result back, so it does not depend on X's unit.

    Parameters
    ----------
    [OneLayer]
    solver : {"multiplicative", "bcd"}
        The multiplicative rule of Ding et al. 2010, or block coordinate descent (Gillis & Kumar
        2014), which decreases faster.
    tol : float >= 0
        Stop when the cost changed by at most tol times the first cost over ten iterations.
    transform_method : {"auto", "projection", "nonnegative"}
        What `transform` returns. "projection": Z† x, which may have negative entries.
        "nonnegative": the h >= 0 with the least ‖x - Z h‖. "auto" is "projection".
    [BlockParameters]
    [StreamParameters]
    [TrainingParameters]

    Attributes
    ----------
    Z_ : list of one ndarray, shape (n_features, n_components)
    H_ : list of one ndarray, shape (n_components, n_samples), >= 0
    components_ : ndarray, shape (n_components, n_features)
    reconstruction_err_ : float
        ‖Xᵀ - Z H‖_F over the known entries.
    n_iter_ : int
    history_ : dict of ndarray
        "cost" (as minimised, every tenth iteration), "seconds", "change".
    n_samples_seen_, n_steps_ : int
        Samples and batches so far, after `partial_fit` alone, which leaves no `H_`,
        `reconstruction_err_`, `n_iter_` and `history_`.
    n_features_in_, feature_names_in_
        See scikit-learn.

    References
    ----------
    Ding, Li & Jordan, "Convex and semi-nonnegative matrix factorizations", TPAMI 2010.
    Gillis & Kumar, "Exact and heuristic algorithms for semi-nonnegative matrix factorization",
    2014.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import SemiNMF
    >>> X = np.random.default_rng(0).standard_normal((50, 8))
    >>> model = SemiNMF(3).fit(X)
    >>> model.transform(X).shape, model.components_.shape
    ((50, 3), (3, 8))
    """

    solver: Literal["multiplicative", "hals", "bcd"] = "multiplicative"

    _parameter_constraints: ClassVar[dict] = {
        "solver": [StrOptions({"multiplicative", "hals", "bcd"})]
    }

    def _solver(self):
        return self.solver


@estimator
class WSF(OneLayer, SupervisedFactorisation):
    """Weakly supervised factorisation: Semi-NMF that keeps samples of one class together.

    Minimises ½‖Xᵀ - Z H‖²_F + ½ Σ_a alpha_a tr(H L_a Hᵀ) with H >= 0, where L_a is the Laplacian
    of the affinity W_a that attribute a's labels give. Several attributes: multi-attribute WSF.

    Parameters
    ----------
    [OneLayer]
    alpha : float >= 0, or one per attribute
        Weight λ of the penalty against the squared error, in units of the samples' mean squared
        norm: on samples of unit norm, as the authors have them, it is their λ. There .01 was enough
        for `H_` to separate the classes, 1 to 10 for new samples too.
    [GraphParameters]
    transform_method : {"auto", "projection", "nonnegative", "ridge"}
        See `SemiNMF`. "ridge": the affine map of least Σ ‖h - C x - c‖² + penalty ‖C‖² over the
        training samples, with their `H_` as h and the penalty of the least leave-one-out error.
        As `H_` nearly encodes the classes, that is a regularised discriminant analysis. For X in
        memory and without gaps, in O(n p min(n, p)); to be set before the fit. Its features do not
        scale with the sample.
    tol
        See `SemiNMF`.
    [BlockParameters]
    [TrainingParameters]

    Attributes
    ----------
    Z_, H_, components_, reconstruction_err_, n_iter_, history_, n_features_in_
        See `SemiNMF`. `H_` contains what the labels said; for classifiers use `transform`.
    """

    alpha: float | Sequence[float] | Array = field(default=0.1, kw_only=False)

    _parameter_constraints: ClassVar[dict] = {
        "alpha": [Interval(Real, 0, None, closed="left"), "array-like"]
    }

    def _attributes(self, y, n):
        codes = self._codes(y, n)
        affinities = per_attribute(self.affinity, len(codes))
        return [list(zip(codes, affinities, weights(self.alpha, "alpha", len(codes))))]
