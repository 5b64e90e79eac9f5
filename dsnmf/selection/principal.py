"""Principal components, partly whitened, for comparison with learned features."""

import numpy as np
import scipy.sparse

from dsnmf.extras import extra


class Principal:
    """A transformer to the principal components of samples, partly whitened.

    Parameters
    ----------
    n_components : int >= 1
        Number of components, at most that of the samples' directions.
    whiten : float in [0, 1]
        Singular values σ become σ^(1 - whiten), up to one factor: 0 is plain PCA, 1 gives all
        components a variance of 1, and .5 is half-way.

    Raises
    ------
    ImportError
        If scikit-learn is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.principal import Principal
    >>> X = np.array([[4.0, 0.0], [-4.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> spreads = [Principal(2, t).fit_transform(X).std(axis=0) for t in (0, 0.5, 1)]
    >>> [float(round(first / second, 6)) for first, second in spreads]
    [4.0, 2.0, 1.0]
    """

    def __init__(self, n_components, whiten=0.0):
        self.n_components, self.whiten = n_components, whiten
        self._PCA = extra("sklearn.decomposition", "PCA").PCA
        self._impute = extra("sklearn.impute", "PCA").SimpleImputer(keep_empty_features=True)

    def _complete(self, X):
        """Fill gaps; make sparse samples dense if ARPACK cannot compute as many components."""
        if not scipy.sparse.issparse(X):
            return self._impute.transform(X)
        return X if self.n_components < min(X.shape[1], self._n_samples) else X.toarray()

    def fit_transform(self, X):
        """Learn from samples (rows; NaN counts as the feature's mean); returns their components."""
        self._n_samples = X.shape[0]
        if not scipy.sparse.issparse(X):
            self._impute.fit(X)
        # Whitening keeps directions without variance finite; the power undoes part of it.
        self._pca = self._PCA(min(self.n_components, *X.shape), whiten=True, random_state=0)
        features = self._pca.fit_transform(self._complete(X))
        self._scale = np.sqrt(self._pca.explained_variance_) ** (1 - self.whiten)
        return features * self._scale

    def transform(self, X):
        """The components of other samples."""
        return self._pca.transform(self._complete(X)) * self._scale
