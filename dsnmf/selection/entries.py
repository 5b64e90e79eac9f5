"""Criterion "entries": the error of a fit on entries that were hidden from it."""

import numpy as np
import scipy.sparse
from sklearn.base import clone

from dsnmf.estimators.parameters.declaration import first_parameter_that
from dsnmf.files.output import tell_apart
from dsnmf.selection.criterion import Criterion, standard_error

#: Share of the known entries that each repeat hides.
HIDDEN = 0.1


def hidden_entries(X, seed):
    """A mask of known entries to hide; each sample and each feature keeps at least one.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
        NaN marks unknown entries.
    seed : int or sequence of int

    Returns
    -------
    ndarray of bool, of X's shape

    Examples
    --------
    >>> import numpy as np
    >>> from dsnmf.selection.entries import hidden_entries
    >>> bool(0 < hidden_entries(np.ones((20, 10)), 0).sum() < 40)
    True
    """
    known = ~np.isnan(X)
    hidden = known & (np.random.default_rng(seed).random(X.shape) < HIDDEN)
    for axis in (0, 1):
        hidden &= (known & ~hidden).any(axis=axis, keepdims=True)
    return hidden


class HiddenEntries(Criterion):
    """The squared error on the hidden entries, as a share of their squares.

    The choice is the smallest model within one standard error of the best (Breiman et al. 1984).
    It is the standard error of the difference, because all candidates have the same hidden entries.
    """

    label = "squared error on hidden entries"

    def check(self, X, models):
        if scipy.sparse.issparse(X):
            raise ValueError(
                "criterion='entries' needs a dense X, in which it can hide entries: X.toarray()"
            )
        if any(hasattr(model, "views") for model in models):
            raise ValueError(
                "criterion='entries' hides entries within views, for which there is no rule: "
                "choose by criterion='clusters' or 'components'"
            )
        # The scored features are those of the fit, not of `transform`.
        fits = (clone(model).set_params(transform_method="auto") for model in models)
        for what in filter(None, (first_parameter_that(fit, "needs_complete") for fit in fits)):
            raise ValueError(
                f"criterion='entries' hides entries of X, which {what} does not take: choose by "
                "criterion='clusters' or 'components'"
            )
        if not all(hidden_entries(X, (self.seed, r)).any() for r in range(self.repeats)):
            raise ValueError(f"X of shape {X.shape} is too small to hide {HIDDEN:.0%} of it")

    def _share_missed(self, model, X, y, repeat):
        hidden = hidden_entries(X, (self.seed, repeat))
        model.set_params(transform_method="auto").fit(
            np.where(hidden, np.nan, X).astype(X.dtype), y
        )
        model.set_params(metric="components")
        missed = model.inverse_transform(model.H_[-1].T)[hidden] - X[hidden]
        return float(np.square(missed, dtype=float).sum() / np.square(X[hidden], dtype=float).sum())

    def measure(self, model, variants, X, y):
        shares = [self._share_missed(clone(model), X, y, r) for r in range(self.repeats)]
        score, error = float(np.mean(shares)), standard_error(shares)
        return [{"variant": 0, "score": score, "standard_error": error, "repeats": shares}]

    def best(self, rows):
        least = min(rows, key=lambda row: row["score"])

        def is_near(row):
            excess = np.subtract(row["repeats"], least["repeats"])
            return excess.mean() <= standard_error(excess)

        near = [i for i, row in enumerate(rows) if is_near(row)]
        return min(near, key=lambda i: (rows[i]["size"], rows[i]["score"]))

    def reason(self, rows, best):
        score, lowest = rows[best]["score"], min(row["score"] for row in rows)
        missed, least = tell_apart(100 * score, 100 * lowest, decimals=1)
        if len(rows) == 1:
            return f"It misses {least}% of the hidden entries' squares; it is the only candidate."
        if score == lowest:
            return f"It misses {least}% of the hidden entries' squares, the least of all."
        return (
            f"It is the smallest model whose error on hidden entries ({missed}% of their squares) "
            f"lies within one standard error of the least ({least}%)."
        )
