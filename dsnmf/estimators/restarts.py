"""Fits from one start or several, and a lower bound of their costs."""

import numpy as np

from dsnmf.estimators.start import later_generator
from dsnmf.estimators.trace import costs_unit
from dsnmf.symbolic import is_linear

#: So many roundings of the data's norm are left of an exact fit (7 to 22 with 8 to 700 features).
ROUNDINGS = 64


def best_fit(estimator, data, held):
    """Fit from `n_init` starts; returns the fit with the least cost.

    Parameters
    ----------
    estimator : Factorisation
    data : InMemory or InBlocks
        In blocks there is one start.
    held : contextlib.ExitStack
        The context in which the model is entered.

    Returns
    -------
    model : Model or BlockModel
    trace : Trace
    stopped_by : str
    n_iter : int
    """
    count = 1 if estimator._goes_on() else estimator.n_init
    model, trace = data.begin(held)
    best = model, trace, *estimator._run(model, trace, data)
    if count == 1:
        return best
    again, least = later_generator(estimator.random_state), model.cost(trace.cost[-1])
    for _ in range(count - 1):
        if best[2] in ("callback", "interrupt"):
            break
        held.close()  # the program of the last model serves the next one
        model, trace = data.begin_again(held, again)
        found = model, trace, *estimator._run(model, trace, data)
        if (cost := model.cost(trace.cost[-1])) < least:
            best, least = found, cost
        if found[2] in ("callback", "interrupt"):
            break
    if best[0] is not model:
        held.close()
        held.enter_context(best[0])
    return best


def least_cost(estimator, model):
    """The cost of the best approximation of the model's rank, which ends a fit; or -inf."""
    is_free = is_linear(model.nonlinearity) and not model.affinities
    if not is_free or estimator._rule().raw_features:
        return -np.inf
    unit, _ = costs_unit(model.data.scale)
    return unit * model.data.least_error(min(estimator._layer_sizes())) / 2 or -np.inf


def rounding_cost(model):
    """The cost of an exact fit from rounding alone; -inf if graphs add to costs."""
    if model.affinities:
        return -np.inf
    unit, _ = costs_unit(model.data.scale)
    n, eps = model.data.shape[1], float(np.finfo(model.data.dtype).eps)
    return unit * n * (ROUNDINGS * eps) ** 2 / 2
