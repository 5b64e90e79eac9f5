"""Features of samples under a fitted non-linear model: a search with all Z fixed."""

import warnings
from functools import cache, cached_property

import numpy as np
import scipy.linalg

from dsnmf import symbolic
from dsnmf.caller import stacklevel
from dsnmf.estimators.search.descent import Descent

#: Weights of the ridge, one after the other: what features that lie as far from the typical ones as
#: those of training samples do cost, as a share of the sample's energy. From a large one on, like
#: samples pass the rectifiers' kinks alike; below the last the error hardly falls any more, but
#: their features drift apart.
RIDGES = (0.1, 0.02, 0.004)

#: With most steps for each, and the relative gain of a step below which a sample has arrived.
USUAL = RIDGES, 20, 0.01

#: From what a linear regression makes of the sample, which is near already.
NEAR = (0.004, 5e-4), 30, 0.01

#: What follows where these leave more of the training samples than the fit does, which is so after
#: long training.
THOROUGH = (1e-3, 1e-4, 1e-5), 100, 1e-3

#: How far the search has to go: from typical features; from a linear regression, with less ridge;
#: from both and the layers' pseudo-inverses; from features drawn from what is usual, and with the
#: least ridge, too.
EFFORTS, DRAWN = range(4), 4

#: More than this many times the norm that the fit leaves asks for more effort; for a warning.
AS_GOOD, WORSE = 1.07, 1.1

#: Shares of the samples' energy that are rounding.
ROUNDING = 1e-9

#: Singular values of Z_1 below this share of the largest are rounding; those of any Z, where the
#: search starts from samples that are led back through the layers, noise.
NEGLIGIBLE, NOISE = 1e-6, 1e-2

#: Entries of the arrays that are worked on at once, so that memory does not grow with the samples.
BLOCK = 1 << 20


def _span(Z):
    """Orthonormal columns that span those of Z."""
    U, sigma, _ = scipy.linalg.svd(Z, full_matrices=False)
    rank = int((sigma > NEGLIGIBLE * sigma[0]).sum())
    return U[:, : max(rank, 1)]


class FeatureSearch:
    """The map from samples to features h >= 0 under X ≈ Z_1 g(Z_2 g(… g(Z_j h))).

    Minimises ‖x - X̂‖² + ρ Σ_c (h_c - mean_c)² / (k variance_c), with ρ falling from .1 to .004 of
    the sample's energy: of the features with about the least error those that are most like what
    features usually are. Where the training samples' features are negative in places (of a layer
    below a tanh), so may h be. Each sample is searched for by itself, and in its own scale where
    the model is homogeneous (relu), so that its features scale with it.

    The descent is L-BFGS from the typical features and the inverse Gauss-Newton matrix there, which
    all samples share. Accelerated projected gradients with restarts need many more steps; Newton
    steps on each sample's own pattern of rectifiers fewer, but a factorisation each, which takes
    longer in all.

    How much effort that is worth the probes tell, which are training samples: where it leaves more
    of them than the fit does, the search starts from what a linear regression makes of the sample,
    and ρ falls to 5e-4; where that does not help, from that, the typical features and what the
    layers' pseudo-inverses make of it, and takes the least cost; at last from some random features
    too, and ρ falls further.

    Parameters
    ----------
    Zs : list of j ndarray
        Z_1 (p x k_1), …, Z_j.
    nonlinearity : str or callable
        g.
    prior : ndarray, shape (4 + k_1, k_j)
        See `Priors.values`; of models from 0.2.0 the first two rows.
    probes : ndarray, optional
        See `Probes.table`; without them there is no more than the usual effort.
    mode : None, str or pytensor Mode

    Warns
    -----
    RuntimeWarning
        In the first use, if even the largest effort leaves much more of the probes than the fit.
    """

    def __init__(self, Zs, nonlinearity, prior, probes=None, *, mode):
        self._Zs = [Z.astype(np.float64) for Z in Zs]
        self._encoder, self._probes = prior[3:], probes
        self._least = -np.inf if (prior[2:3] < 0).any() else 0.0
        self._model = nonlinearity, prior[:2], self._least, mode
        self._homogeneous = symbolic.is_homogeneous(nonlinearity)
        self._block = max(1, BLOCK // max(Z.shape[0] for Z in Zs))
        self._inverses = cache(self._computed_inverses)

    @cached_property
    def _basis(self):
        """Of Z_1's span: nothing else is reached."""
        return _span(self._Zs[0])

    @cached_property
    def _onto_basis(self):
        return self._Zs[0].T @ self._basis

    @cached_property
    def _in_span(self):
        """The descent in the coordinates of the span."""
        return Descent([self._basis.T @ self._Zs[0], *self._Zs[1:]], *self._model)

    @cached_property
    def _with_gaps(self):
        return Descent(self._Zs, *self._model)

    def _computed_inverses(self, ridges):
        return self._in_span.inverse_hessians(self._basis.shape[1], ridges)

    @cached_property
    def _inverse_layers(self):
        in_span = [self._basis.T @ self._Zs[0], *self._Zs[1:]]
        return [np.linalg.pinv(Z, rcond=NOISE) for Z in in_span]

    def _regression(self, Y):
        """What the regression on Z_1ᵀx gives; Y as `_found` has it."""
        return self._encoder[0, :, None] + self._encoder[1:].T @ (self._onto_basis @ Y)

    def _starts(self, Y, effort):
        """Features to start from besides the typical ones; Y as `_found` has it."""
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

    def _found(self, descent, X, known, Y, effort):
        """Features of samples X, which the span has the coordinates Y of, and their errors."""

        def descended(H, stage):
            return descent.features(H, X, known, stage, self._inverses(stage[0]))

        if effort == 1:
            return descended(self._regression(Y), NEAR)[:2]
        found = descended(np.repeat(descent.mean, X.shape[1], axis=1), USUAL)
        if effort > 0:
            for H in self._starts(Y, effort):
                other = descended(H, USUAL)
                found = [np.where(other[-1] < found[-1], *pair) for pair in zip(other, found)]
        if effort > 2:
            found = descended(found[0], THOROUGH)
        return found[:2]

    @cached_property
    def _effort(self):
        """The least that leaves about what the fit leaves of the probes."""
        if self._probes is None:
            return EFFORTS[0]
        weights, energies, errors = self._probes[:3]
        sizes = np.sqrt(energies) if self._homogeneous else np.ones_like(energies)
        Y = np.linalg.lstsq(self._onto_basis, self._probes[3:])[0] / sizes
        outside = np.maximum(energies / sizes**2 - np.square(Y).sum(axis=0), 0)
        total, of_fit = weights @ energies, weights @ errors
        for effort in EFFORTS:
            of_span = self._found(self._in_span, Y, np.ones_like(Y), Y, effort)[1]
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

    def of_full(self, X, norms):
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

        def of_block(X, scale):
            Y = np.asarray(self._basis.T @ X) / scale
            return self._found(self._in_span, Y, np.ones_like(Y), Y, self._effort)[0]

        return self._by_blocks(of_block, X, norms)

    def of_gappy(self, X, norms):
        """The same of samples with gaps.

        Parameters
        ----------
        X : ndarray, shape (p, n)
            NaN marks unknown entries.
        norms
            As for `of_full`, over the known entries.
        """

        def of_block(X, scale):
            known = (~np.isnan(X)).astype(float)
            X = np.where(known, X, 0) / scale
            Y = self._basis.T @ X / known.mean(axis=0)  # about what it were without the gaps
            return self._found(self._with_gaps, X, known, Y, self._effort)[0]

        return self._by_blocks(of_block, X, norms)

    def _by_blocks(self, of_block, X, norms):
        sizes = norms if self._homogeneous else np.ones_like(norms)
        H = np.empty((self._Zs[-1].shape[1], len(norms)), X.dtype)
        for start in range(0, len(norms), self._block):
            block = slice(start, start + self._block)
            scale = np.where(sizes[block] > 0, sizes[block], 1)
            H[:, block] = sizes[block] * of_block(X[:, block], scale)
        return H
