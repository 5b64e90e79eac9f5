"""Estimators with one layer: Semi-NMF and weakly supervised factorisation (WSF)."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from dsnmf.affinity import combine
from dsnmf.estimators.base import Factorisation
from dsnmf.estimators.labels import KINDS, attribute_affinity, per_attribute, weights
from dsnmf.initialisation import NOISE_FLOOR
from dsnmf.validation import as_label_codes

#: Constraints of the parameters that describe affinities.
GRAPH_CONSTRAINTS = {
    # "array-like" has a shape: factored affinities and PyTensor variables are among them.
    "affinity": [StrOptions(set(KINDS)), "array-like", "sparse matrix"],
    "n_neighbors": [Interval(Integral, 1, None, closed="left")],
    "heat_width": [Interval(Real, 0, None, closed="neither")],
}


class SemiNMF(Factorisation):
    """Semi-NMF: Xᵀ ≈ Z H with H >= 0 and Z free, for data of any sign.

    Minimises ½‖Xᵀ - Z H‖²_F over the known entries of X. The fit divides X by the root mean square
    of its samples' norms and scales the result back, so it does not depend on X's unit.

    Parameters
    ----------
    n_components : int >= 1
        Not more than samples.
    solver : {"multiplicative", "bcd"}
        The multiplicative rule of Ding et al. 2010, or block coordinate descent (Gillis & Kumar
        2014), which decreases faster.
    init : {"svd", "nndsvd", "lp", "random"} or (Z, H)
        The start, see `dsnmf.initialisation`; Z of shape (n_features, n_components) and H of
        shape (n_components, n_samples).
    noise_floor : float in [0, 1)
        Share of the largest σ² below which a component counts as noise, for init="svd" and for
        compress.
    compress : bool, "auto" or int >= 1
        Train on UᵀXᵀ, U the singular vectors above the noise floor (or that many): the same model
        up to the energy that is discarded, which all reported errors include. "auto" does so where
        it at least halves the number of features; never for sparse X or X with gaps.
    max_iter : int >= 1
    tol : float >= 0
        Stop when the cost changed by at most tol times the first cost over ten iterations.
    transform_method : {"auto", "projection", "nonnegative"}
        What `transform` returns. "projection": Z† x, which may have negative entries.
        "nonnegative": the h >= 0 with the least ‖x - Z h‖. "auto" is "projection".
    warm_start : bool
        Start `fit` from the factors of the last one.
    random_state : None, int, RandomState or Generator
        None is a fixed seed, so that the same call gives the same factors; for init="random" it is
        NumPy's global state.
    mode : None, str or pytensor Mode
        How PyTensor compiles; None is its default (Numba). "JAX" needs jax and a dense X; graphs of
        samples become dense n x n matrices.
    verbose : int
        1 shows a progress bar (needs tqdm).
    callback : callable, optional
        Called as callback(iteration, state) after each iteration; a true return value stops. The
        state has `cost`, `seconds`, `change`, and `Z_` and `H_` (lists of copies).

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

    _parameter_constraints = Factorisation._parameter_constraints | {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions({"multiplicative", "bcd"})],
    }

    def __init__(
        self,
        n_components=2,
        *,
        solver="multiplicative",
        init="svd",
        noise_floor=NOISE_FLOOR,
        compress="auto",
        max_iter=2000,
        tol=1e-4,
        transform_method="auto",
        warm_start=False,
        random_state=None,
        mode=None,
        verbose=0,
        callback=None,
    ):
        self.n_components = n_components
        self.solver = solver
        self.init = init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback

    def _solver(self):
        return self.solver


class WSF(Factorisation):
    """Weakly supervised factorisation: Semi-NMF that keeps samples of one class together.

    Minimises ½‖Xᵀ - Z H‖²_F + ½ Σ_a alpha_a tr(H L_a Hᵀ) with H >= 0, where L_a is the Laplacian
    of the affinity W_a that attribute a's labels give. Several attributes: multi-attribute WSF.

    Parameters
    ----------
    n_components : int >= 1
        Not more than samples.
    alpha : float >= 0, or one per attribute
        Weight λ of the penalty against the squared error, in units of the samples' mean squared
        norm: on samples of unit norm, as the authors have them, it is their λ. There .01 was enough
        for `H_` to separate the classes, 1 to 10 for new samples too.
    affinity : {"binary", "heat", "knn"}, n x n matrix, or a list with one of these per attribute
        "binary": 1 between samples of the same class. "heat": exp(-‖x_i - x_j‖² / (2 heat_width²))
        there. "knn": 1 between nearest neighbours, whatever the labels. Labels that are all
        unknown, or missing (y=None), give the "knn" graph. A matrix is taken as W, symmetric and
        of any sign (see `updates.semi_nmf`): an array, a SciPy sparse matrix or array, what
        `dsnmf.affinity` makes, or a PyTensor variable, whose value is taken when the fit starts.
    n_neighbors : int >= 1
        Of the "knn" graph.
    heat_width : float > 0
        t of the heat kernel, in units of the root mean square of the samples' norms.
    init, noise_floor, compress, max_iter, tol, transform_method, warm_start, random_state, mode, verbose, callback
        See `SemiNMF`.

    Attributes
    ----------
    Z_, H_, components_, reconstruction_err_, n_iter_, history_, n_features_in_
        See `SemiNMF`. `H_` contains what the labels said; for classifiers use `transform`.

    References
    ----------
    Trigeorgis, Bousmalis, Zafeiriou & Schuller, "A deep matrix factorization method for learning
    attribute representations", TPAMI 39(3), 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf import WSF
    >>> X = np.random.default_rng(0).standard_normal((50, 8))
    >>> y = np.where(np.arange(50) % 5, np.arange(50) % 2, -1)  # every fifth label unknown
    >>> WSF(3, alpha=0.1).fit(X, y).H_[0].shape
    (3, 50)
    """  # noqa: E501

    _parameter_constraints = (
        Factorisation._parameter_constraints
        | GRAPH_CONSTRAINTS
        | {
            "n_components": [Interval(Integral, 1, None, closed="left")],
            "alpha": [Interval(Real, 0, None, closed="left"), "array-like"],
        }
    )

    def __init__(
        self,
        n_components=2,
        alpha=0.1,
        *,
        affinity="binary",
        n_neighbors=5,
        heat_width=1.0,
        init="svd",
        noise_floor=NOISE_FLOOR,
        compress="auto",
        max_iter=2000,
        tol=1e-4,
        transform_method="auto",
        warm_start=False,
        random_state=None,
        mode=None,
        verbose=0,
        callback=None,
    ):
        self.n_components = n_components
        self.alpha = alpha
        self.affinity = affinity
        self.n_neighbors = n_neighbors
        self.heat_width = heat_width
        self.init = init
        self.noise_floor = noise_floor
        self.compress = compress
        self.max_iter = max_iter
        self.tol = tol
        self.transform_method = transform_method
        self.warm_start = warm_start
        self.random_state = random_state
        self.mode = mode
        self.verbose = verbose
        self.callback = callback

    def _affinities(self, y, samples, Hs):
        attributes = [None] if y is None else as_label_codes(y, "y", samples.given.shape[1])
        affinities = per_attribute(self.affinity, len(attributes))
        alphas = weights(self.alpha, "alpha", len(attributes))
        graphs = [
            attribute_affinity(attribute, samples, affinity, self.n_neighbors, self.heat_width)
            for attribute, affinity in zip(attributes, affinities)
        ]
        return [combine(graphs, alphas)]
