"""Weights of the views of a model, and their joint cost."""

import numpy as np

#: Least w of a view relative to the largest: above 0 also in float32, for samples that have only
#: such views, and negligible for all others.
LEAST_SHARE = 1e-30


def view_shares(costs, gamma):
    """α and w of the views from their costs R, arrays; see `dsnmf.symbolic.view_weights`.

    gamma is a number > 0 but 1, "auto" or "equal"; the largest w is 1.
    """
    if gamma == "equal":
        return np.full(len(costs), 1 / len(costs)), np.ones(len(costs))
    s = 0.5 if gamma == "auto" else 1 / (1 - gamma)
    logarithms = np.log(np.maximum(costs, np.finfo(np.float64).tiny))
    power = s - 1 if gamma == "auto" else s
    alpha, w = (np.exp(f * logarithms - (f * logarithms).max()) for f in (power, s - 1))
    return alpha / alpha.sum(), np.maximum(w, LEAST_SHARE)


def view_multipliers(columns, scales, w, dtype):
    """√w_v / scale_v of each column; `columns` are the column numbers of each view."""
    result = np.empty(sum(map(len, columns)), dtype)
    for own, scale, weight in zip(columns, scales, w):
        result[own] = np.sqrt(weight) / scale
    return result


def joint_cost(costs, gamma):
    """V / 2 times the power mean of R with the exponent s = 1 / (1 - γ), or ½ with "auto"."""
    s = {"equal": 1.0, "auto": 0.5}.get(gamma) or 1 / (1 - gamma)
    unit = costs.max() if s > 0 else costs.min()  # then no power overflows
    if unit <= 0:
        return 0.0
    return len(costs) / 2 * unit * float(np.mean((costs / unit) ** s)) ** (1 / s)
