"""Fits from one start or several, in memory, and what none can fall below."""

import numpy as np

from dsnmf.estimators.start import check_start, nonnegative, random_again, start_factors
from dsnmf.estimators.trace import Trace, costs_unit
from dsnmf.solvers.model import Model
from dsnmf.symbolic import is_linear
from dsnmf.training.threads import ONCE, threads_for


def best_fit(estimator, samples, y, layers, lending):
    """Of the starts that `n_init` asks for the one that led to the least cost.

    Parameters
    ----------
    estimator : Factorisation
    samples : Samples
    y : labels or None
    layers : tuple of int
    lending : contextlib.ExitStack
        In which the model is entered; nothing else may be.

    Returns
    -------
    model : Model
    trace : Trace
    stopped_by : str
    n_iter : int
    """
    goes_on = estimator.warm_start and hasattr(estimator, "H_")
    count = 1 if goes_on else estimator.n_init
    again = random_again(estimator.random_state) if count > 1 else None
    best, least = None, np.inf
    for number in range(count):
        lending.close()  # the program of the last model serves the next one
        with threads_for(*samples.given.shape[::-1], min(samples.given.shape), limit=ONCE):
            drawn = again if number else None
            model = lending.enter_context(_started(estimator, samples, y, layers, drawn))
        trace = Trace(costs_unit(samples.scale)[1])
        found = model, trace, *estimator._run(model.step, trace, model)
        cost = model.cost(trace.cost[-1]) if count > 1 else 0.0
        if best is None or cost < least:
            best, least = found, cost
        if found[2] in ("callback", "interrupt"):
            break
    if best[0] is not model:
        lending.close()
        lending.enter_context(best[0])
    return best


def _started(estimator, samples, y, layers, again):
    """Factors at their start, with all that the solver needs."""
    if estimator.warm_start and hasattr(estimator, "H_"):
        Zs, Hs = estimator.Z_, estimator._raw_H
        check_start(Zs, Hs, samples.given.shape, layers)
        Zs = [samples.reduced(Zs[0]), *Zs[1:]]
        if not estimator._has_raw_features():
            Hs = [nonnegative(H) for H in Hs]
    else:
        Zs, Hs = start_factors(estimator, samples, layers, again)
    return Model(
        samples,
        Zs,
        Hs,
        estimator._solver(),
        nonlinearity=estimator._inner_nonlinearity(),
        affinities=estimator._affinities(y, samples, Hs),
        learning_rate=getattr(estimator, "learning_rate", 1e-3),
        mode=estimator.mode,
    )


def least_cost(estimator, model):
    """No cost can be below: that of the best approximation of the model's rank; or -inf."""
    is_free = estimator._solver() != "adam" and is_linear(estimator._inner_nonlinearity())
    if not is_free or model.affinities or not hasattr(model.samples, "least_error"):
        return -np.inf
    unit, _ = costs_unit(model.samples.scale)
    return unit * model.samples.least_error(min(estimator._layer_sizes())) / 2 or -np.inf
