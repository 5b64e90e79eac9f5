"""Multi-view Deep Semi-NMF: views X_v ≈ Z_1^v … Z_m^v H_m with one H_m."""

from functools import partial, reduce
from typing import NamedTuple

import numpy as np
import scipy.linalg

from dsnmf.affinity import combine
from dsnmf.solvers.components_step import run_components_step
from dsnmf.solvers.gauge import settle_gauge
from dsnmf.solvers.graph_terms import GraphTerms
from dsnmf.solvers.rule import Rule
from dsnmf.solvers.view_products import move_features, sum_terms
from dsnmf.solvers.view_shares import joint_cost, view_shares
from dsnmf.symbolic.bases import relative_rounding
from dsnmf.symbolic.gram import nonsingular_factor_of, stacked_gram_factors
from dsnmf.training import loop
from dsnmf.training.passes import pass_over
from dsnmf.updates.one_read import Sums, inner_bases


class MultiView(Rule):
    """See `dsnmf.updates.multiview_deep_semi_nmf` with consensus "one"; each view is read once."""

    takes_gaps = True  # whole views of a sample


class ViewShares(NamedTuple):
    """Weights α and w of the views, the largest w being 1, and their squared errors; arrays."""

    alpha: np.ndarray
    w: np.ndarray
    errors: np.ndarray


class MultiViewModel:
    """A fit of several views: its factors and its steps.

    A context in which `step` may be called.

    Parameters
    ----------
    views : Views
    Zss : list of V lists of m ndarray
        The start, for the views at their scales.
    H : ndarray, shape (n, k_m), > 0
        H_mᵀ in the sorted order of `Views`; changed in place.
    affinities : list of V affinities or None
        In the given order of the samples, times their weights.
    weights : "equal", "auto", or float > 0 but 1
    mode : None, str or pytensor Mode
    """

    nonlinearity = "identity"

    def __init__(self, views, Zss, H, affinities=(), weights="equal", mode=None):
        self.data, self.H, self.weights, self.mode = views, H, weights, mode
        self.Zss = [[np.asarray(Z, np.float64) for Z in Zs] for Zs in Zss]
        # If no layer is narrower than the last, Ψ solves the last layer's least squares, and the
        # other factors follow from the last step alone.
        self._is_narrow = all(H.shape[1] <= Z.shape[1] for Zs in self.Zss for Z in Zs[:-1])
        self._given = [W for W in affinities if W is not None]
        if weights == "equal" and self._given:
            self._given, affinities = [combine(self._given)], [combine(self._given)]
        self._owners = [v for v, W in enumerate(affinities) if W is not None]
        self._Psis = [reduce(np.matmul, Zs) for Zs in self.Zss]
        self._energies = views.energies
        self._sums = self._before = None
        self._bases = [inner_bases(Zs) for Zs in self.Zss]
        # The last group holds all samples.
        is_split = any(numbers is not None for numbers in views.groups)
        self._groups = [*views.groups, None] if is_split else views.groups
        self._group_of = {v: p.group for p in views.parts for v, _ in p.spans}
        self._patterns = np.array([pattern for _, pattern in views.patterns], float)
        self._multipliers = [views.multipliers(p)[:, None] for p in views.parts]
        self.iteration, self._graphs = 0, []
        self.alpha, self.w = view_shares(np.ones(len(self.Zss)), "equal")

    def __enter__(self):
        self._graphs = [GraphTerms(W, self.H.dtype, self.mode) for W in self._given]
        return self

    def __exit__(self, *error):
        self._graphs = []

    def _take(self, terms):
        """Take the sums of a pass: XQ of each view at its scale, and QQ of each group."""
        parts = self.data.parts
        scaled_terms = [m * XQ for m, XQ in zip(self._multipliers, terms)]
        XQs = {v: XQ[s] for part, XQ in zip(parts, scaled_terms) for v, s in part.spans}
        self._sums = XQs, terms[len(parts) :]

    def _start(self):
        wide, dtype = self.H.astype(np.float64), str(self.H.dtype)
        self._L, inverse = nonsingular_factor_of(wide.T @ wide, max(wide.shape), dtype)
        self._take(self.data.run_pass(self._for_parts(sum_terms, inverse), [self.H]))
        self._inverse = inverse

    def _for_parts(self, function, inverse, **others):
        given = {"parts": self.data.parts, "groups": self._groups}
        return partial(function, **given, inverse=inverse.astype(self.H.dtype), **others)

    def _components_step(self, has_costs):
        """Move the components; returns the costs R before if has_costs."""
        XQs, QQs = self._sums
        self._before = XQs, QQs, self._L
        size, dtype = max(self.H.shape), str(self.H.dtype)
        cutoff = float(relative_rounding(size, dtype))
        growths, inverses, is_regular = stacked_gram_factors(np.stack(QQs), cutoff)
        grown = self._L @ growths
        back = inverses @ self._inverse if is_regular else np.linalg.pinv(grown, rcond=cutoff)
        R = self._costs(grown, inverses) if has_costs else None
        maps = inverses.transpose(0, 2, 1) @ back
        self._Psis = [XQs[v] @ maps[self._group_of[v]] for v in range(len(self.Zss))]
        if not self._is_narrow:
            self._layers_step()
        K = grown[-1] @ grown[-1].T
        self._L, self._inverse = nonsingular_factor_of(K, size, dtype)
        return R

    def _costs(self, grown, inverses):
        """R of each view, without its graph's penalty."""
        R = np.empty(len(self.Zss))
        for v, group in self._group_of.items():
            Y = self._sums[0][v] @ inverses[group].T
            error = Y - self._Psis[v] @ grown[group]
            R[v] = max(self._energies[v] - np.vdot(Y, Y), 0) + np.vdot(error, error)
        return R

    def _layers_step(self):
        """Move the Zs with the sums before the step, and set the Ψs from them."""
        XQs, QQs, L = self._before
        for v, group in self._group_of.items():
            sums, n = Sums(XQs[v], QQs[group], L), int(self.data.counts[v])
            given = self.Zss[v], sums, n, str(self.H.dtype), self._bases[v]
            self.Zss[v] = run_components_step(*given, mode=self.mode).Zs
            self._Psis[v] = reduce(np.matmul, self.Zss[v])

    def _graph_terms(self):
        """H W and H D of each graph, in rows, in the sorted order."""
        if not self._graphs:
            return []
        H = self.data.in_given_order(self.H)
        return [[self.data.in_own_order(term) for term in graph(H)] for graph in self._graphs]

    def step(self):
        """One iteration; returns the cost before it where `loop.run` needs it, else None."""
        if self._sums is None:
            self._start()
        views, dtype = self.data, self.H.dtype
        is_equal, has_cost = self.weights == "equal", self.iteration % loop.CHECK_EVERY == 0
        R = self._components_step(has_cost or not is_equal)
        terms = self._graph_terms()
        penalties = [float(np.vdot(self.H, HD - HW)) for HW, HD in terms]
        if not is_equal:
            R[self._owners] += penalties
            self.alpha, self.w = view_shares(R, self.weights)
        cost = None
        if has_cost:
            cost = joint_cost(R, self.weights) + is_equal * sum(penalties) / 2
        of_graphs = []
        if terms:
            w = [1.0] if is_equal else self.w[self._owners]
            of_graphs = [sum(f * t for f, t in zip(w, kind)).astype(dtype) for kind in zip(*terms)]
        weighted = self.in_parts([w * Psi for w, Psi in zip(self.w, self._Psis)])
        # The largest weight in each pattern is 1, so that no denominator is near the floor.
        units = np.maximum((self._patterns * self.w).max(axis=1), np.finfo(np.float64).tiny)
        Ms = [np.multiply(m, M, dtype=dtype) for m, M in zip(self._multipliers, weighted)]
        grams = np.stack([w * (Psi.T @ Psi) for w, Psi in zip(self.w, self._Psis)])
        Bs = np.tensordot(self._patterns / units[:, None], grams, axes=1).astype(dtype)
        others = {
            "additions": views.additions,
            "patterns": views.patterns,
            "Ms": Ms,
            "Bs": Bs,
            "units": units,
            "mode": self.mode,
        }
        function = self._for_parts(move_features, self._inverse, **others)
        self._take(views.run_pass(function, [self.H, *of_graphs], [self.H]))
        self.iteration += 1
        return cost

    @property
    def affinities(self):
        """The affinities of the views that have one."""
        return self._given

    def settle(self):
        """Compute the Zs of the last iteration, if only their products were kept."""
        if self._is_narrow and self._before is not None:
            self._layers_step()

    def settle_gauge(self):
        """Choose the least arbitrary form of H_m, see `dsnmf.solvers.gauge`."""
        inner = []
        for w, Zs in zip(self.w, self.Zss):
            Psi = np.linalg.multi_dot([*Zs[:-1], np.eye(Zs[-1].shape[0])]) if Zs[1:] else None
            inner.append(None if Psi is None else np.sqrt(w) * np.linalg.qr(Psi, mode="r"))
        last = [Zs[-1] for Zs in self.Zss]
        roots = [1.0 if R is not None else np.sqrt(w) for w, R in zip(self.w, inner)]
        stacked = np.vstack([f * Z for f, Z in zip(roots, last)])
        before = [] if inner[0] is None else [scipy.linalg.block_diag(*inner)]
        run_pass = partial(pass_over, [(slice(None), self.H)])
        Z = settle_gauge([*before, stacked], len(self.H), run_pass, self.H)
        ends = np.cumsum([len(each) for each in last])[:-1]
        for Zs, part, root in zip(self.Zss, np.split(Z, ends), roots):
            Zs[-1] = part / root
        self._Psis = [reduce(np.matmul, Zs) for Zs in self.Zss]

    @property
    def Psis(self):
        """Z_1^v … Z_m^v of each view, at its scale."""
        return self._Psis

    def Z_values(self):
        """A list of one array: the components of all views at their scales, stacked."""
        return [np.vstack(self._Psis).astype(self.H.dtype)]

    def H_values(self):
        """A list of one array: H_m in the given order of the samples."""
        return [np.ascontiguousarray(self.data.in_given_order(self.H).T)]

    def in_parts(self, matrices):
        """Stack each part's matrices, which have a row per feature of a view."""
        own = ([matrices[v] for v, _ in part.spans] for part in self.data.parts)
        return [np.vstack(several) if several[1:] else several[0] for several in own]

    def final_shares(self, errors):
        """The final weights, from the squared error of each view."""
        R = errors.copy()
        if self.weights != "equal":
            R[self._owners] += [float(np.vdot(self.H, HD - HW)) for HW, HD in self._graph_terms()]
        return ViewShares(*view_shares(R, self.weights), errors)
