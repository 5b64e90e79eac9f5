"""Classes of new samples, learned from few or many known labels."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from dsnmf.affinity.classes import as_classes
from dsnmf.estimators.containers import faults_named
from dsnmf.estimators.mapping.ridge import PENALTIES
from dsnmf.estimators.shallow import WSF

if TYPE_CHECKING:
    from typing import Literal, Self

    from numpy.typing import ArrayLike

    from dsnmf.typing import Array, Matrix

FOLDS = 5


class WSFClassifier(ClassifierMixin, BaseEstimator):
    """Classes of samples by weakly supervised factorisation, from labels that are partly known.

    `WSF` factorises all samples, with and without a label. It keeps samples of the same class, and
    nearest neighbours, close together. Logistic regression on the features of the labelled samples
    gives each other sample a class. From all these classes, ridge regression or nearest neighbours
    predict the classes of new samples.

    Parameters
    ----------
    n_components : "auto" or int >= 1
        Number of components of the factorisation. "auto" is two per class, at most the number of
        samples and of features.
    alpha : float >= 0
        Weight of the graph of neighbours, see `WSF`. The graph of classes has the same weight, but
        its mean degree is scaled to `n_neighbors`.
    n_neighbors : int >= 1
        Neighbours per sample, in the graph and in predictor="neighbors".
    predictor : {"auto", "ridge", "neighbors"}
        The classifier of new samples. "auto" takes the one that errs less on the labelled samples,
        in five folds, and "ridge" if no class has two labelled samples. In "ridge", an unlabelled
        sample has its class's probability as weight, or less if neighbours err more.
    max_iter : int >= 1
        See `WSF`.
    tol : float >= 0
        See `WSF`.
    random_state : None, int, RandomState or Generator
        See `WSF`.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The known labels, sorted.
    transduction_ : ndarray, shape (n_samples,)
        The class of each training sample: the given one if it is known.
    factorisation_ : WSF
        The fitted model, whose `transform` gives features.
    predictor_ : RidgeClassifierCV or KNeighborsClassifier
        Fitted to the training samples and `transduction_`.
    n_iter_ : int
        Iterations of the factorisation.
    n_features_in_, feature_names_in_
        See scikit-learn.

    Notes
    -----
    A label is unknown if it is -1, None, NaN, or another value that `WSF` treats as unknown. If all
    other labels are of one class, -1 is a class too, as in problems with the labels -1 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from dsnmf import WSFClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> few = np.where(np.arange(500) < 100, y[:500], -1)
    >>> model = WSFClassifier(random_state=0).fit(X[:500], few)
    >>> round(model.score(X[500:], y[500:]), 1)
    0.9
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "predictor": [StrOptions({"auto", "ridge", "neighbors"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state", np.random.Generator],
    }

    def __init__(
        self,
        n_components: int | Literal["auto"] = "auto",
        *,
        alpha: float = 10.0,
        n_neighbors: int = 5,
        predictor: Literal["auto", "ridge", "neighbors"] = "auto",
        max_iter: int = 2000,
        tol: float = 1e-4,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.n_neighbors = n_neighbors
        self.predictor = predictor
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: Matrix, y: ArrayLike) -> Self:
        """Learn from samples, with and without labels.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)
        y : array-like, shape (n_samples,)
            Labels; see the notes for unknown ones.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If X is not a finite matrix, y has another length, or the labels have fractional parts
            or are of one class.
        """
        self._validate_params()
        X = _validated(self, X, ensure_min_samples=2)
        codes, self.classes_ = _classes_of(y, X.shape[0])
        self.factorisation_ = self._factorise(X, codes)
        completed, certainty = _complete_labels(self.factorisation_.H_[0].T, codes)
        self.transduction_ = self.classes_[completed]
        self.n_iter_ = self.factorisation_.n_iter_
        self.predictor_ = self._fit_predictor(X, codes, certainty)
        return self

    def _factorise(self, X, codes):
        """Fit a WSF with both graphs."""
        k = self.n_components
        if k == "auto":
            k = min(2 * len(self.classes_), *X.shape)
        sizes = np.bincount(codes[codes >= 0])
        mean_degree = np.sum(sizes * (sizes - 1)) / len(codes)
        of_classes = self.alpha * self.n_neighbors / mean_degree if mean_degree else 0.0
        model = WSF(
            k,
            (of_classes, self.alpha),
            affinity=["binary", "knn"],
            n_neighbors=self.n_neighbors,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        return model.fit(X, np.column_stack([codes, codes]))

    def _fit_predictor(self, X, codes, certainty):
        """The fitted classifier of new samples; a completed label has its certainty as weight."""
        squares = X.multiply(X) if issparse(X) else np.square(X)
        ridge = RidgeClassifierCV(alphas=(squares.sum() or 1.0) * PENALTIES)
        neighbours = KNeighborsClassifier(min(self.n_neighbors, X.shape[0]))
        takes_ridge = self.predictor != "neighbors"
        known = codes >= 0
        folds = min(FOLDS, np.bincount(codes[known]).max())
        if folds > 1 and takes_ridge:
            of_ridge, of_neighbours = _accuracies(
                # One neighbour, because a class may have few labelled samples.
                (ridge, KNeighborsClassifier(1)),
                X[known],
                codes[known],
                StratifiedKFold(folds),
            )
            if self.predictor == "auto":
                takes_ridge = of_ridge >= of_neighbours
            # Completed labels come from the graph: trust them as neighbours against hyperplanes.
            trust = min(1.0, of_neighbours / (of_ridge or 1.0)) ** 2
            certainty = np.where(known, 1.0, trust * certainty)
        if takes_ridge:
            return ridge.fit(X, self.transduction_, sample_weight=certainty)
        return neighbours.fit(X, self.transduction_)

    def predict(self, X: Matrix) -> Array:
        """Classes of samples.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (n_samples, n_features)

        Returns
        -------
        ndarray, shape (n_samples,)
        """
        check_is_fitted(self)
        X = _validated(self, X, reset=False)
        return self.predictor_.predict(X)


def _validated(estimator, X, **options):
    """X as an array or a sparse matrix; ValueError if it has gaps, with their number."""
    with faults_named(X):
        X = validate_data(
            estimator,
            X,
            accept_sparse=("csr", "csc"),
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
            **options,
        )
    gaps = np.isnan(X.data if issparse(X) else X).sum()
    if gaps:
        raise ValueError(
            f"X has {gaps} {'gaps' if gaps > 1 else 'gap'} (NaN), which WSFClassifier does not "
            "take; fill them with dsnmf.inspection.fill and another model"
        )
    return X


def _classes_of(y, n):
    """Codes from 0, with -1 for unknown labels, and the classes as an array."""
    if y is None:
        raise ValueError("WSFClassifier requires y to be passed, but the target y is None")
    if len(getattr(y, "shape", ())) > 1:
        column_or_1d(y, warn=True)
    codes, classes = as_classes(y, "y", n)[0]
    if len(classes) == 1 and (given := np.asarray(y)).dtype.kind in "if":
        is_minus_one = given.ravel() == -1
        if is_minus_one.any():
            codes, classes = np.where(is_minus_one, 0, codes + (codes >= 0)), [-1, *classes]
    if any(isinstance(c, str) for c in classes) and not all(isinstance(c, str) for c in classes):
        raise ValueError(f"y must have labels of one kind, names or numbers, got both: {classes!r}")
    check_classification_targets(np.asarray(classes))
    if len(classes) < 2:
        raise ValueError(f"y must have labels of two classes or more, got {len(classes)} class")
    return codes, np.asarray(classes)


def _complete_labels(features, codes):
    """Predict unknown codes by logistic regression on the features; also the certainty of each."""
    known, certainty = codes >= 0, np.ones(len(codes))
    if known.all():
        return codes, certainty
    features = features / (np.sqrt(features.var(axis=0).mean()) or 1.0)
    classifier = LogisticRegression(max_iter=1000).fit(features[known], codes[known])
    probabilities = classifier.predict_proba(features[~known])
    completed = codes.copy()
    completed[~known] = probabilities.argmax(axis=1)
    certainty[~known] = probabilities.max(axis=1)
    return completed, certainty


def _accuracies(classifiers, X, codes, folds):
    """Mean accuracy of each over the folds; a class may have fewer samples than folds."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return [cross_val_score(each, X, codes, cv=folds).mean() for each in classifiers]
