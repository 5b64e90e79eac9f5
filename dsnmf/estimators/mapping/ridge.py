"""Regularised least squares from samples to learned features, or to missing labels.

The penalty is the one with the least leave-one-out error of the training samples, which ridge
regression has in closed form. X is features x samples, of about unit norm.

scikit-learn's linear models are imported on use: their import takes a fifth of the time of
importing an estimator, and few fits need them.
"""

import numpy as np

#: Penalties to choose from, per sample: from hardly any to one that leaves nothing.
PENALTIES = np.logspace(-9, 1, 21)


class RidgeMap:
    """An affine map h = C x + c from samples to features.

    Parameters
    ----------
    C : ndarray, shape (k, p)
    c : ndarray, shape (k,)
    """

    def __init__(self, C, c):
        self.C, self.c = C, c

    @classmethod
    def fit(cls, X, H, shift=None):
        """The map with the least Σ ‖h - C x - c‖² + penalty ‖C‖².

        Parameters
        ----------
        X : ndarray or SciPy sparse matrix, shape (p, n)
        H : ndarray, shape (k, n)
        shift : ndarray, shape (p,), optional
            X's difference from the samples x, the same for each.
        """
        from sklearn.linear_model import RidgeCV

        ridge = RidgeCV(alphas=X.shape[1] * PENALTIES).fit(X.T, H.T)
        C = np.reshape(ridge.coef_, (len(H), X.shape[0]))  # scikit-learn drops an axis of one
        c = np.ravel(ridge.intercept_)
        c = c if shift is None else c + C @ shift
        return cls(C.astype(H.dtype), c.astype(H.dtype))

    def map_full(self, X, norms=None):
        """Features of samples without gaps.

        Parameters
        ----------
        X : ndarray or SciPy sparse matrix, shape (p, n)
        norms : ignored

        Returns
        -------
        ndarray, shape (k, n), of X's dtype
        """
        return np.asarray(self.C.astype(X.dtype) @ X) + self.c.astype(X.dtype)[:, None]

    def map_gappy(self, X, norms=None):
        """ValueError: an unknown entry has no part in the sum C x."""
        raise ValueError("transform_method='ridge' needs samples without gaps, X contains NaN")


def complete_labels(codes, X):
    """Predict one attribute's unknown labels by a ridge classifier fitted to the known ones.

    Parameters
    ----------
    codes : ndarray of int, shape (n,), or None
        Codes of classes, -1 for an unknown one.
    X : ndarray or SciPy sparse matrix, shape (p, n)

    Returns
    -------
    ndarray of int, shape (n,), or None
        The codes themselves if all are known or all are unknown.

    Raises
    ------
    ValueError
        If the known labels are of one class only.

    Examples
    --------
    >>> import numpy as np
    >>> complete_labels(np.array([0, 1, -1, -1]), np.array([[0.0, 1.0, 0.1, 1.2]]))
    array([0, 1, 0, 1])
    """
    if codes is None:
        return None
    known = codes >= 0
    if known.all() or not known.any():
        return codes
    if len(np.unique(codes[known])) == 1:
        raise ValueError(
            "complete_labels needs labels of two classes of an attribute or more, got one"
        )
    from sklearn.linear_model import RidgeClassifierCV

    classifier = RidgeClassifierCV(alphas=known.sum() * PENALTIES)
    completed = codes.copy()
    completed[~known] = classifier.fit(X.T[known], codes[known]).predict(X.T[~known])
    return completed
