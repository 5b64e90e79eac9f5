"""The H step of HALS for any samples, and its extrapolation."""

import pytensor.tensor as pt

from dsnmf.symbolic.sweeps import sweep

#: Sweeps over H for one product with X.
SWEEPS = 4

#: The first β; its factors after an extrapolation that lowered the cost (β is at most 1), and after
#: one that did not.
FIRST_BETA, GROWTH, CUT = 0.5, 1.05, 0.5


def hals_features(H, A, B, affinity=None, BH=None, in_rows=False):
    """N from H by `SWEEPS` sweeps, for `dsnmf.updates.one_read.features_step`.

    The graph's part of the cost, ½ tr(H (D - W) Hᵀ), is replaced by an upper bound that is equal to
    it at H, up to a constant: ½ tr(N (D + S) Nᵀ) - tr(N (W + S) Hᵀ), with a diagonal S such that
    W + S is positive semi-definite. The bound separates the samples.

    Parameters
    ----------
    H, A, B, in_rows
        See `dsnmf.solvers.sums.OneRead.features`.
    affinity : object, optional
        Has `majorise(H)`, see `dsnmf.symbolic.laplacian.AffinityTerms`.

    Returns
    -------
    variable, shape (k, b), >= 0
    """
    linear, extra = (0, None) if affinity is None else affinity.majorise(H)
    A = A if affinity is None else A + linear
    if in_rows:
        return sweep(H.T, A.T, B, SWEEPS, extra).T
    return sweep(H, A, B, SWEEPS, extra)


def extrapolate(N, last, beta):
    """max(0, N + β (N - N'))."""
    return pt.maximum(N + pt.cast(beta, N.dtype) * (N - last), 0)


def next_beta(beta, lower):
    """β after an extrapolation, which did or did not lower the cost; a variable."""
    return pt.switch(lower, pt.minimum(GROWTH * beta, 1), CUT * beta)
