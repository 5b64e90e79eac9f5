"""Multi-view Deep Semi-NMF: several matrices of the same samples, which may lack some views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytensor.tensor as pt
import scipy.sparse
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Variable

from dsnmf.symbolic.laplacian import affinity_terms, may_be_negative
from dsnmf.symbolic.linalg import product
from dsnmf.symbolic.view_costs import masked_grams, relative_powers, view_costs, view_weights
from dsnmf.updates.deep_semi_nmf import FLOOR, layer_inputs, move_layers
from dsnmf.updates.factors import as_model
from dsnmf.updates.semi_nmf import scale_features

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

    from dsnmf.affinity.labels import Affinity
    from dsnmf.typing import ArrayLike, TensorLike, Updates


def multiview_deep_semi_nmf(
    Xs: Sequence[TensorLike],
    Zss: Sequence[Sequence[SharedVariable]],
    Hss: Sequence[Sequence[SharedVariable]],
    affinities: Sequence[Affinity | None] | None = None,
    weights: ArrayLike | SharedVariable | None = None,
    *,
    gamma: float | Literal["auto"] | None = None,
    consensus: Literal["one", "as coded"] = "one",
    parts: Literal["of sums", "of views"] = "of sums",
    present: ArrayLike | SharedVariable | None = None,
) -> Updates:
    r"""Generates update expressions for the model X_v ≈ Z_1^v … Z_m^v H_m of the views v = 1 … V.

    With consensus "one", all views share H_m. Z_i^v, and H_i^v for i < m, move as in
    `deep_semi_nmf` with E_m = H_m. With A_v = Ψ_vᵀX_v, B_v = Ψ_vᵀΨ_v, Ψ_v = Z_1^v … Z_m^v
    (already updated), A = Σ w_vA_v, B = Σ w_vB_v, W = Σ w_vW_v, and D the diagonal of W's
    row sums, then

    H_m ← H_m ⊙ √[(A⁺ + B⁻H_m + H_mW) / max(A⁻ + B⁺H_m + H_mD, 1e-10)],

    and last the weights from R_v = ‖X_v - Ψ_vH_m‖² + tr(H_m (D_v - W_v) H_mᵀ):

    α_v ← R_v^{1/(1-γ)} / Σ,  w_v = α_v^γ;  or with "auto" α_v ← R_v^{-1/2} / Σ,  w_v = α_v.

    Parameters
    ----------
    Xs : list of V arrays, SciPy sparse matrices or variables, shape (p_v, n)
        Features x samples. In an array a missing view is a column of NaN.
    Zss : list of V lists of m shared variables
        Z_1^v (p_v x k_1), …, Z_m^v.
    Hss : list of V lists of m shared variables, >= 0
        H_1^v, …, H_{m-1}^v, H_m. With consensus "one" the last is the same variable in all lists,
        with "as coded" each view has its own.
    affinities : list of V affinities or None, optional
        W_v, already times the weight β; between samples that have the view. See
        `dsnmf.symbolic.laplacian.affinity_terms`.
    weights : array or shared vector of V numbers >= 0, optional
        With `gamma` the shared vector α, which moves; start at 1/V (with "auto" best at
        `dsnmf.symbolic.view_weights` of the start's costs). Without `gamma` the w_v, which are
        fixed. They are equal if not given.
    gamma : float > 0 but 1, "auto" or None
        How the weights move. With 0 < γ < 1 they favour the views with the worst fit, and the
        objective may rise; with γ > 1 those with the best fit. "auto" is the parameter-free form,
        which minimises Σ√R_v.
    consensus : {"one", "as coded"}
        "as coded" is the authors' program, which gives V different H_m^v, see Notes.
    parts : {"of sums", "of views"}
        Whether positive and negative parts are those of A and B, as above, or those of each view,
        as in N = Σ w_v (A_v⁺ + B_v⁻H_m + H_mW_v).
    present : array or shared matrix, shape (V, n), optional
        1 where a sample has the view, 0 where it is missing. If not given, it is found from NaN. It
        must be given if Xs are variables, which must be zero where it is 0. R_v is a sum over the
        samples that have the view, and A and B of a sample are sums over its views.

    Returns
    -------
    dict
        {shared variable: its new expression}.

    Raises
    ------
    TypeError
        If a factor or the moving weights are not shared variables, or dtypes differ.
    ValueError
        If shapes or numbers of views and layers do not fit, a factor H has a negative entry, a
        sample has only a part of a view or no view at all, or there is no such rule: "as coded"
        needs each view of each sample, and gamma.

    Notes
    -----
    With fixed weights the objective Σ w_v R_v never rises. With γ > 1 Σ α_v^γ R_v never rises, and
    with "auto" Σ √R_v.

    "as coded": H_m^v takes a step of its own, H_m^v ← H_old ⊙ √[(A_v⁺ + B_v⁻H_old) /
    max(A_v⁻ + B_v⁺H_old, 1e-10)]; then all are multiplied by √(N/M), with
    N = Σ α_v^γ (A_v⁺ + B_v⁻H_m^v + H_oldW_v), M = Σ α_v^γ max(A_v⁻ + B_v⁺H_m^v + H_oldD_v, 1e-10),
    and the norm in R_v is not squared. The cost may rise, and the H_m^v stay different.

    References
    ----------
    Zhao, Ding & Fu, "Multi-view clustering via deep matrix factorization", AAAI 2017, and its
    authors' program ("as coded"); the form with one H_m is derived from the paper's objective.

    Examples
    --------
    >>> import numpy as np, pytensor
    >>> from dsnmf import updates
    >>> from dsnmf.symbolic import view_costs
    >>> rng = np.random.default_rng(0)
    >>> Xs = [rng.standard_normal((p, 20)) for p in (6, 4)]
    >>> Xs[1][:, :3] = np.nan  # three samples lack the second view
    >>> Zss = [[pytensor.shared(rng.standard_normal((p, 2)))] for p in (6, 4)]
    >>> H = pytensor.shared(rng.random((2, 20)))
    >>> alpha = pytensor.shared(np.full(2, 0.5))
    >>> rule = updates.multiview_deep_semi_nmf(Xs, Zss, [[H], [H]], weights=alpha, gamma=2.0)
    >>> step = pytensor.function([], updates=rule)
    >>> for _ in range(20):
    ...     _ = step()
    >>> float(alpha.get_value().sum())
    1.0
    """
    _check_choices(consensus, parts, gamma)
    Xs, present = _as_views(Xs, present)
    if not len(Xs) == len(Zss) == len(Hss):
        counts = len(Xs), len(Zss), len(Hss)
        raise ValueError(f"Xs, Zss and Hss must have one entry per view, got {counts}")
    views = [as_model(*view) for view in zip(Xs, Zss, Hss)]
    Xs, Zss, Hss = ([view[part] for view in views] for part in range(3))
    graphs = [None] * len(Xs) if affinities is None else list(affinities)
    if len(graphs) != len(Xs):
        raise ValueError(f"affinities must have one entry per view ({len(Xs)}), got {len(graphs)}")
    dtype, is_one = Hss[0][-1].dtype, consensus == "one"
    last = [Hs[-1] for Hs in Hss]
    _check_last(last, is_one, dtype)
    S = _as_present(present, len(Xs), dtype)
    if not is_one and S is not None:
        raise ValueError("consensus 'as coded' needs each view of each sample: none may be missing")
    alpha = _as_weights(weights, gamma, len(Xs), dtype)
    w = alpha if isinstance(gamma, str) or gamma is None else relative_powers(alpha, gamma)

    updates: dict[Any, Any] = {}
    bases = []
    for v, (X, Zs, Hs) in enumerate(views):
        seen = Hs if S is None else [*Hs[:-1], Hs[-1] * S[v]]
        n = Hs[-1].shape[1] if S is None else pt.cast(S[v].sum(), "int64")
        moving = [True] * (len(Hs) - 1) + [False]
        inputs = layer_inputs(Zs, seen, "propagated")
        graphless = [None] * len(Zs)
        moves = [True] * len(Zs)
        new_Zs, new_Hs, *basis = move_layers(
            X, Zs, seen, n, inputs, graphless, FLOOR, moves, moving
        )
        updates |= dict(zip(Zs, new_Zs)) | dict(zip(Hs[:-1], new_Hs))
        bases.append(basis)
    terms = [(product(Psi.T, data), pt.dot(Psi.T, Psi)) for Psi, data in bases]
    if is_one:
        step = _step_of_parts if parts == "of views" else _step_of_sums
        new_last = [step(last[0], terms, graphs, w / w.max(), S)] * len(last)
    else:
        new_last = _steps_as_coded(last, terms, graphs, w)
    updates |= dict(zip(last, new_last))
    if gamma is not None:
        new_Zss = [[updates[Z] for Z in Zs] for Zs in Zss]
        costs = view_costs(Xs, new_Zss, new_last, graphs, S, squared=is_one)
        # Set within α, so that the type with one view is that of any number of views.
        updates[alpha] = pt.set_subtensor(alpha[:], view_weights(costs, gamma))
    return updates


def _check_choices(consensus, parts, gamma):
    for name, value, allowed in (
        ("consensus", consensus, ("one", "as coded")),
        ("parts", parts, ("of sums", "of views")),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be {' or '.join(map(repr, allowed))}, got {value!r}")
    is_number = isinstance(gamma, int | float) and not isinstance(gamma, bool)
    if not (gamma in (None, "auto") or (is_number and 0 < gamma < np.inf and gamma != 1)):
        raise ValueError(f"gamma must be a number > 0 but 1, 'auto' or None, got {gamma!r}")
    if consensus == "as coded" and not is_number:
        raise ValueError(f"consensus 'as coded' needs gamma, a number, got {gamma!r}")


def _as_views(Xs, present):
    """Xs with zeros where a view is missing; and `present`, None if no view is missing."""
    Xs, found, complete = list(Xs), [], True
    for v, X in enumerate(Xs):
        if isinstance(X, Variable) or scipy.sparse.issparse(X):
            found.append(None)
            continue
        unknown = np.isnan(np.asarray(X, float))
        missing = unknown.all(axis=0)
        if (unknown.any(axis=0) > missing).any():
            j = int(np.flatnonzero(unknown.any(axis=0) > missing)[0])
            raise ValueError(
                f"Xs[{v}] has a part of sample {j}'s features: all must be NaN or none"
            )
        complete &= not missing.any()
        Xs[v] = np.where(missing, 0, X) if missing.any() else X
        found.append(~missing)
    if complete or present is not None:
        return Xs, present
    n = len(next(each for each in found if each is not None))
    return Xs, np.array([np.ones(n, bool) if each is None else each for each in found])


def _check_last(last, is_one, dtype):
    distinct = len({id(H) for H in last})
    if is_one and distinct != 1:
        raise ValueError("with consensus 'one' the last H of all views must be the same variable")
    if not is_one and distinct != len(last):
        raise ValueError("with consensus 'as coded' each view must have a last H of its own")
    if any(H.dtype != dtype for H in last):
        raise TypeError(f"the factors of all views must have one dtype, got {dtype} and others")


def _as_present(present, count, dtype):
    if present is None or isinstance(present, Variable):
        return None if present is None else pt.cast(present, dtype)
    S = np.asarray(present)
    if S.ndim != 2 or len(S) != count or not np.isin(S, (0, 1)).all():
        raise ValueError(f"present must be {count} x n of 0 and 1, got shape {S.shape}")
    if not S.any(axis=0).all():
        j = int(np.flatnonzero(~S.any(axis=0))[0])
        raise ValueError(f"sample {j} has no view: each must have one at least")
    if not S.any(axis=1).all():
        raise ValueError(f"view {int(np.flatnonzero(~S.any(axis=1))[0])} is missing in all samples")
    return pt.constant(S.astype(dtype))


def _as_weights(weights, gamma, count, dtype):
    if gamma is not None and not isinstance(weights, SharedVariable):
        raise TypeError(f"weights must be a shared vector to move by gamma, got {weights!r}")
    if weights is None:
        return pt.constant(np.ones(count, dtype))
    if isinstance(weights, Variable):
        if weights.type.ndim != 1 or weights.dtype != dtype:
            raise TypeError(f"weights must be a {dtype} vector, got {weights.type}")
        return weights
    w = np.asarray(weights, float)
    if w.shape != (count,) or not (np.isfinite(w).all() and (w >= 0).all() and w.any()):
        raise ValueError(f"weights must be {count} numbers >= 0, not all 0, got {weights!r}")
    return pt.constant((w / w.max()).astype(dtype))


def _graph_terms(H, graphs, w):
    """Σ w_v H W_v and Σ w_v H D_v; whether a W_v may be negative."""
    HW = HD = pt.zeros_like(H)
    for v, graph in enumerate(graphs):
        if graph is not None:
            own_HW, own_HD = affinity_terms(H, graph)
            HW, HD = HW + w[v] * own_HW, HD + w[v] * own_HD
    return HW, HD, any(graph is not None and may_be_negative(graph) for graph in graphs)


def _finish(H, numerator, denominator, graphs, w, S):
    HW, HD, negative = _graph_terms(H, graphs, w)
    numerator, denominator = numerator + HW, denominator + HD
    if S is not None:  # makes the floor the same for samples with views of small weights
        largest = (w[:, None] * S).max(axis=0)
        unit = pt.maximum(largest, pt.constant(np.finfo(H.dtype).tiny, dtype=H.dtype))
        numerator, denominator = numerator / unit, denominator / unit
    return scale_features(
        H, pt.maximum(numerator, 0) if negative else numerator, denominator, FLOOR
    )


def _step_of_sums(H, terms, graphs, w, S):
    A = sum(w[v] * A for v, (A, _) in enumerate(terms))  # absent columns of X_v, so of A_v, are 0
    Bs = [w[v] * B for v, (_, B) in enumerate(terms)]
    if S is None:
        B = sum(Bs)
        negative, positive = pt.dot(pt.maximum(-B, 0), H), pt.dot(pt.maximum(B, 0), H)
    else:
        negative, positive = masked_grams(Bs, S, H)
    return _finish(H, pt.maximum(A, 0) + negative, pt.maximum(-A, 0) + positive, graphs, w, S)


def _step_of_parts(H, terms, graphs, w, S):
    numerator = denominator = 0
    for v, (A, B) in enumerate(terms):
        own = pt.maximum(A, 0) + pt.dot(pt.maximum(-B, 0), H)
        other = pt.maximum(-A, 0) + pt.dot(pt.maximum(B, 0), H)
        weight = w[v] if S is None else w[v] * S[v]
        numerator, denominator = numerator + weight * own, denominator + weight * other
    return _finish(H, numerator, denominator, graphs, w, S)


def _steps_as_coded(Hs, terms, graphs, w):
    floor, N, M, own_steps = pt.constant(FLOOR, dtype=Hs[0].dtype), 0, 0, []
    for v, (H, (A, B), graph) in enumerate(zip(Hs, terms, graphs)):
        above, below = pt.maximum(A, 0), pt.maximum(-A, 0)
        negative, positive = pt.maximum(-B, 0), pt.maximum(B, 0)
        own = scale_features(H, above + pt.dot(negative, H), below + pt.dot(positive, H), FLOOR)
        HW, HD, _ = _graph_terms(H, [graph], [1])
        N = N + w[v] * (above + pt.dot(negative, own) + HW)
        M = M + w[v] * pt.maximum(below + pt.dot(positive, own) + HD, floor)
        own_steps.append(own)
    return [own * pt.sqrt(N / M) for own in own_steps]
