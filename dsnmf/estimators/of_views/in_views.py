"""A fit to several views: its start, and the attributes that it sets at its end."""

from functools import partial

import numpy as np
import scipy.sparse
from sklearn.utils.validation import _num_samples

from dsnmf.data.centring import Centring
from dsnmf.data.samples import BLOCK
from dsnmf.data.view_blocks import ViewBlocks
from dsnmf.data.views import Views
from dsnmf.estimators.ending import Ended
from dsnmf.estimators.mapping.spread import pick_samples
from dsnmf.estimators.of_views.columns import view_columns
from dsnmf.estimators.of_views.graphs_of_views import view_affinities
from dsnmf.estimators.of_views.user_views import check_presence
from dsnmf.estimators.record import describe_labels
from dsnmf.estimators.start import as_random_state, nonnegative
from dsnmf.estimators.trace import Trace
from dsnmf.initialisation.joint_start import joint_start, joint_start_in_blocks
from dsnmf.solvers.multiview import MultiView, MultiViewModel
from dsnmf.training.reading import Reading
from dsnmf.training.threads import ONCE, threads_for
from dsnmf.validation import as_generator

#: Least weight of a view, as a share of the largest, in the map from samples to features: entries
#: are multiplied by its root, and divided again.
LEAST_WEIGHT = 1e-12


def _errors(rows, H, parts, Psis, multipliers, count):
    """The squared error of each view, at its scale."""
    errors = np.zeros(count)
    for part, X, Psi, m in zip(parts, rows, Psis, multipliers):
        own = H if part.samples is None else H[part.samples]
        step = max(1, BLOCK // X.shape[1])
        for start in range(0, X.shape[0], step):
            block = X[start : start + step]
            block = block.toarray() if scipy.sparse.issparse(block) else block
            rest = block * m - own[start : start + step] @ Psi.T
            squares = np.square(rest).sum(axis=0)
            for v, span in part.spans:
                errors[v] += squares[span].sum()
    return [], [errors]


class InViews:
    """The interface of several views to `Factorisation.fit`, as `InMemory`.

    Parameters
    ----------
    estimator : MultiViewDeepSemiNMF
    read : Read or None
    blocks : Blocks or None
        One matrix at scale 1, instead of read.
    y : array-like or None
    layers : tuple of int
    """

    checkpoint, rule, centring = None, MultiView, Centring()

    def __init__(self, estimator, read, blocks, y, layers):
        self._estimator, self._read, self.y, self.layers = estimator, read, y, layers
        self._blocks, self.reading = blocks, None
        n = blocks.shape[1] if read is None else read.present.shape[1]
        estimator._check_sizes(layers, n)
        count = n if y is None else _num_samples(y)
        if count != n:
            raise ValueError(f"y must have a label for each of the {n} samples, got {count}")
        if blocks is not None:
            self.reading = blocks.reading = Reading(bool(estimator.verbose))
            self._columns, self._names = view_columns(estimator.views, blocks.shape[0])
        else:
            check_presence(read)
            self._columns, self._names = read.columns, read.names

    def begin(self, held):
        """The model at its start, entered in the context of `held`, and a trace."""
        estimator, read, layers = self._estimator, self._read, self.layers
        floor = estimator._noise_floor(layers)
        rng = as_generator(as_random_state(estimator.random_state))
        seed = int(rng.integers(2**31))
        if read is None:
            views, affinities = ViewBlocks(self._blocks, self._columns), []
        else:
            views = Views(read.matrices, read.present)
            affinities = view_affinities(estimator, self.y, read)
        self.step_shape = views.step_shape
        labels = self.y if estimator._has_graphs() else None
        self.record = {
            "n_samples": views.shape[1],
            "n_features": views.shape[0],
            "unknown": int((views.shape[1] - views.counts) @ np.array(views.widths)),
            "variation": float(views.variances.sum()),
            "labels": None if labels is None else describe_labels(labels),
        }
        p, n = views.shape
        with threads_for(n, p, min(n, p), limit=ONCE):
            if estimator._goes_on() or not isinstance(estimator.init, str):
                Zss, H = self._given_start(views)
            elif read is None:
                given = layers, np.empty, floor, seed
                Zss, H = joint_start_in_blocks(views, *given)
            else:
                Zss, H = joint_start(views, layers, floor, seed)
        model = MultiViewModel(views, Zss, H, affinities, estimator.weights, estimator.mode)
        held.enter_context(model)
        return model, Trace()

    def _given_start(self, views):
        """Zss and H from the last fit, or from init."""
        estimator, n = self._estimator, views.shape[1]
        if estimator._goes_on():
            Zss, H = estimator.Zs_, estimator._raw_H[0]
        else:
            Zss, H = estimator.init
        H = np.asarray(H, views.dtype)
        wanted = [list(zip((p, *self.layers), self.layers)) for p in views.widths]
        got = [[np.shape(Z) for Z in Zs] for Zs in Zss]
        if got != wanted or H.shape != (self.layers[-1], n):
            raise ValueError(
                f"the starting factors must have shapes {wanted} and {(self.layers[-1], n)} to fit "
                f"the views and the layers, got {got} and {H.shape}"
            )
        if not (H >= 0).all():
            raise ValueError("init's H must be >= 0, got a negative entry or NaN")
        Zss = [
            [np.asarray(Zs[0], np.float64) / scale, *(np.asarray(Z) for Z in Zs[1:])]
            for Zs, scale in zip(Zss, views.scales)
        ]
        return Zss, views.in_own_order(np.ascontiguousarray(nonnegative(H).T))

    def end(self, model):
        """What the fit has learned; see `Ended`."""
        views, estimator = model.data, self._estimator
        model.settle()
        if estimator._has_gauge():
            model.settle_gauge()
        parts = views.parts
        function = partial(
            _errors,
            parts=parts,
            Psis=model.in_parts(model.Psis),
            multipliers=[views.multipliers(part) for part in parts],
            count=len(self._names),
        )
        (errors,) = views.run_pass(function, [model.H])
        self.learned = model.final_shares(errors)
        roots = np.sqrt(np.maximum(self.learned.w, LEAST_WEIGHT))
        Psi = np.empty((views.shape[0], model.H.shape[1]), model.H.dtype)
        order = np.concatenate(self._columns)
        Psi[order] = np.vstack([r * own for r, own in zip(roots, model.Psis)])
        picked = pick_samples(views.shape[1], self.layers)
        rows = views.pick(picked, model.H[picked] @ np.vstack(model.Psis).T)
        rows *= np.repeat(roots, views.widths)
        placed = np.empty_like(rows)
        placed[:, order] = rows
        features = [model.H_values()[0]]
        size, error = (float(np.sqrt(value.sum())) for value in (views.energies, errors))
        norms = np.linalg.norm(placed, axis=1)
        placed = placed.T.astype(model.H.dtype)
        return Ended([Psi], features, features, error, size, placed, norms, None, [], [])

    def tables(self, model):
        """Small arrays that the fitted estimator keeps, see `MultiViewDeepSemiNMF`."""
        views, learned = model.data, self.learned
        with np.errstate(divide="ignore", invalid="ignore"):
            explained = 1 - learned.errors / views.variances
        w = np.maximum(learned.w, LEAST_WEIGHT)
        entries = float(views.counts @ np.array(views.widths))
        noise = float(w @ learned.errors) / entries
        is_apart = np.array([self._read is not None and self._read.is_apart])
        return [learned.alpha, views.scales, w, explained, np.array([noise]), is_apart]

    def keep(self, model):
        """Set the estimator's attributes that only views have."""
        estimator = self._estimator
        estimator._columns, estimator._names = self._columns, [np.array(self._names, str)]
        read, dtype = self._read, model.H.dtype
        estimator._features = [] if read is None else read.features
        estimator._factors = [
            (Z * scale if i == 0 else Z).astype(dtype)
            for Zs, scale in zip(model.Zss, model.data.scales)
            for i, Z in enumerate(Zs)
        ]
        estimator._tables = self.tables(model)
        estimator.n_features_in_ = model.data.shape[0]
        if read is None:
            vars(estimator).pop("feature_names_in_", None)

    def close(self):
        """Do nothing: there is nothing to remove."""
