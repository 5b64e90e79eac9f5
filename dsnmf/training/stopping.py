"""When to stop: tolerances of the training loop, and the authors' own rules.

The authors' rules use the unsquared residual norms d_1, d_2, … of the iterations.
"""

import numpy as np

#: Iterations between two checks in the authors' MATLAB code.
MATLAB_EVERY = 10


def has_converged(previous, current, tol):
    """previous - current <= tol · max(1, previous): the test of the papers and of their code.

    Parameters
    ----------
    previous, current : float >= 0
        ‖X - X̂‖_F after two successive iterations, not squared.
    tol : float >= 0
        1e-6 in the ICML paper's fine-tuning, checked after every iteration; 1e-5 in the
        MATLAB code of Semi-NMF, see `matlab_stops`.

    Returns
    -------
    bool

    Examples
    --------
    >>> from dsnmf.training.stopping import has_converged
    >>> has_converged(2.0, 1.9, 1e-6), has_converged(2.0, 1.9999999, 1e-6)
    (False, True)
    """
    return bool(previous - current <= tol * max(1, previous))


def matlab_stops(norms, tol=1e-5):
    """Whether the MATLAB code of Semi-NMF stops here: `has_converged` at iteration 10, 20, ….

    Parameters
    ----------
    norms : sequence of float
        ‖X - ZH‖_F after iteration 1, 2, …, up to now.
    tol : float >= 0

    Returns
    -------
    bool
        False in all other iterations.
    """
    looks = len(norms) > 1 and len(norms) % MATLAB_EVERY == 0
    return looks and has_converged(norms[-2], norms[-1], tol)


class CostTolerance:
    """Reached if the cost changed by at most tol times the first cost since the last check.

    Parameters
    ----------
    tol : float >= 0
        0 is never reached.
    least : float
        A lower bound of the cost. The tolerance is also reached if the cost exceeds it by at most
        tol times the first cost; `reason` is then "optimum".
    rounding : float
        It is also reached at a cost up to this: the rest is rounding, and `reason` is "optimum".

    Attributes
    ----------
    reason : {"tol", "optimum"}

    Examples
    --------
    >>> from dsnmf.training.stopping import CostTolerance
    >>> tolerance = CostTolerance(0.01, least=3.0)
    >>> tolerance.look(5.0), tolerance.look(3.02), tolerance.reason
    (False, True, 'optimum')
    """

    reason = "tol"

    def __init__(self, tol, least=-np.inf, rounding=-np.inf):
        self._tol, self._least, self._rounding = tol, least, rounding
        self._first = self._previous = None

    def look(self, cost):
        """Check the current cost; returns whether the tolerance is reached."""
        if self._first is None:
            self._first, moved = cost, np.inf
        else:
            moved = abs(cost - self._previous)
        self._previous = cost
        limit = self._tol * abs(self._first)
        if self._tol and (cost - self._least <= limit or cost <= self._rounding):
            self.reason = "optimum"
            return True
        return bool(self._tol and moved <= limit)

    def state(self):
        """The state for `restore`, after the first check: small arrays by name."""
        return {"seen": np.array([self._first, self._previous])}

    def restore(self, state):
        self._first, self._previous = state["seen"].tolist()


def _keep_positive(H):
    return [np.maximum(H, 0)], []


def _measure_move(H, before):
    """The positive part of some features; terms of its squared change and squared norm."""
    features, before = np.maximum(H, 0), before.astype(np.float64)
    moved = float(np.square(features - before).sum())
    return [features], [moved, float(np.square(before).sum())]


class FeatureTolerance:
    """Reached if the features changed by at most tol (relative, Frobenius) since the last check.

    Adam's cost still fluctuates, and falls slowly, long after the features have settled.

    Parameters
    ----------
    tol : float >= 0
        0 is never reached.
    run_pass : callable
        `dsnmf.training.passes.pass_over` over an array whose positive part are the features.
    last : array
        Gets the features of the last check.

    Examples
    --------
    >>> from functools import partial
    >>> import numpy as np
    >>> from dsnmf.training.passes import pass_over
    >>> from dsnmf.training.stopping import FeatureTolerance
    >>> blocks = [(slice(0, 3), np.ones((3, 4)))]
    >>> tolerance = FeatureTolerance(0.1, partial(pass_over, blocks), np.empty((3, 4)))
    >>> tolerance.look(None), tolerance.look(None)
    (False, True)
    """

    reason = "tol"

    def __init__(self, tol, run_pass, last):
        self._tol, self._run_pass, self._last = tol, run_pass, last
        self._looked = False

    def look(self, cost):
        """Check the features; returns whether the tolerance is reached. `cost` is not used."""
        if not self._looked:
            self._looked = True
            self._run_pass(_keep_positive, [], [self._last])
            return False
        moved, size = self._run_pass(_measure_move, [self._last], [self._last])
        return bool(self._tol and np.sqrt(moved) <= self._tol * np.sqrt(size))

    def state(self):
        """The state for `restore`, besides `last`: small arrays by name."""
        return {"looked": np.array(self._looked)}

    def restore(self, state):
        self._looked = bool(state["looked"])
