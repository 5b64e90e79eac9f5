"""When to stop: tolerances of the training loop, and the authors' own rules.

The authors' rules look at the unsquared residual norms d_1, d_2, … of the iterations.
"""

import numpy as np

#: Iterations between two looks in the authors' MATLAB code.
MATLAB_EVERY = 10


def has_converged(previous, current, tol):
    """previous - current <= tol · max(1, previous): the test of the papers and of their code.

    Parameters
    ----------
    previous, current : float >= 0
        ‖X - X̂‖_F after two successive iterations, not squared.
    tol : float >= 0
        1e-6 in the ICML paper's fine-tuning, looked at after every iteration; 1e-5 in the
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
        Always False between the looks.
    """
    looks = len(norms) > 1 and len(norms) % MATLAB_EVERY == 0
    return looks and has_converged(norms[-2], norms[-1], tol)


class CostTolerance:
    """Reached when the cost moved by at most tol times the first cost since the last look.

    Parameters
    ----------
    tol : float >= 0
        0 is never reached.
    least : float
        No cost can be below. It is also reached where the cost is above by at most tol times the
        first cost: `reason` is then "optimum".
    rounding : float
        So it is at this cost, of which rounding is all that is left.

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
        """Look once; `cost` is the present one."""
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
        """What `restore` goes on from, once a cost was looked at: small arrays by name."""
        return {"seen": np.array([self._first, self._previous])}

    def restore(self, state):
        self._first, self._previous = state["seen"].tolist()


def _keep_positive(H):
    return [np.maximum(H, 0)], []


def _measure_move(H, before):
    """The positive part of some features, and by how much it moved."""
    features, before = np.maximum(H, 0), before.astype(np.float64)
    moved = float(np.square(features - before).sum())
    return [features], [moved, float(np.square(before).sum())]


class FeatureTolerance:
    """Reached when the features moved by at most tol (relative, Frobenius) since the last look.

    Adam's cost jumps about long after the features have settled, and creeps on when they have.

    Parameters
    ----------
    tol : float >= 0
        0 is never reached.
    passed : callable
        `dsnmf.training.passes.pass_over` of what has the features as its positive part.
    last : array
        Written to: the features of the last look.

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
        """Look once; `cost` is not used."""
        if not self._looked:
            self._looked = True
            self._run_pass(_keep_positive, [], [self._last])
            return False
        moved, size = self._run_pass(_measure_move, [self._last], [self._last])
        return bool(self._tol and np.sqrt(moved) <= self._tol * np.sqrt(size))

    def state(self):
        """What `restore` goes on from besides `last`: small arrays by name."""
        return {"looked": np.array(self._looked)}

    def restore(self, state):
        self._looked = bool(state["looked"])
