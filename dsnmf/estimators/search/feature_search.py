"""Features of samples under a fitted non-linear model: a search with all Z fixed."""

import warnings
from functools import cache, cached_property

import numpy as np
import scipy.linalg

from dsnmf import symbolic
from dsnmf.caller import stacklevel
from dsnmf.estimators.search.descent import Descent

#: Weights ρ of the ridge, in order: the cost of features as far from the mean as those of training
#: samples are, as a share of the sample's energy. A large first weight leads similar samples past
#: the same kinks of the rectifiers. Below the last weight the error hardly falls, but the features
#: of similar samples drift apart.
RIDGES = (0.1, 0.02, 0.004)

#: A stage: the ridges, the most steps for each, and the relative gain of a step at which a sample
#: stops. This one starts from the mean features.
USUAL = RIDGES, 20, 0.01

#: The stage that starts from a linear regression, which is close to the result.
NEAR = (0.004, 5e-4), 30, 0.01

#: The stage that follows if these leave more error on the probes than the fit, as after long
#: training.
THOROUGH = (1e-3, 1e-4, 1e-5), 100, 1e-3

#: Levels of effort, by their starts: 0, the mean features; 1, a linear regression, with less ridge;
#: 2, both and the layers' pseudo-inverses; 3, also `DRAWN` random features, and the least ridge.
EFFORTS, DRAWN = range(4), 4

#: Ratios of the search's residual norm to the fit's above which there is more effort; a warning.
AS_GOOD, WORSE = 1.07, 1.1

#: Shares of the samples' energy that are rounding.
ROUNDING = 1e-9

#: Shares of the largest singular value: below the first, those of Z_1 are rounding; below the
#: second, those of any Z are left out of the pseudo-inverses, as noise.
NEGLIGIBLE, NOISE = 1e-6, 1e-2

#: Entries of the arrays per block of samples, so that memory does not grow with their number.
BLOCK = 1 << 20


def _span(Z):
    """Orthonormal columns that span those of Z."""
    U, sigma, _ = scipy.linalg.svd(Z, full_matrices=False)
    rank = int((sigma > NEGLIGIBLE * sigma[0]).sum())
    return U[:, : max(rank, 1)]


class FeatureSearch:
    """The map from samples to features h >= 0 under X ≈ Z_1 g(Z_2 g(… g(Z_j h))).

    Minimises ‖x - X̂‖² + ρ Σ_c (h_c - mean_c)² / (k variance_c), with ρ falling from .1 to .004 of
    the sample's energy: it selects, among features with nearly the least error, those nearest to
    the training samples' mean. If the training samples have negative features (a layer below a
    tanh), h may be negative too. Each sample has a search of its own. In a homogeneous model (relu)
    the sample is first divided by its norm, so that its features scale with it.

    The descent is L-BFGS from the mean features, with the inverse Gauss-Newton matrix there, which
    all samples share. Accelerated projected gradients with restarts need many more steps. Newton
    steps on each sample's own pattern of rectifiers need fewer, but each needs a factorisation,
    which takes longer in all.

    The effort depends on the probes, which are training samples. If the search leaves more error on
    them than the fit, it starts from a linear regression on the sample instead, and ρ falls to
    5e-4. If that does not help, it starts from the regression, the mean features and the layers'
    pseudo-inverses, and takes the least cost. At last it starts from some random features too, and
    ρ falls further.

    Parameters
    ----------
    Zs : list of j ndarray
        Z_1 (p x k_1), …, Z_j.
    nonlinearity : str or callable
        g.
    prior : ndarray, shape (4 + k_1, k_j)
        See `Priors.values`; of models from 0.2.0 the first two rows.
    probes : ndarray, optional
        See `Probes.table`; without them the effort is the least.
    mode : None, str or pytensor Mode

    Warns
    -----
    RuntimeWarning
        In the first use, if even the largest effort leaves much more error on the probes than the
        fit.
    """

    def __init__(self, Zs, nonlinearity, prior, probes=None, *, mode):
        self._Zs = [Z.astype(np.float64) for Z in Zs]
        self._encoder, self._probes = prior[3:], probes
        self._least = -np.inf if (prior[2:3] < 0).any() else 0.0
        self._model = nonlinearity, prior[:2], self._least, mode
        self._homogeneous = symbolic.is_homogeneous(nonlinearity)
        self._block = max(1, BLOCK // max(Z.shape[0] for Z in Zs))
        self._inverses = cache(self._compute_inverses)

    @cached_property
    def _basis(self):
        """Orthonormal basis of Z_1's span, in which all reconstructions lie."""
        return _span(self._Zs[0])

    @cached_property
    def _to_basis(self):
        return self._Zs[0].T @ self._basis

    @cached_property
    def _descent_in_span(self):
        """The descent in the coordinates of the span."""
        return Descent([self._basis.T @ self._Zs[0], *self._Zs[1:]], *self._model)

    @cached_property
    def _descent_with_gaps(self):
        return Descent(self._Zs, *self._model)

    def _compute_inverses(self, ridges):
        return self._descent_in_span.inverse_hessians(self._basis.shape[1], ridges)

    @cached_property
    def _inverse_layers(self):
        in_span = [self._basis.T @ self._Zs[0], *self._Zs[1:]]
        return [np.linalg.pinv(Z, rcond=NOISE) for Z in in_span]

    def _regression(self, Y):
        """Features by the regression on Z_1ᵀx; Y as in `_search`."""
        return self._encoder[0, :, None] + self._encoder[1:].T @ (self._to_basis @ Y)

    def _starts(self, Y, effort):
        """Features to start from besides the mean features; Y as in `_search`."""
        yield self._regression(Y)
        H = Y
        for inverse in self._inverse_layers:
            H = np.maximum(inverse @ H, self._least)
        yield H
        if effort > 2:
            mean, variance = self._model[1]
            for draw in np.random.default_rng(0).standard_normal((DRAWN, len(mean))):
                drawn = mean + np.sqrt(variance) * draw  # the same for all samples, in every call
                yield np.repeat(drawn[:, None], Y.shape[1], axis=1)

    def _search(self, descent, X, known, Y, effort):
        """Features of samples X with coordinates Y in the span of Z_1, and their errors."""

        def descend(H, stage):
            return descent.features(H, X, known, stage, self._inverses(stage[0]))

        if effort == 1:
            return descend(self._regression(Y), NEAR)[:2]
        found = descend(np.repeat(descent.mean, X.shape[1], axis=1), USUAL)
        if effort > 0:
            for H in self._starts(Y, effort):
                other = descend(H, USUAL)
                found = [np.where(other[-1] < found[-1], *pair) for pair in zip(other, found)]
        if effort > 2:
            found = descend(found[0], THOROUGH)
        return found[:2]

    @cached_property
    def _effort(self):
        """The least effort that leaves about the same error on the probes as the fit."""
        if self._probes is None:
            return EFFORTS[0]
        weights, energies, errors = self._probes[:3]
        sizes = np.sqrt(energies) if self._homogeneous else np.ones_like(energies)
        Y = np.linalg.lstsq(self._to_basis, self._probes[3:])[0] / sizes
        outside = np.maximum(energies / sizes**2 - np.square(Y).sum(axis=0), 0)
        total, of_fit = weights @ energies, weights @ errors
        for effort in EFFORTS:
            of_span = self._search(self._descent_in_span, Y, np.ones_like(Y), Y, effort)[1]
            left = weights @ (sizes**2 * (of_span + outside))
            if left <= AS_GOOD**2 * of_fit + ROUNDING * total:
                return effort
        if left > WORSE**2 * of_fit + ROUNDING * total:
            of_search, of_fit = np.sqrt([left, of_fit] / total)
            warnings.warn(
                f"transform leaves {of_search:.3g} of the training samples' norm, but the fit "
                f"{of_fit:.3g} (estimated from {len(weights)} of them): the search for features "
                "ends at others than those in H_",
                RuntimeWarning,
                stacklevel=stacklevel(),
            )
        return effort

    def map_full(self, X, norms):
        """Features of samples without gaps.

        Parameters
        ----------
        X : ndarray or SciPy sparse matrix, shape (p, n)
        norms : ndarray, shape (n,)
            The samples' l2 norms.

        Returns
        -------
        ndarray, shape (k_j, n), of X's dtype
        """

        def map_block(X, scale):
            Y = np.asarray(self._basis.T @ X) / scale
            return self._search(self._descent_in_span, Y, np.ones_like(Y), Y, self._effort)[0]

        return self._by_blocks(map_block, X, norms)

    def map_gappy(self, X, norms):
        """Features of samples with gaps.

        Parameters
        ----------
        X : ndarray, shape (p, n)
            NaN marks unknown entries.
        norms
            The samples' l2 norms over the known entries.
        """

        def map_block(X, scale):
            known = (~np.isnan(X)).astype(float)
            X = np.where(known, X, 0) / scale
            Y = self._basis.T @ X / known.mean(axis=0)  # about Y without the gaps
            return self._search(self._descent_with_gaps, X, known, Y, self._effort)[0]

        return self._by_blocks(map_block, X, norms)

    def _by_blocks(self, map_block, X, norms):
        sizes = norms if self._homogeneous else np.ones_like(norms)
        H = np.empty((self._Zs[-1].shape[1], len(norms)), X.dtype)
        for start in range(0, len(norms), self._block):
            block = slice(start, start + self._block)
            scale = np.where(sizes[block] > 0, sizes[block], 1)
            H[:, block] = sizes[block] * map_block(X[:, block], scale)
        return H
